package storage

import "errors"

// One sentinel per outcome that a caller handles. Stores and anchors wrap
// them with the details; compare with errors.Is.
var (
	// ErrNotFound is returned by Get: no row has this key.
	ErrNotFound = errors.New("storage: no such row")

	// ErrSequence is returned by Commit: the number is taken or is not the
	// next one. Nothing was written. On a store with one writer it is a
	// fault of the caller; in scale-out it says that another writer won.
	ErrSequence = errors.New("storage: commit number is not the next one, nothing was written")

	// ErrUnknown is returned by Commit and Replace: the write may or may not
	// be durable. The caller drops everything it holds in memory, stops, and
	// decides from the store after opening it again. Never retry and go on.
	ErrUnknown = errors.New("storage: outcome of the write is unknown, stop and open again")

	// ErrNoAnchor is returned by Load: the anchor holds nothing yet.
	ErrNoAnchor = errors.New("storage: the anchor is empty")

	// ErrAnchorMoved is returned by Replace: the anchor does not hold what
	// the caller took for its present value. Nothing was written.
	ErrAnchorMoved = errors.New("storage: the anchor holds something else, nothing was written")

	// ErrLocked is returned by Create and Open: somebody else has the folder
	// open, in this process or in another one.
	ErrLocked = errors.New("storage: already open elsewhere")

	// ErrNoStore is returned by Open: nothing was ever created in this
	// folder. Open never makes a store or an anchor.
	ErrNoStore = errors.New("storage: nothing was created in this folder")

	// ErrExists is returned by Create: the folder is not empty. Create never
	// touches what is there.
	ErrExists = errors.New("storage: the folder is not empty")

	// ErrDamaged is returned when what was read is not what was once
	// written. It is damage of this machine's disk or files, never evidence
	// of somebody's misconduct.
	ErrDamaged = errors.New("storage: local damage")

	// ErrClosed is returned by every method after Close.
	ErrClosed = errors.New("storage: closed")
)
