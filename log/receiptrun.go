package log

import (
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// addWorkflow adds the run that a document.* statement belongs to; and for each
// grant that it spends the grant, with the statements by which it was granted, and
// the identity that signed that.
func (v *View) addWorkflow(r *proofs.Receipt, s *statement.Statement) error {
	if s.Code.Kind() != "document" {
		return nil // of what other statements name a receipt says nothing
	}
	if s.Run != "" {
		p, err := v.runProof(s.Run, r.Index)
		if err != nil {
			return err
		}
		r.Registers = append(r.Registers, p)
	}
	for _, grant := range s.Spends {
		g, by, err := v.grantProof(grant, r.Index)
		if err != nil {
			return err
		}
		r.Registers = append(r.Registers, g, by)
	}
	return nil
}

// runProof shows a run with the event that opened it and that of the entry, both
// opened, and its newest state.
func (v *View) runProof(id string, index uint64) (proofs.RegisterProof, error) {
	p, h, err := v.registerProof(register.TypeRun, id, register.RunKey(id))
	if err != nil {
		return p, err
	}
	if p.Value == nil {
		return p, damage("entry %d belongs to the run %q, which has no register", index, id)
	}
	return p, v.addEntry(&p, h, index, true)
}

// grantProof shows a grant with the event that gave it and its spending by the
// entry; the statement that granted; and the identity that gave it. What a
// verifier derives from those stays closed.
func (v *View) grantProof(grant statement.Digest, index uint64) (p, by proofs.RegisterProof, err error) {
	p, h, err := v.registerProof(register.TypeGrant, grant.String(), register.GrantKey(register.Hash(grant)))
	if err != nil {
		return p, by, err
	}
	if p.Value == nil {
		return p, by, damage("entry %d spends the grant %s, which has no register", index, grant)
	}
	given, err := h.row(0)
	if err != nil {
		return p, by, err
	}
	envelope, s, err := v.statement(given.Index)
	if err != nil {
		return p, by, err
	}
	terms, ok := s.Body.(*statement.GrantDecision)
	if !ok {
		return p, by, damage("entry %d made the grant %s, and is a %s", given.Index, grant, s.Code)
	}
	p.Envelope, p.State = &envelope, nil
	if p.Delegation, err = v.delegation(terms); err != nil {
		return p, by, err
	}
	if err := v.addEntry(&p, h, index, false); err != nil {
		return p, by, err
	}
	if by, err = v.identityProof(s.Issuer, given.Index); err != nil {
		return p, by, err
	}
	if len(by.Events) == 1 {
		by.State = nil // the one event leads to it
	}
	return p, by, nil
}

// delegation is the statement by which a grant was given in another's stead; nil:
// it was given in nobody's.
func (v *View) delegation(g *statement.GrantDecision) (*statement.Envelope, error) {
	if g.ActingFor == nil {
		return nil, nil
	}
	index, err := v.Find(*g.ActingFor)
	if err != nil {
		return nil, err
	}
	envelope, _, err := v.statement(index)
	return &envelope, err
}

// addEntry adds the first event of a register and that of the entry at index.
func (v *View) addEntry(p *proofs.RegisterProof, h *viewHistory, index uint64, open bool) error {
	seq, err := h.at(index, p.Value.Size)
	if err != nil {
		return err
	}
	if row, err := h.row(seq); err != nil {
		return err
	} else if row.Index != index || seq == 0 {
		return damage("register %s has no event of entry %d", h.key, index)
	}
	if err := v.addEvent(p, h, 0, open); err != nil {
		return err
	}
	return v.addEvent(p, h, seq, open)
}
