package monitor

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage/storagetest"
)

// office is a real log of runs, and a detector that looks at all of it.
type office struct {
	*logtest.Flow
	t      *testing.T
	log    *log.Log
	d      *Detector
	alerts []Alert
}

func newOffice(t *testing.T) *office {
	store, err1 := storagetest.NewMemory().Open()
	anchor, err2 := storagetest.NewMemoryAnchor().Open()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	w := logtest.NewWorld()
	l := w.Create(t, store, anchor)
	t.Cleanup(func() { l.Close() })
	o := &office{Flow: logtest.NewFlow(t, w, l), t: t, log: l, d: New("")}
	o.look()
	o.alerts = nil // of the set-up
	return o
}

// look shows the detector what is new.
func (o *office) look() {
	o.t.Helper()
	v := o.log.View()
	defer v.Release()
	for index := o.d.Next(); index < v.Size(); index++ {
		e, s, err := v.Statement(index)
		if errors.Is(err, log.ErrNotFound) {
			o.d.Skip(index + 1)
			continue
		}
		if err != nil {
			o.t.Fatal(err)
		}
		o.alerts = append(o.alerts, o.d.Observe(Entry{Index: index, Time: v.Time().UnixMilli(), Statement: s, Digest: statement.DigestOf(e.Payload)})...)
	}
}

// say submits a statement and looks at it.
func (o *office) say(c *admission.Checked) *admission.Checked {
	o.t.Helper()
	if r := logtest.Submit(o.t, o.log, c)[0]; r.Refusal != nil {
		o.t.Fatalf("%s: %v", c.Statement.Code, r.Refusal)
	}
	o.look()
	return c
}

// did is a done without a word of a policy engine.
func (o *office) did(run, step, by string, attempt, seq uint32, result string, out ...statement.Digest) *admission.Checked {
	body := &statement.FinishStep{
		Step: statement.Step{
			Attempt: attempt, Seq: seq, Name: step, Tool: "t", Target: "x", In: []statement.File{},
			Policy: statement.Verdict{ID: "none", Verdict: "none"}, Assurance: "producer-signed",
		},
		Out: []statement.File{}, Result: result, Changes: []statement.Change{},
	}
	if result == "error" {
		body.Cause = "internal"
	}
	subject := o.Text
	for i, digest := range out {
		body.Out = append(body.Out, statement.File{Name: fmt.Sprint("out-", i), Digest: digest})
		subject = out[0]
	}
	return o.Say(by, statement.Statement{Run: run, Subject: subject, Body: body})
}

// TestOrdinaryRun: a run as it should be, through the real fold, raises nothing;
// and the same bytes once more, as another document, do.
func TestOrdinaryRun(t *testing.T) {
	o := newOffice(t)
	file := statement.Digest(sha256.Sum256([]byte("notice")))
	for i, want := range []int{0, 1} {
		run, document := fmt.Sprint("R", i), fmt.Sprint("claims/", i)
		open := o.say(o.Open(run, "", statement.WantDocument{Document: document}, file))
		o.say(o.did(run, "fetch", "wl/builder", 1, 1, "ok"))
		o.say(o.did(run, "render", "wl/builder", 1, 2, "ok", file))
		legal := o.say(o.Approve("h/legal", "legal", open, document, 1, file))
		risk := o.say(o.Approve("h/risk", "risk", open, document, 1, file))
		release := o.say(o.Publish(run, document, 1, nil, file, legal, risk))
		o.say(o.Attest("wl/gw", run, release, statement.Observed{Resource: "inbox", Property: "received", Digest: &file}))
		o.say(o.Close(run, 1, "success", file))
		o.alerts = append(o.alerts, o.d.Advance(o.Clock.Now().Add(25*time.Hour).UnixMilli())...)
		if len(o.alerts) != want {
			t.Errorf("run %d: %v", i, o.alerts)
		}
		o.sameStatus(run)
	}
	if a := o.alerts[0]; a.Rule != "AL-18" || a.Condition != "twoDocuments" {
		t.Errorf("raised %v", a)
	}
}

// sameStatus compares what the detector derives with the register of the log.
func (o *office) sameStatus(run string) {
	o.t.Helper()
	v := o.log.View()
	defer v.Release()
	history, err := v.History(register.TypeRun, run, 0, log.MaxHistoryPage)
	if err != nil {
		o.t.Fatal(err)
	}
	var state []byte
	for _, e := range history.Events {
		if state, err = register.NextState(register.TypeRun, state, e.Kind, e.Body, register.Entry{Index: e.Index, Time: e.Time}); err != nil {
			o.t.Fatal(err)
		}
	}
	want, err1 := register.ParseRunState(state)
	r, _ := o.d.m.Runs.get(run)
	got, err2 := register.ParseRunState(r.State)
	if err := errors.Join(err1, err2); err != nil {
		o.t.Fatal(err)
	}
	if got.Status != want.Status || got.Claimed != want.Claimed || got.Attempt != want.Attempt || fmt.Sprint(got.Steps) != fmt.Sprint(want.Steps) {
		o.t.Errorf("run %s: the detector has %+v, the register %+v", run, got, want)
	}
}

// TestStatusIsTheFolds: whatever is reported of runs, by whomever, the detector
// comes to the same status, claim, attempt and results as the registers of the log.
func TestStatusIsTheFolds(t *testing.T) {
	o := newOffice(t)
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	for i := range 40 {
		run := fmt.Sprint("S", i)
		open := o.say(o.Open(run, "", statement.WantTask{Task: "count"}))
		for range 1 + random.IntN(8) {
			attempt, seq := uint32(1+random.IntN(3)), uint32(1+random.IntN(4))
			switch random.IntN(5) {
			case 0:
				o.say(o.Close(run, attempt, pick("success", "partial", "failed", "aborted"), o.Text))
			case 1:
				if random.IntN(4) == 0 {
					s := statement.Statement{Run: run, Subject: open.Digest, Body: &statement.DenyDecision{About: open.Digest, Rule: "r-1", Reason: "risk"}}
					o.say(o.Say("h/legal", s))
				}
			default:
				o.say(o.did(run, pick("fetch", "render", "publish", "nothing"), pick("wl/builder", "wl/builder", "wl/publisher", "wl/gw"), attempt, seq, pick("ok", "ok", "error", "skipped")))
			}
			o.sameStatus(run)
		}
	}
}
