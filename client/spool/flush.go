package spool

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// A Submitter takes statements to a log: a *client.Client.
type Submitter interface {
	Submit(ctx context.Context, e statement.Envelope) (*proofs.Receipt, bool, error)
}

// Send submits one statement of the spool and returns its verified receipt. One that
// the log has, or refused for good, waits no more; what was refused is kept in
// refused/. With any other error it waits on: it may or may not be in the log, and
// the same bytes are sent again.
func (s *Spool) Send(ctx context.Context, log Submitter, r Record) (*proofs.Receipt, error) {
	receipt, _, err := log.Submit(ctx, r.Envelope)
	switch {
	case err == nil:
		return receipt, s.settle(ctx, r, admitted)
	case client.RefusedForGood(err):
		digest := r.Digest()
		kept := s.keep("refused", hex.EncodeToString(digest[:])+".dsse", r.Envelope.Marshal())
		if kept == nil {
			kept = s.settle(ctx, r, refused)
		}
		return nil, errors.Join(err, kept)
	}
	return nil, err
}

// Flushed says what a flush did.
type Flushed struct{ Admitted, Refused, Waiting int }

// Flush sends all statements that wait, oldest first, and stops at the first that
// the log can neither take nor refuse: its error is returned, and it and those after
// it wait on. One process flushes at a time. each, unless it is nil, is told what
// became of each statement that was sent.
func (s *Spool) Flush(ctx context.Context, log Submitter, each func(Record, *proofs.Receipt, error)) (done Flushed, err error) {
	unlock, err := client.LockFile(ctx, s.path("sending"))
	if err != nil {
		return done, fmt.Errorf("the spool %s: %w", s.dir, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	state, err := s.State(ctx)
	if err != nil {
		return done, err
	}
	done.Waiting = len(state.Waiting)
	for _, r := range state.Waiting {
		receipt, err := s.Send(ctx, log, r)
		if err != nil && !client.RefusedForGood(err) {
			return done, err
		}
		if done.Waiting--; err == nil {
			done.Admitted++
		} else {
			done.Refused++
		}
		if each != nil {
			each(r, receipt, err)
		}
	}
	return done, nil
}
