package logtest

import (
	"crypto/sha256"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// An Office is a world in which documents are released in runs of one workflow: a
// release needs grants in the roles legal and risk, a withdrawal needs one of them.
// h/ask asks, h/legal and h/risk approve, h/deputy may be asked to in their stead,
// the pipeline executes.
type Office struct {
	*World
	Workflow statement.Digest // of its text
	policy   statement.Digest
}

// NewOffice enrolls the people in a log of the world and defines the workflow, which
// a test may change.
func (w *World) NewOffice(t testing.TB, l *log.Log, change ...func(*statement.Workflow)) *Office {
	t.Helper()
	o := &Office{World: w, policy: policyOf(t, l)}
	for _, e := range []client.Enrollment{
		{ID: "h/plat", Verbs: []string{"workflow.define"}},
		{ID: "h/ask", Verbs: []string{"request.open"}},
		{ID: "h/legal", Roles: []string{"legal"}},
		{ID: "h/risk", Roles: []string{"risk"}},
		{ID: "h/deputy"},
	} {
		e.Class, e.Owner, e.Custody, e.Namespaces = "human", e.ID, "file", []string{"*"}
		enrolled, err := w.Registrar.Enroll(e, Key(e.ID))
		must(err)
		o.submit(t, l, w.Checked(enrolled))
	}
	flow := statement.Workflow{
		ID: "flow", Version: 1, Namespaces: []string{"*"}, Tools: []string{}, Targets: []string{}, Destinations: []string{}, Expects: []string{},
		Steps: []statement.WorkflowStep{
			{Name: "render", Required: true, Actors: []string{}}, {Name: "publish", Required: true, Release: true, Actors: []string{}},
		},
		Approval:       statement.Approval{N: 2, Roles: []string{"legal", "risk"}, Class: "human", Level: "direct", TTLSeconds: 3600},
		WithdrawGrants: 1, Runners: []statement.Digest{}, Detail: "full", Materiality: "external", Retention: "P7Y", MaxDurationSeconds: 7200, MaxAttempts: 2,
	}
	for _, c := range change {
		c(&flow)
	}
	text, err := flow.Marshal()
	must(err)
	o.Workflow = sha256.Sum256(text)
	agreed := o.Sign(w.Admin.ID, statement.Statement{Subject: o.Workflow, Body: &statement.GrantDecision{
		For: statement.WorkflowDefine, Object: statement.TextObject{}, To: "h/plat", Meaning: "approval", Role: "admin", Rule: "flows-1",
		Policy: o.policy, NotAfter: w.Clock.Now().UnixMilli() + 60_000, Uses: 1, Level: "direct",
	}})
	o.submit(t, l, agreed)
	o.submit(t, l, o.Sign("h/plat", statement.Statement{
		Subject: o.Workflow, Spends: []statement.Digest{agreed.Digest}, Body: &statement.DefineWorkflow{Text: string(text)},
	}))
	return o
}

func (o *Office) submit(t testing.TB, l *log.Log, c *admission.Checked) {
	t.Helper()
	if r := Submit(t, l, c)[0]; r.Refusal != nil {
		t.Fatalf("%s: %v", c.Statement.Code, r.Refusal)
	}
}

// policyOf is the digest of the genesis policy.
func policyOf(t testing.TB, l *log.Log) statement.Digest {
	t.Helper()
	v := l.View()
	defer v.Release()
	r, err := v.Receipt(0)
	if err != nil {
		t.Fatal(err)
	}
	s, err := statement.Parse(r.Envelope.Payload)
	must(err)
	return s.Subject
}

// Sign returns a checked statement by an identity of the world; kind, nonce and
// time are filled in.
func (w *World) Sign(by string, s statement.Statement) *admission.Checked {
	e, err := w.Author(by).Sign(s)
	must(err)
	return w.Checked(e)
}

// Request asks for a release of a document, in a run.
func (o *Office) Request(run, document string) *admission.Checked {
	return o.Sign("h/ask", statement.Statement{Run: run, Subject: o.Workflow, Body: &statement.OpenRequest{
		Workflow: o.Workflow, Trigger: statement.Trigger{Kind: "human"}, Inputs: []statement.File{}, NoInputs: true, Executor: o.Pipeline.ID,
		Want: statement.WantDocument{Document: document},
	}})
}

// Approve grants the pipeline an act on a version of a document with these bytes.
// request is nil for the withdrawal of what a run released.
func (o *Office) Approve(by, role string, act statement.Code, request *admission.Checked, document string, version uint32, file []byte) *admission.Checked {
	return o.ApproveFor(nil, by, role, act, request, document, version, file)
}

// ApproveFor is Approve in the stead of who signed the delegation; nil: nobody's.
func (o *Office) ApproveFor(delegation *admission.Checked, by, role string, act statement.Code, request *admission.Checked, document string, version uint32, file []byte) *admission.Checked {
	s := statement.Statement{Subject: sha256.Sum256(file)}
	g := &statement.GrantDecision{
		For: act, Object: statement.DocumentObject{Document: document, Version: version}, To: o.Pipeline.ID, Meaning: "approval", Role: role, Rule: "four-eyes",
		Policy: o.policy, NotAfter: o.Clock.Now().UnixMilli() + 3_600_000, Uses: 1, Level: "direct",
	}
	if s.Body = g; request != nil {
		s.Run, g.About = request.Statement.Run, &request.Digest
	}
	if delegation != nil {
		g.ActingFor = &delegation.Digest
	}
	return o.Sign(by, s)
}

// Delegate lets another decide in the stead of by, everywhere.
func (o *Office) Delegate(by, to, role string) *admission.Checked {
	return o.Sign(by, statement.Statement{Subject: sha256.Sum256(Key(to).SPKI()), Body: &statement.GrantDecision{
		For: statement.DecisionGrant, Object: statement.DelegationObject{Role: role, Namespaces: []string{"*"}}, To: to, Meaning: "responsibility",
		Role: role, Rule: "holidays", Policy: o.policy, NotAfter: o.Clock.Now().UnixMilli() + 3_600_000, Uses: 9, Level: "direct",
	}})
}

// ReleaseIn releases bytes in the run of the request, on the grants.
func (o *Office) ReleaseIn(request *admission.Checked, document string, version uint32, prev *admission.Checked, file []byte, grants ...*admission.Checked) *admission.Checked {
	body := &statement.ReleaseDocument{Document: document, Version: version, Size: uint64(len(file)), Media: "text/plain", To: []string{}}
	if prev != nil {
		body.Prev = &prev.Digest
	}
	return o.Sign(o.Pipeline.ID, statement.Statement{Run: request.Statement.Run, Subject: sha256.Sum256(file), Spends: digestsOf(grants), Body: body})
}

// WithdrawOn withdraws a version on grants; run may be empty.
func (o *Office) WithdrawOn(run, document string, version uint32, file []byte, grants ...*admission.Checked) *admission.Checked {
	return o.Sign(o.Pipeline.ID, statement.Statement{Run: run, Subject: sha256.Sum256(file), Spends: digestsOf(grants),
		Body: &statement.WithdrawDocument{Document: document, Version: version, Reason: "error"}})
}

// Close claims that the run of the request is a success.
func (o *Office) Close(request *admission.Checked, file []byte) *admission.Checked {
	return o.Sign(o.Pipeline.ID, statement.Statement{Run: request.Statement.Run, Subject: sha256.Sum256(file),
		Body: &statement.CloseOutcome{Attempt: 1, Status: "success", Missing: []string{}, Assurance: "producer-signed"}})
}

func digestsOf(entries []*admission.Checked) (digests []statement.Digest) {
	for _, c := range entries {
		digests = append(digests, c.Digest)
	}
	return digests
}
