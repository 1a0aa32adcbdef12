package log

import (
	"fmt"
	"time"
)

// maxLeap is how far the wall clock may step forward between two batches before
// the log stops. A time that was sealed is never taken back: behind a seal of
// tomorrow the log could not go on until tomorrow. Statements whose signers' clocks
// are right are refused by then (E701), so this guards a log whose submitters run
// on the same wrong clock.
const maxLeap = time.Minute

// clock is the log's clock: the wall clock, watched by one that nobody sets.
type clock struct {
	now     func() time.Time
	elapsed func() time.Duration // nil: leaps are not noticed
	offset  time.Duration        // wall minus elapsed, at the last reading
}

func newClock(c Config) clock {
	k := clock{now: c.Now, elapsed: c.Elapsed}
	if k.elapsed != nil {
		k.offset = k.measure(k.now())
	}
	return k
}

func (c *clock) measure(wall time.Time) time.Duration {
	return time.Duration(wall.UnixNano()) - c.elapsed()
}

// read returns the time of a batch, in Unix milliseconds, not before that of the
// newest seal.
func (c *clock) read(newest int64) (int64, error) {
	wall := c.now()
	if err := c.leap(wall); err != nil {
		return 0, err
	}
	now := wall.UnixMilli()
	if now >= newest {
		return now, nil
	}
	if back := time.Duration(newest-now) * time.Millisecond; back > maxBackstep {
		return 0, fmt.Errorf("%w: it is %s behind the newest seal; set it, then start again", ErrClock, back)
	}
	return newest, nil
}

// leap compares the step of the wall clock with the time that really passed.
func (c *clock) leap(wall time.Time) error {
	if c.elapsed == nil {
		return nil
	}
	offset := c.measure(wall)
	if step := offset - c.offset; step > maxLeap {
		return fmt.Errorf("%w: it leapt %s forward since the last batch or start, and no seal was given that time; set it, then start again", ErrClock, step.Round(time.Second))
	}
	c.offset = offset
	return nil
}
