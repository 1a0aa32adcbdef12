package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
)

// load makes the replay that the State stands for, and proves that the tree goes on
// from there.
func (r *run) load(ctx context.Context) error {
	r.replay = &replay{prev: -1, tally: newTally(), clock: clock{now: steady(r.Now, r.began)}, tree: register.New(register.DepthFor(0))}
	text, err := r.State.Progress()
	if err != nil {
		return err
	}
	if err := r.tree.CheckGenesis(ctx); err != nil {
		return err
	}
	r.fold, r.base = admission.NewFold(r.tree.Origin), newBase(r.State)
	if text == nil {
		return nil
	}
	if r.saved, err = parseProgress(text); err == nil {
		err = r.saved.check(r.tree.Origin, r.Client.Verifier.Genesis)
	}
	if err != nil {
		return err
	}
	r.resume()
	if r.saved.Ended != nil {
		return &Ended{r.saved.Ended}
	}
	if err := r.clock.checkOwn(r.skew()); err != nil {
		return err
	}
	if err := r.extends(ctx); err != nil {
		return err
	}
	return r.loadTree()
}

// resume takes what the progress says.
func (r *run) resume() {
	p := r.saved
	tally := p.Tally
	tally.restore()
	r.tally = &tally
	r.from, r.next, r.prev, r.last = p.Size, p.Size, int64(p.Size)-1, p.Time
	r.clock.seen = p.Seen
}

// extends proves that the tree begins with the one that the State was made of.
func (r *run) extends(ctx context.Context) error {
	older, err := r.Client.FileTree(r.saved.Note)
	if err != nil {
		return fmt.Errorf("audit: the checkpoint that the state was made of is not of this log: %w", err)
	}
	if older.Size > r.tree.Size {
		return &client.RollbackError{Seen: older.Size, Shown: r.tree.Size, SeenNote: older.Note, ShownNote: r.tree.Note, Genesis: r.Client.Verifier.Genesis}
	}
	_, err = r.tree.Extends(ctx, older)
	var fork *client.ForkError
	if errors.As(err, &fork) {
		return errors.Join(err, r.condemn(fork))
	}
	return err
}

// loadTree builds the register tree from its leaves, which must lead to the root of
// the last seal.
func (r *run) loadTree() error {
	tree, err := buildTree(r.State, min(register.DepthFor(r.saved.Registers), maxDepth))
	if err != nil {
		return fmt.Errorf("audit: the registers of the state: %w", err)
	}
	if tree.Count() != r.saved.Registers || string(hashBytes(tree.Root())) != string(r.saved.Root) {
		return errors.New("audit: the registers of the state do not lead to the root in the last seal: it is damaged here, on this machine; begin anew with another state")
	}
	r.replay.tree = tree
	return nil
}
