package log

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// firstDepth is the bucket depth of a new log's register tree: right for some
// 80,000 registers, raised when a log that outgrew it is opened.
const firstDepth = 13

// Create makes a new log in an empty store with an empty anchor, and signs its
// first checkpoint. A sealed log begins with its genesis, a policy.set that the
// fold admits at index 0, and its seal: size 2. A raw log begins at size 0 and
// takes no genesis. Create does not start the writer; Open does.
//
// It returns ErrLogExists when either is not empty: no log is made over another
// one, and none by accident.
func Create(ctx context.Context, config Config, genesis *admission.Checked) error {
	config, err := config.withDefaults()
	if err != nil {
		return err
	}
	if (config.Mode == Sealed) != (genesis != nil) {
		return errors.New("a sealed log needs a genesis statement, a raw log takes none")
	}
	if seq, err := config.Store.Sequence(); err != nil {
		return err
	} else if seq != 0 {
		return fmt.Errorf("%w: the store has %d commits", ErrLogExists, seq)
	}
	if _, err := config.Anchor.Load(); err == nil {
		return fmt.Errorf("%w: the anchor holds a checkpoint", ErrLogExists)
	} else if !errors.Is(err, storage.ErrNoAnchor) {
		return err
	}
	w := newWriter(config)
	b, err := w.begin()
	if err != nil {
		return err
	}
	if err := putMeta(&b.rows, settingsRow, config.settings()); err != nil {
		return err
	}
	if err := w.createGenesis(b, genesis); err != nil {
		return err
	}
	if err := w.integrate(b); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	now := time.Now()
	if err := w.commit(b, &now); err != nil {
		return err
	}
	defer b.view.Release()
	p := &publisher{Config: config, signed: w.signed}
	return p.publish(b.view)
}

func (w *writer) createGenesis(b *batch, genesis *admission.Checked) error {
	if genesis == nil {
		return nil
	}
	result, err := w.admitStatement(b, genesis)
	if err != nil {
		return err
	}
	if result.Refusal != nil {
		return fmt.Errorf("the genesis statement is refused: %w", result.Refusal)
	}
	return nil
}

func newWriter(config Config) *writer {
	w := &writer{Config: config, clock: newClock(config), tree: newTree(), head: head{Root: proofs.EmptyRoot[:]}, signed: new(signedNotes)}
	if config.Mode == Sealed {
		w.state = newWriterState(config.Store, register.New(firstDepth))
		w.fold = admission.NewFold(config.Origin)
	}
	return w
}

// recoverLog reads the durable state, checks it against itself and against the
// anchor, signs its tree head if the last run did not come to that, and
// publishes. After an error nothing was signed.
func recoverLog(config Config) (*writer, *publisher, error) {
	w, err := recoverWriter(config)
	if err != nil {
		return nil, nil, err
	}
	view, err := newView(config, w.head, w.registers())
	if err != nil {
		return nil, nil, err
	}
	p := &publisher{Config: w.Config, signed: w.signed}
	if err := p.recover(view, w.keys); err != nil {
		view.Release()
		return nil, nil, err
	}
	if err := w.deepen(); err != nil {
		view.Release()
		return nil, nil, err
	}
	return w, p, nil
}

// recoverWriter reads the durable state and checks it against itself.
func recoverWriter(config Config) (*writer, error) {
	s, err := readSettings(config.Store)
	if err != nil {
		return nil, err
	}
	if err := s.check(config.settings()); err != nil {
		return nil, err
	}
	if err := s.Keys.agree(config.Signer.keys); err != nil {
		return nil, err
	}
	config.Signer = config.Signer.ordered(s.Keys.Current())
	w := newWriter(config)
	w.keys = s.Keys
	if w.head, err = readHead(config.Store); err != nil {
		return nil, err
	}
	if w.seq, err = config.Store.Sequence(); err != nil {
		return nil, err
	}
	if w.tree, err = checkedTree(config.Store, w.head); err != nil {
		return nil, err
	}
	if config.Mode == Sealed {
		err = w.recoverRegisters()
	} else if w.head.Depth != 0 {
		err = damage("meta row %s", headRow)
	}
	return w, err
}

// checkedTree loads the right edge and re-hashes it: its root must be that of
// the durable tree head, and the last entry bundle must hash to its tile.
func checkedTree(r storage.Reader, h head) (*tree, error) {
	t, err := loadTree(r, h.Size)
	if err != nil {
		return nil, err
	}
	got, err := t.head()
	if err != nil {
		return nil, err
	}
	if got != h.treeHead() {
		return nil, damage("the tiles give root %x at size %d, the tree head says %x", got.Root, h.Size, h.Root)
	}
	if h.Size == 0 {
		return t, nil
	}
	first := (h.Size - 1) / proofs.TileWidth * proofs.TileWidth
	nodes := storedNodes(r, h.Size)
	for i := first; i < h.Size; i++ {
		leaf, err := readLeaf(r, i)
		if err != nil {
			return nil, err
		}
		want, err := nodes(0, i)
		if err != nil {
			return nil, err
		}
		if proofs.LeafHash(leaf) != want {
			return nil, damage("leaf %d does not hash to its tile", i)
		}
	}
	return t, nil
}

// recoverRegisters loads the register tree and compares it with the newest seal.
func (w *writer) recoverRegisters() error {
	if d := w.head.Depth; d < 1 || d > register.MaxDepth || w.head.Size == 0 {
		return damage("meta row %s", headRow)
	}
	leaf, err := readLeaf(w.Store, w.head.Size-1)
	if err != nil {
		return err
	}
	seal, err := statement.ParseSeal(leaf)
	if err != nil {
		return damage("leaf %d is not a seal: %v", w.head.Size-1, err)
	}
	tree, err := loadRegisters(w.Store, w.head)
	if err != nil {
		return err
	}
	if tree.Root() != seal.Root || tree.Count() != seal.Count || seal.Time != w.head.Time {
		return damage("the register rows give root %x, the newest seal says %x", tree.Root(), seal.Root)
	}
	w.state = newWriterState(w.Store, tree)
	return w.state.leaves.warm()
}

// recover compares the durable tree head with the newest note that the log ever
// let out, decides whether it may sign, and publishes.
func (p *publisher) recover(v *View, keys KeyTerms) error {
	text, err := p.Anchor.Load()
	if errors.Is(err, storage.ErrNoAnchor) {
		return fmt.Errorf("%w: the anchor's folder is wrong, or was lost, or the log's creation did not finish; "+
			"nothing was signed. A log without its anchor cannot tell whether this store is the newest one", ErrAnchorMissing)
	}
	if err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	notes, heads, err := openAnchor(text, keys)
	if err != nil {
		return err
	}
	anchored, stored := heads[0], v.TreeHead()
	switch {
	case anchored.Size > stored.Size:
		return fmt.Errorf("%w: the log has signed size %d, the store ends at %d. It was restored from an old copy, or lost commits; "+
			"signing now would make a second history. Nothing was signed: bring back the newest store", ErrBehindAnchor, anchored.Size, stored.Size)
	case anchored.Size == stored.Size && anchored.Root != stored.Root:
		return fmt.Errorf("%w: at size %d the store has root %x, but root %x was signed", ErrFork, stored.Size, stored.Root, anchored.Root)
	}
	for _, h := range heads {
		if err := extends(v, h); err != nil {
			return err
		}
	}
	if err := p.signed.recover(v, notes, heads); err != nil {
		return err
	}
	ask := p.question(v, anchored, notes[0])
	p.notes = p.signed.list()
	if anchored.Size == stored.Size {
		p.release(v, notes[0], text)
		p.unasked = ask
		return nil
	}
	p.text = text
	if ask != nil {
		if err := ask(context.Background()); err != nil {
			return err
		}
	}
	if err := p.publish(v); err != nil {
		return err
	}
	p.Events.Recovered(stored.Size)
	return nil
}

// extends proves that a view extends a tree head that was signed.
func extends(v *View, signed proofs.TreeHead) error {
	proof, err := v.Consistency(signed.Size, v.Size())
	if err != nil {
		return err
	}
	if err := proofs.VerifyConsistency(signed, v.TreeHead(), proof); err != nil {
		return fmt.Errorf("%w: the store's size %d does not extend the signed size %d: %v", ErrFork, v.Size(), signed.Size, err)
	}
	return nil
}
