package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

// The benchmarks measure a whole server over HTTP on the loopback, with its store
// and its anchor on the disk: from the request that is sent to the receipt that is
// read. Clients share the machine's processors with the server; what they send was
// signed before the clock runs.
//
//	go test ./log/server -run xxx -bench . -benchtime 5000x
//
// Batch100 takes 100 statements an operation: -benchtime 50x.

// benchSite serves a log on the disk.
type benchSite struct {
	b    *testing.B
	w    *logtest.World
	url  string
	l    *log.Log
	http *http.Client
}

func newBenchSite(b *testing.B, mode log.Mode, clients int) *benchSite {
	b.Helper()
	dir := b.TempDir()
	store, err := pebblestore.Create(filepath.Join(dir, "store"), pebblestore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	a, err := anchor.Create(filepath.Join(dir, "anchor"))
	if err != nil {
		b.Fatal(err)
	}
	w := logtest.NewWorld()
	var l *log.Log
	if mode == log.Sealed {
		l = w.Create(b, store, a)
	} else {
		c := w.Config(store, a)
		c.Mode = mode
		if err := log.Create(context.Background(), c, nil); err != nil {
			b.Fatal(err)
		}
		if l, err = log.Open(c); err != nil {
			b.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	h := server.HTTPServer(server.New(l))
	go h.Serve(listener)
	b.Cleanup(func() {
		for _, close := range []func() error{h.Close, l.Close, store.Close, a.Close} {
			if err := close(); err != nil {
				b.Error(err)
			}
		}
	})
	return &benchSite{b, w, "http://" + listener.Addr().String(), l, &http.Client{
		Transport: &http.Transport{MaxIdleConns: clients, MaxIdleConnsPerHost: clients},
	}}
}

// releases signs n releases of as many documents.
func (s *benchSite) releases(n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		e, err := s.w.Pipeline.Release(fmt.Sprintf("contracts/%d", i), 1, nil, logtest.FileOf(fmt.Append(nil, i)))
		if err != nil {
			s.b.Fatal(err)
		}
		out[i] = e.Marshal()
	}
	return out
}

// post sends a body and reads the answer to its end.
func (s *benchSite) post(path, media string, body []byte, want int) error {
	a, err := s.http.Post(s.url+path, media, bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode != want {
		text, _ := io.ReadAll(io.LimitReader(a.Body, 1000))
		return fmt.Errorf("status %d: %s", a.StatusCode, text)
	}
	_, err = io.Copy(io.Discard, a.Body)
	return err
}

// run posts all bodies, from as many clients at once, and reports entries a second
// and how long one answer takes.
func (s *benchSite) run(path, media string, want, clients int, bodies [][]byte, entries int) {
	s.b.Helper()
	took := make([]time.Duration, len(bodies))
	var next atomic.Int64
	var wait sync.WaitGroup
	s.b.ResetTimer()
	for range min(clients, len(bodies)) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(bodies); i = int(next.Add(1)) - 1 {
				start := time.Now()
				if err := s.post(path, media, bodies[i], want); err != nil {
					s.b.Error(err)
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	wait.Wait()
	s.b.StopTimer()
	slices.Sort(took)
	s.b.ReportMetric(float64(len(bodies)*entries)/s.b.Elapsed().Seconds(), "entries/s")
	s.b.ReportMetric(milliseconds(took[len(took)/2]), "p50-ms")
	s.b.ReportMetric(milliseconds(took[len(took)*99/100]), "p99-ms")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// BenchmarkReleaseIdle is one pipeline that releases one document after the other.
func BenchmarkReleaseIdle(b *testing.B) {
	s := newBenchSite(b, log.Sealed, 1)
	s.run("/api/v1/statements", "application/json", http.StatusCreated, 1, s.releases(b.N), 1)
}

// BenchmarkRelease256 is 256 pipelines that share batches.
func BenchmarkRelease256(b *testing.B) {
	s := newBenchSite(b, log.Sealed, 256)
	s.run("/api/v1/statements", "application/json", http.StatusCreated, 256, s.releases(b.N), 1)
}

// BenchmarkBatch100 is pipelines that send 100 releases at once: one, and 8 that
// share batches.
func BenchmarkBatch100(b *testing.B) {
	for _, clients := range []int{1, 8} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			s := newBenchSite(b, log.Sealed, clients)
			var bodies [][]byte
			for lines := range slices.Chunk(s.releases(100*b.N), 100) {
				bodies = append(bodies, bytes.Join(lines, []byte("\n")))
			}
			s.run("/api/v1/statements", "application/x-ndjson", http.StatusOK, clients, bodies, 100)
		})
	}
}

// BenchmarkRawAdd256 is 256 writers of a raw log, with leaves of 490 bytes.
func BenchmarkRawAdd256(b *testing.B) {
	s := newBenchSite(b, log.Raw, 256)
	bodies := make([][]byte, b.N)
	for i := range bodies {
		bodies[i] = bytes.Repeat(fmt.Appendf(nil, "%010d", i), 49)
	}
	s.run("/add", "application/octet-stream", http.StatusOK, 256, bodies, 1)
}
