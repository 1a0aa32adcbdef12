package witness

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// originHash is the name of a log in rows and paths.
func originHash(origin string) proofs.Hash { return sha256.Sum256([]byte(origin)) }

// maxRows bounds the rows of one commit.
const maxRows = 256

// rows writes the rows of all logs, those that come in together in one commit.
type rows struct {
	store   storage.Store
	seq     uint64 // of the newest commit
	pending chan row
	ended   chan struct{} // closed when no commit follows
	stopped chan struct{} // closed with failed set

	mu     sync.RWMutex // held for reading by each put
	failed error
	closed bool
}

type row struct {
	key, value []byte
	done       chan error
}

func newRows(store storage.Store) (*rows, error) {
	seq, err := store.Sequence()
	if err != nil {
		return nil, err
	}
	r := &rows{
		store: store, seq: seq, pending: make(chan row, maxRows),
		ended: make(chan struct{}), stopped: make(chan struct{}),
	}
	go r.run()
	return r, nil
}

// put returns when the row is durable. Any error says that it may or may not be:
// nothing that depends on it may leave.
func (r *rows) put(key, value []byte) error {
	r.mu.RLock()
	if r.closed {
		r.mu.RUnlock()
		return ErrStopped
	}
	done := make(chan error, 1)
	r.pending <- row{key, value, done}
	r.mu.RUnlock()
	return <-done
}

// run commits what is pending until close.
func (r *rows) run() {
	defer close(r.ended)
	var batch storage.Batch
	for first := range r.pending {
		waiting := append(make([]row, 0, maxRows), first)
		for more := true; more && len(waiting) < maxRows; {
			select {
			case next, ok := <-r.pending:
				if more = ok; ok {
					waiting = append(waiting, next)
				}
			default:
				more = false
			}
		}
		batch.Reset()
		for _, w := range waiting {
			batch.Set(w.key, w.value)
		}
		err := r.commit(&batch)
		for _, w := range waiting {
			w.done <- err
		}
	}
}

// commit writes a batch, unless one before it failed: its outcome is unknown, and a
// restart decides from the disk.
func (r *rows) commit(batch *storage.Batch) error {
	if err := r.failure(); err != nil && !errors.Is(err, ErrStopped) {
		return err
	}
	if err := r.store.Commit(r.seq+1, batch); err != nil {
		err = fmt.Errorf("witness: storing cosigned checkpoints: %w; start the witness again", err)
		r.fail(err)
		return err
	}
	r.seq++
	return nil
}

func (r *rows) fail(err error) {
	select {
	case <-r.stopped: // only run fails, and close after it ended
	default:
		r.failed = err
		close(r.stopped)
	}
}

// failure says why the witness stopped; nil: it runs.
func (r *rows) failure() error {
	select {
	case <-r.stopped:
		return r.failed
	default:
		return nil
	}
}

// close waits for the commits of what is pending.
func (r *rows) close() error {
	r.mu.Lock()
	already := r.closed
	if !already {
		r.closed = true
		close(r.pending)
	}
	r.mu.Unlock()
	<-r.ended
	if !already {
		r.fail(ErrStopped)
	}
	if err := r.failure(); !errors.Is(err, ErrStopped) {
		return err
	}
	return nil
}
