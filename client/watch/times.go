package watch

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
)

// checkTimes looks at the ends of the trees that were proven since, and at all clocks.
func (w *Watch) checkTimes(ctx context.Context) error {
	ends := w.state.Ends
	w.state.Ends = nil
	for _, note := range ends {
		if err := w.checkEnd(ctx, []byte(note)); err != nil {
			return err
		}
	}
	if w.trunk == nil {
		return nil
	}
	w.checkBehind()
	return w.checkLife(ctx)
}

// checkEnd looks at the leaf that ends a tree: the seal that belongs there, not before
// the newest one that was seen.
func (w *Watch) checkEnd(ctx context.Context, note []byte) error {
	t, err := w.Client.FileTree(note)
	if err != nil {
		return err
	}
	end := t.Size - 1
	entries, err := w.entries(ctx, t, end)
	if err != nil {
		w.failed("seal", err)
		w.state.Ends = append(w.state.Ends, string(note))
		return nil
	}
	d := audit.Divergence{Index: end, Class: audit.ClassSeal, Rule: "seal", Reason: "the tree does not end in the seal that belongs there"}
	e := evidence.OfLeaf(statement.Rules, w.Client.Verifier.Genesis, note, d, entries)
	leaf := entries[len(entries)-1].Leaf
	seal, failed := statement.ParseSeal(leaf)
	fell := failed == nil && seal.Index == end && seal.Time < w.state.SealTime && w.state.Seal < int64(end)
	switch judged, err := e.Judge(w.Client.Verifier, w.Skew); {
	case err != nil:
		return fmt.Errorf("watch: evidence of its own making: %w", err)
	case judged.Convicts && fell:
		return w.convict("falseTime", e)
	case judged.Convicts:
		return w.convict("seal", e)
	}
	if bytes.HasPrefix(leaf, []byte(statement.SealPrefix)) && int64(end) > w.state.Seal {
		w.state.Seal, w.state.SealTime = int64(end), seal.Time
		w.state.Life = max(w.state.Life, min(seal.Time, w.round.Time))
		return w.checkClock(ctx, t, entries[len(entries)-1], seal)
	}
	return nil
}

// entries are the leaf at an index, and the newest seal before it that was seen.
func (w *Watch) entries(ctx context.Context, t *client.Tree, index uint64) (out []evidence.Entry, err error) {
	indices := []uint64{index}
	if w.state.Seal >= 0 && uint64(w.state.Seal) < index {
		indices = []uint64{uint64(w.state.Seal), index}
	}
	for _, i := range indices {
		leaf, err := t.Leaf(ctx, i)
		if err != nil {
			return nil, err
		}
		_, proof, err := t.Inclusion(ctx, i)
		if err != nil {
			return nil, err
		}
		e := evidence.Entry{Index: i, Leaf: leaf}
		for _, h := range proof {
			e.Inclusion = append(e.Inclusion, h[:])
		}
		out = append(out, e)
	}
	return out, nil
}

// checkClock holds a new seal to the witnesses' clocks, which may convict the log, and
// to this monitor's, which is nobody else's.
func (w *Watch) checkClock(ctx context.Context, t *client.Tree, entry evidence.Entry, seal statement.Seal) error {
	note := t.Note
	if sameTree(note, []byte(w.state.Trunk)) {
		note = []byte(w.state.Trunk) // with the cosignatures of all sources
	}
	hashes := make([]proofs.Hash, len(entry.Inclusion))
	for i, h := range entry.Inclusion {
		hashes[i] = proofs.Hash(h)
	}
	e := evidence.OfSeal("a seal of a time that is still to come", w.Client.Verifier.Genesis, note, entry.Index, entry.Leaf, hashes)
	if judged, err := e.Judge(w.Client.Verifier, w.Skew); err == nil && judged.Convicts {
		return w.convict("falseTime", e)
	}
	skew := w.Skew.Milliseconds()
	says := "the seal at " + strconv.FormatUint(seal.Index, 10) + " says " + statement.FormatTime(seal.Time)
	a := alarm{rule: "AL-15", condition: "clock", key: strconv.FormatUint(seal.Index, 10), index: seal.Index, occurred: seal.Time}
	switch {
	case seal.Time > w.round.Time+skew:
		a.detail = says + ", and here it is " + statement.FormatTime(w.round.Time)
	case w.state.Without > 0 && seal.Time < w.state.Without-skew:
		a.detail = says + ", and at " + statement.FormatTime(w.state.Without) + " the log showed a tree without it"
	default:
		return nil
	}
	w.raise(a)
	return nil
}

// checkBehind tells when the log shows less than others saw of it for too long.
func (w *Watch) checkBehind() {
	shown := w.state.source(logSource).Size
	if shown >= w.trunk.Size {
		w.state.Behind = 0
		return
	}
	if w.state.Behind == 0 {
		w.state.Behind = w.round.Time
	}
	if w.round.Time-w.state.Behind >= Grace.Milliseconds() {
		w.raise(alarm{rule: "AL-16", condition: "behind", key: strconv.FormatInt(w.state.Behind, 10), detail: fmt.Sprintf("size %d here, %d elsewhere", shown, w.trunk.Size)})
	}
}

// checkLife looks for the quorum, and for the newest sign of life: a seal, or
// cosignatures that witnesses renewed while the log was idle.
func (w *Watch) checkLife(context.Context) error {
	_, q, err := w.checkpointOf([]byte(w.state.Trunk))
	if err != nil {
		return err
	}
	w.cosigned(q)
	if w.round.Time-w.state.Quorum >= Grace.Milliseconds() && !q.Satisfied {
		w.raise(alarm{rule: "AL-15", condition: "quorum", key: strconv.FormatInt(w.state.Quorum, 10), detail: fmt.Sprintf("size %d, cosigned by %d", w.trunk.Size, len(q.Members))})
	}
	if w.MaxAge > 0 && w.round.Time-w.state.Life > w.MaxAge.Milliseconds() {
		w.raise(alarm{rule: "AL-16", condition: "stale", key: strconv.FormatInt(w.state.Life, 10), detail: fmt.Sprintf("size %d, newest sign of life %s", w.trunk.Size, statement.FormatTime(w.state.Life))})
	}
	return nil
}

// cosigned takes what the cosignatures of a verified note amount to.
func (w *Watch) cosigned(q proofs.QuorumResult) {
	if q.Satisfied {
		w.state.Quorum = w.round.Time
		w.state.Life = max(w.state.Life, min(q.QuorumTime*1000, w.round.Time))
	}
}
