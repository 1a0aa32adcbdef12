package pebblestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/docketlog/docket/storage"
)

var _ storage.Copier = (*Store)(nil)

// CopyTo implements storage.Copier. On the filesystem of the store the tables of
// the copy are links, which takes milliseconds and no room; on another one they are
// copied. Commits wait for neither.
func (s *Store) CopyTo(dir string) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	if err := s.db.Checkpoint(dir, pebble.WithFlushedWAL()); err != nil {
		return fmt.Errorf("pebblestore: copy %s to %s: %w", s.dir, dir, err)
	}
	if s.fs != vfs.Default {
		return nil
	}
	// Pebble lets everybody read the folder that it makes.
	return errors.Join(os.Chmod(dir, 0o700), syncFolder(s.fs, s.fs.PathDir(dir)))
}

// A Copy is a store that is open for reading alone: a backup, or the store of a
// stopped log that is looked at. Nothing in its folder is written, not even a lock.
type Copy struct{ store *Store }

// OpenCopy opens the store in dir for reading. It returns ErrNoStore and ErrDamaged
// as Open does, and ErrLocked when a process has it open that may write: one that
// ever did left a lock file there. A copy without one is locked for nobody.
func OpenCopy(dir string, o Options) (*Copy, error) {
	o = o.withDefaults()
	dir = canonical(o.FS, dir)
	desc, err := pebble.Peek(dir, o.FS)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, openError(dir, err)
	}
	if err != nil || !desc.Exists {
		return nil, fmt.Errorf("pebblestore: open %s: %w; name the folder of a store or of its copy", dir, storage.ErrNoStore)
	}
	locks := o.FS
	if _, err := o.FS.Stat(o.FS.PathJoin(dir, lockName)); errors.Is(err, fs.ErrNotExist) {
		locks = unlocked{o.FS}
	}
	lock, err := lockFolder(locks, dir)
	if err != nil {
		return nil, err
	}
	s, err := start(dir, o, lock, func(p *pebble.Options) {
		p.ReadOnly = true
		p.ErrorIfNotExists = true
		p.FormatMajorVersion = desc.FormatMajorVersion
	}, (*Store).readMeta)
	if err != nil {
		return nil, err
	}
	return &Copy{s}, nil
}

// Get implements storage.Reader.
func (c *Copy) Get(key []byte) ([]byte, error) { return c.store.Get(key) }

// Scan implements storage.Reader.
func (c *Copy) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	return c.store.Scan(start, end, yield)
}

// Sequence returns the number of its last commit.
func (c *Copy) Sequence() (uint64, error) { return c.store.Sequence() }

// Close ends the reading.
func (c *Copy) Close() error { return c.store.Close() }

// unlocked is a filesystem whose locks nobody holds and nobody waits for.
type unlocked struct{ vfs.FS }

// Lock implements vfs.FS.
func (unlocked) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }
