package audit_test

import (
	"testing"

	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/log/logtest"
)

// BenchmarkReplay replays a log of some 10,000 entries from its first leaf, over
// HTTP on this machine, all signatures verified.
func BenchmarkReplay(b *testing.B) {
	o := honest(b, logtest.NewWorld(), 10_000)
	for b.Loop() {
		a := o.auditor()
		a.Workers = 0
		a.State = audit.NewMemory()
		if report, err := run(b, a); err != nil || !report.Clean {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(o.Leaves))*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
