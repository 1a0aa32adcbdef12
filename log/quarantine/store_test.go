package quarantine_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/quarantine"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// open opens a store whose failures fail the test.
func open(t *testing.T, dir string, limits quarantine.Limits) *quarantine.Store {
	t.Helper()
	s, err := quarantine.Open(dir, limits, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// refused returns the n-th refused statement.
func refused(t *testing.T, n int) log.Refused {
	t.Helper()
	e, err := logtest.NewWorld().Pipeline.Release(fmt.Sprintf("a/%d", n), 2, nil, logtest.FileOf([]byte("a")))
	if err != nil {
		t.Fatal(err)
	}
	return log.Refused{
		Digest: statement.DigestOf(e.Payload), Refusal: &admission.Refusal{Code: "E408", Field: "predicate.version", Reason: "no", Indices: []uint64{3}},
		Issuer: "wl/pipeline", Kind: statement.DocumentRelease, Time: 1000 + int64(n), Finding: uint64(n), Envelope: e,
	}
}

// keep hands statements over and waits until they are written.
func keep(t *testing.T, s *quarantine.Store, all ...log.Refused) {
	t.Helper()
	for _, r := range all {
		s.Keep(r)
		for begun := time.Now(); ; time.Sleep(time.Millisecond) {
			if _, _, err := s.Get(r.Digest); err == nil {
				break
			} else if !errors.Is(err, quarantine.ErrNotFound) || time.Since(begun) > 10*time.Second {
				t.Fatal(err)
			}
		}
	}
}

func seqs(t *testing.T, s *quarantine.Store, after uint64, limit int) (out []uint64, next uint64) {
	t.Helper()
	page, err := s.List(after, limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entries {
		out = append(out, e.Seq)
	}
	return out, page.Next
}

// What is kept is there after a restart, byte for byte, and is kept once.
func TestKeep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "quarantine")
	s := open(t, dir, quarantine.Limits{})
	one, two := refused(t, 1), refused(t, 2)
	other := one
	other.Refusal = &admission.Refusal{Code: "E201", Reason: "gone"}
	other.Finding = 9
	keep(t, s, one, two, one)
	s.Keep(other)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.Keep(refused(t, 3)) // too late: nothing happens
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, fmt.Sprintf("%016x-%x-E408.json", 1, one.Digest[:])): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	s = open(t, dir, quarantine.Limits{})
	page, err := s.List(0, 100)
	entries := page.Entries
	if err != nil || page.Next != 0 || len(entries) != 3 {
		t.Fatalf("%+v, %v", page, err)
	}
	want := quarantine.Entry{
		Seq: 1, Digest: fmt.Sprintf("%x", one.Digest[:]), Code: "E408", Field: "predicate.version", Detail: "no", Indices: []uint64{3},
		Issuer: "wl/pipeline", Kind: "document.release", Time: 1001, Finding: 1,
	}
	if diff := cmp.Diff(want, entries[0]); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	e, entry, err := s.Get(one.Digest)
	if err != nil || entry.Code != "E201" || !bytes.Equal(e.Marshal(), one.Envelope.Marshal()) {
		t.Errorf("%+v, %v", entry, err)
	}
	if _, _, err := s.Get(statement.Digest{1}); !errors.Is(err, quarantine.ErrNotFound) {
		t.Error(err)
	}
	keep(t, s, two, refused(t, 3))
	if got, _ := seqs(t, s, 0, 100); !cmp.Equal(got, []uint64{1, 2, 3, 4}) {
		t.Errorf("%v", got)
	}
}

func TestPages(t *testing.T) {
	s := open(t, t.TempDir(), quarantine.Limits{})
	for n := range 5 {
		keep(t, s, refused(t, n))
	}
	for _, page := range []struct {
		after uint64
		limit int
		want  []uint64
		next  uint64
	}{{0, 2, []uint64{1, 2}, 2}, {2, 3, []uint64{3, 4, 5}, 0}, {4, 9, []uint64{5}, 0}, {5, 1, nil, 0}, {1 << 62, 1, nil, 0}} {
		if got, next := seqs(t, s, page.after, page.limit); !cmp.Equal(got, page.want) || next != page.next {
			t.Errorf("after %d, limit %d: %v, next %d", page.after, page.limit, got, next)
		}
	}
}

// The oldest go first, by number and by bytes, also at the start; a folder is never
// above its bounds.
func TestEviction(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, quarantine.Limits{Files: 3})
	for n := range 5 {
		keep(t, s, refused(t, n))
	}
	if got, _ := seqs(t, s, 0, 100); !cmp.Equal(got, []uint64{3, 4, 5}) {
		t.Errorf("%v", got)
	}
	size := s.Stats().Bytes / 3
	if got := s.Stats(); got.Files != 3 || got.Evicted != 2 || got.Dropped != 0 || got.Bytes != folderSize(t, dir) {
		t.Errorf("%+v, on disk %d", got, folderSize(t, dir))
	}
	keep(t, s, refused(t, 0)) // evicted: it may come again
	s.Close()
	s = open(t, dir, quarantine.Limits{Bytes: 2*size + size/2})
	if got, _ := seqs(t, s, 0, 100); !cmp.Equal(got, []uint64{5, 6}) || folderSize(t, dir) > 2*size+size/2 {
		t.Errorf("%v, %d bytes", got, folderSize(t, dir))
	}
	keep(t, s, refused(t, 7))
	if got, _ := seqs(t, s, 0, 100); !cmp.Equal(got, []uint64{6, 7}) || folderSize(t, dir) > 2*size+size/2 {
		t.Errorf("%v, %d bytes", got, folderSize(t, dir))
	}
}

func folderSize(t *testing.T, dir string) (sum int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		sum += info.Size()
	}
	return sum
}

// What was cut off or changed is never shown, and comes again; a file of somebody
// else is left alone.
func TestDamagedFiles(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, quarantine.Limits{})
	all := []log.Refused{refused(t, 0), refused(t, 1), refused(t, 2)}
	keep(t, s, all...)
	s.Close()
	foreign := filepath.Join(dir, "notes.txt")
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) != 3 {
		t.Fatal(names, err)
	}
	text, err := os.ReadFile(names[1])
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string][]byte{
		foreign: []byte("mine"), filepath.Join(dir, "new"): []byte("{"),
		names[0]: nil, names[1]: bytes.Replace(text, []byte(`"payload":"ey`), []byte(`"payload":"fy`), 1),
	} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, dir, quarantine.Limits{})
	if got, next := seqs(t, s, 0, 100); !cmp.Equal(got, []uint64{3}) || next != 0 {
		t.Errorf("%v", got)
	}
	for _, r := range all[:2] {
		if _, _, err := s.Get(r.Digest); !errors.Is(err, quarantine.ErrNotFound) {
			t.Error(err)
		}
	}
	keep(t, s, all[:2]...)
	if got := s.Stats(); got.Files != 3 {
		t.Errorf("%+v", got)
	}
	if text, err := os.ReadFile(foreign); string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
}

// A folder that takes nothing costs the caller nothing: what cannot be written is
// dropped, counted and told, without a word of what it says.
func TestNothingWaits(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "quarantine")
	var mu sync.Mutex
	var told []string
	s, err := quarantine.Open(dir, quarantine.Limits{}, func(err error) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, err.Error())
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for n := range 300 {
		s.Keep(refused(t, n))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats(); got.Dropped != 300 || got.Files != 0 {
		t.Errorf("%+v", got)
	}
	for _, text := range told {
		if bytes.Contains([]byte(text), []byte("a/")) || bytes.Contains([]byte(text), []byte("pipeline")) {
			t.Errorf("told %q", text)
		}
	}
	if len(told) == 0 {
		t.Error("nobody was told")
	}
}
