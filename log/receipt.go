package log

import (
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Receipt returns the receipt of the entry at index: its statement, its place in
// the tree, the seal, and the registers that the claims need. ErrNotFound if the
// view has no such entry.
func (v *View) Receipt(index uint64) (*proofs.Receipt, error) {
	envelope, s, err := v.statement(index)
	if err != nil {
		return nil, err
	}
	r, err := v.sealed()
	if err != nil {
		return nil, err
	}
	r.Envelope, r.Index = &envelope, index
	if r.Inclusion, err = v.Inclusion(index); err != nil {
		return nil, err
	}
	if document := documentOf(s); document != "" {
		p, err := v.documentProof(document, index)
		if err != nil {
			return nil, err
		}
		r.Registers = append(r.Registers, p)
	}
	issuer, err := v.identityProof(s.Issuer, index)
	if err != nil {
		return nil, err
	}
	r.Registers = append(r.Registers, issuer)
	if err := v.addWorkflow(r, s); err != nil {
		return nil, err
	}
	return r, nil
}

// documentOf returns the document that a statement is about, or "". A policy is a
// release of the reserved document docket:policy.
func documentOf(s *statement.Statement) string {
	switch body := s.Body.(type) {
	case *statement.ReleaseDocument:
		return body.Document
	case *statement.WithdrawDocument:
		return body.Document
	case *statement.SetPolicy:
		return statement.PolicyDocument
	}
	return ""
}

// Document returns a staple for a document: its register with the newest
// events, or the proof that it has none.
func (v *View) Document(id string) (*proofs.Receipt, error) {
	r, err := v.sealed()
	if err != nil {
		return nil, err
	}
	p, err := v.documentProof(id, v.head.Size)
	if err != nil {
		return nil, err
	}
	r.Registers = []proofs.RegisterProof{p}
	return r, nil
}

// Identity returns a staple for an identity: its register with the newest
// event, or the proof that it has none.
func (v *View) Identity(id string) (*proofs.Receipt, error) {
	r, err := v.sealed()
	if err != nil {
		return nil, err
	}
	p, err := v.identityProofAt(id, v.head.Size) // not kept: anybody asks for any id
	if err != nil {
		return nil, err
	}
	r.Registers = []proofs.RegisterProof{p}
	return r, nil
}

// ends are the first and the last leaf of a view, as its receipts show them.
type ends struct {
	genesisInclusion []proofs.Hash
	seal             []byte
	sealInclusion    []proofs.Hash
}

func (v *View) readEnds() (e ends, err error) {
	if e.genesisInclusion, err = v.Inclusion(0); err != nil {
		return e, err
	}
	if e.seal, err = v.Leaf(v.head.Size - 1); err != nil {
		return e, err
	}
	e.sealInclusion, err = v.Inclusion(v.head.Size - 1)
	return e, err
}

// sealed begins a receipt with what all of them have: checkpoint, genesis, seal.
// Receipts of one view share these slices: nobody changes them.
func (v *View) sealed() (*proofs.Receipt, error) {
	if v.registers == nil {
		return nil, fmt.Errorf("%w: a raw log has no receipts", ErrNotFound)
	}
	e, err := v.ends.get(v.readEnds)
	if err != nil {
		return nil, err
	}
	return &proofs.Receipt{
		Checkpoint:       v.note,
		GenesisInclusion: e.genesisInclusion,
		Seal:             e.seal,
		SealInclusion:    e.sealInclusion,
	}, nil
}

// documentProof shows a document register around the entry at index: the event
// of that entry and those before it, back to the release before, opened; and the
// header of the event that followed, if one did. With an index above all entries
// it shows the newest event.
func (v *View) documentProof(id string, index uint64) (proofs.RegisterProof, error) {
	p, h, err := v.registerProof(register.TypeDocument, id, register.DocumentKey(id))
	if err != nil || p.Value == nil {
		return p, err
	}
	j, err := h.at(index, p.Value.Size)
	if err != nil {
		return p, err
	}
	if j != p.Value.Size-1 {
		p.State = nil // it would show the newest version to who holds an old receipt
	}
	first := j
	for first > 0 && j-first < 2 {
		first--
		row, err := h.row(first)
		if err != nil {
			return p, err
		}
		if row.Kind == register.DocumentRelease {
			break
		}
	}
	return p, v.addEvents(&p, h, first, j)
}

// identityProof shows an identity register around the entry at index: the event
// that was in force there, opened, and the header of the one that followed it.
// Nearly always that is the newest one: then all receipts of the view share it.
func (v *View) identityProof(id string, index uint64) (proofs.RegisterProof, error) {
	newest, err := v.identities.get(id, func() (proofs.RegisterProof, error) {
		return v.identityProofAt(id, v.head.Size)
	})
	before := index
	if index > 0 { // an entry is judged by what stood before it; index 0 by itself
		before--
	}
	if err != nil || newest.Value == nil || newest.Events[0].Event.Index <= before {
		return newest, err
	}
	return v.identityProofAt(id, before)
}

// identityProofAt shows the last event at or before index, opened, and the
// header of the next.
func (v *View) identityProofAt(id string, index uint64) (proofs.RegisterProof, error) {
	p, h, err := v.registerProof(register.TypeIdentity, id, register.IdentityKey(id))
	if err != nil || p.Value == nil {
		return p, err
	}
	k, err := h.at(index, p.Value.Size)
	if err != nil {
		return p, err
	}
	return p, v.addEvents(&p, h, k, k)
}

// addEvents adds the events first..last, opened, and the header of the next one.
func (v *View) addEvents(p *proofs.RegisterProof, h *viewHistory, first, last uint64) error {
	for seq := first; seq <= last+1 && seq < p.Value.Size; seq++ {
		if err := v.addEvent(p, h, seq, seq <= last); err != nil {
			return err
		}
	}
	return nil
}

// addEvent adds one event.
func (v *View) addEvent(p *proofs.RegisterProof, h *viewHistory, seq uint64, open bool) error {
	row, err := h.row(seq)
	if err != nil {
		return err
	}
	proof, err := register.ProveEvent(h, seq, p.Value.Size)
	if err != nil {
		return err
	}
	e := proofs.EventProof{Event: row.Event(p.Type, seq), Proof: proof}
	if open {
		e.Opening = &proofs.EventOpening{Blind: row.Blind, Body: row.Body}
	}
	p.Events = append(p.Events, e)
	return nil
}

// registerProof begins the proof of one register: value, state and path, or the
// path that shows its absence.
func (v *View) registerProof(t register.Type, id string, key register.Key) (proofs.RegisterProof, *viewHistory, error) {
	p := proofs.RegisterProof{Type: t, ID: id}
	record, err := v.record(key)
	if err != nil {
		return p, nil, err
	}
	if p.Path, err = v.registers.Prove(v.leaves(), key); err != nil {
		return p, nil, err
	}
	if (record == nil) != (p.Path.Result != register.ResultInclusion) {
		return p, nil, damage("record and leaf of register %s disagree", key)
	}
	if record == nil {
		return p, nil, nil
	}
	value := record.Value()
	blind, st := record.StateOpening()
	p.Value, p.State = &value, &proofs.StateOpening{Blind: blind, State: st}
	return p, v.history(t, key), nil
}
