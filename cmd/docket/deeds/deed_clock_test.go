package deeds

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/client/watch"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
)

// judging makes a monitor bring the policy of a level.
func (o *operator) judging(level int) func(c *watch.Config) {
	return func(c *watch.Config) {
		c.Client = &client.Client{Server: o.url, Verifier: o.verifier(level)}
	}
}

// publish shows the log's checkpoint with cosignatures.
func (o *operator) publish(lines []byte) {
	o.lie(func(honest http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/checkpoint" {
				honest.ServeHTTP(w, r)
				return
			}
			v := o.log.View()
			defer v.Release()
			_, _ = w.Write(append(bytes.Clone(v.Checkpoint()), lines...))
		})
	})
}

// wrongTime demands that the audit cosigner, who follows, refuses a seal for its time: by
// its own clock, so that there is no evidence.
func (o *operator) wrongTime(says string) {
	o.t.Helper()
	report, line, err := o.audited()
	var clock *audit.ClockError
	if !errors.As(err, &clock) || line != nil || report.Evidence != nil || !strings.Contains(err.Error(), says) {
		o.t.Fatalf("%v; want a clock error that says %q", err, says)
	}
}

// TestDeedFrozenClock: the log's clock stands still for an hour, and its signers' with
// it. Who follows notices by its own clock; that convicts nobody. Who comes late cannot
// tell; a verifier who demands a witness is shown both times.
func TestDeedFrozenClock(t *testing.T) {
	o := newOperator(t)
	v1 := o.versions(1)
	watches := o.monitor()
	watches.quiet()
	o.cosigned()
	o.clock.Add(time.Hour) // for everybody but the operator
	watches.quiet()
	o.cosigned()

	honest := o.w.Author(o.w.Pipeline.ID)
	honest.Now = o.clock.Now
	e, err := honest.Release(document, 2, &v1.Digest, logtest.FileOf(file(2)))
	if err != nil {
		t.Fatal(err)
	}
	var refused *client.Refused
	if _, _, err := o.client().Submit(ctx, e); !errors.As(err, &refused) || refused.Code != "E701" {
		t.Errorf("a signer with a clock of its own is told: %v", err)
	}
	v2 := o.w.Release(document, 2, v1, file(2)) // by the log's clock
	o.submit(v2)
	lines := o.blindWitness()
	r, names := watches.looks()
	if names != "AL-15/clock" || r.Convicted || len(r.Files) != 0 {
		t.Errorf("the monitor that follows: %q, %+v", names, r)
	}
	o.wrongTime("behind")
	o.monitor().quiet()
	late := newAuditor(o)
	if report, _, err := late.Step(ctx); err != nil || !strings.Contains(strings.Join(report.NotChecked, " "), "before this auditor followed") {
		t.Errorf("an auditor that comes late: %v\n%q", err, report.NotChecked)
	}
	receipt := o.receipt(v2, lines)
	o.verify([3]int{0, 0, proofs.ExitCosigners}, file(2), receipt)
	got := o.verifier(l1).Verify(receipt, proofs.Expect{File: logtest.FileOf(file(2)).Digest, Document: document})
	if apart := got.WitnessTime - got.SealTime; apart < time.Hour.Milliseconds()-1000 {
		t.Errorf("the verdict shows two times %d ms apart", apart)
	}
	if got := o.verifier(l0).Verify(receipt, proofs.Expect{}); got.WitnessTime != 0 {
		t.Errorf("at L0 the log's clock is the only one: %d", got.WitnessTime)
	}
}

// TestDeedJumpingClock: the log's clock is an hour ahead. A quorum of witnesses that
// cosigned the seal before its time convicts it, by a policy that demands them.
func TestDeedJumpingClock(t *testing.T) {
	o := newOperator(t)
	v1 := o.versions(1)
	watches, judges := o.monitor(), o.monitor(o.judging(l1))
	o.publish(o.cosigned())
	watches.quiet()
	judges.quiet()
	o.w.Clock.Add(time.Hour)
	v2 := o.w.Release(document, 2, v1, file(2))
	o.submit(v2)
	lines := o.blindWitness()
	o.publish(lines)

	if r, names := watches.looks(); names != "AL-15/clock" || r.Convicted || len(r.Files) != 0 {
		t.Errorf("a monitor without a quorum: %q, %+v", names, r)
	}
	r, names := judges.looks()
	if names != "AL-15/falseTime" || !r.Convicted || len(r.Files) != 1 {
		t.Fatalf("a monitor with a quorum: %q, %+v", names, r)
	}
	o.judged(r.Files[0], l1, proofs.ExitContradicted, "a quorum of witnesses had cosigned")
	o.judged(r.Files[0], l0, proofs.ExitUnknown, "UNPROVEN") // whose clock should he believe?
	o.wrongTime("ahead")
	receipt := o.receipt(v2, lines)
	o.verify([3]int{0, 0, proofs.ExitCosigners}, file(2), receipt)
	got := o.verifier(l1).Verify(receipt, proofs.Expect{File: logtest.FileOf(file(2)).Digest, Document: document})
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "ahead of the witnesses") {
		t.Errorf("the verdict at L1 warns of nothing: %q", got.Warnings)
	}
	if got := o.verifier(l0).Verify(receipt, proofs.Expect{}); len(got.Warnings) != 0 {
		t.Errorf("at L0: %q", got.Warnings)
	}
	// The clock goes on as it should: seals never go back, so the log stands still.
	o.w.Clock.Add(-time.Hour)
	if _, _, err := o.log.Submit(ctx, []*admission.Checked{o.w.Release(document, 3, v2, file(3))}); !errors.Is(err, log.ErrStopped) {
		t.Errorf("by a clock that went back an hour: %v", err)
	}
	o.stopped = true
}
