package audit

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

// An Auditor replays one log. Client, whose Verifier pins the log, and State are
// mandatory. One run at a time.
type Auditor struct {
	Client   *client.Client
	State    State
	Now      func() time.Time // default time.Now
	Workers  int              // bundles that are fetched and checked at once; default twice the processors
	Every    int              // entries after which the next seal is a commit; default 8,192
	Progress func(Progress)   // called by the goroutine of Run, often; default: nobody is told

	looked time.Time // the newest run that came to the end of the log began; zero: none of this process
}

// Progress says how far a run is.
type Progress struct {
	Done, Total uint64 // leaves
	From        uint64 // where this run began
	Elapsed     time.Duration
}

const defaultEvery = 8192

func (a *Auditor) withDefaults() {
	if a.Now == nil {
		a.Now = time.Now
	}
	if a.Workers <= 0 {
		a.Workers = 2 * runtime.GOMAXPROCS(0)
	}
	if a.Every <= 0 {
		a.Every = defaultEvery
	}
	if a.Progress == nil {
		a.Progress = func(Progress) {}
	}
}

// Run replays the log up to a checkpoint, from where the State stands. It proves
// first that the tree has the pinned genesis and begins with the tree that the State
// was made of. The report is whole whatever the error is; see the package
// documentation for what errors mean. A run that ctx ends has committed what it
// could; the next one goes on from there.
func (a *Auditor) Run(ctx context.Context, tree *client.Tree) (*Report, error) {
	a.withDefaults()
	run := &run{Auditor: a, tree: tree, began: a.Now()}
	err := run.load(ctx)
	if err == nil {
		err = run.replayTree(ctx)
	}
	return run.report(ctx, err), err
}

// A run is one Run.
type run struct {
	*Auditor
	tree  *client.Tree
	began time.Time
	saved progress // as the State had it
	from  uint64   // leaves that were replayed before
	*replay
	uncommitted int // entries
}

// replayTree folds what the tree has beyond the state.
func (r *run) replayTree(ctx context.Context) error {
	first := r.from / proofs.TileWidth
	total := (r.tree.Size + proofs.TileWidth - 1) / proofs.TileWidth
	r.show()
	err := inOrder(ctx, r.Workers, first, total, func(ctx context.Context, n uint64) (*stretch, error) {
		return r.fetch(ctx, n)
	}, func(x *stretch) error {
		defer r.show()
		return r.foldStretch(x)
	})
	if err == nil {
		err = r.end()
	}
	return r.save(err)
}

func (r *run) show() {
	r.Progress(Progress{Done: r.next, Total: r.tree.Size, From: r.from, Elapsed: r.Now().Sub(r.began)})
}

// foldStretch hands the leaves of a bundle to the replay, and commits at a seal.
func (r *run) foldStretch(x *stretch) error {
	for i, leaf := range x.leaves {
		if x.first+uint64(i) < r.next {
			continue // folded by an earlier run
		}
		if !x.seals[i] {
			r.uncommitted++
			if err := r.entry(x.entries[i]); err != nil {
				return err
			}
			continue
		}
		if err := r.seal(leaf); err != nil {
			return err
		}
		if r.uncommitted >= r.Every || r.base.bytes >= maxUncommitted {
			if err := r.commit(nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// save commits what was sealed last. A finding that no later answer of the server
// undoes is kept with it: this State goes no further.
func (r *run) save(err error) error {
	var clock *ClockError
	var local *localError
	if errors.As(err, &local) {
		return err
	}
	var ended *Divergence
	if errors.As(err, &clock) {
		ended = listed(err)
	}
	if failed := r.commit(ended); failed != nil {
		return errors.Join(err, failed)
	}
	return err
}

// commit makes what was sealed durable.
func (r *run) commit(ended *Divergence) error {
	p := r.saved
	p.Origin, p.Genesis, p.Rules = r.tree.Origin, r.Client.Verifier.Genesis[:], rules
	p.Size, p.Time, p.Note, p.Tally, p.Ended = uint64(r.prev+1), r.last, r.tree.Note, *r.tally, ended
	p.Registers, p.Root = r.replay.tree.Count(), hashBytes(r.replay.tree.Root())
	atEnd := p.Size == r.tree.Size && ended == nil
	if atEnd {
		p.Seen = r.clock.since(r.began, r.looked)
	}
	if err := r.base.commit(p.marshal()); err != nil {
		return &localError{fmt.Errorf("audit: keeping the state: %w", err)}
	}
	r.saved, r.uncommitted = p, 0
	if atEnd {
		r.clock.seen, r.looked = p.Seen, r.began
	}
	return nil
}

// localError is the trouble of this machine: nothing more is kept after it.
type localError struct{ error }

func (e *localError) Unwrap() error { return e.error }
