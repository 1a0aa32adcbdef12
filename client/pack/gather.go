// Package pack gathers an evidence pack from a server: the receipts, staples and
// histories that the subject demands, all under one checkpoint. What must be in it says
// package proofs/pack, which also judges it; everything fetched is verified on the way.
package pack

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
)

// parallel is how many requests are made at a time, maxRounds how often the log may
// grow while it is read.
const (
	parallel  = 8
	maxRounds = 64
)

// ErrMoving: the log grew whenever all parts were there.
var ErrMoving = errors.New("the log grew each time all parts of the pack were there: try again when less is written to it")

// A Gatherer gathers packs. The zero Wait asks for cosignatures once.
type Gatherer struct {
	Client *client.Client
	Wait   time.Duration // how long to wait until a quorum of the client's policy signed
}

// Gather returns the bytes of the pack about a run, a document or an identity, under
// the newest checkpoint. The same checkpoint gives the same bytes, with the
// cosignatures that it has by then.
func (g Gatherer) Gather(ctx context.Context, subject pack.Name) ([]byte, error) {
	p, err := pack.New(subject, g.Client.Verifier.Policy.String())
	if err != nil {
		return nil, err
	}
	for range maxRounds {
		wanted, surplus := p.Needs()
		switch {
		case !surplus.None() && wanted.None():
			return nil, fmt.Errorf("%s was fetched, but it is no part of the pack", surplus)
		case wanted.None():
			if wanted, err = stale(p); err != nil {
				return nil, err
			}
		}
		if wanted.None() {
			if err := g.settle(ctx, p); err != nil {
				return nil, err
			}
			return p.Marshal()
		}
		if err := g.fetch(ctx, p, wanted); err != nil {
			return nil, err
		}
	}
	return nil, ErrMoving
}

// stale are the parts of smaller trees than the largest: the log grew meanwhile. They
// are fetched anew all at once, to be faster than it grows.
func stale(p *pack.Pack) (pack.Needs, error) {
	cp, err := checkpointOf(p.Notes()[0])
	if err != nil {
		return pack.Needs{}, err
	}
	return p.Stale(cp), nil
}

func checkpointOf(note []byte) (proofs.Checkpoint, error) {
	n, err := proofs.ParseNote(note)
	if err != nil {
		return proofs.Checkpoint{}, err
	}
	return proofs.ParseCheckpoint(n.Body)
}

// fetch adds parts, or puts newer ones in their places.
func (g Gatherer) fetch(ctx context.Context, p *pack.Pack, wanted pack.Needs) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		slots = make(chan struct{}, parallel)
	)
	add := func(get func() (func() error, error)) {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			put, err := get()
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				err = put()
			}
			if err != nil {
				cancel(err) // the first one stays
			}
		})
	}
	for _, n := range wanted.Registers {
		add(func() (func() error, error) {
			h, err := g.Client.History(ctx, n.Type, n.ID)
			if err != nil {
				return nil, fmt.Errorf("the register of %s: %w", n, err)
			}
			return func() error { return p.AddHistory(&pack.History{Name: n, Staple: h.Staple, Events: h.Opened()}) }, nil
		})
	}
	for _, i := range wanted.Entries {
		add(func() (func() error, error) {
			r, err := g.Client.ReceiptAt(ctx, i)
			if err != nil {
				return nil, fmt.Errorf("the receipt of entry %d: %w", i, err)
			}
			return func() error { return p.AddReceipt(r) }, nil
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}

// settle puts the one note over all parts that has the most signatures, after waiting
// for cosigners. Cosignatures come after the checkpoint, and only to the newest one.
func (g Gatherer) settle(ctx context.Context, p *pack.Pack) error {
	best := p.Notes()[0]
	cp, err := checkpointOf(best)
	if err != nil {
		return err
	}
	for until := time.Now().Add(g.Wait); !g.cosigned(best); {
		newer, note, err := g.Client.Checkpoint(ctx)
		if err != nil || newer != cp {
			break // what there is, is good: only the quorum is missing
		}
		if best = note; time.Now().After(until) {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return p.Under(best)
}

// cosigned says whether the quorum of the client's policy signed a note, or whether
// none is demanded.
func (g Gatherer) cosigned(note []byte) bool {
	policy := g.Client.Verifier.Policy
	if policy.Quorum == proofs.NoQuorum {
		return true
	}
	_, result, err := policy.Open(note, (time.Now().UnixMilli()+proofs.ClockSkew)/1000)
	return err == nil && result.Satisfied
}
