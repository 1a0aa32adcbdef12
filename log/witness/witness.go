package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// A Witness cosigns checkpoints. All methods are safe for concurrent use.
type Witness struct {
	config Config
	logs   map[proofs.Hash]*watched // by origin hash; fixed
	queue  chan struct{}            // a place for each request in progress
	rows   *rows
}

// watched is a log that the witness knows.
type watched struct {
	origin string
	hash   proofs.Hash // of the origin
	keys   []proofs.VerifierKey

	turn chan struct{} // held while a request is judged and stored

	mu   sync.Mutex
	head proofs.TreeHead // that the witness holds; size 0 before the first
	note []byte          // as stored and served; nil before the first
}

// Open starts the witness that the store holds, or a new one if it is empty.
func Open(c Config) (*Witness, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	w := &Witness{config: c, logs: make(map[proofs.Hash]*watched), queue: make(chan struct{}, c.MaxQueue)}
	for _, key := range c.Logs {
		hash := originHash(key.Name)
		l := w.logs[hash]
		if l == nil {
			l = &watched{origin: key.Name, hash: hash, turn: make(chan struct{}, 1), head: proofs.TreeHead{Root: proofs.EmptyRoot}}
			w.logs[hash] = l
		}
		l.keys = append(l.keys, key)
	}
	for _, l := range w.logs {
		if err := l.load(c.Store); err != nil {
			return nil, fmt.Errorf("witness: the row of log %s: %w", l.origin, err)
		}
	}
	if w.rows, err = newRows(c.Store); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	return w, nil
}

// load reads the newest note that the witness cosigned. The keys that signed it may
// be gone by now: it is the witness's own word, and read as such.
func (l *watched) load(r storage.Reader) error {
	note, err := r.Get(storage.Witness(l.hash))
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	n, err := proofs.ParseNote(note)
	if err != nil {
		return err
	}
	cp, err := proofs.ParseCheckpoint(n.Body)
	if err != nil {
		return err
	}
	if cp.Origin != l.origin {
		return fmt.Errorf("it is of log %q", cp.Origin)
	}
	l.head, l.note = cp.TreeHead, note
	return nil
}

// Close stops the witness after the requests in progress. The store stays open.
func (w *Witness) Close() error { return w.rows.close() }

// Stopped is closed when the witness can cosign no more; Err says why.
func (w *Witness) Stopped() <-chan struct{} { return w.rows.stopped }

// Err is nil while the witness runs, ErrStopped after Close, else why it stopped.
func (w *Witness) Err() error { return w.rows.failure() }

// Checkpoint returns the newest note that the witness cosigned of the log with this
// origin hash: the log's signatures and its own cosignatures. nil: none.
func (w *Witness) Checkpoint(hash proofs.Hash) []byte {
	l := w.logs[hash]
	if l == nil {
		return nil
	}
	_, note := l.held()
	return note
}

// Signed says whether that note has a line of each of the witness's keys: one that it
// got since then has signed nothing yet.
func (w *Witness) Signed(hash proofs.Hash) bool {
	n, err := proofs.ParseNote(w.Checkpoint(hash))
	if err != nil {
		return false
	}
	for _, c := range w.config.Cosigners {
		if len(n.OneBy([]proofs.VerifierKey{c.Key()}).Signatures) == 0 {
			return false
		}
	}
	return true
}

func (l *watched) held() (proofs.TreeHead, []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head, l.note
}

// Add judges the body of an add-checkpoint request, stores the checkpoint durably,
// and returns the witness's own cosignature lines. Errors: *Refused, ErrBusy,
// ErrStopped, and ctx.Err() while it waits for its turn.
func (w *Witness) Add(ctx context.Context, body []byte) (lines []byte, err error) {
	select {
	case w.queue <- struct{}{}:
		defer func() { <-w.queue }()
	default:
		return nil, ErrBusy
	}
	l, request, cp, err := w.open(body)
	if err != nil {
		return nil, err
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return w.advance(l, request, cp)
}

// A signed is a checkpoint with the signatures of its log alone, one of each key: lines
// of others are nobody's word here, least of all in the witness's own name.
type signed struct {
	proofs.Checkpoint
	note []byte
}

// open judges what needs no state: 400, 404, 403.
func (w *Witness) open(body []byte) (*watched, proofs.AddCheckpoint, signed, error) {
	request, err := proofs.ParseAddCheckpoint(body)
	if err != nil {
		return nil, request, signed{}, refuse(Malformed, "%w", err)
	}
	origin, _, _ := bytes.Cut(request.Note, []byte{'\n'})
	l := w.logs[originHash(string(origin))]
	cp, n, err := proofs.OpenCheckpoint(request.Note, w.keysOf(l))
	var malformed *proofs.FormatError
	switch {
	case errors.As(err, &malformed) && l != nil && emptyWithRoot(request.Note):
		return nil, request, signed{}, refuse(Inconsistent, "size 0 has another root than that of the empty tree")
	case errors.As(err, &malformed):
		return nil, request, signed{}, refuse(Malformed, "%w", err)
	case l == nil:
		return nil, request, signed{}, refuse(UnknownLog, "log %.80q is none of this witness's", origin)
	case err != nil:
		return nil, request, signed{}, refuse(Unsigned, "%w", err)
	case request.Old > cp.Size:
		return nil, request, signed{}, refuse(Malformed, "old %d is above the size of the checkpoint, %d", request.Old, cp.Size)
	}
	return l, request, signed{cp, n.OneBy(l.keys).Marshal()}, nil
}

// keysOf are the keys of a log; of one that is unknown none signs.
func (w *Witness) keysOf(l *watched) []proofs.VerifierKey {
	if l == nil {
		return nil
	}
	return l.keys
}

// emptyWithRoot says whether a note is malformed for one reason alone: its size is
// 0 and its root not that of the empty tree.
func emptyWithRoot(note []byte) bool {
	lines := bytes.SplitN(note, []byte{'\n'}, 4)
	if len(lines) < 4 || string(lines[1]) != "0" {
		return false
	}
	empty := proofs.Checkpoint{Origin: string(lines[0]), TreeHead: proofs.TreeHead{Root: proofs.EmptyRoot}}.Marshal()
	rest := note[len(lines[0])+len(lines[1])+len(lines[2])+3:]
	repaired, err := proofs.ParseNote(append(empty, rest...))
	if err != nil {
		return false
	}
	_, err = proofs.ParseCheckpoint(repaired.Body)
	return err == nil && len(lines[2]) == 44 // of base64: a root
}

// advance judges what the state decides, 409 and 422, cosigns, stores, and answers.
// The log's turn is held.
func (w *Witness) advance(l *watched, request proofs.AddCheckpoint, cp signed) ([]byte, error) {
	head, _ := l.held()
	if request.Old != head.Size {
		if cp.Size == head.Size { // whatever was asked: two roots of one size exclude each other
			w.disagree(l, cp, nil)
		}
		return nil, &Refused{Reason: WrongOld, Size: head.Size, Err: fmt.Errorf("this witness holds size %d of the log, not %d", head.Size, request.Old)}
	}
	if err := proofs.VerifyConsistency(head, cp.TreeHead, request.Proof); err != nil {
		w.disagree(l, cp, request.Proof)
		return nil, refuse(Inconsistent, "the checkpoint is not consistent with the one of size %d: %w", head.Size, err)
	}
	lines, err := w.cosign(cp.Checkpoint)
	if err != nil {
		return nil, fmt.Errorf("witness: cosigning size %d of %s: %w", cp.Size, l.origin, err)
	}
	note := append(bytes.Clone(cp.note), lines...)
	if err := w.rows.put(storage.Witness(l.hash), note); err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.head, l.note = cp.TreeHead, note
	l.mu.Unlock()
	return lines, nil
}

// cosign makes one line for each key. They leave the witness once the note is stored.
func (w *Witness) cosign(cp proofs.Checkpoint) ([]byte, error) {
	var lines []byte
	now := w.config.Now().Unix()
	for _, s := range w.config.Cosigners {
		line, err := proofs.SignCosignatureLine(now, s.Sign, s.Key(), cp)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line...)
	}
	return lines, nil
}
