package proofs

import (
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A HistoryRecord is the whole history of one register, as of one checkpoint: every
// event, and the state that they lead to.
type HistoryRecord struct {
	AsOf
	Type   register.Type
	ID     string
	Events []OpenedEvent // none: proven that there is no such register
	State  []byte        // nil without events
}

// FullHistory proves that events, in their order, are all events of a register, as of
// the staple's checkpoint: they rebuild the root in the register's value, each opens,
// and they lead to its state. A staple that shows the absence of the register, with
// no events, proves that there is none. Whether enough cosigners signed is the
// caller's to judge: see Qualify. The error, a *CheckError, names the check that failed.
func (v Verifier) FullHistory(staple *Receipt, t register.Type, id string, events []OpenedEvent) (HistoryRecord, error) {
	as, h, err := v.openRecord(staple, t, id, events)
	if err != nil {
		return HistoryRecord{}, err
	}
	return HistoryRecord{AsOf: as, Type: t, ID: id, Events: events, State: h.state}, nil
}

// Released lists the versions of a document that were releases of these bytes, in their
// order: none says that they were never released as this document. It is empty of every
// other type.
func (r HistoryRecord) Released(digest statement.Digest) (versions []uint32) {
	if r.Type != register.TypeDocument {
		return nil
	}
	for _, e := range r.Events {
		body, err := register.ParseDocumentBody(e.Body) // proven by FullHistory to be one
		if err == nil && e.Kind == register.DocumentRelease && body.Digest == register.SHA256Digest(register.Hash(digest)) {
			versions = append(versions, body.Version)
		}
	}
	return versions
}

// An ActivityRecord is all that an identity signed of what the log had admitted, as of
// one checkpoint.
type ActivityRecord struct {
	AsOf
	ID       string
	From, To uint64   // only entries with From <= index < To are listed; To 0: no end
	Signed   []Signed // none: proven that nothing was admitted
}

// Signed is one statement of an identity.
type Signed struct {
	Bound
	Code      statement.Code
	Statement statement.Digest
	Run       register.Key // that it names, see register.RunKey; zero: none
}

// SignedBy proves all that an identity signed. events is the whole history of its
// activity register; staple and error are as with FullHistory. With from and to it
// keeps those with from <= index < to; to 0: no end.
func (v Verifier) SignedBy(staple *Receipt, id string, events []OpenedEvent, from, to uint64) (ActivityRecord, error) {
	as, _, err := v.openRecord(staple, register.TypeActivity, id, events)
	if err != nil {
		return ActivityRecord{}, err
	}
	r := ActivityRecord{AsOf: as, ID: id, From: from, To: to}
	for i := range events {
		e := &events[i]
		if e.Index < from || to != 0 && e.Index >= to {
			continue
		}
		body, err := register.ParseActivityBody(e.Body)
		if err != nil {
			return ActivityRecord{}, &CheckError{Name: CheckHistory, Err: err}
		}
		r.Signed = append(r.Signed, Signed{
			Bound: Bound{Index: e.Index, Time: int64(e.Time)}, Code: statement.Code(e.Kind),
			Statement: statement.Digest(body.Statement), Run: body.Run,
		})
	}
	return r, nil
}

// An IdentityRecord is the whole life of an identity, as of one checkpoint.
type IdentityRecord struct {
	AsOf
	ID      string
	Changes []IdentityChange // none: proven never to have been enrolled
}

// IdentityChange is one event of an identity.
type IdentityChange struct {
	Bound
	Kind      uint8                  // register.IdentityEnroll and those after it
	State     register.IdentityState // after it
	Statement statement.Digest       // that made it
}

// IdentityHistory proves the whole life of an identity. events is the whole history of
// its register; staple and error are as with FullHistory.
func (v Verifier) IdentityHistory(staple *Receipt, id string, events []OpenedEvent) (IdentityRecord, error) {
	as, _, err := v.openRecord(staple, register.TypeIdentity, id, events)
	if err != nil {
		return IdentityRecord{}, err
	}
	r := IdentityRecord{AsOf: as, ID: id}
	for i := range events {
		e := &events[i]
		body, err := register.ParseIdentityBody(e.Body)
		if err != nil {
			return IdentityRecord{}, &CheckError{Name: CheckHistory, Err: err}
		}
		r.Changes = append(r.Changes, IdentityChange{
			Bound: Bound{Index: e.Index, Time: int64(e.Time)}, Kind: e.Kind, State: body.State, Statement: statement.Digest(body.Statement),
		})
	}
	return r, nil
}

// KeyAt returns the state that judged the entry at index: that of the last change of a
// lower index; at genesis, what genesis itself made. false: it was not enrolled then,
// or the record does not reach so far.
func (r IdentityRecord) KeyAt(index uint64) (register.IdentityState, bool) {
	if index >= r.Size {
		return register.IdentityState{}, false
	}
	before := max(index, 1)
	for i := len(r.Changes) - 1; i >= 0; i-- {
		if r.Changes[i].Index < before {
			return r.Changes[i].State, true
		}
	}
	return register.IdentityState{}, false
}
