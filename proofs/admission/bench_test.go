package admission

import (
	"testing"

	"github.com/docketlog/docket/proofs/statement"
)

// BenchmarkCheck is the stateless part, one P-256 verification included. Writers
// run it on all processors.
func BenchmarkCheck(b *testing.B) {
	c := releaseStatement("wl/p", "wl/p", "open/1", 1, nil)
	b.SetBytes(int64(len(c.Payload)))
	for b.Loop() {
		if _, err := Check(origin, c.Leaf, c.Payload); err != nil {
			b.Fatal(err)
		}
	}
}

// chain is n direct releases of 100 documents in turn.
func chain(n int) []*Checked {
	const documents = 100
	out := make([]*Checked, 0, n)
	for i := range n {
		var prev *statement.Digest
		if i >= documents {
			prev = &out[i-documents].Digest
		}
		out = append(out, releaseStatement("wl/p", "wl/p", "open/"+string(rune('A'+i%documents/10))+string(rune('0'+i%documents%10)), uint32(1+i/documents), prev))
	}
	return out
}

// BenchmarkApplyWrite is the serial part of a direct release: three registers,
// in memory, batches of 256.
func BenchmarkApplyWrite(b *testing.B) {
	releases := chain(1000)
	var l *testLog
	n := 0
	for b.Loop() {
		if n%len(releases) == 0 {
			b.StopTimer()
			l = newTestLog(b)
			l.admit(world()...)
			n = 0
			b.StartTimer()
		}
		c := releases[n]
		effects, err := l.fold.Apply(l.overlay, l.index(), l.time, c)
		if err != nil {
			b.Fatal(err)
		}
		l.write(c, effects)
		n++
	}
}

// BenchmarkReplay is one entry of a log of direct releases in batches of 100,
// everything included.
func BenchmarkReplay(b *testing.B) {
	l := newTestLog(b)
	l.admit(world()...)
	for i, c := range chain(1000) {
		l.admit(c)
		if i%100 == 99 {
			l.seal()
		}
	}
	entries := 0
	for b.Loop() {
		if _, err := l.replay(); err != nil {
			b.Fatal(err)
		}
		entries += len(l.leaves)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(entries), "ns/entry")
}
