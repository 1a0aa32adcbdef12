package audit_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
)

// An audit goes on over a log that forked meanwhile: it finds the second history,
// whatever its size, keeps it, and never goes on, not even when the first history is
// shown again.
func TestForkMeanwhile(t *testing.T) {
	for name, n := range map[string]int{"as long": 0, "longer": 1} {
		t.Run(name, func(t *testing.T) {
			w := logtest.NewWorld()
			o := honest(t, w, 40)
			first := o.again(func(l, c [][]byte) ([][]byte, [][]byte) { return l, c })
			a := first.auditor()
			if _, err := run(t, a); err != nil {
				t.Fatal(err)
			}
			fork := o.again(func(l, c [][]byte) ([][]byte, [][]byte) {
				seal := o.lastSeal()
				seal.Time++
				l[len(l)-1] = seal.Marshal()
				if n == 0 {
					return l, c
				}
				return entry(w, "wl/pipeline", release(t, w, "wl/pipeline", "contracts/fork", 1))(o, l, c)
			})
			fork.url = first.url
			first.become(fork)
			report, err := run(t, a)
			var fe *client.ForkError
			if !errors.As(err, &fe) || len(fe.Seen) == 0 || len(fe.Shown) == 0 || (n > 0) != (len(fe.Proof) > 0) {
				t.Fatalf("%v", err)
			}
			if report.Clean || len(report.Divergences) != 1 || report.Divergences[0].Class != audit.ClassHistory || report.Divergences[0].Rule != "fork" {
				t.Errorf("%+v", report)
			}
			first.become(o)
			report, err = run(t, a)
			var ended *audit.Ended
			if !errors.As(err, &ended) || ended.Divergence.Rule != "fork" || report.Clean || len(report.Divergences) != 1 {
				t.Errorf("after the first history is shown again: %v", err)
			}
			a.State = audit.NewMemory()
			if report, err := run(t, a); err != nil || !report.Clean {
				t.Errorf("another state: %v", err)
			}
		})
	}
}

// An older state is no fork: the audit waits for the newer one.
func TestRollback(t *testing.T) {
	o := honest(t, logtest.NewWorld(), 80)
	served := o.again(func(l, c [][]byte) ([][]byte, [][]byte) { return l, c })
	a := served.auditor()
	if _, err := run(t, a); err != nil {
		t.Fatal(err)
	}
	end := o.sealBefore(size(o)-1) + 1
	served.become(o.again(func(l, c [][]byte) ([][]byte, [][]byte) { return l[:end], c[:end] }))
	report, err := run(t, a)
	var rollback *client.RollbackError
	if !errors.As(err, &rollback) || report.Clean || len(report.Divergences) != 1 || report.Divergences[0].Rule != "rollback" {
		t.Errorf("%v\n%+v", err, report)
	}
	served.become(o)
	if report, err := run(t, a); err != nil || !report.Clean {
		t.Errorf("after the newer state is shown: %v", err)
	}
}

// A clock ahead of the auditor's is found at the seal that is ahead, and the state
// remembers: an hour later the seal would look right.
func TestClockAhead(t *testing.T) {
	w := logtest.NewWorld()
	early := w.Clock.Now()
	o := honest(t, w, 60) // 1 s between the seals
	for name, skew := range map[string]time.Duration{"within the skew": -5 * time.Minute, "beyond it": -5*time.Minute - time.Second} {
		t.Run(name, func(t *testing.T) {
			a := o.auditor()
			now := w.Clock.Now().Add(skew)
			a.Now = func() time.Time { return now }
			report, err := run(t, a)
			if skew == -5*time.Minute {
				if err != nil || !report.Clean {
					t.Errorf("%v", err)
				}
				return
			}
			var clock *audit.ClockError
			if !errors.As(err, &clock) || clock.Index != lastIndex(o) || clock.Skew != 5*time.Minute || report.Divergences[0].Class != audit.ClassClock {
				t.Fatalf("%v", err)
			}
			now = now.Add(time.Hour)
			var ended *audit.Ended
			if _, err = run(t, a); !errors.As(err, &ended) || ended.Divergence.Index != lastIndex(o) {
				t.Errorf("an hour later: %v", err)
			}
		})
	}
	a := o.auditor()
	a.Now = func() time.Time { return early.Add(-time.Hour) }
	var clock *audit.ClockError
	if report, err := run(t, a); !errors.As(err, &clock) || clock.Index != 1 || report.Replayed != 0 {
		t.Errorf("an hour before the log began: %v", err)
	}
}

// A log whose clock stands still, while an auditor follows it, is found by the next
// seal. An auditor that comes later cannot tell: its report says so.
func TestClockFrozen(t *testing.T) {
	w := logtest.NewWorld()
	o := honest(t, w, 60)
	end := o.sealBefore(size(o)-1) + 1
	served := o.again(func(l, c [][]byte) ([][]byte, [][]byte) { return l[:end], c[:end] })
	a := served.auditor()
	now := w.Clock.Now()
	a.Now = func() time.Time { return now }
	now = now.Add(10 * time.Minute)
	if _, err := run(t, a); err != nil {
		t.Fatal(err)
	}
	now = now.Add(10 * time.Minute)
	served.become(o)
	report, err := run(t, a)
	var clock *audit.ClockError
	if !errors.As(err, &clock) || clock.Index != lastIndex(o) || report.Replayed != uint64(end) || !strings.Contains(report.Divergences[0].Reason, "behind") {
		t.Fatalf("%v", err)
	}
	late := served.auditor()
	late.Now = a.Now
	report, err = run(t, late)
	if err != nil || !strings.Contains(strings.Join(report.NotChecked, " "), "before this auditor followed") {
		t.Errorf("an auditor that came later: %v\n%q", err, report.NotChecked)
	}
}

// An auditor whose own clock went back judges nothing by it, and goes on when it is right
// again: no finding that ends the audit comes of it.
func TestOwnClockBack(t *testing.T) {
	w := logtest.NewWorld()
	o := honest(t, w, 60)
	end := o.sealBefore(size(o)-1) + 1
	served := o.again(func(l, c [][]byte) ([][]byte, [][]byte) { return l[:end], c[:end] })
	a := served.auditor()
	now := w.Clock.Now()
	a.Now = func() time.Time { return now }
	if _, err := run(t, a); err != nil {
		t.Fatal(err)
	}
	served.become(o)
	now = now.Add(-24 * time.Hour)
	report, err := run(t, a)
	var clock *audit.ClockError
	if !errors.Is(err, audit.ErrOwnClock) || errors.As(err, &clock) || report.Clean || len(report.Divergences) != 0 || report.Error == "" {
		t.Fatalf("%v\n%+v", err, report)
	}
	now = now.Add(24 * time.Hour)
	if report, err := run(t, a); err != nil || !report.Clean {
		t.Errorf("when it is right again: %v", err)
	}
}

// A state is of one log and one genesis; another key's checkpoint, or one that does
// not begin with the genesis, is no answer.
func TestStateOfAnotherLog(t *testing.T) {
	o := honest(t, logtest.NewWorld(), 5)
	a := o.auditor()
	if _, err := run(t, a); err != nil {
		t.Fatal(err)
	}
	other := honest(t, logtest.NewWorld(), 6) // another genesis: its nonce is random
	b := other.auditor()
	b.State = a.State
	if report, err := run(t, b); err == nil || !strings.Contains(err.Error(), "another log") || report.Clean || report.Error == "" {
		t.Errorf("%v", err)
	}
	tree, err := other.client().NewestTree(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b.State = audit.NewMemory()
	b.Client.Verifier.Genesis = proofs.Hash{1}
	tree, err = b.Client.Tree(tree.Note)
	if err != nil {
		t.Fatal(err)
	}
	var genesis *client.GenesisError
	if _, err := b.Run(ctx, tree); !errors.As(err, &genesis) {
		t.Errorf("%v", err)
	}
}
