package pebblestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/docketlog/docket/storage"
)

const (
	lockName = "LOCK" // Pebble's name for its lock file
	layout   = "docket/store/1"
)

// Create makes an empty store in dir, which must be empty or missing, and
// opens it. It returns ErrExists for a folder that is not empty and ErrLocked
// for one that somebody else is just creating. A Create that was interrupted
// leaves a folder that neither Create nor Open takes: nothing was committed
// to it, remove its files.
func Create(dir string, o Options) (*Store, error) {
	o = o.withDefaults()
	if err := makeFolder(o.FS, dir); err != nil {
		return nil, fmt.Errorf("pebblestore: create %s: %w", dir, err)
	}
	dir = canonical(o.FS, dir)
	if err := checkEmpty(o.FS, dir); err != nil {
		return nil, err
	}
	lock, err := lockFolder(o.FS, dir)
	if err != nil {
		return nil, err
	}
	// Again, now that nobody else can create here.
	if err := checkEmpty(o.FS, dir); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return start(dir, o, lock, func(p *pebble.Options) {
		p.ErrorIfExists = true
		p.FormatMajorVersion = pebble.FormatNewest
	}, (*Store).create)
}

// Open opens the store in dir. It returns ErrNoStore when none was created
// there, ErrLocked when somebody else has it open, and ErrDamaged when Pebble
// finds that its files are not what it wrote. It never makes a store. When
// the disk is too full to write the tables that a start needs, the process
// ends by Options.Fatal.
func Open(dir string, o Options) (*Store, error) {
	o = o.withDefaults()
	dir = canonical(o.FS, dir)
	// Look before locking: a lock file in a wrong folder would be a trace.
	desc, err := pebble.Peek(dir, o.FS)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, openError(dir, err)
	}
	if err != nil || !desc.Exists {
		return nil, fmt.Errorf("pebblestore: open %s: %w; name the folder of the log's store, or create a new log", dir, storage.ErrNoStore)
	}
	lock, err := lockFolder(o.FS, dir)
	if err != nil {
		return nil, err
	}
	return start(dir, o, lock, func(p *pebble.Options) {
		p.ErrorIfNotExists = true
		// The format is raised once the store is known to be one of ours:
		// there is no way back.
		p.FormatMajorVersion = desc.FormatMajorVersion
	}, (*Store).load)
}

// start opens Pebble and runs the first transaction; it owns lock.
func start(dir string, o Options, lock *pebble.Lock, mode func(*pebble.Options), first func(*Store) error) (*Store, error) {
	m := newMonitor(dir, o)
	p := o.pebble(m)
	p.Lock = lock
	mode(p)
	db, err := pebble.Open(dir, p)
	if err != nil {
		return nil, errors.Join(openError(dir, err), lock.Close())
	}
	m.opened()
	s := &Store{db: db, lock: lock, monitor: m, fs: o.FS, dir: dir, snapshots: map[*snapshot]struct{}{}}
	if err := first(s); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// create writes the first rows of a new store.
func (s *Store) create() error {
	b := s.db.NewBatch()
	if err := errors.Join(b.Set(layoutKey, []byte(layout), nil), b.Set(numberKey, marshalNumber(0), nil)); err != nil {
		return err
	}
	return errors.Join(b.Commit(pebble.Sync), b.Close())
}

// load checks that the rows are a store's, reads the last commit number, and raises
// the format.
func (s *Store) load() error {
	if err := s.readMeta(); err != nil {
		return err
	}
	if err := s.db.RatchetFormatMajorVersion(pebble.FormatNewest); err != nil {
		return openError(s.dir, err)
	}
	return nil
}

// readMeta checks that the rows are a store's and reads the last commit number.
func (s *Store) readMeta() error {
	text, err := get(s.db, layoutKey)
	if errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("pebblestore: open %s: a database without the rows of a store: %w; if creating it was interrupted, remove its files and create it again", s.dir, storage.ErrNoStore)
	}
	if err != nil {
		return err
	}
	if string(text) != layout {
		return fmt.Errorf("pebblestore: open %s: the layout is %q and this program knows %q only; use the program that wrote it", s.dir, text, layout)
	}
	number, err := s.readNumber()
	if err != nil {
		return err
	}
	s.sequence.Store(number)
	return nil
}

// makeFolder makes dir and its missing parents, durably.
func makeFolder(fsys vfs.FS, dir string) error {
	var parents []string // of the folders that are missing
	for d := dir; ; d = fsys.PathDir(d) {
		_, err := fsys.Stat(d)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if fsys.PathDir(d) == d {
			break
		}
		parents = append(parents, fsys.PathDir(d))
	}
	if err := fsys.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, p := range parents {
		if err := syncFolder(fsys, p); err != nil {
			return err
		}
	}
	return nil
}

func syncFolder(fsys vfs.FS, dir string) error {
	f, err := fsys.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// canonical returns one name for a folder of the disk, however it is written:
// within one process the lock goes by name.
func canonical(fsys vfs.FS, dir string) string {
	if fsys != vfs.Default {
		return dir
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	return dir
}

func checkEmpty(fsys vfs.FS, dir string) error {
	names, err := fsys.List(dir)
	if err != nil {
		return fmt.Errorf("pebblestore: create %s: %w", dir, err)
	}
	for _, name := range names {
		if name != lockName {
			return fmt.Errorf("pebblestore: create %s: %w (%s); open the store that is there, or name an empty folder", dir, storage.ErrExists, name)
		}
	}
	return nil
}

func lockFolder(fsys vfs.FS, dir string) (*pebble.Lock, error) {
	lock, err := pebble.LockDirectory(dir, fsys)
	if err == nil {
		return lock, nil
	}
	if isLocked(err) {
		return nil, fmt.Errorf("pebblestore: %s: %w; stop the other process first", dir, storage.ErrLocked)
	}
	return nil, fmt.Errorf("pebblestore: lock %s: %w", dir, err)
}

// isLocked tells a lock that is held from a lock file that cannot be made.
func isLocked(err error) bool {
	var path *os.PathError
	if errors.As(err, &path) {
		return false
	}
	return errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) ||
		strings.Contains(err.Error(), "lock held by current process")
}

func openError(dir string, err error) error {
	if pebble.IsCorruptionError(err) {
		return fmt.Errorf("pebblestore: open %s: %w: %v; keep the folder as it is and restore the store from a copy or from the log's content", dir, storage.ErrDamaged, err)
	}
	return fmt.Errorf("pebblestore: open %s: %w", dir, err)
}
