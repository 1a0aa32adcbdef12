package run_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/run"
	"github.com/docketlog/docket/client/spool"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage/storagetest"
)

var ctx = context.Background()

// place is a served log with an office in it, and a switch that cuts the log off.
type place struct {
	*logtest.Office
	client *client.Client
	away   atomic.Bool
}

func newPlace(t testing.TB) *place {
	t.Helper()
	w := logtest.NewWorld()
	store, anchor := storagetest.Open(t)
	l := w.Create(t, store, anchor)
	p := &place{Office: w.NewOffice(t, l)}
	honest := server.New(l)
	h := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if p.away.Load() {
			panic(http.ErrAbortHandler)
		}
		honest.ServeHTTP(rw, r)
	}))
	t.Cleanup(func() { h.Close(); l.Close() })
	p.client = &client.Client{Server: h.URL, Verifier: w.Verifier(t, l), Memory: &client.Memory{}}
	return p
}

func (p *place) options(id string) run.Options {
	return run.Options{ID: id, Workflow: "flow", Want: statement.WantDocument{Document: "claims/" + id}, Requestor: p.Author("h/ask")}
}

func (p *place) open(t testing.TB, o run.Options) *run.Run {
	t.Helper()
	r, err := run.Open(ctx, p.client, p.Pipeline, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// do reports a step.
func do(t testing.TB, r *run.Run, name, result string) {
	t.Helper()
	b, err := r.Begin(ctx, run.Step{Name: name, Runner: statement.Digest{1}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Done(ctx, run.Result{Result: result}); err != nil {
		t.Fatal(err)
	}
}

// approve submits an approval of bytes for the run.
func (p *place) approve(t testing.TB, by string, r *run.Run, file client.File) {
	t.Helper()
	e, err := p.client.Approve(ctx, p.Author(by), client.Approval{
		Run: r.ID(), Object: statement.DocumentObject{Document: "claims/" + r.ID()}, Bytes: file.Digest,
	})
	if err == nil {
		_, _, err = p.client.Submit(ctx, e)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (p *place) state(t testing.TB, id string) *register.RunState {
	t.Helper()
	state, err := p.client.Run(ctx, id)
	if err != nil || state.State == nil {
		t.Fatal(state, err)
	}
	return state.State
}

// A whole run: what it may release is what was approved, and the outcome is the log's own.
func TestWholeRun(t *testing.T) {
	p := newPlace(t)
	r, file := p.open(t, p.options("R1")), logtest.FileOf([]byte("notice"))
	do(t, r, "render", "ok")
	var missing *client.MissingApprovals
	if _, err := r.Release(ctx, "claims/R1", file, nil); !errors.As(err, &missing) || missing.Given != 0 || missing.Need != 2 || len(missing.Roles) != 2 {
		t.Fatal(err)
	}
	p.approve(t, "h/legal", r, file)
	if _, err := r.Release(ctx, "claims/R1", file, nil); !errors.As(err, &missing) || missing.Given != 1 || len(missing.Roles) != 1 || missing.Roles[0] != "risk" {
		t.Fatal(err)
	}
	p.approve(t, "h/risk", r, file)
	if _, err := r.Release(ctx, "claims/R1", logtest.FileOf([]byte("other")), nil); !errors.As(err, &missing) || missing.Given != 0 {
		t.Fatal("the approvals are for these bytes alone:", err)
	}
	released, err := r.Release(ctx, "claims/R1", file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := statement.Parse(released.Envelope.Payload); err != nil || len(s.Spends) != 2 || s.Run != "R1" {
		t.Error(s, err)
	}
	closed, err := r.Close(ctx)
	if err != nil || closed.Status != "success" || closed.Missing != nil || closed.Receipt == nil {
		t.Fatal(closed, err)
	}
	if s := p.state(t, "R1"); s.Status != register.RunSuccess || s.Claimed != register.RunSuccess {
		t.Errorf("%+v", s)
	}
}

var words = map[uint8]string{register.RunSuccess: "success", register.RunPartial: "partial", register.RunFailed: "failed"}

// Whatever the steps give, the outcome claims what the log derives, never more.
func TestClaimsAreDerived(t *testing.T) {
	p := newPlace(t)
	for i, c := range []struct {
		results []string // of the step render, one after the other
		release bool
		want    string
	}{
		{nil, false, "failed"},
		{[]string{"error"}, false, "failed"},
		{[]string{"skipped"}, false, "failed"},
		{[]string{"ok"}, false, "partial"},
		{[]string{"error", "ok"}, false, "partial"},
		{[]string{"ok", "error"}, false, "failed"},
		{nil, true, "partial"},
		{[]string{"error"}, true, "partial"},
		{[]string{"ok"}, true, "success"},
	} {
		id := string(rune('A' + i))
		r, file := p.open(t, p.options(id)), logtest.FileOf([]byte(id))
		for _, result := range c.results {
			do(t, r, "render", result)
		}
		if c.release {
			p.approve(t, "h/legal", r, file)
			p.approve(t, "h/risk", r, file)
			if _, err := r.Release(ctx, "claims/"+id, file, nil); err != nil {
				t.Fatal(err)
			}
		}
		closed, err := r.Close(ctx)
		if err != nil || closed.Status != c.want || (closed.Status == "success") != (len(closed.Missing) == 0) {
			t.Fatalf("%+v: %+v, %v", c, closed, err)
		}
		if s := p.state(t, id); words[s.Status] != c.want || s.Claimed != s.Status {
			t.Errorf("%+v: the log derives %q, claimed is %q", c, words[s.Status], words[s.Claimed])
		}
	}
}

// A step of the next attempt names the outcome before it, and what was done carries over.
func TestRetry(t *testing.T) {
	p := newPlace(t)
	r := p.open(t, p.options("R1"))
	do(t, r, "render", "error")
	closed, err := r.Close(ctx)
	if err != nil || closed.Status != "failed" {
		t.Fatal(closed, err)
	}
	// Another process goes on.
	if r, err = run.Join(ctx, p.client, p.Pipeline, "R1", nil); err != nil {
		t.Fatal(err)
	}
	r.Retry()
	b, err := r.Begin(ctx, run.Step{Name: "render", Runner: statement.Digest{1}})
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := b.Done(ctx, run.Result{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := statement.Parse(receipt.Envelope.Payload)
	if err != nil {
		t.Fatal(err)
	}
	before := statement.DigestOf(closed.Receipt.Envelope.Payload)
	if done := s.Body.(*statement.FinishStep); done.Attempt != 2 || done.Seq != 1 || done.RetryOf == nil || *done.RetryOf != before {
		t.Errorf("%+v", done)
	}
	if state := p.state(t, "R1"); state.Attempt != 2 || state.Status != register.RunPartial {
		t.Errorf("%+v", state)
	}
}

// The log goes away in the middle: evidence waits, says that it is late, and another
// process brings it.
func TestTheLogGoesAway(t *testing.T) {
	p := newPlace(t)
	s, err := spool.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := p.options("R1")
	o.Spool = s
	r := p.open(t, o)
	b, err := r.Begin(ctx, run.Step{Name: "render", Runner: statement.Digest{1}})
	if err != nil {
		t.Fatal(err)
	}
	p.away.Store(true)
	var waits *spool.WaitsError
	if _, err := b.Done(ctx, run.Result{Out: []statement.File{{Name: "out", Digest: sha256.Sum256([]byte("out"))}}}); !errors.As(err, &waits) {
		t.Fatal(err)
	}
	kept, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if r, err = run.Resume(p.client, p.Pipeline, kept, s); err != nil {
		t.Fatal(err)
	}
	closed, err := r.Close(ctx)
	if !errors.As(err, &waits) || closed.Status != "partial" || waits.Record.Statement.Late != "offline" {
		t.Fatal(closed, err)
	}
	var unanswered *run.Unanswered
	if _, err := run.Open(ctx, p.client, p.Pipeline, p.options("R2")); err == nil || errors.As(err, &waits) {
		t.Error("authority was spooled:", err)
	} else if errors.As(err, &unanswered) {
		t.Error("nothing was signed: the workflow could not be read")
	}
	p.away.Store(false)
	if done, err := s.Flush(ctx, p.client, nil); err != nil || done.Admitted != 2 {
		t.Fatal(done, err)
	}
	if state := p.state(t, "R1"); state.Status != register.RunPartial || state.Claimed != register.RunPartial || len(state.Steps) != 1 {
		t.Errorf("%+v", state)
	}
}

// A withdrawal needs the word of those whom the workflow of its release names.
func TestWithdrawInRun(t *testing.T) {
	p := newPlace(t)
	r, file := p.open(t, p.options("R1")), logtest.FileOf([]byte("notice"))
	p.approve(t, "h/legal", r, file)
	p.approve(t, "h/risk", r, file)
	if _, err := r.Release(ctx, "claims/R1", file, nil); err != nil {
		t.Fatal(err)
	}
	o := p.options("R2")
	o.Want = statement.WantDocument{Document: "claims/R1"}
	p.open(t, o)
	w := client.RunWithdrawal{Run: "R2", Document: "claims/R1", Reason: "legal"}
	var missing *client.MissingApprovals
	if _, err := p.client.WithdrawInRun(ctx, p.Pipeline, w); !errors.As(err, &missing) || missing.Need != 1 || missing.Roles != nil {
		t.Fatal(err)
	}
	e, err := p.client.Approve(ctx, p.Author("h/risk"), client.Approval{
		Run: "R2", For: statement.DocumentWithdraw, Object: statement.DocumentObject{Document: "claims/R1"}, Bytes: file.Digest,
	})
	if err == nil {
		_, _, err = p.client.Submit(ctx, e)
	}
	if err != nil {
		t.Fatal(err)
	}
	if e, err = p.client.WithdrawInRun(ctx, p.Pipeline, w); err == nil {
		_, _, err = p.client.Submit(ctx, e)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func named(text string) statement.Digest { return sha256.Sum256([]byte(text)) }

// Where steps stay with the pipeline, the outcome commits to them and its word counts.
func TestRolled(t *testing.T) {
	p := newPlace(t)
	flow := p.open(t, p.options("R0")).Workflow()
	rolled := *flow
	rolled.ID, rolled.Detail, rolled.Materiality = "rolled", "rolled", "internal"
	rolled.Steps = []statement.WorkflowStep{{Name: "make", Required: true, Actors: []string{}}, {Name: "check", Required: true, Actors: []string{}}}
	text, err := rolled.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	agreed, err := p.client.Agree(ctx, p.Admin, client.Agreement{
		For: statement.WorkflowDefine, Object: statement.TextObject{}, Subject: sha256.Sum256(text), Decision: client.Decision{To: "h/plat"},
	})
	p.submit(t, agreed, err)
	plat := p.Author("h/plat")
	grants, err := p.client.Agreements(ctx, plat, statement.WorkflowDefine, statement.TextObject{}, sha256.Sum256(text))
	if err != nil || len(grants) != 1 || grants[0] != statement.DigestOf(agreed.Payload) {
		t.Fatal(grants, err)
	}
	defined, err := plat.DefineWorkflow(text, grants)
	p.submit(t, defined, err)

	r := p.open(t, run.Options{ID: "R1", Workflow: "rolled", Requestor: p.Author("h/ask")})
	do(t, r, "make", "ok")
	do(t, r, "check", "ok")
	closed, err := r.Close(ctx)
	if err != nil || closed.Status != "success" {
		t.Fatal(closed, err)
	}
	kept, err := r.Rolled()
	if err != nil || len(kept) != 2 {
		t.Fatal(kept, err)
	}
	s, err := statement.Parse(closed.Receipt.Envelope.Payload)
	if err != nil {
		t.Fatal(err)
	}
	steps := s.Body.(*statement.CloseOutcome).Steps
	want := proofs.NodeHash(proofs.LeafHash(kept[0].Payload), proofs.LeafHash(kept[1].Payload))
	if steps == nil || steps.Count != 2 || steps.Root != want {
		t.Errorf("%+v", steps)
	}
	if state := p.state(t, "R1"); state.Status != register.RunSuccess || len(state.Steps) != 0 {
		t.Errorf("%+v", state)
	}
}

func (p *place) submit(t testing.TB, e statement.Envelope, err error) {
	t.Helper()
	if err == nil {
		_, _, err = p.client.Submit(ctx, e)
	}
	if err != nil {
		t.Fatal(err)
	}
}
