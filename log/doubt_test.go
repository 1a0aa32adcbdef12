package log_test

import (
	"errors"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage/storagetest"
)

// A doubt of others ends the log: what it showed it shows on, and it signs nothing
// more. Later doubts change nothing.
func TestDoubt(t *testing.T) {
	w := logtest.NewWorld()
	store, anchor := storagetest.Open(t)
	l := w.Create(t, store, anchor)
	before, err := anchor.Load()
	if err != nil {
		t.Fatal(err)
	}
	ahead := errors.New("a witness holds more")
	l.Doubt(ahead)
	l.Doubt(errors.New("later"))
	<-l.Done()
	if err := submitOne(t, w, l, "a/1"); !errors.Is(err, log.ErrStopped) || !errors.Is(err, ahead) {
		t.Errorf("a submission: %v", err)
	}
	v := l.View()
	if v.Size() != 5 {
		t.Errorf("it shows size %d", v.Size())
	}
	v.Release()
	if err := l.Close(); !errors.Is(err, ahead) {
		t.Errorf("closed with %v", err)
	}
	if after, err := anchor.Load(); err != nil || string(after) != string(before) {
		t.Errorf("the anchor moved: %v", err)
	}
}

// The root of any older size is that of its signed note.
func TestRootAt(t *testing.T) {
	w := logtest.NewWorld()
	store, anchor := storagetest.Open(t)
	l := w.Create(t, store, anchor)
	defer l.Close()
	for _, id := range []string{"a/1", "a/2", "a/3"} {
		if err := submitOne(t, w, l, id); err != nil {
			t.Fatal(err)
		}
	}
	v := l.View()
	defer v.Release()
	notes, err := v.Checkpoints(0, 100)
	if err != nil || len(notes) < 4 {
		t.Fatalf("%d notes, %v", len(notes), err)
	}
	for _, c := range notes {
		cp, _, err := proofs.OpenCheckpoint(c.Note, w.Signer.Keys())
		if err != nil {
			t.Fatal(err)
		}
		if root, err := v.RootAt(c.Size); err != nil || root != cp.Root {
			t.Errorf("size %d: %x, %v", c.Size, root, err)
		}
	}
	if _, err := v.RootAt(v.Size() + 1); !errors.Is(err, log.ErrNotFound) {
		t.Errorf("above the published size: %v", err)
	}
}
