package admission

import (
	"crypto/sha256"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// All short logs about two runs, held against invariants that know no rules: who
// asks, who executes and who decides, all of them humans with every verb.

func humanStatement(id string) *Checked {
	s := newStatement(statement.IdentityEnroll, "svc/reg", "enroll "+id)
	body := enrollment(id, id, id, s.Nonce)
	body.Class, body.Namespaces = "human", []string{"*"}
	body.Verbs = []string{"request.open", "request.cancel", "workflow.define"}
	s.Subject, s.Body = keyOf(id).digest(), body
	return sealed(s, "svc/reg")
}

// runStatement is about run R1 or R2.
func runStatement(code statement.Code, by, run, nonceOf string, subject statement.Digest, body statement.Body) *Checked {
	s := newStatement(code, by, nonceOf+by+run)
	s.Run, s.Subject, s.Body = run, subject, body
	return sealed(s, by)
}

func runLog() (start, letters []*Checked) {
	flow := &statement.Workflow{
		ID: "flow", Version: 1, Namespaces: []string{}, Tools: []string{}, Targets: []string{}, Destinations: []string{}, Expects: []string{},
		Steps:    []statement.WorkflowStep{{Name: "render", Required: true, Actors: []string{}}},
		Approval: statement.Approval{N: 1, Roles: []string{}, Class: "human", Level: "any", TTLSeconds: 3600},
		Runners:  []statement.Digest{}, Detail: "full", Materiality: "external", Retention: "P7Y", MaxDurationSeconds: 3600, MaxAttempts: 1,
	}
	words, err := flow.Marshal()
	must(err)
	text := statement.Digest(sha256.Sum256(words))
	start = world()
	start = append(start, humanStatement("h/ask"), humanStatement("h/do"), humanStatement("h/judge"))
	agreed := newStatement(statement.DecisionGrant, "h/admin", "agreed")
	agreed.Subject = text
	agreed.Body = &statement.GrantDecision{
		For: statement.WorkflowDefine, Object: statement.TextObject{}, To: "h/judge", Meaning: "approval", Role: roleAdmin, Rule: "board-1",
		Policy: start[0].Statement.Subject, NotAfter: noon + 1, Uses: 1, Level: "direct",
	}
	grant := sealed(agreed, "h/admin")
	define := newStatement(statement.WorkflowDefine, "h/judge", "define")
	define.Subject, define.Body, define.Spends = text, &statement.DefineWorkflow{Text: string(words)}, []statement.Digest{grant.Digest}
	start = append(start, grant, sealed(define, "h/judge"))

	open := func(by, run string) *Checked {
		return runStatement(statement.RequestOpen, by, run, "open", text, &statement.OpenRequest{
			Workflow: text, Trigger: statement.Trigger{Kind: "human"}, Inputs: []statement.File{}, NoInputs: true, Executor: "h/do",
			Want: statement.WantTask{Task: "count"},
		})
	}
	one, two := open("h/ask", "R1"), open("h/judge", "R2")
	cancel := func(by string, of *Checked) *Checked {
		return runStatement(statement.RequestCancel, by, of.Statement.Run, "cancel", text, &statement.CancelRequest{About: of.Digest, Reason: "error"})
	}
	deny := func(by string, of *Checked) *Checked {
		return runStatement(statement.DecisionDeny, by, of.Statement.Run, "deny", of.Digest, &statement.DenyDecision{About: of.Digest, Rule: "board-1", Reason: "risk"})
	}
	seen := runStatement(statement.AttestObserve, "h/do", "R1", "seen", text, &statement.AttestObservation{
		Observed: []statement.Observed{{Resource: "inbox", Property: "received"}},
	})
	return start, []*Checked{
		one, two, open("h/judge", "R1"), seen,
		cancel("h/ask", one), cancel("h/judge", one), cancel("h/judge", two),
		deny("h/ask", one), deny("h/do", one), deny("h/judge", one), deny("h/judge", two), deny("h/ask", two),
	}
}

func TestRunSequences(t *testing.T) {
	start, letters := runLog()
	refused := walkSequences(t, start, letters, 5, checkRuns)
	for _, code := range []string{CodeDuplicate, CodeScope, CodeRun, CodeRunTaken, CodeRequest, CodeEligible} {
		if refused[code] == 0 {
			t.Errorf("no sequence was refused with %s", code)
		}
	}
}

// checkRuns: an id opens one run; nobody decides on what he asked for or is to
// do; who asked cancels, once, while it is open; a denied run is denied; and each
// statement that names a run which exists is one event of it.
func checkRuns(t *testing.T, st State, admitted []*Checked) {
	t.Helper()
	opened, status, events := make(map[string]*Checked), make(map[string]uint8), make(map[string]uint64)
	for i, c := range admitted {
		run, by := c.Statement.Run, c.Statement.Issuer
		switch c.Statement.Body.(type) {
		case *statement.OpenRequest:
			if opened[run] != nil {
				t.Fatalf("entry %d opens run %s again", i, run)
			}
			opened[run], status[run] = c, register.RunOpen
		case *statement.CancelRequest:
			if opened[run].Statement.Issuer != by || status[run] != register.RunOpen {
				t.Fatalf("entry %d: %s cancels run %s in status %d", i, by, run, status[run])
			}
			status[run] = register.RunCancelled
		case *statement.DenyDecision:
			if opened[run].Statement.Issuer == by || by == "h/do" {
				t.Fatalf("entry %d: %s denies run %s", i, by, run)
			}
			status[run] = register.RunDenied
		}
		if opened[run] != nil {
			events[run]++
		}
	}
	for _, run := range []string{"R1", "R2"} {
		r, err := st.Record(register.RunKey(run))
		must(err)
		if r == nil {
			if opened[run] != nil {
				t.Fatalf("run %s has no register", run)
			}
			continue
		}
		s, err := register.ParseRunState(r.State)
		must(err)
		if s.Status != status[run] || r.Size != events[run] || s.Request != register.Hash(opened[run].Digest) {
			t.Fatalf("run %s is in status %d after %d events, want %d after %d", run, s.Status, r.Size, status[run], events[run])
		}
	}
}

// TestRunBatching: it does not matter in which batch a run ends.
func TestRunBatching(t *testing.T) {
	start, letters := runLog()
	for _, sequence := range [][]int{{0, 3, 4, 9, 1}, {3, 0, 9, 4, 2}, {1, 11, 6, 0, 5}} {
		var statements []*Checked
		for _, i := range sequence {
			statements = append(statements, letters[i])
		}
		compareBatchings(t, start, statements)
	}
}

// workLog is a run of one required step and one attempt, and what may be said
// of it.
func workLog() (start, letters []*Checked) {
	start, letters = runLog()
	open := letters[0]
	start = append(start, open)
	done := func(by, step, result string, attempt, seq uint32) *Checked {
		body := &statement.FinishStep{
			Step: statement.Step{
				Attempt: attempt, Seq: seq, Name: step, Tool: "t", Target: "x", In: []statement.File{},
				Policy: statement.Verdict{ID: "p", Verdict: "allow"}, Assurance: "producer-signed",
			},
			Out: []statement.File{}, Result: result, Changes: []statement.Change{},
		}
		if result == "error" {
			body.Cause = "internal"
		}
		return runStatement(statement.StepDone, by, "R1", "done"+step+result+string(rune('0'+attempt))+string(rune('0'+seq)), open.Digest, body)
	}
	outcome := func(by, status string) *Checked {
		body := &statement.CloseOutcome{Attempt: 1, Status: status, Missing: []string{}, Assurance: "producer-signed"}
		if status != "success" {
			body.Cause = "internal"
		}
		return runStatement(statement.OutcomeClose, by, "R1", "outcome"+status, open.Digest, body)
	}
	return start, []*Checked{
		done("h/do", "render", "error", 1, 1), done("h/do", "render", "ok", 1, 2), done("h/do", "render", "skipped", 1, 3),
		done("h/do", "render", "ok", 2, 1), done("h/judge", "render", "ok", 1, 9), done("h/do", "other", "ok", 1, 1),
		outcome("h/do", "success"), outcome("h/do", "aborted"), outcome("h/judge", "aborted"), letters[4], letters[9],
	}
}

func TestWorkSequences(t *testing.T) {
	start, letters := workLog()
	walkSequences(t, start, letters, 4, checkWork)
}

// checkWork derives the status of R1, whose one step is render, from what was
// said, in order: by h/do alone, the latest of (attempt, seq), until the run ends.
func checkWork(t *testing.T, st State, admitted []*Checked) {
	t.Helper()
	status, claimed := register.RunOpen, uint8(0)
	result, attempt, seq := "", uint32(0), uint32(0)
	ended := func() bool { return status == register.RunSuccess || status >= register.RunAborted }
	derived := func() uint8 {
		if result == "ok" {
			return register.RunSuccess
		}
		return register.RunFailed
	}
	for _, c := range admitted {
		switch body := c.Statement.Body.(type) {
		case *statement.FinishStep:
			if ended() || c.Statement.Issuer != "h/do" || body.Name != "render" || body.Attempt > 1 {
				continue
			}
			if body.Attempt > attempt || body.Attempt == attempt && body.Seq > seq {
				result, attempt, seq = body.Result, body.Attempt, body.Seq
			}
			status = derived()
		case *statement.CloseOutcome:
			if ended() && status != register.RunSuccess || c.Statement.Issuer != "h/do" {
				continue
			}
			status, claimed = derived(), outcomeClaims[body.Status]
			if body.Status == "aborted" && status != register.RunSuccess {
				status = register.RunAborted
			}
		case *statement.CancelRequest:
			status = register.RunCancelled
		case *statement.DenyDecision:
			status = register.RunDenied
		}
	}
	r, err := st.Record(register.RunKey("R1"))
	must(err)
	s, err := register.ParseRunState(r.State)
	must(err)
	if s.Status != status || s.Claimed != claimed {
		t.Fatalf("run R1 is %s, claimed %d; want %s, claimed %d", runStatusName(s.Status), s.Claimed, runStatusName(status), claimed)
	}
}
