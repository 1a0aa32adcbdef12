package server_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage/pebblestore"
)

// BenchmarkQuorum compares releases a second without witnesses and with a quorum of
// two of two, in one run: pieces of both take turns, so that what else the machine does
// meets both. The witnesses have stores of their own on the same disk and share the
// processors, which those of a real log do not. An operation is one release of each.
//
//	go test ./log/server -run xxx -bench Quorum -benchtime 3000x
func BenchmarkQuorum(b *testing.B) {
	const pieces, clients = 8, 64
	s := newBenchSite(b, log.Sealed, clients)
	policy := s.witnessed(2)
	bodies := s.releases(2 * b.N)
	var took [2]time.Duration
	var rounds int
	b.ResetTimer()
	for i := range pieces {
		piece := bodies[i*len(bodies)/pieces : (i+1)*len(bodies)/pieces]
		end := func() int { return 0 }
		if i%2 == 1 {
			end = s.gather(policy)
		}
		start := time.Now()
		s.each(piece, clients)
		took[i%2] += time.Since(start)
		rounds += end()
	}
	b.StopTimer()
	rate := func(d time.Duration) float64 { return float64(b.N) / d.Seconds() }
	b.ReportMetric(rate(took[0]), "sealed/s")
	b.ReportMetric(rate(took[1]), "cosigned/s")
	b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "ratio")
	b.ReportMetric(float64(rounds)/took[1].Seconds(), "quorums/s")
}

// witnessed starts witnesses for the log, and returns a policy that demands them all.
func (s *benchSite) witnessed(n int) *proofs.Policy {
	text, members := "", ""
	for i := range n {
		private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(100 + i)}, ed25519.SeedSize))
		key, err := proofs.NewVerifierKey(fmt.Sprintf("w%d.example", i), proofs.TypeEd25519Cosignature, private.Public().(ed25519.PublicKey))
		if err != nil {
			s.b.Fatal(err)
		}
		store, err := pebblestore.Create(filepath.Join(s.b.TempDir(), "witness"), pebblestore.Options{})
		if err != nil {
			s.b.Fatal(err)
		}
		w, err := witness.Open(witness.Config{Store: store, Logs: s.w.Signer.Keys(), Cosigners: []witness.Cosigner{benchCosigner{key, private}}})
		if err != nil {
			s.b.Fatal(err)
		}
		h := httptest.NewServer(w.Handler(nil))
		s.b.Cleanup(func() {
			h.Close()
			if err := w.Close(); err != nil {
				s.b.Error(err)
			}
			_ = store.Close()
		})
		text += fmt.Sprintf("witness w%d %s %s\n", i, key, h.URL)
		members += fmt.Sprintf(" w%d", i)
	}
	policy, err := proofs.ParsePolicy([]byte(text + "group all all" + members + "\nquorum all\n"))
	if err != nil {
		s.b.Fatal(err)
	}
	return policy
}

type benchCosigner struct {
	key     proofs.VerifierKey
	private ed25519.PrivateKey
}

func (c benchCosigner) Key() proofs.VerifierKey { return c.key }

func (c benchCosigner) Sign(message []byte) ([]byte, error) {
	return ed25519.Sign(c.private, message), nil
}

// gather asks the witnesses beside the log, as docket serve does. The returned function
// ends that when the quorum was met, and says how often it was.
func (s *benchSite) gather(policy *proofs.Policy) (end func() (quorums int)) {
	ctx, cancel := context.WithCancel(context.Background())
	done, first, quorums := make(chan struct{}), make(chan struct{}), 0
	changed, offered := make(chan struct{}, 1), (*log.View)(nil)
	newest := func() witness.Head {
		if offered != nil {
			offered.Release()
		}
		offered = s.l.View()
		v := offered
		cp := proofs.Checkpoint{Origin: s.w.Origin, TreeHead: v.TreeHead()}
		return witness.Head{Checkpoint: cp, Note: v.Checkpoint(), Prove: func(older uint64) ([]proofs.Hash, error) {
			now := s.l.View()
			defer now.Release()
			return now.Consistency(older, cp.Size)
		}}
	}
	go s.tick(ctx, changed)
	go func() {
		defer close(done)
		err := witness.Gather(ctx, witness.GatherConfig{
			Policy: policy, Newest: newest, Size: func() uint64 { v := s.l.View(); defer v.Release(); return v.Size() }, Changed: changed,
			Final: func(_ proofs.Checkpoint, note []byte) {
				if err := s.l.SetFinal(offered, note); err != nil {
					s.b.Error(err)
				}
				if quorums++; quorums == 1 {
					close(first)
				}
			},
			HTTP:   &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}},
			Failed: func(url string, err error) { s.b.Errorf("%s: %v", url, err) },
		})
		if err != nil {
			s.b.Error(err)
		}
		if offered != nil {
			offered.Release()
		}
	}()
	return func() int {
		select {
		case <-first:
		case <-time.After(time.Minute):
			s.b.Error("no quorum")
		}
		cancel()
		<-done
		return quorums
	}
}

// tick says now and then that something may have been published: more often than any
// batch is.
func (s *benchSite) tick(ctx context.Context, changed chan<- struct{}) {
	for every := time.NewTicker(time.Millisecond); ; {
		select {
		case <-ctx.Done():
			every.Stop()
			return
		case <-every.C:
		}
		select {
		case changed <- struct{}{}:
		default:
		}
	}
}

// each submits all releases, from as many clients at once.
func (s *benchSite) each(bodies [][]byte, clients int) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(bodies); i = int(next.Add(1)) - 1 {
				if err := s.post("/api/v1/statements", "application/json", bodies[i], http.StatusCreated); err != nil {
					s.b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
}
