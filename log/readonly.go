package log

import (
	"fmt"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// VerifyOnly returns a Signer that knows the log's keys and cannot sign, for
// OpenReadOnly.
func VerifyOnly(keys ...proofs.VerifierKey) *Signer {
	all := &Signer{keys: keys}
	for range keys {
		all.sign = append(all.sign, func([]byte) ([]byte, error) { return nil, ErrReadOnly })
	}
	return all
}

// OpenReadOnly opens a log that signs and admits nothing, ever: what is left of one
// that has ended. It shows the store under note, which the log signed for exactly
// the size at which the store ends. Nothing is written, and the anchor is not asked:
// Config.Anchor may be nil, and a signer is not used. Submissions get ErrReadOnly.
func OpenReadOnly(config Config, note []byte) (*Log, error) {
	config.Anchor, config.Identity, config.Confirm = noAnchor{}, nil, nil
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	w, err := recoverWriter(config)
	if err != nil {
		return nil, err
	}
	view, err := newView(config, w.head, w.registers())
	if err != nil {
		return nil, err
	}
	if err := view.signedBy(config.Origin, w.keys, note); err != nil {
		view.Release()
		return nil, err
	}
	l := &Log{
		config: config, readOnly: true, opened: time.Now(), mute: ErrReadOnly,
		jobs: make(chan *job), closing: make(chan struct{}), stopped: make(chan struct{}), done: make(chan struct{}),
	}
	l.view.Store(view)
	go func() { <-l.closing; close(l.done) }()
	return l, nil
}

// signedBy makes a note that of the view, if it is.
func (v *View) signedBy(origin string, keys KeyTerms, note []byte) error {
	cp, own, err := OpenAnchored(note, keys)
	if err != nil {
		return fmt.Errorf("%w: the note does not verify under the log's keys: %v", ErrMismatch, err)
	}
	if want := (proofs.Checkpoint{Origin: origin, TreeHead: v.TreeHead()}); cp != want {
		return fmt.Errorf("%w: the note is of %s, size %d, root %x; the store is of size %d, root %x", ErrFork, cp.Origin, cp.Size, cp.Root, want.Size, want.Root)
	}
	v.note = own
	if cp.Size == 0 {
		return nil
	}
	c, err := v.signedNote(cp.Size, own)
	v.signed = []SignedCheckpoint{c}
	return err
}

// noAnchor is the anchor of a log that signs nothing.
type noAnchor struct{}

func (noAnchor) Load() ([]byte, error)         { return nil, storage.ErrNoAnchor }
func (noAnchor) Replace(old, new []byte) error { return ErrReadOnly }
func (noAnchor) Close() error                  { return nil }

// Consistency proves, from the rows of a store that nobody writes to, that its tree
// of size newer extends that of size older.
func Consistency(rows storage.Reader, older, newer uint64) ([]proofs.Hash, error) {
	if older > newer {
		return nil, fmt.Errorf("%w: sizes %d and %d", ErrNotFound, older, newer)
	}
	return proofs.ProveConsistency(older, newer, storedNodes(rows, newer))
}
