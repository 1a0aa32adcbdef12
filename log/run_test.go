package log_test

import (
	"context"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage/storagetest"
)

// TestRun: a workflow, a request and its work, each in a batch of its own and
// the log opened anew between them: what registers name is found in the store,
// and a check of all rows knows run and grant registers.
func TestRun(t *testing.T) {
	w := logtest.NewWorld()
	store, anchor := storagetest.Open(t)
	l := w.Create(t, store, anchor)
	policy := policyText(t, l)
	human, err := w.Registrar.Enroll(client.Enrollment{
		ID: "h/plat", Class: "human", Owner: "h/plat", Custody: "file", Verbs: []string{"workflow.define", "request.open"}, Namespaces: []string{"*"},
	}, logtest.Key("h/plat"))
	if err != nil {
		t.Fatal(err)
	}
	flow := statement.Workflow{
		ID: "flow", Version: 1, Namespaces: []string{}, Tools: []string{}, Targets: []string{}, Destinations: []string{}, Expects: []string{},
		Steps:    []statement.WorkflowStep{{Name: "render", Required: true, Actors: []string{}}},
		Approval: statement.Approval{N: 1, Roles: []string{}, Class: "human", Level: "any", TTLSeconds: 3600},
		Runners:  []statement.Digest{}, Detail: "full", Materiality: "external", Retention: "P7Y", MaxDurationSeconds: 3600, MaxAttempts: 1,
	}
	words, err := flow.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	text := statement.Digest(sha256.Sum256(words))
	grant := govern(t, w, statement.DecisionGrant, w.Admin.ID, "grant", w.Admin.Signer, text, &statement.GrantDecision{
		For: statement.WorkflowDefine, Object: statement.TextObject{}, To: "h/plat", Meaning: "approval", Role: "admin", Rule: "flows-1",
		Policy: policy, NotAfter: w.Clock.Now().UnixMilli() + 60_000, Uses: 1, Level: "direct",
	})
	define := govern(t, w, statement.WorkflowDefine, "h/plat", "define", logtest.Key("h/plat"), text,
		&statement.DefineWorkflow{Text: string(words)}, grant.Digest)
	open := inRun(t, w, statement.RequestOpen, "h/plat", text, &statement.OpenRequest{
		Workflow: text, Trigger: statement.Trigger{Kind: "human"}, Inputs: []statement.File{}, NoInputs: true, Executor: w.Pipeline.ID,
		Want: statement.WantTask{Task: "count"},
	})
	done := inRun(t, w, statement.StepDone, w.Pipeline.ID, text, &statement.FinishStep{
		Step: statement.Step{
			Attempt: 1, Seq: 1, Name: "render", Tool: "t", Target: "x", In: []statement.File{},
			Policy: statement.Verdict{ID: "p", Verdict: "allow"}, Assurance: "producer-signed",
		},
		Out: []statement.File{}, Result: "ok", Changes: []statement.Change{},
	})
	outcome := inRun(t, w, statement.OutcomeClose, w.Pipeline.ID, text,
		&statement.CloseOutcome{Attempt: 1, Status: "success", Missing: []string{}, Assurance: "producer-signed"})

	for _, c := range []*admission.Checked{w.Checked(human), grant, define, open, done, outcome} {
		if r := logtest.Submit(t, l, c)[0]; r.Refusal != nil {
			t.Fatalf("%s: %v", c.Statement.Code, r.Refusal)
		}
		l.Close()
		l = w.Open(t, store, anchor)
	}
	defer l.Close()
	if r := logtest.Submit(t, l, inRun(t, w, statement.RequestOpen, "h/plat", text, open.Statement.Body, "again"))[0]; r.Refusal == nil || r.Refusal.Code != admission.CodeRunTaken {
		t.Errorf("the run opened again: %+v", r)
	}
	logtest.Check(t, w, store, anchor)
	report, err := fsck.Check(context.Background(), fsck.Log{Origin: w.Origin, Mode: log.Sealed, Key: w.Signer.Key(), Store: store, Anchor: anchor},
		fsck.Options{Replay: true})
	if err != nil || report.Damaged != 0 || !report.Replayed {
		t.Errorf("fsck: %+v, %v", report, err)
	}
}

// inRun makes a statement about run R1.
func inRun(t *testing.T, w *logtest.World, code statement.Code, by string, subject statement.Digest, body statement.Body, nonce ...string) *admission.Checked {
	t.Helper()
	s := statement.Statement{
		Code: code, Subject: subject, Log: w.Origin, Nonce: nonceOf(code.String() + strings.Join(nonce, "")), At: w.Clock.Now().UnixMilli(), Issuer: by, Run: "R1", Body: body,
	}
	payload, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	key := logtest.Key(by)
	signature, err := key.Sign(statement.PAE(payload))
	if err != nil {
		t.Fatal(err)
	}
	return w.Checked(statement.Envelope{Payload: payload, Signature: signature, SPKI: key.SPKI()})
}
