// Package anchor keeps a storage.Anchor in a folder of its own: the newest
// signed checkpoint, outside the store and outside every copy of the store.
//
//	LOCK        held while the anchor is open (flock); its presence says
//	            that an anchor was created here
//	checkpoint  the text as it is: a signed note that a person can read
//
// A third name, checkpoint.new, is there only while Replace runs. Replace
// writes the new text into it, syncs it, renames it over checkpoint, and
// syncs the folder. So checkpoint is the old text or the new one after every
// crash; Open removes a checkpoint.new that is left over.
//
// Replace compares old with the file as it is on the disk at that moment, not
// with what was loaded earlier. Together with the lock the first writer of a
// text wins: for one size of the log, one signed checkpoint, ever.
//
// Keep the folder on another disk than the store's if there is one, and out
// of whatever copies or restores the store. Apart says whether two folders
// are apart.
package anchor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/docketlog/docket/storage"
)

const (
	lockName = "LOCK"
	fileName = "checkpoint"
	tempName = "checkpoint.new"
)

// Anchor is a storage.Anchor in a folder.
type Anchor struct {
	dir string

	mu     sync.Mutex
	lock   *os.File // nil after Close
	failed error    // the outcome of a Replace is unknown

	// before is called before each step of Replace that changes the disk; an
	// error stands for the failure of that step. Nil outside tests.
	before func(step string) error
}

var _ storage.Anchor = (*Anchor)(nil)

// Create makes an anchor that holds nothing in dir, which must be empty or
// missing, and opens it. It returns ErrExists for a folder with other files
// in it and ErrLocked for one that is open elsewhere.
func Create(dir string) (*Anchor, error) {
	dir, err := makeFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("anchor: create: %w", err)
	}
	// Before the lock too: its file makes a folder an anchor.
	if err := checkEmpty(dir); err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir, os.O_CREATE)
	if err != nil {
		return nil, err
	}
	if err := checkEmpty(dir); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if err := errors.Join(lock.Sync(), storage.SyncFolder(dir)); err != nil {
		return nil, errors.Join(fmt.Errorf("anchor: create: %w", err), lock.Close())
	}
	return &Anchor{dir: dir, lock: lock}, nil
}

// Open opens the anchor in dir. It returns ErrNoStore when none was created
// there and ErrLocked when it is open elsewhere. What it then loads is
// durable, also when the process before this one was killed in a Replace.
func Open(dir string) (*Anchor, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("anchor: open: %w", err)
	}
	lock, err := lockFolder(dir, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("anchor: open %s: %w; name the folder of the log's anchor, or mount it", dir, storage.ErrNoStore)
	}
	if err != nil {
		return nil, err
	}
	if err := recoverFolder(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("anchor: open: %w", err), lock.Close())
	}
	return &Anchor{dir: dir, lock: lock}, nil
}

// recoverFolder removes what a crash left over and syncs what it finds: a
// Replace may have been cut off before it did.
func recoverFolder(dir string) error {
	if err := os.Remove(filepath.Join(dir, tempName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.Open(filepath.Join(dir, fileName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil {
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return storage.SyncFolder(dir)
}

// Load implements storage.Anchor.
func (a *Anchor) Load() ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.usable(); err != nil {
		return nil, err
	}
	return a.read()
}

// Replace implements storage.Anchor. A new text that an anchor cannot hold is
// refused before anything is written.
func (a *Anchor) Replace(old, new []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.usable(); err != nil {
		return err
	}
	if reason := fault(new); reason != "" {
		return fmt.Errorf("anchor: the new text %s, nothing was written", reason)
	}
	now, err := a.read()
	switch {
	case errors.Is(err, storage.ErrNoAnchor):
		if old != nil {
			return fmt.Errorf("anchor: %s holds nothing: %w", a.dir, storage.ErrAnchorMoved)
		}
	case err != nil:
		return err
	case old == nil || !bytes.Equal(now, old):
		return fmt.Errorf("anchor: %s: %w", a.dir, storage.ErrAnchorMoved)
	}
	if err := a.write(new); err != nil {
		a.failed = fmt.Errorf("anchor: %s: %w: %w", a.dir, storage.ErrUnknown, err)
		return a.failed
	}
	return nil
}

// Close implements storage.Anchor.
func (a *Anchor) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lock == nil {
		return nil
	}
	lock := a.lock
	a.lock = nil
	return lock.Close() // releases the flock
}

func (a *Anchor) usable() error {
	if a.lock == nil {
		return storage.ErrClosed
	}
	return a.failed
}

// read returns the text on the disk.
func (a *Anchor) read() ([]byte, error) {
	path := filepath.Join(a.dir, fileName)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("anchor: %s: %w", a.dir, storage.ErrNoAnchor)
	}
	if err != nil {
		return nil, fmt.Errorf("anchor: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, storage.MaxAnchor+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("anchor: %w", err)
	}
	if reason := fault(text); reason != "" {
		return nil, fmt.Errorf("anchor: %s %s: %w; keep the file as it is, and put back the newest checkpoint that a witness or reader of the log holds", path, reason, storage.ErrDamaged)
	}
	return text, nil
}

// fault says why an anchor cannot hold text; it is empty if it can. What a
// loss of power leaves of a file is often empty or full of NUL bytes.
func fault(text []byte) string {
	switch {
	case len(text) == 0:
		return "is empty"
	case len(text) > storage.MaxAnchor:
		return fmt.Sprintf("has more than %d bytes", storage.MaxAnchor)
	case bytes.IndexByte(text, 0) >= 0:
		return "has NUL bytes"
	}
	return ""
}
