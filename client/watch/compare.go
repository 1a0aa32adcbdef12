package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// maxOpen bounds the notes that nothing proves or refutes yet.
const maxOpen = 64

// an openNote is signed, and neither proven to be of the one history nor refuted.
type openNote struct {
	Note  string `json:"note"`
	Since int64  `json:"since"` // unix milliseconds
}

// compare proves that a signed note is of one history with the trunk, and so with all
// that were proven before. The larger of the two is the trunk from then on. The end of
// a new one is looked at once.
func (w *Watch) compare(ctx context.Context, note []byte, isNew bool) error {
	t, err := w.Client.FileTree(note)
	if err != nil {
		return err // it was opened before
	}
	if w.trunk == nil {
		return w.begin(ctx, t)
	}
	if t.TreeHead == w.trunk.TreeHead {
		w.state.Trunk = string(merged([]byte(w.state.Trunk), note))
		return nil
	}
	older, newer := w.trunk, t
	if older.Size > newer.Size {
		older, newer = newer, older
	}
	switch err := w.extends(ctx, older, newer); {
	case err == nil && newer == t:
		return w.grow(t)
	case err == nil:
		if isNew {
			w.proven(note)
		}
		return nil
	default:
		return w.disagree(note, err)
	}
}

// extends proves that a tree begins with an older one. Two roots of one size need no
// answer of anybody.
func (w *Watch) extends(ctx context.Context, older, newer *client.Tree) error {
	if older.Size == newer.Size {
		return &client.ForkError{Seen: older.Note, Shown: newer.Note, Genesis: w.Client.Verifier.Genesis}
	}
	_, err := newer.Extends(ctx, older)
	return err
}

// begin takes the first note. One of another beginning is of another log.
func (w *Watch) begin(ctx context.Context, t *client.Tree) error {
	var other *client.GenesisError
	switch err := t.CheckGenesis(ctx); {
	case errors.As(err, &other):
		w.raise(alarm{rule: "AL-15", condition: "otherLog", key: fmt.Sprintf("%x", other.Shown[:8]), detail: other.Error()})
		return nil
	case err != nil:
		return w.disagree(t.Note, err)
	}
	return w.grow(t)
}

// grow makes a tree the trunk.
func (w *Watch) grow(t *client.Tree) error {
	w.trunk, w.state.Trunk, w.state.Grew = t, string(t.Note), w.round.Time
	w.state.Without = w.state.Looked
	w.proven(t.Note)
	return nil
}

// proven notes that the end of a tree is to be looked at.
func (w *Watch) proven(note []byte) {
	if len(w.state.Ends) < maxEnds {
		w.state.Ends = append(w.state.Ends, string(note))
	}
}

// disagree takes a note for which no proof came. A fork is evidence; all else is
// tried again.
func (w *Watch) disagree(note []byte, err error) error {
	var fork *client.ForkError
	if errors.As(err, &fork) {
		return w.convict("fork", client.EvidenceOf(fork))
	}
	if errors.Is(err, client.ErrUnreachable) {
		w.failed(logSource, err)
	}
	known := slices.ContainsFunc(w.state.Open, func(o openNote) bool { return sameTree([]byte(o.Note), note) })
	if !known && len(w.state.Open) < maxOpen {
		w.state.Open = append(w.state.Open, openNote{string(note), w.round.Time})
	}
	return nil
}

// sameTree says whether two notes have one body.
func sameTree(a, b []byte) bool {
	x, err1 := proofs.ParseNote(a)
	y, err2 := proofs.ParseNote(b)
	return err1 == nil && err2 == nil && string(x.Body) == string(y.Body)
}

// retry compares what is open with the trunk of now.
func (w *Watch) retry(ctx context.Context) error {
	open := w.state.Open
	w.state.Open = nil
	for _, o := range open {
		if ctx.Err() != nil {
			w.state.Open = append(w.state.Open, o)
			continue
		}
		before := len(w.state.Open)
		if err := w.compare(ctx, []byte(o.Note), true); err != nil {
			return err
		}
		if len(w.state.Open) == before {
			continue // proven, or refuted
		}
		w.state.Open[len(w.state.Open)-1].Since = o.Since
		if w.round.Time-o.Since >= Grace.Milliseconds() {
			w.unproven([]byte(o.Note))
		}
	}
	return nil
}

// unproven tells of a note that stays open: nobody is convicted by it alone.
func (w *Watch) unproven(note []byte) {
	cp, _, err := proofs.OpenCheckpoint(note, w.Client.Verifier.Policy.LogKeys())
	if err != nil {
		return // it was opened before
	}
	a := alarm{rule: "AL-15", condition: "unproven", key: fmt.Sprintf("%d/%x", cp.Size, cp.Root[:8]), detail: fmt.Sprintf("size %d", cp.Size)}
	if w.state.Trunk != "" {
		a.evidence = evidence.OfNotes(evidence.Unproven, "no proof came that both are of one history", w.Client.Verifier.Genesis, []byte(w.state.Trunk), note, proofs.Hash{}, nil)
	}
	w.raise(a)
}

// rolledBack tells that a source shows less than before. It is no proof: whoever
// shows an old state may have been restored, or a cache answers.
func (w *Watch) rolledBack(source string, seen *sourceState, cp proofs.Checkpoint, note []byte) {
	reason := fmt.Sprintf("%s shows size %d, and showed %d before", source, cp.Size, seen.Size)
	w.raise(alarm{
		rule: "AL-15", condition: "rollback", key: fmt.Sprintf("%s/%d/%d", source, seen.Size, cp.Size), detail: reason, index: cp.Size - 1,
		evidence: evidence.OfNotes(evidence.Rollback, reason, w.Client.Verifier.Genesis, []byte(seen.Note), note, proofs.Hash{}, nil),
	})
}
