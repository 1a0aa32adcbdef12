package log_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// asked is a Confirm that waits for its answer.
type asked struct {
	question chan proofs.Checkpoint
	answer   chan error
}

func newAsked() *asked {
	return &asked{make(chan proofs.Checkpoint, 1), make(chan error, 1)}
}

func (a *asked) confirm(ctx context.Context, newest proofs.Checkpoint, note []byte, prove func(uint64) ([]proofs.Hash, error)) error {
	if hashes, err := prove(2); err != nil || newest.Size > 2 && len(hashes) == 0 {
		return err
	}
	a.question <- newest
	select {
	case err := <-a.answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// confirmLog is a log of size 5, closed, on its store and anchor.
func confirmLog(t *testing.T) (*logtest.World, storage.Store, storage.Anchor) {
	t.Helper()
	w := logtest.NewWorld()
	store, anchor := storagetest.Open(t)
	if err := w.Create(t, store, anchor).Close(); err != nil {
		t.Fatal(err)
	}
	return w, store, anchor
}

func openConfirmed(t *testing.T, w *logtest.World, store storage.Store, anchor storage.Anchor, a *asked) *log.Log {
	t.Helper()
	c := w.Config(store, anchor)
	c.Confirm = a.confirm
	l, err := log.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// submitOne submits a release and returns how that ended.
func submitOne(t *testing.T, w *logtest.World, l *log.Log, id string) error {
	t.Helper()
	_, view, err := l.Submit(t.Context(), []*admission.Checked{w.Release(id, 1, nil, []byte(id))})
	if err == nil {
		view.Release()
	}
	return err
}

// Until others have answered the log shows what it has and admits nothing.
func TestConfirm(t *testing.T) {
	w, store, anchor := confirmLog(t)
	a := newAsked()
	l := openConfirmed(t, w, store, anchor, a)
	defer l.Close()
	if newest := <-a.question; newest.Size != 5 || newest.Origin != w.Origin {
		t.Errorf("asked about %+v", newest)
	}
	if err := submitOne(t, w, l, "a/1"); !errors.Is(err, log.ErrUnconfirmed) || !errors.Is(l.Health(), log.ErrUnconfirmed) {
		t.Errorf("while nobody has answered: %v, %v", err, l.Health())
	}
	v := l.View()
	if v.Size() != 5 {
		t.Errorf("it shows size %d", v.Size())
	}
	v.Release()
	a.answer <- nil
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if err := submitOne(t, w, l, "a/1"); err == nil {
			break
		} else if !errors.Is(err, log.ErrUnconfirmed) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// A word against the log stops it; so it signs nothing.
func TestConfirmRefused(t *testing.T) {
	w, store, anchor := confirmLog(t)
	before, err := anchor.Load()
	if err != nil {
		t.Fatal(err)
	}
	a := newAsked()
	l := openConfirmed(t, w, store, anchor, a)
	ahead := errors.New("a witness holds more")
	a.answer <- ahead
	<-l.Done()
	if err := l.Close(); !errors.Is(err, ahead) || !errors.Is(err, log.ErrStopped) {
		t.Errorf("it stopped for %v", err)
	}
	if after, err := anchor.Load(); err != nil || string(after) != string(before) {
		t.Errorf("the anchor changed: %v", err)
	}
}

// Who closes the log does not wait for the answer.
func TestConfirmClosed(t *testing.T) {
	w, store, anchor := confirmLog(t)
	a := newAsked()
	l := openConfirmed(t, w, store, anchor, a)
	<-a.question
	if err := l.Close(); err != nil {
		t.Errorf("closed while it asked: %v", err)
	}
}

// A durable tree head that was not signed yet is signed after the answer only: Open
// waits for it.
func TestConfirmBeforeRecovery(t *testing.T) {
	w, store, anchor := confirmLog(t)
	old, err := anchor.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := w.Open(t, store, anchor)
	if err := submitOne(t, w, l, "a/1"); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	newest, err := anchor.Load()
	if err != nil {
		t.Fatal(err)
	}
	if err := anchor.Replace(newest, old); err != nil { // as if the crash had come before
		t.Fatal(err)
	}
	a := newAsked()
	c := w.Config(store, anchor)
	c.Confirm = a.confirm
	refused := errors.New("a witness holds more")
	a.answer <- refused
	if _, err := log.Open(c); !errors.Is(err, refused) {
		t.Fatalf("opened with %v", err)
	}
	if text, err := anchor.Load(); err != nil || string(text) != string(old) {
		t.Errorf("something was signed: %v", err)
	}
	<-a.question
	a.answer <- nil
	if l, err = log.Open(c); err != nil {
		t.Fatal(err)
	}
	if newest := <-a.question; newest.Size != 5 {
		t.Errorf("asked about %+v", newest)
	}
	v := l.View()
	defer v.Release()
	if v.Size() != 7 {
		t.Errorf("it signed size %d", v.Size())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// What somebody knows of a log is smaller and continued, or it stops the log.
func TestContinues(t *testing.T) {
	var tree logtest.Tree
	for i := range 9 {
		if err := tree.Append([]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	head := func(size uint64) proofs.TreeHead {
		h, err := tree.Head(size)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	newest := proofs.Checkpoint{Origin: logtest.Origin, TreeHead: head(7)}
	prove := func(older uint64) (hashes []proofs.Hash, err error) {
		proof, err := tlog.ProveTree(7, int64(older), &tree)
		for _, h := range proof {
			hashes = append(hashes, proofs.Hash(h))
		}
		return hashes, err
	}
	for size := uint64(1); size <= 7; size++ {
		if err := log.Continues(newest, head(size), prove); err != nil {
			t.Errorf("size %d: %v", size, err)
		}
		if err := log.Continues(newest, proofs.TreeHead{Size: size, Root: proofs.Hash{1}}, prove); !errors.Is(err, log.ErrFork) {
			t.Errorf("another root of size %d: %v", size, err)
		}
	}
	if err := log.Continues(newest, head(8), prove); !errors.Is(err, log.ErrBehindAnchor) {
		t.Errorf("a larger one: %v", err)
	}
}

// All are asked, in their order, up to the first who says no; nobody is nobody.
func TestConfirmAll(t *testing.T) {
	said := ""
	says := func(name string, err error) log.Confirm {
		return func(context.Context, proofs.Checkpoint, []byte, func(uint64) ([]proofs.Hash, error)) error {
			said += name
			return err
		}
	}
	if log.ConfirmAll() != nil || log.ConfirmAll(nil, nil) != nil {
		t.Error("nobody is asked, and somebody is")
	}
	no := errors.New("no")
	if err := log.ConfirmAll(says("a", nil), nil, says("b", no), says("c", nil))(t.Context(), proofs.Checkpoint{}, nil, nil); !errors.Is(err, no) || said != "ab" {
		t.Errorf("%v, asked %s", err, said)
	}
	if err := log.ConfirmAll(nil, says("d", nil), says("e", nil))(t.Context(), proofs.Checkpoint{}, nil, nil); err != nil || said != "abde" {
		t.Errorf("%v, asked %s", err, said)
	}
}
