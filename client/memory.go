package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/docketlog/docket/proofs"
)

// A Memory keeps the newest verified checkpoint of one log in a file, so that a
// server that later shows another or an older history is caught. The zero Path
// keeps it for the life of the Memory only.
type Memory struct {
	Path string

	mu   sync.Mutex
	note []byte
}

// ErrMemory: the file is damaged here, on this machine. It says nothing about
// the log.
var ErrMemory = errors.New("the kept checkpoint is damaged on this machine")

// load returns the kept note, or nil.
func (m *Memory) load() ([]byte, error) {
	if m.Path == "" {
		return m.note, nil
	}
	note, err := os.ReadFile(m.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && (len(note) == 0 || bytes.IndexByte(note, 0) >= 0) {
		err = fmt.Errorf("%w: %s is empty or has NUL bytes: put it aside, to start anew from the next checkpoint", ErrMemory, m.Path)
	}
	return note, err
}

// store keeps a note: temporary file, fsync, rename, fsync of the folder.
func (m *Memory) store(note []byte) error {
	if m.Path == "" {
		m.note = bytes.Clone(note)
		return nil
	}
	return WriteFile(m.Path, note, 0o644)
}

// floor returns the size below which an answer to a request that starts now
// would be a rollback: that of the newest checkpoint seen so far.
func (c *Client) floor() uint64 {
	if c.Memory == nil {
		return 0
	}
	c.Memory.mu.Lock()
	defer c.Memory.mu.Unlock()
	kept, err := c.Memory.load()
	if err != nil || kept == nil {
		return 0 // remember reports what is wrong with the file
	}
	seen, err := c.open(kept)
	if err != nil {
		return 0
	}
	return seen.Size
}

// remember proves that a verified note and the newest one that was seen are of
// one history, and keeps the newer of them. A note smaller than floor, the size
// seen before the request was made, is a rollback; one that other requests have
// overtaken meanwhile is not.
func (c *Client) remember(ctx context.Context, note []byte, floor uint64) error {
	if c.Memory == nil {
		return nil
	}
	c.Memory.mu.Lock()
	defer c.Memory.mu.Unlock()
	shown, err := c.open(note)
	if err != nil {
		return err
	}
	kept, err := c.Memory.load()
	if err != nil {
		return err
	}
	if kept == nil {
		return c.Memory.store(note)
	}
	seen, err := c.open(kept)
	if err != nil {
		return fmt.Errorf("%w: %s: %v", ErrMemory, c.Memory.Path, err)
	}
	if shown.Size < floor {
		return &RollbackError{Seen: floor, Shown: shown.Size}
	}
	if err := c.consistent(ctx, seen, shown); err != nil {
		var mismatch *proofs.RootMismatchError
		if errors.As(err, &mismatch) {
			return errors.Join(&ForkError{Seen: kept, Shown: bytes.Clone(note)}, err)
		}
		return err
	}
	if shown.Size <= seen.Size {
		return nil
	}
	return c.Memory.store(note)
}

// consistent proves that the smaller of two trees is a prefix of the larger one.
func (c *Client) consistent(ctx context.Context, a, b proofs.Checkpoint) error {
	if a.Size > b.Size {
		a, b = b, a
	}
	var proof []proofs.Hash
	if a.Size != b.Size {
		var err error
		if proof, err = c.consistency(ctx, a.Size, b.Size); err != nil {
			return err
		}
	}
	return proofs.VerifyConsistency(a.TreeHead, b.TreeHead, proof)
}

// WriteFile replaces a file so that after a crash it holds the old bytes or the
// new ones: temporary file, fsync, rename, fsync of the folder.
func WriteFile(path string, data []byte, mode fs.FileMode) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when the rename went well
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
