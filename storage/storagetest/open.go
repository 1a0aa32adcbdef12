package storagetest

import (
	"testing"

	"github.com/docketlog/docket/storage"
)

// Open opens an empty store and an empty anchor in memory.
func Open(t testing.TB) (storage.Store, storage.Anchor) {
	t.Helper()
	store, err := NewMemory().Open()
	if err != nil {
		t.Fatal(err)
	}
	anchor, err := NewMemoryAnchor().Open()
	if err != nil {
		t.Fatal(err)
	}
	return store, anchor
}
