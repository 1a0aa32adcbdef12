package log_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

// BenchmarkSubmit measures the writer and what feeds it, without HTTP: signed
// releases of new documents, checked in parallel, sealed, committed to a disk,
// anchored, each answered with a full receipt. Signing them is not counted, signing
// checkpoints is: with Ed25519, and with ML-DSA-44 too.
func BenchmarkSubmit(b *testing.B) {
	for _, submitters := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("submitters=%d", submitters), func(b *testing.B) { benchmarkSubmit(b, submitters, logtest.NewWorld()) })
		b.Run(fmt.Sprintf("submitters=%d/ml-dsa", submitters), func(b *testing.B) {
			w := logtest.NewWorld()
			w.Signer = log.Join(w.Signer, pqKey(b, 2))
			benchmarkSubmit(b, submitters, w)
		})
	}
}

func benchmarkSubmit(b *testing.B, submitters int, w *logtest.World) {
	dir := b.TempDir()
	store, err := pebblestore.Create(filepath.Join(dir, "store"), pebblestore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	a, err := anchor.Create(filepath.Join(dir, "anchor"))
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	l := w.Create(b, store, a)
	defer l.Close()
	envelopes := make([]statement.Envelope, b.N)
	for i := range envelopes {
		if envelopes[i], err = w.Pipeline.Release(fmt.Sprintf("contracts/%d", i), 1, nil, logtest.FileOf(fmt.Appendf(nil, "%d", i))); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	var next atomic.Int64
	var wait sync.WaitGroup
	for range submitters {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
				c, err := l.Check(envelopes[i])
				if err != nil {
					b.Error(err)
					return
				}
				results, view, err := l.Submit(context.Background(), []*admission.Checked{c})
				if err != nil || results[0].Refusal != nil {
					b.Errorf("%v %+v", err, results)
					return
				}
				r, err := view.Receipt(results[0].Index)
				if err != nil {
					b.Error(err)
					return
				}
				_ = r.Marshal()
				view.Release()
			}
		})
	}
	wait.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "releases/s")
}
