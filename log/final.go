package log

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"
)

// finals keeps the newest view whose note meets a quorum of witnesses: receipts
// made from it are final.
type finals struct {
	mu      sync.Mutex
	view    *View // nil: none yet, or given up
	since   time.Time
	note    []byte        // of the newest one that there was; nil: none yet
	changed chan struct{} // closed when another view comes; nil: nobody waits
	closed  bool
}

// SetFinal tells the log that a note, the one of this view with cosignatures after
// it, meets the quorum. The view stays the caller's. A view that is older than the
// final one changes nothing.
func (l *Log) SetFinal(v *View, note []byte) error {
	if !bytes.HasPrefix(note, v.note) {
		return fmt.Errorf("the note of size %d does not begin with the one that the log signed", v.Size())
	}
	f := &l.finals
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.view != nil && f.view.Size() > v.Size() {
		return nil
	}
	f.replace(v.cosigned(note))
	f.since, f.note = time.Now(), note
	return nil
}

// replace puts another view, or none, in the place of the final one. f.mu is held.
func (f *finals) replace(v *View) {
	if f.view != nil {
		f.view.Release()
	}
	f.view = v
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// cosigned is the view with another note over the same tree head.
func (v *View) cosigned(note []byte) *View {
	v.acquire()
	c := &View{
		origin: v.origin, head: v.head, note: note, registers: v.registers, rows: v.rows, nodes: v.nodes,
		recent: v.recent, noted: v.noted, signed: v.signed, below: v,
	}
	c.refs.Store(1)
	return c
}

// Final returns the newest view whose note meets the quorum, for the caller to
// Release, or nil if there is none.
func (l *Log) Final() *View {
	l.finals.mu.Lock()
	defer l.finals.mu.Unlock()
	if l.finals.view != nil {
		l.finals.view.acquire()
	}
	return l.finals.view
}

// FinalNote returns the newest note that meets the quorum, also when its view was given
// up; nil: there is none yet. The caller does not change it.
func (l *Log) FinalNote() []byte {
	l.finals.mu.Lock()
	defer l.finals.mu.Unlock()
	return l.finals.note
}

// WaitFinal returns a view of at least this size whose note meets the quorum, for
// the caller to Release. It waits for it until ctx ends, or the log.
func (l *Log) WaitFinal(ctx context.Context, size uint64) (*View, error) {
	f := &l.finals
	for {
		f.mu.Lock()
		if f.closed {
			f.mu.Unlock()
			return nil, ErrClosed
		}
		if f.view != nil && f.view.Size() >= size {
			f.view.acquire()
			defer f.mu.Unlock()
			return f.view, nil
		}
		if f.changed == nil {
			f.changed = make(chan struct{})
		}
		changed := f.changed
		f.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-l.done:
			return nil, ErrClosed
		}
	}
}

// ForgetFinal gives the final view up if it is older than this and not the newest:
// while no witness answers, it must not hold the disk space of an old state.
func (l *Log) ForgetFinal(age time.Duration) {
	newest := l.View()
	if newest == nil {
		return
	}
	defer newest.Release()
	f := &l.finals
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.view != nil && f.view.Size() < newest.Size() && time.Since(f.since) > age {
		f.replace(nil)
	}
}

// close gives the final view back, for ever.
func (f *finals) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.replace(nil)
}
