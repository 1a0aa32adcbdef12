package storage

// Reader reads rows. Its methods are safe for concurrent use, and reading has
// no side effects.
//
// Errors other than ErrNotFound and ErrClosed are failures of the machine; a
// row that does not read as it was written gives ErrDamaged. No error ever
// stands for "no such row".
type Reader interface {
	// Get returns the value of key, or ErrNotFound. The returned slice is the
	// caller's own copy; an empty value is empty and not nil.
	Get(key []byte) ([]byte, error)

	// Scan calls yield for every row with start <= key < end, in ascending
	// order of the keys as bytes, until yield returns false. An empty start
	// begins with the first row, an empty end goes on to the last. All rows
	// are of one point in time, the moment Scan was called.
	//
	// The slices belong to the store and are valid only during the call of
	// yield: it copies what it keeps and changes nothing. It may read from
	// the store, but must not close it.
	Scan(start, end []byte, yield func(key, value []byte) bool) error
}

// Snapshot is a Reader of the store as it was when the snapshot was taken:
// all of every commit up to one number, nothing of any later one. It costs
// disk space while it is open. Close releases it and may be called again.
type Snapshot interface {
	Reader
	Close() error
}

// Store holds the rows of one log and has one writer: the number of a commit
// decides who that is.
//
// # The fence
//
// Commits are numbered 1, 2, 3, ... without gaps. A commit takes its number
// and writes its rows in one step, or does nothing. So of all who try the
// same number exactly one wins, and who did not win has written nothing:
//
//   - nil: this caller won the number; the rows are durable.
//   - ErrSequence: somebody else holds the number, or it is not the next.
//     Nothing was written, and nothing that depends on the batch may leave
//     the process, a signature least of all. A sole writer stops. A writer
//     in scale-out loads the winner's commit, replays it, and builds a new
//     batch under a new number.
//   - any other error, ErrUnknown or not: the outcome is unknown. The rows
//     may become visible at any later time, or never. The caller drops its
//     memory state and stops; after opening again Sequence tells which it
//     was.
//
// On one machine the number is a row of the same atomic batch, below a lock
// that keeps every other process out. In scale-out the commit is one
// create-only object named by the number: whoever creates it has won, and a
// retry of an unknown outcome is the same bytes under the same name, so it
// ends as a win or as ErrSequence. Callers see no difference.
//
// # Durability
//
// When Commit returned nil, the batch survives the end of the process and
// the loss of power. A batch is never there in part. Rows of a commit may be
// read from the store before Commit returned: they are not yet durable. So
// readers are bounded by a size that the writer publishes after Commit, or
// read from a Snapshot, which never shows a commit that is not durable.
//
// # Concurrency
//
// All methods are safe for concurrent use. Commits are serialised.
type Store interface {
	Reader

	// Snapshot returns the store as of the last durable commit. It waits for
	// a commit that is in progress. The caller closes it.
	Snapshot() (Snapshot, error)

	// Sequence returns the number of the last durable commit; 0 says that
	// nothing was ever committed.
	Sequence() (uint64, error)

	// Commit makes the batch durable as commit number seq, which must be
	// Sequence()+1. See the fence, above, for what its errors mean. An empty
	// batch is a commit like any other. Commit reads b and does not keep it.
	//
	// After an unknown outcome every further method but Close fails with
	// ErrUnknown, until the store is opened again. A store may also end the
	// process instead of returning it.
	Commit(seq uint64, b *Batch) error

	// FreeSpace returns how many bytes may still be written, as far as the
	// store can tell. Callers stop admitting long before it is 0: a commit
	// that meets a full disk has an unknown outcome.
	FreeSpace() (uint64, error)

	// Close waits for calls in progress, closes open snapshots and releases
	// the store. Closing again does nothing.
	Close() error
}

// MaxAnchor is the size of the largest text an anchor takes, in bytes.
const MaxAnchor = 64 << 10

// Anchor is the memory of the newest signed checkpoint outside the store. A
// store can be restored from an old copy, or lose its newest commits to
// damage that leaves no trace; a log that then signs has two histories. Who
// opens a log compares it with the anchor first, and does not sign when the
// anchor is ahead, missing, or of the same size with another root. So the
// anchor is kept where no copy or restore of the store takes it along.
//
// The text is 1 to MaxAnchor bytes without NUL; the anchor does not look
// into it. All methods are safe for concurrent use.
type Anchor interface {
	// Load returns the present text, durable and as the caller's own copy.
	// ErrNoAnchor says that nothing was ever stored; a text that cannot be
	// one (empty, NUL bytes, too long) is ErrDamaged, never ErrNoAnchor.
	Load() ([]byte, error)

	// Replace stores new if the anchor now holds old, compared as bytes; nil
	// for old says that it must hold nothing yet. Of several who replace the
	// same text one wins. When it returns nil the new text is durable and
	// the old one is gone.
	//
	// ErrAnchorMoved: the anchor holds something else, nothing was written.
	// Any other error: the anchor holds old or new, one of them whole; stop,
	// open again, Load. After ErrUnknown every method but Close fails with
	// it.
	Replace(old, new []byte) error

	// Close releases the anchor. Closing again does nothing.
	Close() error
}
