package audit_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/log/logtest"
)

// differs compares reports by all that does not depend on when they were made.
func differs(a, b *audit.Report) string {
	return cmp.Diff(a, b, cmpopts.IgnoreFields(audit.Report{}, "Began", "Ended", "From"), cmpopts.IgnoreUnexported(audit.Tally{}))
}

func TestHonestLog(t *testing.T) {
	o := honest(t, logtest.NewWorld(), 700)
	a := o.auditor()
	var shown []audit.Progress
	a.Progress = func(p audit.Progress) { shown = append(shown, p) }
	report, err := run(t, a)
	if err != nil || !report.Clean || len(report.Divergences) != 0 || report.Evidence != nil || report.Error != "" {
		t.Fatalf("%v\n%+v", err, report)
	}
	size := uint64(len(o.Leaves))
	if report.Size != size || report.Replayed != size || report.From != 0 {
		t.Errorf("%d of %d from %d, want %d", report.Replayed, report.Size, report.From, size)
	}
	if want := "740 leaves replayed under 1 policy: 0 divergences"; report.Result != want {
		t.Errorf("%q, want %q", report.Result, want)
	}
	if got := report.Registers; got != o.lastSeal().Count {
		t.Errorf("%d registers, the last seal says %d", got, o.lastSeal().Count)
	}
	want := map[string]uint64{"policy.set": 1, "identity.enroll": 2, "document.release": 700}
	if diff := cmp.Diff(want, report.Tally.Kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	if report.Tally.Seals != size-703 || report.Tally.Statements != 703 {
		t.Errorf("%+v", report.Tally)
	}
	last := shown[len(shown)-1]
	if last.Done != size || last.Total != size || shown[0].Done != 0 {
		t.Errorf("progress from %+v to %+v", shown[0], last)
	}
	if len(report.NotChecked) < 5 || !strings.Contains(strings.Join(report.NotChecked, " "), "no cosigner") {
		t.Errorf("not checked: %q", report.NotChecked)
	}
	again, err := run(t, a)
	if err != nil || again.From != size || differs(report, again) != "" {
		t.Errorf("the second run: %v, from %d\n%s", err, again.From, differs(report, again))
	}
}

// A run that is cut off anywhere, and goes on, says what a run says that was not.
func TestRunsGoOn(t *testing.T) {
	o := honest(t, logtest.NewWorld(), 900)
	want, err := run(t, o.auditor())
	if err != nil {
		t.Fatal(err)
	}
	a := o.auditor()
	a.Every, a.Workers = 50, 1
	kept := uint64(0)
	for cut := 1; ; cut++ {
		o.mu.Lock()
		o.asked, o.broken = 0, func(asked int) bool { return asked > 2 }
		if cut > 3 {
			o.broken = nil
		}
		o.mu.Unlock()
		report, err := run(t, a)
		if err == nil {
			if diff := differs(want, report); diff != "" || report.From != kept {
				t.Errorf("from %d, kept %d (-want +got):\n%s", report.From, kept, diff)
			}
			break
		}
		if report.Clean || report.Error == "" || len(report.Divergences) > 0 || !strings.Contains(report.Result, "ended early") {
			t.Fatalf("cut %d: %+v", cut, report)
		}
		if report.From != kept || report.Replayed < kept {
			t.Fatalf("cut %d: from %d to %d, kept %d", cut, report.From, report.Replayed, kept)
		}
		kept = report.Replayed
	}
	if kept < 500 {
		t.Errorf("only %d leaves were kept between the runs", kept)
	}
}

// An interrupt is no finding, and what was sealed before it is kept.
func TestInterrupt(t *testing.T) {
	o := honest(t, logtest.NewWorld(), 600)
	a := o.auditor()
	a.Workers = 1
	cancelled, cancel := context.WithCancel(ctx)
	a.Progress = func(p audit.Progress) {
		if p.Done >= 256 {
			cancel()
		}
	}
	tree, err := a.Client.NewestTree(ctx)
	if err != nil {
		t.Fatal(err)
	}
	report, err := a.Run(cancelled, tree)
	if !errors.Is(err, context.Canceled) || report.Clean || report.Replayed == 0 || report.Replayed == report.Size {
		t.Fatalf("%v, %d of %d", err, report.Replayed, report.Size)
	}
	a.Progress = nil
	kept := report.Replayed
	if report, err = run(t, a); err != nil || report.From != kept || !report.Clean {
		t.Errorf("%v, from %d, kept %d", err, report.From, kept)
	}
}

// A log that outgrows its register tree is cut deeper on the way, also by a run that
// goes on: the roots in its seals stay right.
func TestManyRegisters(t *testing.T) {
	o := honest(t, logtest.NewWorld(), 2700)
	if n := o.lastSeal().Count; n <= 20<<8 {
		t.Fatalf("%d registers do not make the tree deeper", n)
	}
	want, err := run(t, o.auditor())
	if err != nil {
		t.Fatal(err)
	}
	a := o.auditor()
	a.Every = 500
	cancelled, cancel := context.WithCancel(ctx)
	a.Progress = func(p audit.Progress) {
		if p.Done >= 2600 {
			cancel()
		}
	}
	tree, err := a.Client.NewestTree(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Run(cancelled, tree); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	a.Progress = nil
	report, err := run(t, a)
	if err != nil || report.From < 2000 || differs(want, report) != "" {
		t.Errorf("%v, from %d\n%s", err, report.From, differs(want, report))
	}
}
