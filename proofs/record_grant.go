package proofs

import (
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A GrantRecord is all that a log had on record of a grant, as of one checkpoint.
// It says nothing of expiry, which nobody records: compare Granted.NotAfter with
// the time that matters.
type GrantRecord struct {
	AsOf
	Grant   statement.Digest
	Status  string // open, spent (no use is left), revoked; empty: proven that there is no such grant
	Uses    uint32 // at first
	Left    uint32 // now; of a revoked grant those that nobody can spend any more
	Granted Granting
	Spent   []Spending
	Revoked *Revocation // nil: it is not
}

// Granting is the event that made a grant.
type Granting struct {
	Bound
	Terms     register.GrantedBody // names by register key; see register.IdentityKey
	Statement *statement.Statement // what granted; nil if the staple does not show it
	Delegator string               // in whose stead, if the staple shows the delegation
}

// Spending is one use of a grant.
type Spending struct {
	Bound
	Statement statement.Digest // that it was spent on
	By        register.Key     // of the identity
	Left      uint32           // uses after it
}

// Revocation is the end of a grant.
type Revocation struct {
	Bound
	Statement statement.Digest
	By        register.Key // of the identity
}

// GrantSpent proves what became of a grant, as of the staple's checkpoint: how often
// it was spent, by which entries, how many uses are left, and whether it was
// revoked. events is the whole history of its register. A staple that shows the
// absence of the register, with no events, proves that there is no such grant.
// Whether enough cosigners signed the checkpoint is the caller's to judge, by
// Quorum. The error, a *CheckError, names the check that failed.
func (v Verifier) GrantSpent(staple *Receipt, grant statement.Digest, events []OpenedEvent) (GrantRecord, error) {
	as, h, err := v.openRecord(staple, register.TypeGrant, grant.String(), events)
	if err != nil {
		return GrantRecord{}, err
	}
	r := GrantRecord{AsOf: as, Grant: grant}
	if h.proof.Value == nil {
		return r, nil
	}
	for i := range events {
		if err := r.add(&events[i]); err != nil {
			return GrantRecord{}, &CheckError{Name: CheckHistory, Err: err}
		}
	}
	if err := r.open(h.proof, h.key, &events[0]); err != nil {
		return GrantRecord{}, &CheckError{Name: CheckGranted, Err: err}
	}
	return r, nil
}

// add takes the next event; that it is a legal one is known.
func (r *GrantRecord) add(e *OpenedEvent) error {
	at := Bound{Index: e.Index, Time: int64(e.Time)}
	switch e.Kind {
	case register.GrantGranted:
		body, err := register.ParseGrantedBody(e.Body)
		r.Status, r.Uses, r.Left, r.Granted = grantStatus(register.GrantOpen), body.Uses, body.Uses, Granting{Bound: at, Terms: body}
		return err
	case register.GrantSpent:
		body, err := register.ParseSpentBody(e.Body)
		r.Spent = append(r.Spent, Spending{Bound: at, Statement: statement.Digest(body.Statement), By: body.By, Left: body.Left})
		if r.Left = body.Left; r.Left == 0 {
			r.Status = grantStatus(register.GrantUsedUp)
		}
		return err
	case register.GrantRevoked:
		body, err := register.ParseRevokedBody(e.Body)
		r.Status, r.Revoked = grantStatus(register.GrantTaken), &Revocation{Bound: at, Statement: statement.Digest(body.Statement), By: body.By}
		return err
	}
	return fmt.Errorf("event %d is of the unknown kind %d", e.Seq, e.Kind)
}

// open reads the statement that granted, if the staple shows it, and holds it
// against the event that it made.
func (r *GrantRecord) open(p RegisterProof, key register.Key, e *OpenedEvent) error {
	envelope := p.Envelope
	if envelope == nil {
		return nil
	}
	s, err := statement.Parse(envelope.Payload)
	if err != nil {
		return err
	}
	terms, ok := s.Body.(*statement.GrantDecision)
	if !ok {
		return fmt.Errorf("the statement shown is a %s, not a decision.grant", s.Code)
	}
	if err := checkLog(s, r.Origin); err != nil {
		return err
	}
	if e.LeafHash != leafHashOf(envelope, r.Grant) {
		return errors.New("the statement shown is not signed as the one in the log")
	}
	delegator := r.Granted.Terms.Delegator
	if p.Delegation != nil {
		d, err := openDelegation(s, envelope.SPKI, terms, p.Delegation)
		if err == nil {
			err = d.checkTime(e.Time)
		}
		if err != nil {
			return err
		}
		r.Granted.Delegator, delegator = d.by, delegatorKey(d.by)
	}
	if (delegator != register.Key{}) != (terms.ActingFor != nil) {
		return errors.New("the register names in whose stead it was given, the statement does not, or the other way round")
	}
	if err := checkGranted(&e.Event, key, envelope.Payload, grantedBody(s, terms, delegator)); err != nil {
		return err
	}
	r.Granted.Statement = s
	return checkSignature(envelope, r.Grant)
}

// grantStatus returns the name of a grant's status.
func grantStatus(status uint8) string {
	return [...]string{register.GrantOpen: "open", register.GrantUsedUp: "spent", register.GrantTaken: "revoked"}[status]
}
