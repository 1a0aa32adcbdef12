package pebblestore

import (
	"sync"

	"github.com/docketlog/docket/storage"
)

// gate counts the calls in progress, so that close can wait for them. The
// zero gate is open.
type gate struct {
	mu     sync.Mutex
	calls  int
	closed bool
	idle   chan struct{} // closed when the last call left a closed gate
}

// enter begins a call, or returns ErrClosed.
func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return storage.ErrClosed
	}
	g.calls++
	return nil
}

// leave ends a call that entered.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls--
	if g.closed && g.calls == 0 {
		close(g.idle)
	}
}

// close lets nobody in any more and waits until all have left. It reports
// whether this call closed the gate; another one returns at once.
func (g *gate) close() bool {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return false
	}
	g.closed, g.idle = true, make(chan struct{})
	if g.calls == 0 {
		close(g.idle)
	}
	g.mu.Unlock()
	<-g.idle
	return true
}
