package witness_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage/pebblestore"
)

// BenchmarkAdd measures cosignatures a second, each durable, of 64 logs that ask at
// once, with a key of each type.
func BenchmarkAdd(b *testing.B) {
	for name, key := range map[string]seedKey{
		"Ed25519": newKey(witnessName, proofs.TypeEd25519Cosignature, 200),
		"MLDSA44": newKey(witnessName, proofs.TypeMLDSA44, 201),
	} {
		b.Run(name, func(b *testing.B) {
			store, err := pebblestore.Create(b.TempDir(), pebblestore.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			logs := make([]*tree, 64)
			config := witness.Config{Store: store, Cosigners: []witness.Cosigner{key}}
			for i := range logs {
				logs[i] = newTree(fmt.Sprintf("log%d.example.com", i), byte(i+1)).grow(2, "a")
				config.Logs = append(config.Logs, logs[i].key.key)
			}
			w, err := witness.Open(config)
			if err != nil {
				b.Fatal(err)
			}
			defer w.Close()
			bodies := make([][]byte, len(logs))
			for i, l := range logs {
				if _, err := w.Add(b.Context(), l.request(0, 2).Marshal()); err != nil {
					b.Fatal(err)
				}
				bodies[i] = l.request(2, 2).Marshal()
			}
			var next atomic.Int64
			b.SetParallelism(32)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				body := bodies[next.Add(1)%int64(len(bodies))]
				for pb.Next() {
					if _, err := w.Add(b.Context(), body); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cosigned/s")
		})
	}
}
