package admission

import (
	"errors"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// takeBack judges decision.revoke: E405, E403, E407. Who may is the grantor, or
// whoever may give such a grant.
func (e *entry) takeBack(body *statement.RevokeDecision) ([]Effect, error) {
	const field = "predicate.about"
	g, err := e.readGrant(field, body.About)
	if err != nil {
		return nil, err
	}
	if g == nil {
		return nil, refuse(CodeGrant, field, "grant %s is unknown", body.About)
	}
	if err := e.checkMayTakeBack(g); err != nil {
		return nil, err
	}
	switch g.state.Status {
	case register.GrantUsedUp:
		return nil, refuse(CodeGrant, field, "grant %s has no use left: entry %d spent the last", g.digest, g.state.Spender).at(g.state.Spender)
	case register.GrantTaken:
		return nil, refuse(CodeDead, field, "grant %s is revoked already", g.digest).at(g.last)
	}
	event := register.RevokedBody{By: register.IdentityKey(e.by.id), Statement: e.c.Digest}
	return []Effect{{Key: g.key, Type: register.TypeGrant, Kind: register.GrantRevoked, Body: event.Marshal()}}, nil
}

// checkMayTakeBack is E403 of decision.revoke.
func (e *entry) checkMayTakeBack(g *grant) error {
	if g.grantor.id == e.by.id || g.mind.id == e.by.id {
		return nil
	}
	err := e.checkMayGive(g)
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	return refuse(CodeEligible, "predicate.issuer", "a grant is taken back by its grantor, %q, or by whoever may give it, in the role %q and apart from %q: %s",
		g.mind.id, g.decision.Role, g.decision.To, refusal.Reason).at(g.last)
}

// checkMayGive refuses who could not have given the grant.
func (e *entry) checkMayGive(g *grant) error {
	to, err := readIdentity(e.st, g.decision.To)
	if err != nil {
		return err
	}
	if !e.by.holds(g.decision.Role) {
		return refuse(CodeEligible, "predicate.issuer", "identity %q does not hold it", e.by.id)
	}
	if isGovernance(g.decision.For) {
		if g.decision.For.Kind() == "workflow" && e.by.state.Class != register.ClassHuman {
			return refuse(CodeEligible, "predicate.issuer", "identity %q is no human", e.by.id)
		}
		return checkApart(e.by, to)
	}
	if object, ok := g.decision.Object.(statement.DelegationObject); ok {
		if err := mayDelegate(e.by, object); err != nil {
			return err
		}
		return checkApart(e.by, to)
	}
	m, err := e.matterOf(g.decision, g.run)
	if err != nil {
		return err
	}
	if !inAny(e.by.namespaces, m.place) {
		return refuse(CodeEligible, "predicate.issuer", "%q is outside the namespaces of identity %q", m.place, e.by.id)
	}
	return e.checkDuties(m, voices{hand: e.by, mind: e.by, field: "predicate.issuer"}, to)
}
