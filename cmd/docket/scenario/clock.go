package scenario

import (
	"sync"
	"time"
)

// A Clock is the clock of a story: the log's, the signers' and the witnesses'. It
// moves when a line says so.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time of the story.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *Clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}
