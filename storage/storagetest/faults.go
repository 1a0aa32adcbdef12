package storagetest

import (
	"fmt"
	"sync"

	"github.com/docketlog/docket/storage"
)

// Fault is what a failed write did.
type Fault int

// The two faults of a write. Its caller sees no difference.
const (
	NotApplied Fault = iota // it failed: nothing was written
	Applied                 // it failed, but everything was written
)

// String returns the name of the fault, for subtests.
func (f Fault) String() string {
	if f == Applied {
		return "applied"
	}
	return "not applied"
}

// Faults are all of them, for a test to range over.
var Faults = []Fault{NotApplied, Applied}

// failure counts writes and fails one. Then everything fails.
type failure struct {
	mu    sync.Mutex
	left  int // writes before the fault
	fault Fault
	fired bool
}

// Fired reports whether the fault happened.
func (f *failure) Fired() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fired
}

func (f *failure) check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state()
}

func (f *failure) state() error {
	if f.fired {
		return fmt.Errorf("storagetest: injected fault: %w", storage.ErrUnknown)
	}
	return nil
}

// write runs one write, or fails it. A write that would do nothing by itself
// (a lost number, a moved anchor) returns that and is not counted.
func (f *failure) write(possible, apply func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.state(); err != nil {
		return err
	}
	if err := possible(); err != nil {
		return err
	}
	if f.left > 0 || f.left < 0 {
		f.left--
		return apply()
	}
	if f.fault == Applied {
		if err := apply(); err != nil {
			return err
		}
	}
	f.fired = true
	return f.state()
}

// FailingStore is a store of which one commit fails with ErrUnknown. From
// then on every method but Close fails so, as the contract has it; what was
// stored is seen by closing it and opening the store below again.
type FailingStore struct {
	failure
	below storage.Store
}

var _ storage.Store = (*FailingStore)(nil)

// FailCommit wraps s so that its n-th commit from now fails; n counts from 0,
// and a negative n never comes.
func FailCommit(s storage.Store, n int, fault Fault) *FailingStore {
	return &FailingStore{failure: failure{left: n, fault: fault}, below: s}
}

// Get implements storage.Reader.
func (s *FailingStore) Get(key []byte) ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return s.below.Get(key)
}

// Scan implements storage.Reader.
func (s *FailingStore) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	if err := s.check(); err != nil {
		return err
	}
	return s.below.Scan(start, end, yield)
}

// Snapshot implements storage.Store. Snapshots taken before the fault stay
// readable: they hold durable rows only.
func (s *FailingStore) Snapshot() (storage.Snapshot, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return s.below.Snapshot()
}

// Sequence implements storage.Store.
func (s *FailingStore) Sequence() (uint64, error) {
	if err := s.check(); err != nil {
		return 0, err
	}
	return s.below.Sequence()
}

// Commit implements storage.Store.
func (s *FailingStore) Commit(seq uint64, b *storage.Batch) error {
	next := func() error {
		last, err := s.below.Sequence()
		if err == nil && seq != last+1 {
			err = fmt.Errorf("commit %d after %d: %w", seq, last, storage.ErrSequence)
		}
		return err
	}
	return s.write(next, func() error { return s.below.Commit(seq, b) })
}

// FreeSpace implements storage.Store.
func (s *FailingStore) FreeSpace() (uint64, error) {
	if err := s.check(); err != nil {
		return 0, err
	}
	return s.below.FreeSpace()
}

// Close implements storage.Store: it closes the store below.
func (s *FailingStore) Close() error { return s.below.Close() }

// FailingAnchor is an anchor of which one Replace fails with ErrUnknown. From
// then on every method but Close fails so.
type FailingAnchor struct {
	failure
	below storage.Anchor
}

var _ storage.Anchor = (*FailingAnchor)(nil)

// FailReplace wraps a so that its n-th Replace from now fails; n counts from
// 0, and a negative n never comes.
func FailReplace(a storage.Anchor, n int, fault Fault) *FailingAnchor {
	return &FailingAnchor{failure: failure{left: n, fault: fault}, below: a}
}

// Load implements storage.Anchor.
func (a *FailingAnchor) Load() ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	return a.below.Load()
}

// Replace implements storage.Anchor.
func (a *FailingAnchor) Replace(old, new []byte) error {
	return a.write(
		func() error { return a.unmoved(old) },
		func() error { return a.below.Replace(old, new) },
	)
}

func (a *FailingAnchor) unmoved(old []byte) error {
	now, err := a.below.Load()
	return compareAnchor(now, old, err)
}

// Close implements storage.Anchor: it closes the anchor below.
func (a *FailingAnchor) Close() error { return a.below.Close() }
