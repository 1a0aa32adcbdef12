package scenario

import (
	"bytes"
	"context"
	"fmt"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An auditor reads the log over HTTP as it grows, replays every entry by the same
// rules as the log, and so holds each seal against registers of its own.
type auditor struct {
	replay *admission.Replay
	next   uint64               // entry that it has not seen yet
	batch  []*admission.Checked // seen, and not sealed yet
	at     []uint64             // their places
	// refused judges a refusal on record, right before it is taken into the replay.
	refused func(context.Context, *statement.RefuseFinding) error
}

// An entry is a statement of the log as an auditor reads it.
type entry struct {
	index   uint64
	time    int64 // of the seal that covers it, Unix milliseconds
	checked *admission.Checked
}

func newAuditor(origin string) *auditor { return &auditor{replay: admission.NewReplay(origin)} }

// read reads what came in since it last did, and judges it. It returns the
// statements that are new.
func (a *auditor) read(ctx context.Context, c *client.Client) (fresh []entry, err error) {
	tree, err := c.NewestTree(ctx)
	if err != nil {
		return nil, err
	}
	for ; a.next < tree.Size; a.next++ {
		more, err := a.one(ctx, tree)
		if err != nil {
			return nil, fmt.Errorf("the auditor at entry %d: %w", a.next, err)
		}
		fresh = append(fresh, more...)
	}
	return fresh, nil
}

// one reads the next entry. A seal gives the entries before it their time.
func (a *auditor) one(ctx context.Context, tree *client.Tree) ([]entry, error) {
	leaf, err := tree.Leaf(ctx, a.next)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(leaf, []byte(statement.SealPrefix)) {
		return nil, a.statement(ctx, tree, leaf)
	}
	seal, err := statement.ParseSeal(leaf)
	if err != nil {
		return nil, err
	}
	if err := a.replay.Add(leaf, nil); err != nil {
		return nil, err
	}
	sealed := make([]entry, len(a.batch))
	for i, c := range a.batch {
		sealed[i] = entry{a.at[i], seal.Time, c}
	}
	a.batch, a.at = nil, nil
	return sealed, nil
}

// statement reads the content behind a leaf.
func (a *auditor) statement(ctx context.Context, tree *client.Tree, leaf []byte) error {
	e, err := tree.Content(ctx, a.next)
	if err != nil {
		return err
	}
	checked, err := admission.Check(tree.Origin, leaf, e.Payload)
	if err != nil {
		return err
	}
	if f, ok := checked.Statement.Body.(*statement.RefuseFinding); ok {
		if err := a.refused(ctx, f); err != nil {
			return err
		}
	}
	a.batch, a.at = append(a.batch, checked), append(a.at, a.next)
	return a.replay.AddChecked(checked)
}

// record is a register as the auditor's own replay has it, nil without one.
func (a *auditor) record(key register.Key) *register.Record { return a.replay.Record(key) }
