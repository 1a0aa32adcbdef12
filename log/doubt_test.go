package log_test

import (
	"errors"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
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
