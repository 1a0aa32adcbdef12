package admission

import (
	"slices"
	"strings"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A delegation is a grant for decision.grant: its recipient, the delegate, takes
// decisions in the grantor's stead, in one role and within some namespaces. Each
// decision is a use of it. It goes one level deep, and never to governance.

// decideDelegation judges a grant for decision.grant: E207, E402, E403.
func (e *entry) decideDelegation(body *statement.GrantDecision, to *identity) error {
	if err := to.checkSubject(e.c); err != nil {
		return err
	}
	if err := checkApart(e.by, to); err != nil {
		return err
	}
	object := body.Object.(statement.DelegationObject)
	switch {
	case body.ActingFor != nil:
		return refuse(CodeEligible, "predicate.actingFor", "what was delegated is not delegated again: want it absent")
	case body.Level != "direct":
		return refuse(CodeEligible, "predicate.level", "a delegation is signed by the delegator, never brought from another system")
	case body.Role != object.Role:
		return refuse(CodeEligible, "predicate.role", "the delegator acts in the role that it delegates, %q", object.Role)
	}
	if err := mayDelegate(e.by, object); err != nil {
		return err
	}
	return e.checkTerms(body, int64(e.policy.GrantMaxSeconds))
}

// mayDelegate is E403: nobody delegates what he does not hold.
func mayDelegate(by *issuer, object statement.DelegationObject) error {
	if !by.holds(object.Role) {
		return refuse(CodeEligible, "predicate.role", "identity %q does not hold the role %q", by.id, object.Role).at(by.last)
	}
	for _, prefix := range object.Namespaces {
		if !slices.ContainsFunc(by.namespaces, func(own string) bool { return holds(own, prefix) }) {
			return refuse(CodeEligible, "predicate.object.namespaces", "%q is wider than the namespaces of identity %q (%s)", prefix, by.id, strings.Join(by.namespaces, ", ")).at(by.last)
		}
	}
	return nil
}

// holds says whether everything below the second prefix is below the first.
func holds(prefix, other string) bool {
	return prefix == "*" || other != "*" && strings.HasPrefix(other, prefix)
}

// delegates says whether a grant is a delegation; one that is unknown is none.
func (g *grant) delegates() bool {
	return g.decision != nil && g.decision.For == statement.DecisionGrant
}

// checkDelegated is E403: a delegate decides in the role and within the
// namespaces that were delegated.
func (m *matter) checkDelegated(body *statement.GrantDecision, delegation *grant) error {
	object := delegation.decision.Object.(statement.DelegationObject)
	if body.Level == "bridged" {
		return refuse(CodeEligible, "predicate.actingFor", "a bridge brings what a person decided, and acts for nobody: want it absent")
	}
	if body.Role != object.Role {
		return refuse(CodeEligible, "predicate.role", "the role %q is delegated, not %q", object.Role, body.Role).at(delegation.last)
	}
	if !inAny(object.Namespaces, m.place) {
		return refuse(CodeEligible, m.field, "%q is outside the namespaces that are delegated (%s)", m.place, strings.Join(object.Namespaces, ", ")).at(delegation.last)
	}
	return nil
}

// useDelegation spends a use of a delegation: E404, E405, E407. It is bound to
// the delegate and its key.
func (e *entry) useDelegation(g *grant) (Effect, error) {
	if err := e.checkInTime(g); err != nil {
		return Effect{}, err
	}
	b := bond{action: statement.DecisionGrant, subject: register.SHA256Digest(e.c.Key), object: g.state.Granted.Object}
	if err := e.checkBound(g, b); err != nil {
		return Effect{}, err
	}
	return e.spent(g), e.checkAlive(g)
}
