package pebblestore

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/docketlog/docket/storage"
)

// digests are the files of a folder with their hashes.
func digests(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	all := make(map[string][32]byte)
	for _, name := range files(t, dir) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = sha256.Sum256(b)
	}
	return all
}

// A copy that is made while commits go on has whole commits, a first part of them
// all, and none is missing that was durable before.
func TestCopyWhileCommitting(t *testing.T) {
	base := t.TempDir()
	s := mustCreate(t, filepath.Join(base, "store"), Options{})
	commit(t, s, "a1", "0", "b1", "0")
	var group sync.WaitGroup
	stop := make(chan struct{})
	group.Go(func() {
		for n := uint64(2); ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			var b storage.Batch
			b.Set(fmt.Appendf(nil, "a%d", n), []byte("x"))
			b.Set(fmt.Appendf(nil, "b%d", n), []byte("x"))
			if err := s.Commit(n, &b); err != nil {
				t.Errorf("commit %d: %v", n, err)
				return
			}
		}
	})
	for i := range 5 {
		before, err := s.Sequence()
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(base, fmt.Sprint("copy", i))
		if err := s.CopyTo(dir); err != nil {
			t.Fatal(err)
		}
		if err := s.CopyTo(dir); err == nil {
			t.Error("a copy over another one")
		}
		c, err := OpenCopy(dir, small(Options{}))
		if err != nil {
			t.Fatal(err)
		}
		number, err := c.Sequence()
		if err != nil || number < before {
			t.Errorf("the copy ends at commit %d, %v; %d was durable before", number, err, before)
		}
		rows := 0
		if err := c.Scan(nil, nil, func(_, _ []byte) bool { rows++; return true }); err != nil || uint64(rows) != 2*number {
			t.Errorf("%d rows, %v; want those of %d commits", rows, err, number)
		}
		if _, err := c.Get(fmt.Appendf(nil, "b%d", number)); err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	group.Wait()
}

// Reading a copy changes nothing in its folder, and needs no right to.
func TestOpenCopyWritesNothing(t *testing.T) {
	base := t.TempDir()
	s := mustCreate(t, filepath.Join(base, "store"), Options{})
	commit(t, s, "k", "v")
	dir := filepath.Join(base, "copy")
	if err := s.CopyTo(dir); err != nil {
		t.Fatal(err)
	}
	commit(t, s, "k", "newer")
	before := digests(t, dir)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	for range 2 { // two at once: nobody locks it
		c, err := OpenCopy(dir, small(Options{}))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if got, err := c.Get([]byte("k")); string(got) != "v" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if after := digests(t, dir); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("reading changed the folder:\n%v\n%v", before, after)
	}
}

func TestOpenCopyRefuses(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "store")
	s := mustCreate(t, dir, Options{})
	commit(t, s, "k", "v")
	if c, err := OpenCopy(dir, small(Options{})); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("the store of a running log: %v, %v", c, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := OpenCopy(dir, small(Options{}))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Open(dir, small(Options{})); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("a store that is being looked at was opened: %v, %v", again, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCopy(base, small(Options{})); !errors.Is(err, storage.ErrNoStore) {
		t.Errorf("a folder without a store: %v", err)
	}
	if _, err := s.Sequence(); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("Sequence: %v", err)
	}
	if err := s.CopyTo(filepath.Join(base, "late")); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("CopyTo after Close: %v", err)
	}
}
