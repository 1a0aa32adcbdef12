package storagetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/storage"
)

// pair is one row, as text.
type pair struct{ Key, Value string }

// commit writes pairs under the next number.
func commit(t *testing.T, s storage.Store, pairs ...pair) {
	t.Helper()
	var b storage.Batch
	for _, p := range pairs {
		b.Set([]byte(p.Key), []byte(p.Value))
	}
	commitBatch(t, s, &b)
}

func commitBatch(t *testing.T, s storage.Store, b *storage.Batch) {
	t.Helper()
	last, err := s.Sequence()
	if err != nil {
		t.Fatalf("Sequence: %v", err)
	}
	if err := s.Commit(last+1, b); err != nil {
		t.Fatalf("Commit(%d): %v", last+1, err)
	}
	if now, err := s.Sequence(); now != last+1 || err != nil {
		t.Fatalf("Sequence after commit %d: %d, %v", last+1, now, err)
	}
}

// rows returns what a scan from start to end yields.
func rows(t *testing.T, r storage.Reader, start, end string) []pair {
	t.Helper()
	var all []pair
	err := r.Scan([]byte(start), []byte(end), func(key, value []byte) bool {
		all = append(all, pair{string(key), string(value)})
		return true
	})
	if err != nil {
		t.Fatalf("Scan(%q, %q): %v", start, end, err)
	}
	return all
}

// expect compares all rows of r, by Scan and by Get.
func expect(t *testing.T, r storage.Reader, want ...pair) {
	t.Helper()
	if diff := cmp.Diff(want, rows(t, r, "", "")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	for _, p := range want {
		expectValue(t, r, p.Key, p.Value)
	}
}

func expectValue(t *testing.T, r storage.Reader, key, want string) {
	t.Helper()
	if got, err := r.Get([]byte(key)); err != nil || string(got) != want {
		t.Errorf("Get(%q) = %q, %v; want %q", key, got, err, want)
	}
}

func expectMissing(t *testing.T, r storage.Reader, key string) {
	t.Helper()
	if got, err := r.Get([]byte(key)); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("Get(%q) = %q, %v; want ErrNotFound", key, got, err)
	}
}

func expectError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v; want %v", what, err, want)
	}
}
