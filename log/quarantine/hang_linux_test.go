package quarantine_test

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/docketlog/docket/log/quarantine"
)

// A disk that hangs holds up nobody but the goroutine that writes: what is handed
// over returns at once, and reading goes on.
func TestHangingDisk(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, quarantine.Limits{})
	one := refused(t, 0)
	keep(t, s, one)
	pipe := filepath.Join(dir, "new") // whoever opens it to write waits for a reader
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	for n := range 300 {
		s.Keep(refused(t, n+1))
	}
	if _, _, err := s.Get(one.Digest); err != nil {
		t.Error(err)
	}
	if got, _ := seqs(t, s, 0, 9); len(got) != 1 {
		t.Errorf("%v", got)
	}
	if got := s.Stats(); got.Dropped < 300-128-1 || got.Dropped > 300-128 || time.Since(begun) > 20*time.Second {
		t.Errorf("%+v after %s", got, time.Since(begun))
	}
	reader, err := os.Open(pipe)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := io.Copy(io.Discard, reader); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
