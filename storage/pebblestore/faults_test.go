package pebblestore

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

const seeded, last = 3, 9 // batches before a child, and after one without faults

// seed makes a store with the first batches and closes it.
func seed(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	s := mustCreate(t, dir, Options{})
	if err := (work{to: seeded}).do(s); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// checkAfter opens the store without faults and checks it against a life.
func checkAfter(t testing.TB, dir string, l life) {
	t.Helper()
	s, err := Open(dir, small(Options{FS: nosyncFS{vfs.Default}}))
	if err != nil {
		t.Errorf("open without faults: %v", err)
		return
	}
	defer s.Close()
	low, high := max(seeded, l.acknowledged), max(seeded, l.tried)
	checkPrefix(t, s, low, high)
	n, err := s.Sequence()
	if err != nil {
		t.Error(err)
	}
	if err := (work{to: n + 1}).do(s); err != nil {
		t.Errorf("one more commit: %v", err)
	}
	checkPrefix(t, s, n+1, n+1)
}

// A failed write or sync of the log ends the process with one line and exit
// code 70; no commit that was acknowledged is lost, and the failed one is
// there whole or not at all.
func TestFailedWriteEndsTheProcess(t *testing.T) {
	for _, kind := range []string{"sync", "write"} {
		for n := range 4 {
			fault := fmt.Sprintf("%s .log %d", kind, n)
			t.Run(fault, func(t *testing.T) {
				t.Parallel()
				dir := seed(t)
				l := runChild(t, dir, fault, last, false)
				if l.fault == "" {
					t.Fatalf("the fault did not fire: %+v", l)
				}
				if l.code != ExitCode || l.done {
					t.Errorf("exit code %d, want %d: %+v", l.code, ExitCode, l)
				}
				expectLine(t, l, dir)
				checkAfter(t, dir, l)
			})
		}
	}
}

// expectLine expects the one line that says what happened and what to do.
func expectLine(t *testing.T, l life, dir string) {
	t.Helper()
	if strings.Count(l.stderr, "\n") != 1 || !strings.HasPrefix(l.stderr, "docket: store "+dir+": ") ||
		!strings.Contains(l.stderr, "injected error") || !strings.Contains(l.stderr, "start it again") {
		t.Errorf("stderr is not the one line:\n%s", l.stderr)
	}
}

// A start needs a table if the last process left rows in the log. On a full
// disk Pebble would try for ever.
func TestOpenOnFullDiskEndsTheProcess(t *testing.T) {
	dir := seed(t)
	l := runChild(t, dir, "sync .log 2", last, false)
	if l.code != ExitCode || l.acknowledged == 0 {
		t.Fatalf("a child that is to leave rows in the log: %+v", l)
	}
	full := runChild(t, dir, "create .sst from 0", last, false)
	if full.code != ExitCode || full.done {
		t.Errorf("exit code %d, want %d: %+v", full.code, ExitCode, full)
	}
	expectLine(t, full, dir)
	checkAfter(t, dir, l)
}

// TestEveryFault fails the n-th operation on the filesystem, for every n
// until none is left. However the process then ends, the store opens without
// faults, holds a prefix of the batches with all that were acknowledged, and
// takes one more.
func TestEveryFault(t *testing.T) {
	template := seed(t)
	var next, fired, ended atomic.Int64
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for !t.Failed() {
				n := next.Add(1) - 1
				dir := filepath.Join(t.TempDir(), fmt.Sprint(n))
				if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
					t.Error(err)
					return
				}
				fault := fmt.Sprintf("operation %d", n)
				l := runChild(t, dir, fault, last, true)
				checkAfter(t, dir, l)
				if t.Failed() {
					t.Logf("%s: %+v", fault, l)
				}
				if l.fault == "" {
					if l.acknowledged != last || !l.done || l.code != 0 || l.failed != "" {
						t.Errorf("a life without a fault: %+v", l)
					}
					return
				}
				fired.Add(1)
				// 70: our line. 2: a panic of Pebble, which can also come after
				// Open returned an error.
				if l.code != 0 && l.code != ExitCode && l.code != 2 || l.code == 0 && !l.done {
					t.Errorf("%s: exit code %d: %+v", fault, l.code, l)
				}
				if !l.done {
					ended.Add(1)
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d operations failed, %d of them ended the process", fired.Load(), ended.Load())
}
