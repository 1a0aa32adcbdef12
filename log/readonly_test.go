package log_test

import (
	"errors"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
)

// A log that is opened for reading shows what it has under the note that it is given,
// and changes neither store nor anchor.
func TestOpenReadOnly(t *testing.T) {
	w, store, anchor := confirmLog(t)
	text, err := anchor.Load()
	if err != nil {
		t.Fatal(err)
	}
	before, err := store.Sequence()
	if err != nil {
		t.Fatal(err)
	}
	c := w.Config(store, nil)
	c.Signer = log.VerifyOnly(w.Signer.Keys()...)
	notes, err := log.ParseAnchor(text)
	if err != nil {
		t.Fatal(err)
	}
	l, err := log.OpenReadOnly(c, notes[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Submit(t.Context(), []*admission.Checked{w.Release("a", 1, nil, []byte("a"))}); !errors.Is(err, log.ErrReadOnly) {
		t.Errorf("a submission: %v", err)
	}
	if err := l.Health(); !errors.Is(err, log.ErrReadOnly) {
		t.Errorf("health: %v", err)
	}
	v := l.View()
	if v.Size() != 5 || string(v.Checkpoint()) != string(notes[0]) {
		t.Errorf("size %d, %s", v.Size(), v.Checkpoint())
	}
	if list, err := v.Checkpoints(0, 10); err != nil || len(list) != 2 || string(list[1].Note) != string(notes[0]) {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := v.Receipt(3); err != nil {
		t.Error(err)
	}
	v.Release()
	select {
	case <-l.Done():
		t.Error("it ended by itself")
	default:
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	<-l.Done()
	if after, err := store.Sequence(); err != nil || after != before {
		t.Errorf("commit %d, was %d: %v", after, before, err)
	}
	logtest.Check(t, w, store, anchor)
}

// It shows nothing under a note of another size, of another tree, or of nobody.
func TestOpenReadOnlyRefuses(t *testing.T) {
	w, store, _ := confirmLog(t)
	head, err := log.ReadHead(store)
	if err != nil {
		t.Fatal(err)
	}
	c := w.Config(store, nil)
	sign := func(s *log.Signer, size uint64, root proofs.Hash) []byte {
		note, err := s.Sign(proofs.Checkpoint{Origin: w.Origin, TreeHead: proofs.TreeHead{Size: size, Root: root}})
		if err != nil {
			t.Fatal(err)
		}
		return note
	}
	for name, c2 := range map[string]struct {
		note []byte
		want error
	}{
		"larger":       {sign(w.Signer, head.Size+1, head.Root), log.ErrFork},
		"smaller":      {sign(w.Signer, head.Size-1, head.Root), log.ErrFork},
		"another tree": {sign(w.Signer, head.Size, proofs.Hash{1}), log.ErrFork},
		"another key":  {sign(edKey(t, 9), head.Size, head.Root), log.ErrMismatch},
		"no note":      {[]byte("x"), log.ErrMismatch},
	} {
		if l, err := log.OpenReadOnly(c, c2.note); !errors.Is(err, c2.want) {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
	if _, err := log.VerifyOnly(w.Signer.Keys()...).Sign(proofs.Checkpoint{Origin: w.Origin, TreeHead: head.TreeHead}); !errors.Is(err, log.ErrReadOnly) {
		t.Errorf("a signature without a key: %v", err)
	}
}
