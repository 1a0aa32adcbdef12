package spool

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

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

// Flush sends all statements that wait, oldest first. At the first sign that the log
// is out of reach it stops; a statement that is neither taken nor refused for good
// waits on, and those after it are sent. The first error of either is returned. One
// process flushes at a time. each, unless it is nil, is told what became of each
// statement that waits no more.
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
	var first error
	done.Waiting = len(state.Waiting)
	for _, r := range state.Waiting {
		receipt, err := s.Send(ctx, log, r)
		if err != nil && !client.RefusedForGood(err) {
			if first == nil {
				first = err
			}
			if outOfReach(err) {
				break
			}
			continue
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
	return done, first
}

// outOfReach says that the next statement would fare no better.
func outOfReach(err error) bool {
	var answer *client.Refused
	return !errors.As(err, &answer) || answer.Status >= 500 || answer.Status == http.StatusTooManyRequests
}

// A WaitsError says that a statement is durable in the spool and not yet known to be
// in the log: it waits for the next flush.
type WaitsError struct {
	Record Record
	Err    error // why the log did not take it
}

func (e *WaitsError) Error() string {
	return fmt.Sprintf("the statement is spooled, as number %d of %s: %v", e.Record.Number, e.Record.Emitter, e.Err)
}

// Unwrap returns why.
func (e *WaitsError) Unwrap() error { return e.Err }

// Emit keeps a signed statement and sends it, after all that wait already. If the log
// does not take it now, it is a *WaitsError; what the log refuses for good is a
// *client.Refused. Any other error says that it was not kept.
func (s *Spool) Emit(ctx context.Context, log Submitter, e statement.Envelope) (*proofs.Receipt, error) {
	r, err := s.Put(ctx, e)
	if err != nil {
		return nil, err
	}
	return s.Bring(ctx, log, r)
}

// Bring is the second half of Emit, for a statement that is kept.
func (s *Spool) Bring(ctx context.Context, log Submitter, r Record) (receipt *proofs.Receipt, err error) {
	answered := false
	_, failed := s.Flush(ctx, log, func(sent Record, got *proofs.Receipt, refused error) {
		if sent.Emitter == r.Emitter && sent.Number == r.Number {
			answered, receipt, err = true, got, refused
		}
	})
	if !answered && failed == nil { // another process sent it: its answer is asked for again
		receipt, err = s.Send(ctx, log, r)
		answered = err == nil || client.RefusedForGood(err)
	}
	if answered {
		return receipt, err
	}
	if err == nil {
		err = failed
	}
	return nil, &WaitsError{Record: r, Err: err}
}
