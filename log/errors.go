package log

import (
	"errors"
	"fmt"
)

// One sentinel per outcome that a caller handles.
var (
	// ErrBusy: the queue is full. Nothing was queued; try again later.
	ErrBusy = errors.New("the queue is full")
	// ErrNoSpace: the store is below its free-space mark. Nothing was queued.
	ErrNoSpace = errors.New("the store is below its free-space mark")
	// ErrUnhealthy: the store reports a fault of its own. Nothing was queued.
	ErrUnhealthy = errors.New("the store reports a fault")
	// ErrUnconfirmed: those who know what the log signed before have not answered yet.
	// Nothing was queued.
	ErrUnconfirmed = errors.New("whether anybody saw more of the log than it remembers is not known yet")
	// ErrReadOnly: the log was opened for reading alone. Nothing was queued.
	ErrReadOnly = errors.New("the log is read-only: it has ended, and takes nothing any more")
	// ErrClosed: the log is closing and takes no more.
	ErrClosed = errors.New("the log is closed")
	// ErrStopped: the log stopped on a doubt. An entry that was waiting may or
	// may not be in the log: ask again, by its digest, after the restart.
	ErrStopped = errors.New("the log stopped")
	// ErrNoLog: the store holds no log. Create makes one, Open never does.
	ErrNoLog = errors.New("the store holds no log")
	// ErrLogExists: the store or the anchor holds a log already.
	ErrLogExists = errors.New("the store or the anchor holds a log already")
	// ErrMismatch: the store holds a log of another origin, mode, key or format.
	ErrMismatch = errors.New("the store holds another log than the one configured")
	// ErrAnchorMissing: the log is not new and its anchor is empty.
	ErrAnchorMissing = errors.New("the anchor is empty, but the log is not new")
	// ErrBehindAnchor: the store is older than what the log has signed.
	ErrBehindAnchor = errors.New("the store is behind its anchor")
	// ErrFork: the store and the anchor, or two stored things, exclude each other.
	ErrFork = errors.New("the store contradicts what was signed")
	// ErrDamage: what the store returns is not what was written.
	ErrDamage = errors.New("the store is damaged")
	// ErrClock: the clock went back behind the newest seal, or leapt forward.
	ErrClock = errors.New("the clock cannot be right")
	// ErrNoIdentity: the log was opened without Config.Identity, so it is mute.
	ErrNoIdentity = errors.New("the log has no key of its own identity")
	// ErrNotFound: the log has no such entry, register or tile as of the view.
	ErrNotFound = errors.New("not in the log")
	// ErrSealLike: a raw log refuses leaves that begin like a seal.
	ErrSealLike = errors.New("a leaf of a raw log must not begin like a seal")
	// ErrLeafSize: a leaf is empty or above the limit.
	ErrLeafSize = errors.New("a leaf has 1 to 8192 bytes")
)

// damage makes an ErrDamage with details.
func damage(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamage, fmt.Sprintf(format, args...))
}
