package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/docketlog/docket/storage"
)

// MemoryAnchor is a place for an anchor in memory. Its text stays there when
// the anchor is closed.
type MemoryAnchor struct {
	mu   sync.Mutex
	text []byte // nil: none
	open bool
}

// NewMemoryAnchor returns a place that holds an anchor without a text.
func NewMemoryAnchor() *MemoryAnchor { return &MemoryAnchor{} }

// Open opens the anchor; ErrLocked says that it is open already.
func (m *MemoryAnchor) Open() (storage.Anchor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open {
		return nil, fmt.Errorf("storagetest: %w", storage.ErrLocked)
	}
	m.open = true
	return &memoryAnchor{place: m}, nil
}

// memoryAnchor is a MemoryAnchor that is open.
type memoryAnchor struct {
	place  *MemoryAnchor
	closed bool
}

func (a *memoryAnchor) Load() ([]byte, error) {
	a.place.mu.Lock()
	defer a.place.mu.Unlock()
	return a.load()
}

func (a *memoryAnchor) load() ([]byte, error) {
	if a.closed {
		return nil, storage.ErrClosed
	}
	if a.place.text == nil {
		return nil, storage.ErrNoAnchor
	}
	return bytes.Clone(a.place.text), nil
}

func (a *memoryAnchor) Replace(old, new []byte) error {
	a.place.mu.Lock()
	defer a.place.mu.Unlock()
	now, err := a.load()
	if err := compareAnchor(now, old, err); err != nil {
		return err
	}
	if len(new) == 0 || len(new) > storage.MaxAnchor || bytes.IndexByte(new, 0) >= 0 {
		return errors.New("storagetest: an anchor does not hold this text, nothing was written")
	}
	a.place.text = bytes.Clone(new)
	return nil
}

func (a *memoryAnchor) Close() error {
	a.place.mu.Lock()
	defer a.place.mu.Unlock()
	if !a.closed {
		a.closed, a.place.open = true, false
	}
	return nil
}

// compareAnchor judges a Replace by what Load returned.
func compareAnchor(now, old []byte, err error) error {
	switch {
	case errors.Is(err, storage.ErrNoAnchor) && old == nil:
		return nil
	case errors.Is(err, storage.ErrNoAnchor):
		return storage.ErrAnchorMoved
	case err != nil:
		return err
	case old == nil || !bytes.Equal(now, old):
		return storage.ErrAnchorMoved
	}
	return nil
}
