package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/pebblestore"
	"github.com/docketlog/docket/storage/storagetest"
)

// A row that no start and no submission reads is damaged: the scrubber finds it,
// and from then on the server is unhealthy.
func TestServeFindsDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	s := startServe(t, "--dir", dir)
	if status, _ := get(t, http.DefaultClient, s.url+"/healthz"); status != http.StatusOK {
		t.Fatalf("healthz: %d", status)
	}
	s.stop(t)
	flipLast(t, folders{dir: dir}.store(), storage.LeafHashSpace)

	off := startServe(t, "--dir", dir, "--scrub", "0")
	time.Sleep(200 * time.Millisecond)
	if status, _ := get(t, http.DefaultClient, off.url+"/healthz"); status != http.StatusOK {
		t.Errorf("without a scrubber: healthz %d", status)
	}
	off.stop(t)

	s = startServe(t, "--dir", dir)
	waitFor := time.Now().Add(20 * time.Second)
	for status, code := 0, ""; code != "unhealthy"; time.Sleep(10 * time.Millisecond) {
		if status, code = get(t, http.DefaultClient, s.url+"/healthz"); time.Now().After(waitFor) {
			t.Fatalf("healthz: %d %s; %s", status, code, s.stderr.String())
		}
	}
	a, err := http.Post(s.url+"/api/v1/statements", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	if a.StatusCode == http.StatusCreated {
		t.Error("a submission was taken")
	}
	if status, _ := get(t, http.DefaultClient, s.url+"/checkpoint"); status != http.StatusOK {
		t.Errorf("reading: %d", status)
	}
	if !strings.Contains(s.stderr.String(), "run docket fsck") {
		t.Errorf("stderr: %s", s.stderr.String())
	}
}

// shortOfFiles is a store that gives no snapshot now and then.
type shortOfFiles struct {
	storage.Store
	fails atomic.Int64 // calls that fail still
}

func (s *shortOfFiles) Snapshot() (storage.Snapshot, error) {
	if s.fails.Add(-1) >= 0 {
		return nil, errors.New("too many open files")
	}
	return s.Store.Snapshot()
}

// What cannot be read for a moment does not end scrubbing, and is no damage. What
// is found later counts at once.
func TestScrubGoesOnAfterErrors(t *testing.T) {
	was := scrubRetry
	scrubRetry = time.Millisecond
	defer func() { scrubRetry = was }()
	w := logtest.NewWorld()
	memory, err := storagetest.NewMemory().Open()
	if err != nil {
		t.Fatal(err)
	}
	anchor, err := storagetest.NewMemoryAnchor().Open()
	if err != nil {
		t.Fatal(err)
	}
	l := w.Create(t, memory, anchor)
	defer l.Close()
	flipFirst(t, memory, storage.LeafHashSpace)
	var lines bytes.Buffer
	s := &site{logger: slog.New(slog.NewTextHandler(&lines, nil)), metrics: server.NewMetrics("test")}
	store := &shortOfFiles{Store: memory}
	store.fails.Store(3)
	end := s.startScrub(context.Background(), l, store, 1<<10)
	for by := time.Now().Add(10 * time.Second); l.Health() == nil && time.Now().Before(by); {
		time.Sleep(time.Millisecond)
	}
	end()
	if l.Health() == nil || strings.Count(lines.String(), "too many open files") != 3 || !strings.Contains(lines.String(), "damage found") {
		t.Errorf("%v\n%s", l.Health(), lines.String())
	}
	answer := httptest.NewRecorder()
	server.NewWith(l, server.Options{Metrics: s.metrics}).ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if regexp.MustCompile(`(?m)^docket_scrub_findings_total 0$`).Match(answer.Body.Bytes()) || !strings.Contains(answer.Body.String(), "docket_scrub_findings_total") {
		t.Error("what was found is not counted")
	}
}

// stop ends a server as Ctrl-C does.
func (s *inProcess) stop(t *testing.T) {
	t.Helper()
	s.signal()
	err, ended := error(nil), false
	select {
	case err, ended = <-s.ended:
	case <-time.After(60 * time.Second):
	}
	if !ended {
		t.Fatal("serve does not end")
	}
	s.ended <- nil // for the clean-up
	if err != nil {
		t.Fatal(err)
	}
}

// flipLast flips a bit in the first row of a keyspace of a stopped log.
func flipLast(t *testing.T, dir string, space storage.Keyspace) {
	t.Helper()
	store, err := pebblestore.Open(dir, pebblestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	flipFirst(t, store, space)
}

// flipFirst does it in a store that is open.
func flipFirst(t *testing.T, store storage.Store, space storage.Keyspace) {
	t.Helper()
	var b storage.Batch
	start, end := space.Range()
	err := store.Scan(start, end, func(key, row []byte) bool {
		row = bytes.Clone(row)
		row[len(row)-1] ^= 1
		b.Set(key, row)
		return false
	})
	if err != nil {
		t.Fatal(err)
	}
	number, err := store.Sequence()
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Commit(number+1, &b); err != nil {
		t.Fatal(err)
	}
}
