package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
)

// maxFinalAge is for how long the final checkpoint is kept after newer ones came
// that no quorum cosigns: it holds disk space.
const maxFinalAge = 10 * time.Minute

// confirmPause is between two questions to witnesses that did not answer at a start.
const confirmPause = 3 * time.Second

// witnesses are those that a served log asks for cosignatures.
type witnesses struct {
	policy  *proofs.Policy
	keys    []proofs.VerifierKey // that the log signs with
	logger  *slog.Logger
	changed chan struct{} // of one place
	alarms  *disputes

	log     *log.Log
	offered *log.View // whose note is asked for; of the goroutine that gathers
}

// readWitnesses reads the policy that names them; "" is none.
func readWitnesses(file string, keys []proofs.VerifierKey, logger *slog.Logger) (*witnesses, error) {
	if file == "" {
		return nil, nil
	}
	policy, err := readPolicy(file)
	if err != nil {
		return nil, err
	}
	known := len(policy.Logs) == 0
	for _, k := range policy.LogKeys() {
		known = known || slices.ContainsFunc(keys, func(key proofs.VerifierKey) bool { return k.String() == key.String() })
	}
	if !known {
		return nil, fmt.Errorf("%s names logs, but not this one: want the line \"log %s\"", file, keys[0])
	}
	for _, warning := range policy.Warnings() {
		logger.Warn("witness policy", "file", file, "warning", warning)
	}
	return &witnesses{policy: policy, keys: keys, logger: logger, changed: make(chan struct{}, 1)}, nil
}

// events tells the gatherer of each published batch.
func (w *witnesses) events(e log.Events) log.Events {
	if w == nil {
		return e
	}
	published := e.Published
	e.Published = func(b log.Batch) {
		if published != nil {
			published(b)
		}
		select {
		case w.changed <- struct{}{}:
		default:
		}
	}
	return e
}

// confirm asks the witnesses before the log signs anything, and goes on asking until
// enough of them answered. outer is the server's own context.
func (w *witnesses) confirm(outer context.Context) log.Confirm {
	if w == nil {
		return nil
	}
	return func(ctx context.Context, newest proofs.Checkpoint, note []byte, prove func(uint64) ([]proofs.Hash, error)) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(outer, cancel)()
		head := witness.Head{Checkpoint: newest, Note: note, Prove: prove}
		for said := false; ; said = true {
			err := witness.Confirm(ctx, witness.GatherConfig{Policy: w.policy, Logs: w.keys, Disputed: w.disputed(nil)}, head)
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err == nil && said:
				w.logger.Info("witnesses have confirmed: the log admits statements", "size", newest.Size)
				return nil
			case !errors.Is(err, witness.ErrUnconfirmed):
				return stopSigning(err)
			case !said:
				w.logger.Warn("waiting for witnesses: nothing is admitted until so many answered that each quorum has one of them", "error", err)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(confirmPause):
			}
		}
	}
}

// stopSigning says what an operator does when witnesses know another log.
func stopSigning(err error) error {
	switch {
	case errors.Is(err, witness.ErrAhead):
		return fmt.Errorf("%w. Nothing is signed. The store or its anchor is an old copy: bring back the newest; or somebody else has the log's key", err)
	case errors.Is(err, witness.ErrForked):
		return fmt.Errorf("%w. Nothing is signed. Compare the newest checkpoints of log and witness before anything else", err)
	}
	return err
}

// start gathers cosignatures for the log until end is called. What ends it before
// comes out of failed: the log must sign no more.
func (w *witnesses) start(ctx context.Context, l *log.Log) (failed <-chan error, end func()) {
	if w == nil {
		return nil, func() {}
	}
	w.log = l
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // who waits for a quorum gets it while the server drains
	errs, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		defer w.offer(nil)
		err := witness.Gather(ctx, witness.GatherConfig{
			Policy: w.policy, Logs: l.Keys(), Newest: w.newest, Size: w.size, Changed: w.changed, Final: w.final,
			Failed:   func(url string, err error) { w.logger.Warn("a witness gave no cosignature", "url", url, "error", err) },
			Disputed: w.disputed(l),
		})
		if err != nil {
			errs <- doubtError{stopSigning(err)}
		}
	}()
	return errs, func() { cancel(); <-done }
}

func (w *witnesses) offer(v *log.View) {
	if w.offered != nil {
		w.offered.Release()
	}
	w.offered = v
}

// newest is the newest checkpoint. Its view is kept: when the quorum is met,
// receipts are made from it.
func (w *witnesses) newest() witness.Head {
	w.log.ForgetFinal(maxFinalAge)
	v := w.log.View()
	if v == nil {
		return witness.Head{} // the log was closed, and this ends
	}
	w.offer(v)
	cp := proofs.Checkpoint{Origin: w.log.Origin(), TreeHead: v.TreeHead()}
	return witness.Head{Checkpoint: cp, Note: v.Checkpoint(), Prove: func(older uint64) ([]proofs.Hash, error) {
		now := w.log.View() // the one that was offered may be gone
		if now == nil {
			return nil, log.ErrClosed
		}
		defer now.Release()
		return now.Consistency(older, cp.Size)
	}}
}

func (w *witnesses) size() uint64 {
	v := w.log.View()
	if v == nil {
		return proofs.MaxSize // closed: nobody is ahead of that
	}
	defer v.Release()
	return v.Size()
}

func (w *witnesses) final(cp proofs.Checkpoint, note []byte) {
	if w.offered == nil || w.offered.TreeHead() != cp.TreeHead {
		return
	}
	if err := w.log.SetFinal(w.offered, note); err != nil {
		w.logger.Error("a cosigned note was not kept", "error", err)
		return
	}
	w.logger.Debug("final", "size", cp.Size)
}
