package admission

import (
	"crypto/sha256"
	"fmt"

	"github.com/docketlog/docket/proofs/statement"
)

// A small log of approvals, made without scripts: h/ask asks, wl/exec executes,
// h/one and h/two decide, wl/one belongs to h/one, h/del is a delegate.

// memberOf is the enrollment of an identity in the role legal.
func memberOf(id, owner string) *Checked {
	s := newStatement(statement.IdentityEnroll, "svc/reg", "enroll "+id)
	body := enrollment(id, id, owner, s.Nonce)
	if id == owner {
		body.Class = "human"
	}
	body.Roles, body.Namespaces = []string{"legal"}, []string{"*"}
	body.Verbs = []string{"request.open", "request.cancel", "workflow.define", "document.release", "document.withdraw", "step.intent"}
	s.Subject, s.Body = keyOf(id).digest(), body
	return sealed(s, "svc/reg")
}

// approvalFlow has a step that is a release, one that is gated, and one that is not.
func approvalFlow(n uint32) *statement.Workflow {
	return &statement.Workflow{
		ID: "flow", Version: 1, Namespaces: []string{"notices/"}, Tools: []string{"t"}, Targets: []string{"x"}, Destinations: []string{}, Expects: []string{},
		Steps: []statement.WorkflowStep{
			{Name: "publish", Required: true, Release: true, Actors: []string{}}, {Name: "render", Required: true, Actors: []string{"wl/one"}},
			{Name: "unlock", Gated: true, Actors: []string{}},
		},
		Approval: statement.Approval{N: n, Roles: []string{"legal"}, Class: "any", Level: "any", TTLSeconds: 3600}, WithdrawGrants: 1,
		Runners: []statement.Digest{}, Detail: "full", Materiality: "external", Retention: "P7Y", MaxDurationSeconds: 3600, MaxAttempts: 2,
	}
}

// approvals makes statements about the runs of one log.
type approvals struct {
	policy statement.Digest
	start  []*Checked
	runs   map[string]*Checked
}

func newApprovals(n uint32) *approvals {
	a := &approvals{start: world(), runs: make(map[string]*Checked)}
	a.policy = a.start[0].Statement.Subject
	for _, m := range [][2]string{
		{"h/ask", "h/ask"}, {"h/one", "h/one"}, {"h/two", "h/two"}, {"h/del", "h/del"}, {"wl/one", "h/one"}, {"wl/exec", "team-exec"},
	} {
		a.start = append(a.start, memberOf(m[0], m[1]))
	}
	words, err := approvalFlow(n).Marshal()
	must(err)
	text := statement.Digest(sha256.Sum256(words))
	agreed := a.decide("h/admin", statement.WorkflowDefine, text, statement.TextObject{}, "h/one", func(s *statement.Statement, g *statement.GrantDecision) { g.Role = roleAdmin })
	define := newStatement(statement.WorkflowDefine, "h/one", "define")
	define.Subject, define.Body, define.Spends = text, &statement.DefineWorkflow{Text: string(words)}, []statement.Digest{agreed.Digest}
	a.start = append(a.start, agreed, sealed(define, "h/one"))
	for _, r := range [][2]string{{"R1", "h/ask"}, {"R2", "h/two"}} {
		run, by := r[0], r[1]
		a.runs[run] = runStatement(statement.RequestOpen, by, run, "open", text, &statement.OpenRequest{
			Workflow: text, Trigger: statement.Trigger{Kind: "human"}, Inputs: []statement.File{}, NoInputs: true, Executor: "wl/exec",
			Want: statement.WantDocument{Document: "notices/1"},
		})
	}
	a.start = append(a.start, a.runs["R1"], a.runs["R2"])
	return a
}

// decide is a decision.grant of one use in the role legal.
func (a *approvals) decide(by string, action statement.Code, subject statement.Digest, object statement.Object, to string,
	change ...func(*statement.Statement, *statement.GrantDecision)) *Checked {
	body := &statement.GrantDecision{
		For: action, Object: object, To: to, Meaning: "approval", Role: "legal", Rule: "board-1", Policy: a.policy, NotAfter: noon + 1, Uses: 1, Level: "direct",
	}
	s := newStatement(statement.DecisionGrant, by, fmt.Sprint("decide ", by, action, to, object))
	s.Subject, s.Body = subject, body
	for _, c := range change {
		c(s, body)
	}
	return sealed(s, by)
}

// about makes a grant one about the request of a run.
func (a *approvals) about(run string) func(*statement.Statement, *statement.GrantDecision) {
	return func(s *statement.Statement, g *statement.GrantDecision) {
		s.Run, g.About = run, &a.runs[run].Digest
		s.Nonce = nonce(s.Nonce + run)
	}
}

// acting makes a grant one in another's stead.
func acting(delegation *Checked) func(*statement.Statement, *statement.GrantDecision) {
	return func(s *statement.Statement, g *statement.GrantDecision) {
		g.ActingFor = &delegation.Digest
		s.Nonce = nonce(s.Nonce + delegation.Digest.String())
	}
}

func (a *approvals) delegate(by, to string) *Checked {
	return a.decide(by, statement.DecisionGrant, keyOf(to).digest(), statement.DelegationObject{Role: "legal", Namespaces: []string{"notices/"}}, to)
}

// forDocument is a grant for a version of notices/1, to wl/exec.
func (a *approvals) forDocument(by string, action statement.Code, version uint32, change ...func(*statement.Statement, *statement.GrantDecision)) *Checked {
	return a.decide(by, action, fileOf("notices/1", version), statement.DocumentObject{Document: "notices/1", Version: version}, "wl/exec", change...)
}

func digests(grants []*Checked) (list []statement.Digest) {
	for _, g := range grants {
		list = append(list, g.Digest)
	}
	return list
}

// releaseIn is by wl/exec, of notices/1.
func releaseIn(run string, version uint32, prev *Checked, grants ...*Checked) *Checked {
	s := newStatement(statement.DocumentRelease, "wl/exec", fmt.Sprint("release ", run, version, digests(grants)))
	s.Run, s.Subject, s.Spends = run, fileOf("notices/1", version), digests(grants)
	body := &statement.ReleaseDocument{Document: "notices/1", Version: version, Size: 1, Media: "text/plain", To: []string{}}
	if prev != nil {
		body.Prev = &prev.Digest
	}
	s.Body = body
	return sealed(s, "wl/exec")
}

func withdrawOf(version uint32, nonceOf string, grants ...*Checked) *Checked {
	s := newStatement(statement.DocumentWithdraw, "wl/exec", fmt.Sprint("withdraw ", nonceOf, version))
	s.Subject, s.Spends = fileOf("notices/1", version), digests(grants)
	s.Body = &statement.WithdrawDocument{Document: "notices/1", Version: version, Reason: "error"}
	return sealed(s, "wl/exec")
}

// step is the common part of an intent and a done.
func stepOf(name string, attempt, seq uint32) statement.Step {
	return statement.Step{
		Attempt: attempt, Seq: seq, Name: name, Tool: "t", Target: "x", In: []statement.File{},
		Policy: statement.Verdict{ID: "p", Verdict: "allow"}, Assurance: "producer-signed",
	}
}

func (a *approvals) intent(by, name string, attempt, seq uint32, grants ...*Checked) *Checked {
	s := newStatement(statement.StepIntent, by, fmt.Sprint("intent ", by, name, attempt, seq, digests(grants)))
	s.Run, s.Subject, s.Spends = "R1", a.runs["R1"].Digest, digests(grants)
	s.Body = &statement.IntendStep{Step: stepOf(name, attempt, seq)}
	return sealed(s, by)
}

func (a *approvals) done(by, name, result string, attempt, seq uint32) *Checked {
	body := &statement.FinishStep{Step: stepOf(name, attempt, seq), Out: []statement.File{}, Result: result, Changes: []statement.Change{}}
	if result == "error" {
		body.Cause = "internal"
	}
	return runStatement(statement.StepDone, by, "R1", fmt.Sprint("done ", name, result, attempt, seq), a.runs["R1"].Digest, body)
}

func (a *approvals) outcome(by string, attempt uint32) *Checked {
	return runStatement(statement.OutcomeClose, by, "R1", fmt.Sprint("outcome ", attempt), a.runs["R1"].Digest,
		&statement.CloseOutcome{Attempt: attempt, Status: "partial", Cause: "internal", Missing: []string{}, Assurance: "producer-signed"})
}
