package fsck

import (
	"context"
	"sync"

	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// inOrder computes make(0) ... make(total-1), several at once, and hands the
// results to take in their order.
func inOrder[T any](ctx context.Context, workers int, total uint64, make_ func(n uint64) (T, error), take func(T) error) error {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	ahead := make(chan chan result, workers*2)
	free := make(chan struct{}, workers)
	running.Add(1)
	go func() {
		defer running.Done()
		defer close(ahead)
		for n := range total {
			out := make(chan result, 1)
			select {
			case free <- struct{}{}:
			case <-ctx.Done():
				return
			}
			running.Add(1)
			go func() {
				defer running.Done()
				value, err := make_(n)
				<-free
				out <- result{value, err}
			}()
			select {
			case ahead <- out:
			case <-ctx.Done():
				return
			}
		}
	}()
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

// passes are checks that need nothing of each other. Each has findings of its
// own; they are put together in the order in which the passes were added.
type passes struct {
	*check
	list []func(s *source, f *findings) error
}

func (p *passes) add(pass func(s *source, f *findings) error) { p.list = append(p.list, pass) }

func (p *passes) index(space storage.Keyspace, word string, hashes []statement.Digest) {
	x := &index{space: space, word: word, hashes: hashes}
	p.add(func(s *source, f *findings) error { return x.check(s, f) })
}

// registers adds the passes over the registers: one for each stretch of register
// keys, and one over the register tree.
func (p *passes) registers() {
	const stretches = 16
	var mu sync.Mutex
	for i := range stretches {
		var from, to []byte
		if i > 0 {
			from = []byte{byte(i * 256 / stretches)}
		}
		if i+1 < stretches {
			to = []byte{byte((i + 1) * 256 / stretches)}
		}
		p.add(func(s *source, f *findings) error {
			r := newRegisters(s, p.MaxFindings, p.tree.facts, from, to)
			err := untilEnd(s, r.next)
			f.add(r.findings)
			mu.Lock()
			defer mu.Unlock()
			p.report.Registers += r.count
			p.report.Events += r.events
			return err
		})
	}
	p.add(func(s *source, f *findings) error {
		b := newBuckets(s, p.MaxFindings, p.shape.depth)
		b.keep = true
		err := untilEnd(s, b.next)
		if err == nil && p.tree.torn == 0 {
			err = b.finish(p.tree.last.Root, p.tree.last.Count)
		}
		f.add(b.findings)
		return err
	})
}

// untilEnd takes the steps of a pass.
func untilEnd(s *source, next func() (bool, error)) error {
	for {
		if err := s.turn(); err != nil {
			return err
		}
		if more, err := next(); err != nil || !more {
			return err
		}
	}
}

// run runs all passes and puts their findings together.
func (p *passes) run() error {
	type outcome struct{ findings findings }
	done := uint64(0)
	p.progress.phase("registers", uint64(len(p.list)))
	return inOrder(p, p.Workers, uint64(len(p.list)), func(n uint64) (outcome, error) {
		o := outcome{findings{max: p.MaxFindings}}
		err := p.list[n](p.source(), &o.findings)
		return o, err
	}, func(o outcome) error {
		done++
		p.progress.at(done)
		p.findings.add(o.findings)
		return nil
	})
}
