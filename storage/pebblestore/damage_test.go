package pebblestore

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/docketlog/docket/storage"
)

// recorder keeps the events that a store tells.
type recorder struct {
	mu     sync.Mutex
	events []Event
}

func (r *recorder) event(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) of(kind EventKind) []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []Event
	for _, e := range r.events {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// flip changes one byte of each file with this suffix, at a part of its size.
func flip(t *testing.T, dir, suffix string, part float64) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) < 1000 {
			continue
		}
		found = true
		data[int(float64(len(data))*part)] ^= 0x10
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !found {
		t.Fatalf("no file %s to damage in %q", suffix, paths)
	}
}

// A damaged table is told by the read, by Health and by an event. It does not
// end the process and is no missing row.
func TestDamagedTable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s := mustCreate(t, dir, Options{})
	if err := (work{to: 8, busy: true}).do(s); err != nil {
		t.Fatal(err)
	}
	var keys [][]byte
	err := s.Scan(nil, nil, func(key, _ []byte) bool {
		keys = append(keys, bytes.Clone(key))
		return true
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	flip(t, dir, ".sst", 0.3)
	var told recorder
	s, err = Open(dir, small(Options{Event: told.event}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Scan(nil, nil, func(_, _ []byte) bool { return true })
	if !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("Scan: %v; want ErrDamaged", err)
	}
	var get error
	for _, key := range keys {
		if _, get = s.Get(key); get != nil {
			break
		}
	}
	if !errors.Is(get, storage.ErrDamaged) || errors.Is(get, storage.ErrNotFound) {
		t.Errorf("Get: %v; want ErrDamaged", get)
	}
	if err := s.Health(); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("Health: %v; want ErrDamaged", err)
	}
	if got := told.of(EventCorruption); len(got) != 1 || !strings.Contains(got[0].Text, ".sst") || strings.Contains(got[0].Text, "\n") {
		t.Errorf("events: %+v", got)
	}
}

// Damage in the middle of the log is told by Open, and nothing is served.
func TestDamagedLog(t *testing.T) {
	dir := seed(t)
	// A child that is ended by a fault leaves its log to be replayed.
	l := runChild(t, dir, "sync .log 60", 200, false)
	if l.code != ExitCode || l.acknowledged < 50 {
		t.Fatalf("child: %+v", l)
	}
	flip(t, dir, ".log", 0.5)
	s, err := Open(dir, small(Options{}))
	refused(t, s, err, storage.ErrDamaged, "restore the store")
}

// A flush that fails is no failed commit: commits go on, Health tells, a few
// events tell, and when the disk is well again all is well.
func TestFailingFlush(t *testing.T) {
	broken := &errorfs.Toggle{Injector: errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpCreate && strings.HasSuffix(op.Path, ".sst") {
			return errors.New("no space left on device")
		}
		return nil
	})}
	var told recorder
	fs := vfs.NewMem()
	s, err := Create("store", small(Options{FS: errorfs.Wrap(fs, broken), Event: told.event}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Health(); err != nil {
		t.Errorf("Health of a new store: %v", err)
	}
	broken.On()
	if err := (work{to: 3, busy: false}).do(s); err != nil {
		t.Fatal(err)
	}
	flushed, err := s.db.AsyncFlush()
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "Health tells", func() bool { return s.Health() != nil })
	if err := s.Health(); !strings.HasPrefix(err.Error(), "flush: ") || !strings.Contains(err.Error(), "no space left on device") || errors.Is(err, storage.ErrUnknown) {
		t.Errorf("Health: %v", err)
	}
	if err := (work{to: 6}).do(s); err != nil {
		t.Errorf("commits while flushes fail: %v", err)
	}
	broken.Off()
	<-flushed
	waitFor(t, "Health is well", func() bool { return s.Health() == nil })
	checkPrefix(t, s, 6, 6)
	if got := told.of(EventBackground); len(got) != 1 {
		t.Errorf("%d events in a moment, want 1: %+v", len(got), got)
	}
}

// A start with nothing or something to replay is no reason to worry.
func TestHealthAfterOpen(t *testing.T) {
	var told recorder
	o := small(Options{FS: vfs.NewMem(), Event: told.event})
	for batches := range uint64(3) {
		open := Open
		if batches == 0 {
			open = Create
		}
		s, err := open("store", o)
		if err != nil {
			t.Fatal(err)
		}
		if err := (work{to: batches}).do(s); err != nil {
			t.Fatal(err)
		}
		if err := s.Health(); err != nil {
			t.Errorf("Health with %d batches: %v", batches, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(told.events) != 0 {
		t.Errorf("events: %+v", told.events)
	}
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func TestEventsAreRateLimited(t *testing.T) {
	var told recorder
	m := newMonitor("store", Options{Event: told.event}.withDefaults())
	now := time.Unix(1000, 0)
	m.now = func() time.Time { return now }
	for range 5 {
		m.tell(EventBackground, "disk\nfull %d", 1)
		m.tell(EventLog, "else")
		now = now.Add(eventInterval / 4)
	}
	want := []Event{{EventBackground, "disk full 1", 0}, {EventBackground, "disk full 1", 3}}
	if got := told.of(EventBackground); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("events %+v, want %+v", got, want)
	}
	if got := told.of(EventLog); len(got) != 2 {
		t.Errorf("another kind has a limit of its own: %+v", got)
	}
}

// Whatever Pebble reports as fatal reaches Options.Fatal as one line, and the
// store is of no more use.
func TestFatal(t *testing.T) {
	lines := make(chan string, 2)
	s := mustCreate(t, t.TempDir(), Options{Fatal: func(msg string) {
		lines <- msg
		select {}
	}})
	commit(t, s, "k", "v")
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	go logger{s.monitor}.Fatalf("MANIFEST sync failed:\n%v", errors.New("EIO"))
	go s.monitor.end("another one")
	line := <-lines
	if !strings.Contains(line, ": MANIFEST sync failed: EIO;") && !strings.Contains(line, ": another one;") || strings.Contains(line, "\n") {
		t.Errorf("line %q", line)
	}
	_, get := s.Get([]byte("k"))
	_, sequence := s.Sequence()
	_, snapshot := s.Snapshot()
	_, free := s.FreeSpace()
	_, old := snap.Get([]byte("k"))
	scan := s.Scan(nil, nil, func(_, _ []byte) bool { return true })
	for _, err := range []error{get, sequence, snapshot, free, old, scan, s.Commit(2, &storage.Batch{}), s.Health(), snap.Close(), s.Close()} {
		if !errors.Is(err, storage.ErrUnknown) {
			t.Errorf("after a fatal error: %v; want ErrUnknown", err)
		}
	}
	if len(lines) != 0 {
		t.Errorf("a second line: %q", <-lines)
	}
}
