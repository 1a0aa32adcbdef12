package log

import (
	"context"
	"errors"

	"github.com/docketlog/docket/proofs"
)

// A Confirm asks others, before a log signs anything after its start, whether the
// newest checkpoint that it ever let out, with its note, is the newest that they
// know. prove makes consistency proofs from older sizes to it. It ends with an error
// when ctx does; any other error stops the log.
type Confirm func(ctx context.Context, newest proofs.Checkpoint, note []byte, prove func(older uint64) ([]proofs.Hash, error)) error

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
