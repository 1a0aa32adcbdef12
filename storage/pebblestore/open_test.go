package pebblestore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/docketlog/docket/storage"
)

// refused expects an error of a kind that says what to do.
func refused(t *testing.T, s *Store, err, want error, hint string) {
	t.Helper()
	if err == nil {
		s.Close()
	}
	if !errors.Is(err, want) || !strings.Contains(err.Error(), hint) {
		t.Errorf("%v; want %v and %q", err, want, hint)
	}
	if err != nil && strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, f := range list {
		names = append(names, f.Name())
	}
	return names
}

func TestCreateNeedsAnEmptyFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Create(dir, small(Options{}))
	refused(t, s, err, storage.ErrExists, "letter.txt")
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("a refused Create left files: %q", got)
	}

	file := filepath.Join(dir, "letter.txt")
	if _, err := Create(file, small(Options{})); err == nil {
		t.Error("Create on a file")
	}
	if _, err := Open(file, small(Options{})); err == nil {
		t.Error("Open on a file")
	}
}

func TestCreateMakesFolders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b", "store")
	s := mustCreate(t, dir, Options{})
	commit(t, s, "k", "v")
	again, err := Create(dir, small(Options{}))
	refused(t, again, err, storage.ErrExists, "open the store that is there")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err = Create(dir, small(Options{}))
	refused(t, again, err, storage.ErrExists, "open the store that is there")
	if again, err = Open(dir, small(Options{})); err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got, err := again.Get([]byte("k")); string(got) != "v" || err != nil {
		t.Errorf("after refused Creates: %q, %v", got, err)
	}
}

// A folder with a lock file alone is what an interrupted Create leaves first.
func TestCreateAfterLock(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, lockName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	mustCreate(t, dir, Options{})
}

func TestOpenNeedsAStore(t *testing.T) {
	empty, missing := t.TempDir(), filepath.Join(t.TempDir(), "missing")
	for _, dir := range []string{empty, missing} {
		s, err := Open(dir, small(Options{}))
		refused(t, s, err, storage.ErrNoStore, "name the folder of the log's store")
		if got := files(t, dir); len(got) != 0 {
			t.Errorf("a refused Open left files: %q", got)
		}
	}
	if _, err := os.Stat(missing); !os.IsNotExist(err) {
		t.Errorf("a refused Open made the folder: %v", err)
	}
}

// Open refuses databases of other programs and does not raise their format.
func TestOpenNeedsOurRows(t *testing.T) {
	fs := vfs.NewMem()
	foreign := func(format pebble.FormatMajorVersion, rows ...string) {
		t.Helper()
		db, err := pebble.Open("store", &pebble.Options{FS: fs, FormatMajorVersion: format, Logger: logger{newMonitor("", Options{}.withDefaults())}})
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(rows); i += 2 {
			if err := db.Set([]byte(rows[i]), []byte(rows[i+1]), pebble.Sync); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	foreign(pebble.FormatFlushableIngest, "somebody", "else")
	before, err := pebble.Peek("store", fs)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open("store", small(Options{FS: fs}))
	refused(t, s, err, storage.ErrNoStore, "without the rows of a store")
	if after, err := pebble.Peek("store", fs); err != nil || after.FormatMajorVersion != before.FormatMajorVersion {
		t.Errorf("a refused Open changed the format from %d to %d, %v", before.FormatMajorVersion, after.FormatMajorVersion, err)
	}

	foreign(before.FormatMajorVersion, string(layoutKey), "docket/store/2")
	_, err = Open("store", small(Options{FS: fs}))
	if err == nil || !strings.Contains(err.Error(), `"docket/store/2"`) {
		t.Errorf("Open of another layout: %v", err)
	}

	foreign(before.FormatMajorVersion, string(layoutKey), layout)
	if _, err = Open("store", small(Options{FS: fs})); err == nil {
		t.Error("Open without a commit number")
	}
	foreign(before.FormatMajorVersion, string(numberKey), "123")
	s, err = Open("store", small(Options{FS: fs}))
	refused(t, s, err, storage.ErrDamaged, "3 bytes")
	foreign(before.FormatMajorVersion, string(numberKey), string(marshalNumber(7)))
	s, err = Open("store", small(Options{FS: fs}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n, err := s.Sequence(); n != 7 || err != nil {
		t.Errorf("Sequence: %d, %v", n, err)
	}
	if got := s.db.FormatMajorVersion(); got != pebble.FormatNewest {
		t.Errorf("format %d, want the newest, %d", got, pebble.FormatNewest)
	}
}

func TestFormatIsTheNewest(t *testing.T) {
	s := mustCreate(t, t.TempDir(), Options{})
	if got := s.db.FormatMajorVersion(); got != pebble.FormatNewest || got < pebble.FormatWALSyncChunks {
		t.Errorf("format %d, want the newest, %d", got, pebble.FormatNewest)
	}
}

// One opener at a time, whatever name the folder has and in whatever process.
func TestLocked(t *testing.T) {
	base := t.TempDir()
	dir, link := filepath.Join(base, "store"), filepath.Join(base, "link")
	s := mustCreate(t, dir, Options{})
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	t.Chdir(base)
	for _, name := range []string{dir, dir + "/", "store", "./store/../store", link, "link"} {
		again, err := Open(name, small(Options{}))
		refused(t, again, err, storage.ErrLocked, "stop the other process first")
	}
	other := runChild(t, dir, "operation 1000000", 0, false)
	if !strings.Contains(other.failed, "already open elsewhere; stop the other process first") {
		t.Errorf("another process: %+v", other)
	}
	commit(t, s, "k", "v")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if other := runChild(t, dir, "operation 1000000", 0, false); other.failed != "" || !other.done {
		t.Errorf("another process after Close: %+v", other)
	}
	again, err := Open(link, small(Options{}))
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// Of several who create a store in one folder, one succeeds.
func TestCreateRace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	results := make(chan error, 4)
	for range cap(results) {
		go func() {
			s, err := Create(dir, small(Options{}))
			if err == nil {
				defer s.Close()
			}
			results <- err
		}()
	}
	created := 0
	for range cap(results) {
		switch err := <-results; {
		case err == nil:
			created++
		case !errors.Is(err, storage.ErrExists) && !errors.Is(err, storage.ErrLocked):
			t.Errorf("Create: %v", err)
		}
	}
	if created != 1 {
		t.Errorf("%d of them created a store", created)
	}
}

// The store itself, and the folders above it, are durable when Create
// returned.
func TestCreateIsDurable(t *testing.T) {
	disk := vfs.NewCrashableMem()
	dir := "a/b/store"
	s, err := Create(dir, small(Options{FS: disk}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	after, err := Open(dir, small(Options{FS: disk.CrashClone(vfs.CrashCloneCfg{})}))
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close()
	if n, err := after.Sequence(); n != 0 || err != nil {
		t.Errorf("Sequence: %d, %v", n, err)
	}
}

// The store's own rows are not the caller's.
func TestReservedRows(t *testing.T) {
	s := mustCreate(t, t.TempDir(), Options{})
	commit(t, s, "k", "v")
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []storage.Reader{s, snap} {
		for _, key := range [][]byte{layoutKey, numberKey, nil, {0}} {
			if got, err := r.Get(key); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("Get(%q) = %q, %v", key, got, err)
			}
		}
		for _, start := range [][]byte{nil, {}, {0}, layoutKey} {
			seen := ""
			err := r.Scan(start, nil, func(key, _ []byte) bool { seen += fmt.Sprintf("%q", key); return true })
			if seen != `"k"` || err != nil {
				t.Errorf("Scan(%q): %s, %v", start, seen, err)
			}
		}
	}
}

// An Open that failed holds no lock.
func TestFailedOpenUnlocks(t *testing.T) {
	fs := vfs.NewMem()
	s := mustCreate(t, "store", Options{FS: fs})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	broken := errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpOpen && strings.Contains(op.Path, "MANIFEST-") {
			return errors.New("input/output error")
		}
		return nil
	}))
	again, err := Open("store", small(Options{FS: broken, tune: func(p *pebble.Options) { p.DisableTableStats = true }}))
	if err == nil || errors.Is(err, storage.ErrLocked) {
		t.Fatalf("Open without a manifest: %v, %v", again, err)
	}
	if again, err = Open("store", small(Options{FS: fs})); err != nil {
		t.Fatal(err)
	}
	again.Close()
}
