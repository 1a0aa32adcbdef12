package logtest

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// A Flow is a workflow of three steps and who works in it: h/claims asks, wl/builder
// executes, h/legal and h/risk approve, wl/publisher publishes, wl/gw receives. Its
// statements are made as they are wanted; somebody submits them.
type Flow struct {
	*World
	Policy statement.Digest // text of the policy in force
	Text   statement.Digest // of the workflow
}

// Trace is the trace of all runs of a flow.
const Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// NewFlow enrolls everybody and defines the workflow "notice" in a log.
func NewFlow(t testing.TB, w *World, l *log.Log) *Flow {
	t.Helper()
	v := l.View()
	e, err := v.Envelope(0)
	v.Release()
	must(err)
	genesis, err := statement.Parse(e.Payload)
	must(err)
	f := &Flow{World: w, Policy: genesis.Subject}
	var all []*admission.Checked
	for _, p := range []client.Enrollment{
		{ID: "h/plat", Verbs: []string{"workflow.define"}}, {ID: "h/claims", Verbs: []string{"request.open", "request.cancel"}},
		{ID: "h/legal", Roles: []string{"legal"}}, {ID: "h/risk", Roles: []string{"risk"}},
		{ID: "wl/builder", Owner: "team-platform", Verbs: []string{"step.intent"}}, {ID: "wl/gw", Owner: "team-gateway"},
		{ID: "wl/publisher", Owner: "team-publish", Verbs: []string{"document.release", "document.withdraw"}},
		{ID: "wl/builder-2", Owner: "team-platform"},
	} {
		p.Class, p.Custody, p.Namespaces = "workload", "file", []string{"*"}
		if p.Owner == "" {
			p.Class, p.Owner = "human", p.ID
		}
		e, err := w.Registrar.Enroll(p, Key(p.ID))
		must(err)
		all = append(all, w.Checked(e))
	}
	f.admit(t, l, all...)
	f.define(t, l)
	return f
}

func (f *Flow) define(t testing.TB, l *log.Log) {
	t.Helper()
	workflow := statement.Workflow{
		ID: "notice", Version: 1, Namespaces: []string{"claims/"}, Tools: []string{"t"}, Targets: []string{"x"}, Destinations: []string{"wl/gw"}, Expects: []string{},
		Steps: []statement.WorkflowStep{
			{Name: "fetch", Required: true, Actors: []string{}}, {Name: "render", Required: true, Actors: []string{}},
			{Name: "publish", Required: true, Release: true, Actors: []string{"wl/publisher"}},
		},
		Approval: statement.Approval{N: 2, Roles: []string{"legal", "risk"}, Class: "human", Level: "any", TTLSeconds: 3600},
		Runners:  []statement.Digest{}, Detail: "full", Materiality: "external", Retention: "P7Y", MaxDurationSeconds: 86400, MaxAttempts: 2,
	}
	words, err := workflow.Marshal()
	must(err)
	f.Text = sha256.Sum256(words)
	grant := f.Say(f.Admin.ID, statement.Statement{Subject: f.Text, Body: &statement.GrantDecision{
		For: statement.WorkflowDefine, Object: statement.TextObject{}, To: "h/plat", Meaning: "approval", Role: "admin", Rule: "flows-1",
		Policy: f.Policy, NotAfter: f.in(time.Minute), Uses: 1, Level: "direct",
	}})
	f.admit(t, l, grant)
	f.admit(t, l, f.Say("h/plat", statement.Statement{Subject: f.Text, Spends: []statement.Digest{grant.Digest}, Body: &statement.DefineWorkflow{Text: string(words)}}))
}

func (f *Flow) admit(t testing.TB, l *log.Log, all ...*admission.Checked) {
	t.Helper()
	for i, r := range Submit(t, l, all...) {
		if r.Refusal != nil {
			t.Fatalf("%s by %s: %v", all[i].Statement.Code, all[i].Statement.Issuer, r.Refusal)
		}
	}
}

func (f *Flow) in(d time.Duration) int64 { return f.Clock.Now().Add(d).UnixMilli() }

// Say signs a statement by an identity whose key follows from its id.
func (f *Flow) Say(by string, s statement.Statement) *admission.Checked {
	e, err := f.Author(by).Sign(s)
	must(err)
	return f.Checked(e)
}

// Open opens a run from these inputs.
func (f *Flow) Open(run, parent string, want statement.Want, inputs ...statement.Digest) *admission.Checked {
	body := &statement.OpenRequest{
		Workflow: f.Text, Trigger: statement.Trigger{Kind: "human"}, Inputs: filesOf(inputs), NoInputs: len(inputs) == 0, Executor: "wl/builder", Want: want, Parent: parent,
	}
	return f.Say("h/claims", statement.Statement{
		Run: run, Subject: f.Text, Traceparent: Trace, Body: body,
		External: []statement.External{{System: "itsm", Kind: "change", ID: "CHG/" + run, Digest: sha256.Sum256([]byte(run))}},
	})
}

// filesOf gives digests the slots in-0, in-1, ...
func filesOf(digests []statement.Digest) []statement.File {
	files := []statement.File{}
	for i, d := range digests {
		files = append(files, statement.File{Name: "file-" + string(rune('0'+i)), Digest: d})
	}
	return files
}

// A Work is a step that was done: what of it a test chooses.
type Work struct {
	Run, Step, Result, By string // by wl/builder, ok, if they are empty
	Attempt, Seq          uint32
	In, Out               []statement.Digest
	Changes               []statement.Change
}

// Done says that a step was done.
func (f *Flow) Done(w Work) *admission.Checked {
	if w.Result == "" {
		w.Result = "ok"
	}
	if w.By == "" {
		w.By = "wl/builder"
	}
	body := &statement.FinishStep{
		Step: statement.Step{
			Attempt: max(w.Attempt, 1), Seq: w.Seq, Name: w.Step, Tool: "t", Target: "x", In: filesOf(w.In),
			Policy: statement.Verdict{ID: "p", Verdict: "allow"}, Assurance: "producer-signed",
		},
		Out: filesOf(w.Out), Result: w.Result, Changes: append([]statement.Change{}, w.Changes...),
	}
	subject := f.Text
	if len(w.In) > 0 {
		subject = w.In[0]
	}
	if len(w.Out) > 0 {
		subject = w.Out[0]
	}
	if w.Result == "error" {
		body.Cause = "internal"
	}
	return f.Say(w.By, statement.Statement{Run: w.Run, Subject: subject, Traceparent: Trace, Body: body})
}

// Close claims how an attempt of a run ended.
func (f *Flow) Close(run string, attempt uint32, status string, output statement.Digest) *admission.Checked {
	body := &statement.CloseOutcome{Attempt: attempt, Status: status, Missing: []string{}, Assurance: "producer-signed"}
	if status != "success" {
		body.Cause = "internal"
	}
	return f.Say("wl/builder", statement.Statement{Run: run, Subject: output, Body: body})
}

// Approve grants the release of these bytes, for a request, to wl/publisher.
func (f *Flow) Approve(by, role string, request *admission.Checked, document string, version uint32, file statement.Digest) *admission.Checked {
	return f.Say(by, statement.Statement{Run: request.Statement.Run, Subject: file, Body: &statement.GrantDecision{
		About: &request.Digest, For: statement.DocumentRelease, Object: statement.DocumentObject{Document: document, Version: version}, To: "wl/publisher",
		Meaning: "approval", Role: role, Rule: "claims-2", Policy: f.Policy, NotAfter: f.in(time.Hour), Uses: 1, Level: "direct",
	}})
}

// Publish releases bytes in a run, on these grants.
func (f *Flow) Publish(run, document string, version uint32, prev *statement.Digest, file statement.Digest, grants ...*admission.Checked) *admission.Checked {
	s := statement.Statement{Run: run, Subject: file, Body: &statement.ReleaseDocument{
		Document: document, Version: version, Prev: prev, Size: 1, Media: "application/pdf", To: []string{"wl/gw"},
	}}
	for _, g := range grants {
		s.Spends = append(s.Spends, g.Digest)
	}
	return f.Say("wl/publisher", s)
}

// Attest says what an identity saw of a statement; run may be empty.
func (f *Flow) Attest(by, run string, about *admission.Checked, seen ...statement.Observed) *admission.Checked {
	return f.Say(by, statement.Statement{Run: run, Subject: about.Statement.Subject, Body: &statement.AttestObservation{About: &about.Digest, Observed: seen}})
}
