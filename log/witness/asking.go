package witness

import (
	"context"
	"errors"
	"time"

	"github.com/docketlog/docket/proofs"
)

// work asks one witness, one checkpoint after the other, and pauses after failures.
func (g *gatherer) work(ctx context.Context, a *asked) {
	pause := g.Retry
	for {
		select {
		case <-ctx.Done():
			return
		case head := <-a.job:
			r := result{from: a, head: head}
			r.lines, r.err = g.ask(ctx, a, head)
			if r.err != nil && ctx.Err() == nil {
				g.Failed(a.URL, r.err)
			}
			if r.err == nil || ends(r.err) {
				pause = g.Retry
			} else {
				sleep(ctx, pause)
				pause = min(2*pause, time.Minute)
			}
			select {
			case g.results <- r:
			case <-ctx.Done():
				return
			}
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// maxTries bounds how often a witness is asked for one checkpoint: each 409 names a
// size to try from.
const maxTries = 3

// ask asks one witness for one checkpoint, and tells of an answer against the log.
func (g *gatherer) ask(ctx context.Context, a *asked, head Head) ([]byte, error) {
	lines, err := g.try(ctx, a, head)
	if d, ok := a.disputed(head, err); ok {
		d.Shown = a.shows(ctx, head.Origin, g.Timeout)
		d.Evidence = d.contradiction(g.Logs, max(g.Size(), head.Size))
		if err = g.weigh(&d, err); ctx.Err() == nil {
			g.Disputed(ctx, d)
		}
	}
	return lines, err
}

// try asks from the size that the witness holds.
func (g *gatherer) try(ctx context.Context, a *asked, head Head) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, g.Timeout)
	defer cancel()
	if a.size > head.Size {
		a.size = 0 // it will say what it holds
	}
	var conflict *Conflict
	for range maxTries {
		lines, err := a.from(ctx, a.size, head)
		if err == nil {
			a.size = head.Size
			return lines, nil
		}
		if !errors.As(err, &conflict) {
			return nil, err
		}
		// Others may have brought it a checkpoint that this log published since.
		if size := g.Size(); conflict.Size > size {
			return nil, &aheadError{a.URL, conflict.Size, size, conflict}
		}
		if a.size = conflict.Size; conflict.Size > head.Size {
			return nil, err
		}
	}
	return nil, conflict
}

// from asks for a checkpoint with the proof from a size.
func (r *Remote) from(ctx context.Context, old uint64, head Head) ([]byte, error) {
	request := proofs.AddCheckpoint{Old: old, Note: head.Note}
	if old > 0 && old < head.Size {
		var err error
		if request.Proof, err = head.Prove(old); err != nil {
			return nil, err
		}
	}
	return r.add(ctx, request, head.Checkpoint)
}
