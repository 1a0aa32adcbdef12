package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"sync"

	"github.com/docketlog/docket/proofs"
)

// A Memory keeps the newest verified checkpoint of one log in a file, so that a
// server that later shows another or an older history is caught. The zero Path
// keeps it for the life of the Memory only. Several processes may share the file:
// whoever replaces it holds a lock on PATH.lock, so the newest one stays.
type Memory struct {
	Path string

	mu   sync.Mutex
	note []byte
}

// ErrMemory: the file is damaged here, on this machine, cannot be read or written,
// or was kept for another log. It says nothing about the log.
var ErrMemory = errors.New("local damage: the checkpoint kept on this machine cannot be used")

// load returns the kept note, or nil.
func (m *Memory) load() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.read()
}

func (m *Memory) read() ([]byte, error) {
	if m.Path == "" {
		return m.note, nil
	}
	info, err := os.Stat(m.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		return nil, m.damaged(errors.New("it is not a file"))
	case info.Size() > proofs.MaxNote:
		return nil, m.damaged(fmt.Errorf("it has %d bytes", info.Size()))
	case info.Mode().Perm()&0o002 != 0:
		return nil, m.damaged(errors.New("everybody on this machine may write to it: correct its permissions, chmod o-w"))
	}
	note, err := ReadFile(m.Path, proofs.MaxNote)
	if err != nil {
		return nil, m.damaged(err)
	}
	return note, nil
}

func (m *Memory) damaged(why error) error {
	return fmt.Errorf("%w: %s: %w: put it aside, to start anew from the next checkpoint", ErrMemory, m.Path, why)
}

// replace keeps a note, unless another one than old is kept by now: by another
// request of this process, or by another process.
func (m *Memory) replace(ctx context.Context, old, note []byte) (done bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Path == "" {
		if !bytes.Equal(m.note, old) {
			return false, nil
		}
		m.note = bytes.Clone(note)
		return true, nil
	}
	unlock, err := LockFile(ctx, m.Path+".lock")
	if err != nil {
		return false, fmt.Errorf("%w: %s: it cannot be locked for writing: %w", ErrMemory, m.Path, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	kept, err := m.read()
	if err != nil || !bytes.Equal(kept, old) {
		return false, err
	}
	if err := WriteFile(m.Path, note, 0o644); err != nil {
		return false, fmt.Errorf("%w: %s: it cannot be written: %w", ErrMemory, m.Path, err)
	}
	return true, nil
}

// A sighting is a verified checkpoint with its signed note; nil note: none.
type sighting struct {
	proofs.Checkpoint
	note []byte
}

// newest returns the newest checkpoint seen so far. Requests ask for it before
// they are made: whatever is smaller then is an old state.
func (c *Client) newest() (sighting, error) {
	if c.Memory == nil {
		return sighting{}, nil
	}
	note, err := c.Memory.load()
	if err != nil || note == nil {
		return sighting{}, err
	}
	cp, err := c.openNote(note)
	if errors.Is(err, proofs.ErrUnsigned) {
		err = fmt.Errorf("%w: if a key of the log was taken out of the policy, pin it again until a checkpoint of the new key was seen", err)
	}
	if err != nil {
		return sighting{}, c.Memory.damaged(err)
	}
	return sighting{cp, note}, nil
}

// remember proves that a verified note and the newest one that was seen are of
// one history, and keeps the newer of them. A note smaller than before, the
// newest one when the request was made, is a rollback; one that other requests
// have overtaken meanwhile is not. prove is what must hold besides: nothing is kept
// before it does, and no contradiction goes unsaid because it fails.
func (c *Client) remember(ctx context.Context, note []byte, before sighting, prove func(context.Context) error) error {
	if c.Memory == nil {
		return prove(ctx)
	}
	cp, err := c.open(note)
	if err != nil {
		return err
	}
	shown := sighting{cp, bytes.Clone(note)}
	if before.note != nil {
		if err := sameLog(before.Checkpoint, cp); err != nil {
			return err
		}
	}
	if shown.Size < before.Size {
		return &RollbackError{Seen: before.Size, Shown: shown.Size, SeenNote: before.note, ShownNote: shown.note, Genesis: c.Verifier.Genesis}
	}
	for {
		seen, err := c.newest()
		if err != nil {
			return err
		}
		if seen.note != nil {
			if err := c.agree(ctx, seen, shown); err != nil {
				return err
			}
		}
		if err := prove(ctx); err != nil || seen.note != nil && shown.Size <= seen.Size {
			return err
		}
		if done, err := c.Memory.replace(ctx, seen.note, shown.note); done || err != nil {
			return err
		}
		// Another request kept a newer note meanwhile: prove it against that.
	}
}

// agree proves that the smaller of two trees is a prefix of the larger one.
func (c *Client) agree(ctx context.Context, seen, shown sighting) error {
	if err := sameLog(seen.Checkpoint, shown.Checkpoint); err != nil {
		return err
	}
	older, newer := seen.TreeHead, shown.TreeHead
	if older.Size > newer.Size {
		older, newer = newer, older
	}
	if older == newer {
		return nil
	}
	fork := &ForkError{Seen: seen.note, Shown: shown.note, Genesis: c.Verifier.Genesis}
	if older.Size == newer.Size {
		return fork
	}
	proof, err := c.consistency(ctx, older.Size, newer.Size)
	if errors.Is(err, ErrUnreachable) {
		return err
	}
	if noWord(err) { // nor was a statement refused, that was being submitted
		return c.unusable("whether it continues what was seen before could not be asked (%v): try again", err)
	}
	if err == nil {
		if err = proofs.VerifyConsistency(older, newer, proof); err == nil {
			return nil
		}
		if root, ok := c.prefix(ctx, older, newer, proof); ok {
			fork.Root, fork.Proof = root, proof
			return fork
		}
	}
	return &UnprovenError{Seen: seen.note, Shown: shown.note, Reason: err.Error(), Genesis: c.Verifier.Genesis}
}

// noWord says that an error is no word of a log about its trees: it is a page of
// something between, or the server is busy or stopped. It is no evidence.
func noWord(err error) bool {
	var page *pageError
	var refused *Refused
	return errors.As(err, &page) ||
		errors.As(err, &refused) && (refused.Status == http.StatusTooManyRequests || refused.Status >= 500)
}

// prefix returns the root that the newer tree has at the size of the older one,
// if the proof, which does not hold for the older tree, shows it. The tiles of a
// server that lies prove nothing; those of one with a second history convict it.
func (c *Client) prefix(ctx context.Context, older, newer proofs.TreeHead, proof []proofs.Hash) (proofs.Hash, bool) {
	tile := func(t proofs.Tile) ([]byte, error) {
		body, _, err := c.send(ctx, "GET", "/"+t.Path(), "", nil, maxProblem)
		return body, err
	}
	root, err := proofs.RootFromNodes(older.Size, proofs.TileNodes(tile, older.Size))
	if err != nil {
		return proofs.Hash{}, false
	}
	head := proofs.TreeHead{Size: older.Size, Root: root}
	return root, proofs.VerifyConsistency(head, newer, proof) == nil
}
