package log

import (
	"errors"
	"testing"
	"time"

	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// sealsView is a view over nothing but seals, each of one leaf.
func sealsView(t *testing.T, seals []statement.Seal) *View {
	t.Helper()
	store, err := storagetest.NewMemory().Open()
	if err != nil {
		t.Fatal(err)
	}
	var b storage.Batch
	for i, s := range seals {
		s.Rules = statement.Rules
		b.Set(storage.Leaf(uint64(i)), s.Marshal())
	}
	if err := store.Commit(1, &b); err != nil {
		t.Fatal(err)
	}
	rows, err := store.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	return &View{head: head{Size: uint64(len(seals))}, rows: rows}
}

// TestFirstAt: the first seal of a time or a later one; a seal that was damaged
// ends the search, wherever it sends it.
func TestFirstAt(t *testing.T) {
	var seals []statement.Seal
	for i := range 20 {
		seals = append(seals, statement.Seal{Index: uint64(i), Prev: int64(i) - 1, Time: int64(10 * i)})
	}
	v := sealsView(t, seals)
	for want := range 21 {
		if got, err := v.firstAt(int64(10*want - 3)); got != uint64(want) || err != nil {
			t.Errorf("time %d: %d, %v", 10*want-3, got, err)
		}
	}
	for _, wrong := range []statement.Seal{
		{Index: 10, Prev: 19, Time: 100}, {Index: 10, Prev: 1 << 62, Time: 100}, {Index: 10, Prev: 10, Time: 100},
		{Index: 9, Prev: 8, Time: 0}, {Index: 0, Prev: -1, Time: 0}, {Index: 20, Prev: 9, Time: 0}, {Index: 1 << 62, Prev: 9, Time: 0},
	} {
		damaged := append([]statement.Seal(nil), seals...)
		damaged[10] = wrong
		v := sealsView(t, damaged)
		done := make(chan error, 1)
		go func() {
			_, err := v.firstAt(95)
			done <- err
		}()
		select {
		case err := <-done:
			if !errors.Is(err, ErrDamage) {
				t.Errorf("%+v: %v", wrong, err)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%+v: the search does not end", wrong)
		}
	}
}
