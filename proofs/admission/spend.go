package admission

import (
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A bond is what a grant must be for, beside who spends it.
type bond struct {
	action  statement.Code
	subject register.TypedDigest
	object  register.Hash
	request register.Hash // that it is about, or zero
}

// bond is that of the statement: its kind, its subject, its terms.
func (e *entry) bond(object statement.Object, request register.Hash) bond {
	s := e.c.Statement
	return bond{s.Code, register.SHA256Digest(s.Subject), register.Hash(statement.ObjectHash(s.Code, object)), request}
}

// spendGoverned is spend for governance, whose grants are about no request.
func (e *entry) spendGoverned(object statement.Object) ([]Effect, error) {
	return e.spend(e.bond(object, register.Hash{}), e.checkAgreement)
}

// spend judges the grants that a statement spends: E404, E405, E407, E409, and
// whether they are enough. It returns the events of the spending.
func (e *entry) spend(b bond, enough func([]*grant) error) ([]Effect, error) {
	grants, err := e.readGrants()
	if err != nil {
		return nil, err
	}
	for _, check := range []func(*grant) error{
		e.checkInTime,
		func(g *grant) error { return e.checkBound(g, b) },
		e.checkAlive,
		e.checkSetsAside,
	} {
		for _, g := range grants {
			if err := check(g); err != nil {
				return nil, err
			}
		}
	}
	if err := enough(grants); err != nil {
		return nil, err
	}
	effects := make([]Effect, len(grants))
	for i, g := range grants {
		effects[i] = e.spent(g)
	}
	return effects, nil
}

// spent is the event of one use of a grant.
func (e *entry) spent(g *grant) Effect {
	body := register.SpentBody{Left: g.state.Granted.Uses - 1, By: register.IdentityKey(e.by.id), Statement: e.c.Digest}
	return Effect{Key: g.key, Type: register.TypeGrant, Kind: register.GrantSpent, Body: body.Marshal()}
}

// setsAside says whether a grant in spends sets a rule of the workflow aside.
// Whether the grant is good is judged in its turn.
func (e *entry) setsAside(rule string) (bool, error) {
	grants, err := e.readGrants()
	return slices.ContainsFunc(grants, func(g *grant) bool { return g.decision != nil && sets(g.decision, rule) }), err
}

// readGrants reads the grants in spends, once; one that is unknown has no decision.
func (e *entry) readGrants() ([]*grant, error) {
	if e.grants != nil {
		return e.grants, nil
	}
	grants := make([]*grant, len(e.c.Statement.Spends))
	for i, digest := range e.c.Statement.Spends {
		field := fmt.Sprintf("predicate.spends[%d]", i)
		g, err := e.readGrant(field, digest)
		if err != nil {
			return nil, err
		}
		if g == nil {
			g = &grant{field: field, digest: digest}
		}
		grants[i] = g
	}
	e.grants = grants
	return grants, nil
}
