package audit

import (
	"bytes"
	"context"
	"errors"
	"sync"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// A stretch is the leaves of one entry bundle, each in the tree of the checkpoint,
// with their contents and what Check says of both.
type stretch struct {
	first   uint64
	leaves  [][]byte
	seals   []bool
	entries []openEntry // zero where a seal is
}

// fetch reads entry bundle n and its contents, and verifies the signatures.
func (r *run) fetch(ctx context.Context, n uint64) (*stretch, error) {
	leaves, err := r.tree.Bundle(ctx, n)
	if err != nil {
		return nil, err
	}
	x := &stretch{first: n * proofs.TileWidth, leaves: leaves, seals: make([]bool, len(leaves)), entries: make([]openEntry, len(leaves))}
	skip := 0 // folded already
	if r.from > x.first {
		skip = int(r.from - x.first)
	}
	if skip >= len(leaves) {
		return x, nil
	}
	contents, err := r.Client.Contents(ctx, x.first+uint64(skip), x.first+uint64(len(leaves)))
	if err != nil {
		return nil, err
	}
	for i := skip; i < len(leaves); i++ {
		if x.seals[i] = bytes.HasPrefix(leaves[i], []byte(statement.SealPrefix)); !x.seals[i] {
			x.entries[i] = check(r.tree.Origin, leaves[i], contents[i-skip])
		}
	}
	return x, nil
}

// check is the part of admission that needs no state: form, origin, signature.
func check(origin string, leaf, content []byte) openEntry {
	checked, err := admission.Check(origin, leaf, content)
	if errors.Is(err, admission.ErrContent) && content == nil {
		err = admission.ErrWithheld
	}
	return openEntry{checked, err}
}

// inOrder computes make(first) ... make(total-1), several at once, and hands the
// results to take in their order. What take still waits for is at most as many
// results as there are workers.
func inOrder[T any](ctx context.Context, workers int, first, total uint64, make_ func(ctx context.Context, n uint64) (T, error), take func(T) error) error {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	ahead := make(chan chan result, workers)
	running.Go(func() {
		defer close(ahead)
		for n := first; n < total; n++ {
			out := make(chan result, 1)
			select {
			case ahead <- out:
			case <-ctx.Done():
				return
			}
			running.Go(func() {
				value, err := make_(ctx, n)
				out <- result{value, err}
			})
		}
	})
	for out := range ahead {
		r := <-out
		if r.err != nil {
			return r.err
		}
		if err := take(r.value); err != nil {
			return err
		}
	}
	return ctx.Err()
}
