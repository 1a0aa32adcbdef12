package log

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs"
)

// A Confirm asks others, before a log signs anything after its start, whether the
// newest checkpoint that it ever let out, with its note, is the newest that they
// know. prove makes consistency proofs from older sizes to it. It ends with an error
// when ctx does; any other error stops the log.
type Confirm func(ctx context.Context, newest proofs.Checkpoint, note []byte, prove func(older uint64) ([]proofs.Hash, error)) error

// ConfirmAll asks one after the other; nil ones are nobody. nil: nobody is asked.
func ConfirmAll(all ...Confirm) Confirm {
	all = slices.DeleteFunc(all, func(c Confirm) bool { return c == nil })
	if len(all) == 0 {
		return nil
	}
	return func(ctx context.Context, newest proofs.Checkpoint, note []byte, prove func(older uint64) ([]proofs.Hash, error)) error {
		for _, c := range all {
			if err := c(ctx, newest, note, prove); err != nil {
				return err
			}
		}
		return nil
	}
}

// Continues says whether the newest checkpoint that a log let out continues one that
// somebody knows to be the log's own: ErrBehindAnchor if that is larger, ErrFork if it
// is of another history. For a Confirm.
func Continues(newest proofs.Checkpoint, known proofs.TreeHead, prove func(older uint64) ([]proofs.Hash, error)) error {
	if known.Size > newest.Size {
		return fmt.Errorf("%w: size %d is on record as signed, %d is the newest here. The store and its anchor are old copies: bring back the newest; "+
			"or somebody else has the log's key. Nothing was signed", ErrBehindAnchor, known.Size, newest.Size)
	}
	proof, err := prove(known.Size)
	if err != nil {
		return err
	}
	if err := proofs.VerifyConsistency(known, newest.TreeHead, proof); err != nil {
		return fmt.Errorf("%w: root %x of size %d is on record as signed, and size %d here does not extend it: %v. Nothing was signed", ErrFork, known.Root, known.Size, newest.Size, err)
	}
	return nil
}

// question is what Confirm is asked about the newest note; nil: nobody is asked.
func (p *publisher) question(v *View, newest proofs.TreeHead, note []byte) func(context.Context) error {
	if p.Confirm == nil {
		return nil
	}
	return func(ctx context.Context) error {
		prove := func(older uint64) ([]proofs.Hash, error) { return v.Consistency(older, newest.Size) }
		return p.Confirm(ctx, proofs.Checkpoint{Origin: p.Origin, TreeHead: newest}, note, prove)
	}
}

// confirm asks while the log shows what it signed before, and admits nothing. It
// uses the published view until then.
func (l *Log) confirm(ask func(context.Context) error) {
	if ask == nil {
		return
	}
	l.unconfirmed.Store(true)
	v := l.View()
	ctx, cancel := context.WithCancel(context.Background())
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		defer v.Release()
		switch err := ask(ctx); {
		case err == nil:
			l.unconfirmed.Store(false)
		case ctx.Err() == nil && !errors.Is(err, context.Canceled):
			l.stop(err)
		}
	}()
	l.endConfirm = func() { cancel(); <-asked }
}
