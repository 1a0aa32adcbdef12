package audit

import (
	"errors"
	"fmt"
	"time"

	"github.com/docketlog/docket/proofs/statement"
)

// ErrOwnClock says that this machine's clock is behind what it was when the auditor last
// came to the end of the log: nothing is judged by such a clock. Set it right; one that
// was ahead then is passed by in time.
var ErrOwnClock = errors.New("audit: this machine's clock went back")

// A clock compares the times of seals with the auditor's own clock. A seal that was
// there before the auditor first looked may be of any time that is past; one that
// came while it watched is of that time.
type clock struct {
	now  func() time.Time
	seen int64 // when the auditor last saw the log without the seals to come, unix ms; 0: never
}

// steady goes on from a moment as time passes, whatever the wall clock is set to
// meanwhile: a false time must not end an audit for good.
func steady(now func() time.Time, began time.Time) func() time.Time {
	return func() time.Time { return began.Add(now().Sub(began)) }
}

// checkOwn is ErrOwnClock unless the clock went on since the auditor last looked.
func (c *clock) checkOwn(allowed time.Duration) error {
	if now := c.now().UnixMilli(); now < c.seen-allowed.Milliseconds() {
		return fmt.Errorf("%w: it is %s, and was %s at the last look", ErrOwnClock, statement.FormatTime(now), statement.FormatTime(c.seen))
	}
	return nil
}

// since is when the auditor saw the log, of a look that began so: by the wall clock, but
// no later than what passed since the look before, if this process made that. A wall
// clock that was set ahead makes no seal of the right time look old.
func (c *clock) since(began, before time.Time) int64 {
	if c.seen == 0 || before.IsZero() {
		return began.UnixMilli()
	}
	return min(began.UnixMilli(), c.seen+began.Sub(before).Milliseconds())
}

// check judges the time of a seal; allowed is the skew of the policy.
func (c *clock) check(seal statement.Seal, allowed time.Duration) error {
	skew := allowed.Milliseconds()
	if now := c.now().UnixMilli(); seal.Time > now+skew {
		return &ClockError{Index: seal.Index, Time: seal.Time, Bound: now, Skew: allowed}
	}
	if seal.Time < c.seen-skew {
		return &ClockError{Index: seal.Index, Time: seal.Time, Bound: c.seen, Skew: allowed}
	}
	return nil
}
