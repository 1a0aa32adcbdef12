package admission

import (
	"crypto/sha256"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Words about runs.

func (s *script) makeOpen(a *args) *statement.Statement {
	run := a.word()
	st := s.begin(statement.RequestOpen, a.word())
	body := &statement.OpenRequest{
		Workflow: s.flowOf(a), Trigger: statement.Trigger{Kind: "human"}, NoInputs: true, Inputs: []statement.File{},
		Executor: a.value("executor", "wl/p"), Want: statement.WantDocument{Document: a.value("doc", "claims/1")},
	}
	if a.value("want", "") == "task" {
		body.Want = statement.WantTask{Task: "count"}
	}
	if resource := a.value("access", ""); resource != "" {
		body.Want = statement.WantAccess{Resource: resource, Privilege: "admin", Seconds: 600}
	}
	st.Run, st.Subject, st.Body = run, body.Workflow, body
	return st
}

func (s *script) makeIntent(a *args) *statement.Statement {
	run, step := a.word(), a.word()
	st := s.begin(statement.StepIntent, a.word())
	st.Run, st.Subject = run, s.about(a, run)
	body := &statement.IntendStep{Step: statement.Step{
		Attempt: a.number("attempt", 1), Seq: a.number("seq", 1), Name: step, Tool: a.value("tool", "t"), Target: a.value("target", "x"), In: inputs(a),
		Policy: statement.Verdict{ID: "p", Verdict: "allow"}, Assurance: "producer-signed",
	}}
	if len(body.In) > 0 {
		st.Subject = body.In[0].Digest
	}
	st.Body = body
	return st
}

// inputs is a file of these bytes, or none.
func inputs(a *args) []statement.File {
	if name := a.value("in", ""); name != "" {
		return []statement.File{{Name: "in", Digest: sha256.Sum256([]byte(name))}}
	}
	return []statement.File{}
}

// grantStep is the object of a grant for step.intent; its subject is the request.
func (s *script) grantStep(a *args) statement.Object {
	object := statement.StepObject{
		Step: a.word(), Attempt: a.number("attempt", 1), Tool: a.value("tool", "t"), Target: a.value("target", "x"), In: inputs(a),
	}
	if resource := a.value("access", ""); resource != "" {
		object.Resource, object.Privilege = resource, a.value("privilege", "admin")
	}
	return object
}

func (s *script) makeDone(a *args) *statement.Statement {
	run, step := a.word(), a.word()
	st := s.begin(statement.StepDone, a.word())
	st.Run, st.Subject = run, sha256.Sum256([]byte("out"))
	body := &statement.FinishStep{
		Step: statement.Step{
			Attempt: a.number("attempt", 1), Seq: a.number("seq", 1), Name: step, Tool: "t", Target: "x", In: []statement.File{},
			Policy: statement.Verdict{ID: "p", Verdict: "allow"}, Assurance: "producer-signed",
		},
		Out: []statement.File{}, Result: a.value("result", "ok"), Changes: []statement.Change{},
	}
	if body.Result == "error" {
		body.Cause = "internal"
	}
	st.Body = body
	return st
}

func (s *script) makeOutcome(a *args) *statement.Statement {
	run, status := a.word(), a.word()
	st := s.begin(statement.OutcomeClose, a.word())
	st.Run, st.Subject = run, sha256.Sum256([]byte("out"))
	body := &statement.CloseOutcome{Attempt: a.number("attempt", 1), Status: status, Missing: []string{}, Assurance: "producer-signed"}
	if status != "success" {
		body.Cause = "internal"
	}
	if a.value("root", "") != "" {
		body.Steps = &statement.RolledSteps{Count: 3}
	}
	st.Body = body
	return st
}

// about is the request of the run, or that of about=RUN.
func (s *script) about(a *args, run string) statement.Digest {
	if c := s.requests[a.value("about", run)]; c != nil {
		return c.Digest
	}
	return sha256.Sum256([]byte(run))
}

func (s *script) makeCancel(a *args) *statement.Statement {
	run := a.word()
	st := s.begin(statement.RequestCancel, a.word())
	st.Run, st.Subject = run, s.flowOf(a)
	st.Body = &statement.CancelRequest{About: s.about(a, run), Reason: "error"}
	return st
}

func (s *script) makeDeny(a *args) *statement.Statement {
	run := a.word()
	st := s.begin(statement.DecisionDeny, a.word())
	about := s.about(a, run)
	st.Run, st.Subject = run, about
	st.Body = &statement.DenyDecision{About: about, Rule: "board-1", Reason: "risk"}
	return st
}

// lookRun describes the register of a run in words: status and events.
func (s *script) lookRun(id string) string {
	r, err := s.overlay.Record(register.RunKey(id))
	must(err)
	if r == nil {
		return "none"
	}
	state, err := register.ParseRunState(r.State)
	must(err)
	text := fmt.Sprintf("%s, %d events", runStatusName(state.Status), r.Size)
	if state.Claimed != 0 {
		text += ", claimed " + runStatusName(state.Claimed)
	}
	return text
}
