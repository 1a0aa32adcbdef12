package admission

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Words about runs.

// flowOf reads a workflow's text from flow=ID@vN; approvers= and approverClass=
// are those of its definition.
func (s *script) flowOf(a *args) statement.Digest {
	id, v, _ := strings.Cut(a.value("flow", "flows/a@v1"), "@")
	words := &args{words: []string{id, v}, values: make(map[string]string)}
	for _, name := range []string{"approvers", "approverClass"} {
		if value := a.value(name, ""); value != "" {
			words.values[name] = value
		}
	}
	return s.workflowText(words)
}

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
	st.Run, st.Subject, st.Body = run, body.Workflow, body
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
	return fmt.Sprintf("%s, %d events", runStatusName(state.Status), r.Size)
}
