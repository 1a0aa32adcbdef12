package admission

import (
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A grant is one that a statement names, as of right before it.
type grant struct {
	field    string // where the statement names it
	digest   statement.Digest
	key      register.Key
	state    register.GrantState
	last     uint64 // entry of its newest event
	decision *statement.GrantDecision
	run      string  // that its statement names; empty: none
	grantor  *issuer // who signed it
	mind     *issuer // who decided: the grantor, its delegator, or the person that a bridge names
}

// readGrant reads a grant and who gave it; nil: there is none.
func (e *entry) readGrant(field string, digest statement.Digest) (*grant, error) {
	g := &grant{field: field, digest: digest, key: register.GrantKey(digest)}
	record, err := e.st.Record(g.key)
	if err != nil || record == nil {
		return nil, err
	}
	g.last = record.Last
	if g.state, err = register.ParseGrantState(record.State); err != nil {
		return nil, err
	}
	content, err := e.fold.named(e.st, digest)
	if err != nil {
		return nil, err
	}
	if content.grant == nil {
		return nil, fmt.Errorf("admission: the grant register of %s is of no decision.grant", digest)
	}
	g.decision, g.run = content.grant, content.run
	if g.grantor, err = e.identity(content.issuer); err != nil {
		return nil, err
	}
	v, err := e.voicesOf(g.decision, g.grantor)
	g.mind = v.mind
	return g, err
}

// identity reads an identity that a statement names, and what it may do; nil:
// there is none.
func (e *entry) identity(id string) (*issuer, error) {
	i, err := readIdentity(e.st, id)
	if err != nil || i == nil {
		return nil, err
	}
	by := &issuer{id: id, state: i.state, last: i.last}
	return by, e.fold.empower(e.st, by, e.policy)
}

// checkInTime is E404: the log's time is in [notBefore, notAfter).
func (e *entry) checkInTime(g *grant) error {
	now := uint64(e.time)
	switch {
	case g.decision == nil: // unknown: E405
		return nil
	case now < g.state.Granted.NotBefore:
		return refuse(CodeTime, g.field, "grant %s is for later: it may be spent from %s on",
			g.digest, statement.FormatTime(g.decision.NotBefore)).at(g.last)
	case now >= g.state.Granted.NotAfter:
		return refuse(CodeTime, g.field, "grant %s is too old: it could be spent before %s; ask for a new one",
			g.digest, statement.FormatTime(g.decision.NotAfter)).at(g.last)
	}
	return nil
}

// checkBound is E405: the grant is known, has a use left, and is for this
// statement: its issuer, kind and op, subject, terms and request.
func (e *entry) checkBound(g *grant, b bond) error {
	if g.decision == nil {
		return refuse(CodeGrant, g.field, "grant %s is unknown", g.digest)
	}
	granted := g.state.Granted
	switch {
	case granted.Uses == 0:
		return refuse(CodeGrant, g.field, "grant %s has no use left: entry %d spent the last", g.digest, g.state.Spender).at(g.state.Spender)
	case granted.To != register.IdentityKey(e.by.id):
		return refuse(CodeGrant, g.field, "grant %s is to %q, not to %q", g.digest, g.decision.To, e.by.id).at(g.last)
	case g.decision.For != b.action:
		return refuse(CodeGrant, g.field, "grant %s is for a %s, not for a %s", g.digest, g.decision.For, b.action).at(g.last)
	case granted.Subject != b.subject:
		return refuse(CodeGrant, g.field, "grant %s is for the subject %s", g.digest, statement.Digest(granted.Subject.Hash())).at(g.last)
	case granted.Object != b.object:
		return refuse(CodeGrant, g.field, "grant %s is for other terms; every one of them must be as granted", g.digest).at(g.last)
	case granted.Request != b.request:
		return refuse(CodeGrant, g.field, "grant %s is about the request %s, this is about %s", g.digest, statement.Digest(granted.Request), statement.Digest(b.request)).at(g.last)
	}
	return nil
}

// checkAlive is E407: nobody took the grant back, and who gave it is still active.
func (e *entry) checkAlive(g *grant) error {
	if g.state.Status == register.GrantTaken {
		return refuse(CodeDead, g.field, "grant %s is revoked", g.digest).at(g.last)
	}
	for _, who := range []*issuer{g.grantor, g.mind} {
		if who.state.Status != register.IdentityActive {
			return refuse(CodeDead, g.field, "grant %s died with its grantor: %q is %s", g.digest, who.id, statusName(who.state.Status)).at(who.last)
		}
	}
	return nil
}
