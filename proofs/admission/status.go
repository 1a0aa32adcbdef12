package admission

import (
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An identity is one that a statement is about, as of right before it.
type identity struct {
	id    string
	key   register.Key
	state register.IdentityState
	last  uint64 // entry of its newest key or status event
}

// readIdentity reads the register of an identity; nil: there is none.
func readIdentity(st State, id string) (*identity, error) {
	i := &identity{id: id, key: register.IdentityKey(id)}
	record, err := st.Record(i.key)
	if err != nil || record == nil {
		return nil, err
	}
	i.state, err = register.ParseIdentityState(record.State)
	i.last = record.Last
	return i, err
}

// revoke judges identity.revoke: E206, E207, E405.
func (e *entry) revoke(body *statement.RevokeIdentity) ([]Effect, error) {
	since := orNone(body.CompromisedSince)
	return e.changeStatus(body.ID, register.IdentityRevoke, func(i *identity) error {
		// A theft is often found later: a second revocation may say so, and only so.
		if i.state.Status == register.IdentityRevoked && since >= i.state.CompromisedSince {
			return refuse(CodeIdentity, "predicate.id", "identity %q is revoked already; another revocation must report an earlier compromisedSince", i.id).at(i.last)
		}
		i.state.Status, i.state.CompromisedSince = register.IdentityRevoked, since
		return nil
	})
}

// suspend judges identity.suspend: E206, E207, E405.
func (e *entry) suspend(body *statement.SuspendIdentity) ([]Effect, error) {
	return e.changeStatus(body.ID, register.IdentitySuspend, func(i *identity) error {
		if i.state.Status != register.IdentityActive {
			return i.cannot("suspended", "only an active one is")
		}
		i.state.Status = register.IdentitySuspended
		return nil
	})
}

// retire judges identity.retire: E206, E207, E405.
func (e *entry) retire(body *statement.RetireIdentity) ([]Effect, error) {
	return e.changeStatus(body.ID, register.IdentityRetire, func(i *identity) error {
		if i.state.Status != register.IdentityActive && i.state.Status != register.IdentitySuspended {
			return i.cannot("retired", "only an active or suspended one is")
		}
		i.state.Status = register.IdentityRetired
		return nil
	})
}

func (i *identity) cannot(become, who string) error {
	return refuse(CodeIdentity, "predicate.id", "identity %q is %s and cannot be %s: %s", i.id, statusName(i.state.Status), become, who).at(i.last)
}

// changeStatus judges a statement that ends or stops an identity, which needs no
// grant: change refuses what the status does not allow, or makes the new one.
func (e *entry) changeStatus(id string, kind uint8, change func(*identity) error) ([]Effect, error) {
	if err := e.by.checkVerb(e.c.Statement.Code); err != nil {
		return nil, err
	}
	i, err := e.enrolled(id)
	if err != nil {
		return nil, err
	}
	if err := change(i); err != nil {
		return nil, err
	}
	if err := i.checkSubject(e.c); err != nil {
		return nil, err
	}
	if err := checkSpends(e.c.Statement); err != nil {
		return nil, err
	}
	return []Effect{i.effect(kind, e.c)}, nil
}

// enrolled reads the identity that a statement is about; E207 if there is none.
func (e *entry) enrolled(id string) (*identity, error) {
	i, err := readIdentity(e.st, id)
	if err == nil && i == nil {
		err = refuse(CodeIdentity, "predicate.id", "identity %q is not enrolled", id)
	}
	return i, err
}

// checkSubject is E207: the subject is the identity's current key.
func (i *identity) checkSubject(c *Checked) error {
	if i.state.Key.Hash() == c.Statement.Subject {
		return nil
	}
	return refuse(CodeIdentity, "subject[0].digest.sha256", "must be the SHA-256 of the current key of identity %q", i.id).at(i.last)
}

// effect is the event that leaves the identity in its state.
func (i *identity) effect(kind uint8, c *Checked) Effect {
	body := register.IdentityBody{State: i.state, Statement: c.Digest}
	return Effect{Key: i.key, Type: register.TypeIdentity, Kind: kind, Body: body.Marshal()}
}
