package watch

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Bounds of what is kept and told of one register.
const (
	keptEvents = proofs.MaxReceiptEvents / 2 // of the newest, in the staple that is kept
	toldEvents = 64                          // new ones of one round
)

// checkRegisters reads the whole history of each watched register, holds it to the
// staple that was kept, and tells what is new.
func (w *Watch) checkRegisters(ctx context.Context) error {
	if w.trunk == nil {
		return nil
	}
	for _, id := range w.Documents {
		if err := w.checkRegister(ctx, register.TypeDocument, id); err != nil {
			return err
		}
	}
	for _, id := range w.Identities {
		for _, t := range []register.Type{register.TypeIdentity, register.TypeActivity} {
			if err := w.checkRegister(ctx, t, id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Watch) checkRegister(ctx context.Context, t register.Type, id string) error {
	if ctx.Err() != nil {
		return nil
	}
	name := fmt.Sprintf("%v/%s", t, id)
	h, err := w.Client.History(ctx, t, id)
	if err != nil {
		w.failed(name, err)
		var wrong *client.HistoryError
		if errors.As(err, &wrong) {
			w.raise(alarm{rule: "AL-16", condition: "withheld", key: name, detail: wrong.Error()})
		}
		return nil
	}
	cp, _, err := w.checkpointOf(h.Staple.Checkpoint)
	if err != nil {
		return err
	}
	if err := w.takeNote(ctx, logSource, cp, h.Staple.Checkpoint); err != nil {
		return err
	}
	return w.compareRegister(name, h)
}

// compareRegister holds a history to the staple of an earlier round.
func (w *Watch) compareRegister(name string, h *client.History) error {
	before := w.state.Registers[name]
	shown := *h.Staple
	shown.Registers = []proofs.RegisterProof{h.Staple.Registers[0]}
	size := uint64(len(h.Events))
	if before != nil {
		old, err := proofs.ParseReceipt([]byte(before.Staple))
		if err != nil {
			return w.damaged(err)
		}
		shown.Registers[0].Events = eventsOf(h, before.Size)
		c, err := w.Client.Verifier.Contradiction(old, &shown)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if c != nil {
			return w.convict(conditionOf(c), evidence.OfContradiction(c, w.Client.Verifier.Genesis))
		}
		w.tellNew(h, before.Size)
	}
	shown.Registers[0].Events = eventsOf(h, size)
	if w.state.Registers == nil {
		w.state.Registers = make(map[string]*registerState)
	}
	w.state.Registers[name] = &registerState{Size: size, Staple: string(shown.Marshal())}
	return nil
}

// conditionOf is the condition of AL-15 for a contradiction of two staples.
func conditionOf(c *proofs.Contradiction) string {
	switch c.Class {
	case proofs.ClassFork:
		return "fork"
	case proofs.ClassTime:
		return "falseTime"
	case proofs.ClassPhantom:
		return "seal"
	}
	return "rewrite"
}

// eventsOf are the events of a whole history around a boundary, each with its inclusion
// proof: the last ones before it, which an earlier staple shows too, and the first ones
// after it.
func eventsOf(h *client.History, boundary uint64) (out []proofs.EventProof) {
	boundary = min(boundary, uint64(len(h.Events)))
	from, to := boundary-min(boundary, keptEvents), min(uint64(len(h.Events)), boundary+keptEvents)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, n := range indexes {
			hashes[i] = stored[n]
		}
		return hashes, nil
	})
	for i, e := range h.Events {
		hashes, err := tlog.StoredHashes(int64(i), e.Marshal(), reader)
		if err != nil {
			panic("watch: " + err.Error()) // the reader has all that come before
		}
		stored = append(stored, hashes...)
	}
	for seq := from; seq < to; seq++ {
		proof, err := tlog.ProveRecord(int64(len(h.Events)), int64(seq), reader)
		if err != nil {
			panic("watch: " + err.Error())
		}
		e := proofs.EventProof{Event: h.Events[seq]}
		for _, hash := range proof {
			e.Proof = append(e.Proof, proofs.Hash(hash))
		}
		out = append(out, e)
	}
	return out
}

// tellNew tells the sinks what came since.
func (w *Watch) tellNew(h *client.History, from uint64) {
	for seq, e := range h.Events {
		if uint64(seq) < from || len(h.Events)-seq > toldEvents {
			continue
		}
		a := alarm{
			rule: "WATCH", key: fmt.Sprintf("%s/%d", h.ID, e.Index), index: e.Index, occurred: int64(e.Time),
			detail: fmt.Sprintf("%v %s: event %d, entry %d, %s", h.Type, h.ID, seq, e.Index, statement.FormatTime(int64(e.Time))),
		}
		switch {
		case h.Type == register.TypeActivity:
			a.condition, a.identity, a.detail = "activity", h.ID, a.detail+", "+statement.Code(e.Kind).String()
		case h.Type == register.TypeIdentity:
			a.condition, a.identity = "identity", h.ID
		case e.Kind == register.DocumentRelease:
			a.condition = "released"
		default:
			a.condition = "withdrawn"
		}
		w.raise(a)
	}
}
