package admission

import (
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// grant judges decision.grant: E207, E401, E402, E403, E409, then the delegation
// that it uses. It needs no verb: role and separation of duties decide.
func (e *entry) grant(body *statement.GrantDecision) ([]Effect, error) {
	to, err := readIdentity(e.st, body.To)
	if err != nil {
		return nil, err
	}
	if to == nil {
		return nil, refuse(CodeIdentity, "predicate.to", "identity %q is not enrolled", body.To)
	}
	d, err := e.decide(body, to)
	if err != nil {
		return nil, err
	}
	if err := e.checkOverride("predicate.override", body); err != nil {
		return nil, err
	}
	if err := e.checkReview(body); err != nil {
		return nil, err
	}
	granted := register.GrantedBody{
		Object: register.Hash(body.ObjectHash()), Subject: register.SHA256Digest(e.c.Statement.Subject),
		To: to.key, Grantor: register.IdentityKey(e.by.id), Request: d.request,
		NotBefore: uint64(body.NotBefore), NotAfter: uint64(body.NotAfter), Uses: body.Uses,
	}
	var effects []Effect
	if d.delegation != nil {
		used, err := e.useDelegation(d.delegation)
		if err != nil {
			return nil, err
		}
		effects, granted.Delegator = append(effects, used), register.IdentityKey(d.delegation.grantor.id)
	}
	return append(effects, Effect{Key: register.GrantKey(e.c.Digest), Type: register.TypeGrant, Kind: register.GrantGranted, Body: granted.Marshal()}), nil
}

// A decision is what judging a grant found out.
type decision struct {
	request    register.Hash // that it is about, or zero
	delegation *grant        // that it uses; nil: none
}

// decide judges a grant by what it is for.
func (e *entry) decide(body *statement.GrantDecision, to *identity) (decision, error) {
	switch {
	case isGovernance(body.For):
		return decision{}, e.decideGovernance(body, to)
	case body.For == statement.DecisionGrant:
		return decision{}, e.decideDelegation(body, to)
	}
	return e.decideMatter(body, to)
}

// decideGovernance judges a grant for governance: E402, E403.
func (e *entry) decideGovernance(body *statement.GrantDecision, to *identity) error {
	if body.For.Kind() == "workflow" && e.by.state.Class != register.ClassHuman {
		return refuse(CodeApart, "predicate.issuer", "a human agrees to a %s; identity %q is none", body.For, e.by.id).at(e.by.last)
	}
	if err := checkApart(e.by, to); err != nil {
		return err
	}
	return e.checkEligible(body)
}

// decideMatter judges a grant for what a workflow governs: E207, E401, E402, E403.
func (e *entry) decideMatter(body *statement.GrantDecision, to *identity) (decision, error) {
	v, err := e.voicesOf(body, e.by)
	if err != nil {
		return decision{}, err
	}
	m, err := e.matterOf(body, e.c.Statement.Run)
	if err != nil {
		return decision{}, err
	}
	if err := e.checkUndecided(m, body); err != nil {
		return decision{}, err
	}
	if err := e.checkDuties(m, v, to); err != nil {
		return decision{}, err
	}
	return decision{m.about, v.delegation}, e.checkApprover(body, m, v)
}

// isGovernance says whether roles of the policy decide on it, and no workflow.
func isGovernance(action statement.Code) bool {
	switch action.Kind() {
	case "policy", "identity", "workflow":
		return true
	}
	return false
}

// checkApart is E402: nobody decides for himself, nor for one of the same owner.
func checkApart(by *issuer, to *identity) error {
	if to.id == by.id {
		return refuse(CodeApart, "predicate.to", "identity %q cannot grant to itself", by.id).at(by.last)
	}
	if to.state.Owner == by.state.Owner {
		return refuse(CodeApart, "predicate.to", "grantor %q and recipient %q have the same owner: another owner must decide", by.id, to.id).at(by.last, to.last)
	}
	return nil
}

// checkEligible is E403: the grantor decides in a role that it holds and that is
// asked for, itself, under the policy in force, for no longer than that allows.
func (e *entry) checkEligible(body *statement.GrantDecision) error {
	switch {
	case !asksFor(body.For, body.Role):
		return refuse(CodeEligible, "predicate.role", "nobody asks for the role %q in a %s: want %s", body.Role, body.For, rolesFor(body.For))
	case !e.by.holds(body.Role):
		return refuse(CodeEligible, "predicate.role", "identity %q does not hold the role %q", e.by.id, body.Role).at(e.by.last)
	case body.ActingFor != nil:
		return refuse(CodeEligible, "predicate.actingFor", "nobody grants a %s in another's stead: want it absent", body.For)
	case body.Level != "direct":
		return refuse(CodeEligible, "predicate.level", "a grant for a %s is direct, never brought from another system", body.For)
	}
	return e.checkTerms(body, int64(e.policy.GrantMaxSeconds))
}

// asksFor says whether a decision in this role is one that somebody asks for. A
// workflow asks for any: who agrees is another human.
func asksFor(action statement.Code, role string) bool {
	switch {
	case action.Kind() == "workflow":
		return true
	case action == statement.IdentityRotate && role == roleRegistrar:
		return true
	}
	return role == roleAdmin
}

func rolesFor(action statement.Code) string {
	if action == statement.IdentityRotate {
		return roleAdmin + " or " + roleRegistrar
	}
	return roleAdmin
}
