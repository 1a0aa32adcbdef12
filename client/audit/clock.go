package audit

import (
	"time"

	"github.com/docketlog/docket/proofs/statement"
)

// A clock compares the times of seals with the auditor's own clock. A seal that was
// there before the auditor first looked may be of any time that is past; one that
// came while it watched is of that time.
type clock struct {
	now  func() time.Time
	seen int64 // when the auditor last saw the log without the seals to come, unix ms; 0: never
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
