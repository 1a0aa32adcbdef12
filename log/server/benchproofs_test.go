package server_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// BenchmarkProofs measures what is kept and asked for in a log of so many documents,
// whose newest checkpoint one Ed25519 witness cosigned: bytes of receipts, direct and
// of a run with two grants, and of staples; how long their judgement takes, parsing
// included; how long a server takes to answer with one.
//
//	go test ./log/server -run xxx -bench Proofs -benchtime 1000000x -timeout 1h
func BenchmarkProofs(b *testing.B) {
	s := newBenchSite(b, log.Sealed, runClients)
	direct := s.loadDocuments(b.N)
	const runs = 200
	text, policy := s.prepareRuns()
	granted := make([]measured, runs)
	for i := range granted {
		all := s.defensible(i, text, policy)
		for _, e := range all {
			must(b, s.post("/api/v1/statements", "application/json", e.Marshal(), http.StatusCreated))
		}
		granted[i] = measured{all[3], fmt.Sprintf("notices/%d", i), fmt.Append(nil, "notice ", i)}
	}
	verifier := s.cosign()
	b.ResetTimer()
	b.StopTimer()
	s.reportProofs("direct", verifier, direct)
	s.reportProofs("granted", verifier, granted)
}

// A measured is a release whose proofs are looked at.
type measured struct {
	envelope statement.Envelope
	document string
	file     []byte
}

// loadDocuments releases n documents in batches of 500, and returns some of them from
// all over the log. Each client signs what it sends, so that memory stays bounded.
func (s *benchSite) loadDocuments(n int) []measured {
	const batch = 500
	every := max(n/1000, 1)
	var mu sync.Mutex
	var samples []measured
	var clients sync.WaitGroup
	starts := make(chan int)
	for range runClients {
		clients.Go(func() {
			for from := range starts {
				var body bytes.Buffer
				for i := from; i < min(from+batch, n); i++ {
					x := measured{document: fmt.Sprintf("contracts/%d", i), file: fmt.Append(nil, i)}
					e, err := s.w.Pipeline.Release(x.document, 1, nil, logtest.FileOf(x.file))
					if err != nil {
						s.b.Error(err)
					}
					x.envelope = e
					body.Write(e.Marshal())
					body.WriteByte('\n')
					if i%every == 0 {
						mu.Lock()
						samples = append(samples, x)
						mu.Unlock()
					}
				}
				if err := s.post("/api/v1/statements", "application/x-ndjson", body.Bytes(), http.StatusOK); err != nil {
					s.b.Error(err)
				}
			}
		})
	}
	for from := 0; from < n; from += batch {
		starts <- from
	}
	close(starts)
	clients.Wait()
	if s.b.Failed() {
		s.b.FailNow()
	}
	return samples
}

// cosign makes the newest checkpoint final with the line of one witness, and returns
// who demands that witness.
func (s *benchSite) cosign() proofs.Verifier {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	key, err := proofs.NewVerifierKey("witness.example/w1", proofs.TypeEd25519Cosignature, private.Public().(ed25519.PublicKey))
	must(s.b, err)
	v := s.l.View()
	defer v.Release()
	cp, _, err := proofs.OpenCheckpoint(v.Checkpoint(), []proofs.VerifierKey{s.w.Signer.Key()})
	must(s.b, err)
	line, err := proofs.SignCosignatureLine(s.w.Clock.Now().Unix(), func(m []byte) ([]byte, error) { return ed25519.Sign(private, m), nil }, key, cp)
	must(s.b, err)
	must(s.b, s.l.SetFinal(v, append(slices.Clone(v.Checkpoint()), line...)))
	verifier := s.w.Verifier(s.b, s.l)
	verifier.Policy, err = proofs.ParsePolicy(fmt.Appendf(nil, "log %s\nwitness w1 %s\nquorum w1\n", s.w.Signer.Key(), key))
	must(s.b, err)
	return verifier
}

// reportProofs fetches the final receipt of each measured, and judges it and its staple.
func (s *benchSite) reportProofs(name string, verifier proofs.Verifier, samples []measured) {
	var receipts, staples []int
	var answers, receiptJudged, stapleJudged []time.Duration
	for _, x := range samples {
		digest := statement.DigestOf(x.envelope.Payload)
		start := time.Now()
		b, err := s.read(fmt.Sprintf("/api/v1/receipts/final/%x", digest[:]))
		answers = append(answers, time.Since(start))
		must(s.b, err)
		receipts = append(receipts, len(b))

		expect := proofs.Expect{File: logtest.FileOf(x.file).Digest, Document: x.document}
		start = time.Now()
		r, err := proofs.ParseReceipt(b)
		must(s.b, err)
		verdict := verifier.Verify(r, expect)
		receiptJudged = append(receiptJudged, time.Since(start))
		if verdict.Exit != proofs.ExitAuthoritative {
			s.b.Fatalf("%s: %s", x.document, verdict)
		}

		b = r.Staple().Marshal()
		staples = append(staples, len(b))
		start = time.Now()
		newer, err := proofs.ParseReceipt(b)
		must(s.b, err)
		verdict = verifier.VerifyStapled(r, newer, expect)
		stapleJudged = append(stapleJudged, time.Since(start))
		if verdict.Exit != proofs.ExitAuthoritative {
			s.b.Fatalf("%s: stapled: %s", x.document, verdict)
		}
	}
	for what, sizes := range map[string][]int{"receipt": receipts, "staple": staples} {
		slices.Sort(sizes)
		s.b.ReportMetric(float64(sizes[len(sizes)/2]), name+"-"+what+"-p50-B")
		s.b.ReportMetric(float64(sizes[len(sizes)-1]), name+"-"+what+"-max-B")
	}
	for what, took := range map[string][]time.Duration{"answer": answers, "verify": receiptJudged, "verify-stapled": stapleJudged} {
		slices.Sort(took)
		s.b.ReportMetric(milliseconds(took[len(took)/2]), name+"-"+what+"-p50-ms")
		s.b.ReportMetric(milliseconds(took[len(took)*99/100]), name+"-"+what+"-p99-ms")
	}
}
