package admission

import (
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// grant judges decision.grant: E101, E402, E403, E409, and E207 for whom it is
// to. It needs no verb: role and separation of duties decide.
func (e *entry) grant(body *statement.GrantDecision) ([]Effect, error) {
	if !grantable(body.For) {
		return nil, refuse(CodeForm, "predicate.for", "grants for a %s are not built in rules %s", body.For, statement.Rules)
	}
	to, err := readIdentity(e.st, body.To)
	if err != nil {
		return nil, err
	}
	if to == nil {
		return nil, refuse(CodeIdentity, "predicate.to", "identity %q is not enrolled", body.To)
	}
	if body.For.Kind() == "workflow" && e.by.state.Class != register.ClassHuman {
		return nil, refuse(CodeApart, "predicate.issuer", "a human agrees to a %s; identity %q is none", body.For, e.by.id).at(e.by.last)
	}
	if err := e.checkApart(to); err != nil {
		return nil, err
	}
	if err := e.checkEligible(body); err != nil {
		return nil, err
	}
	if body.Override != nil {
		return nil, refuse(CodeOverride, "predicate.override", "a grant for a %s has no rule of a workflow to set aside: want it absent", body.For)
	}
	granted := register.GrantedBody{
		Object: register.Hash(body.ObjectHash()), Subject: register.SHA256Digest(e.c.Statement.Subject),
		To: to.key, Grantor: register.IdentityKey(e.by.id),
		NotBefore: uint64(body.NotBefore), NotAfter: uint64(body.NotAfter), Uses: body.Uses,
	}
	return []Effect{{Key: register.GrantKey(e.c.Digest), Type: register.TypeGrant, Kind: register.GrantGranted, Body: granted.Marshal()}}, nil
}

// grantable says what these rules have grants for: governance.
func grantable(action statement.Code) bool {
	switch action.Kind() {
	case "policy", "identity", "workflow":
		return true
	}
	return false
}

// checkApart is E402: nobody decides for himself, nor for one of the same owner.
func (e *entry) checkApart(to *identity) error {
	if to.id == e.by.id {
		return refuse(CodeApart, "predicate.to", "identity %q cannot grant to itself", e.by.id).at(e.by.last)
	}
	if to.state.Owner == e.by.state.Owner {
		return refuse(CodeApart, "predicate.to", "grantor %q and recipient %q have the same owner: another owner must decide", e.by.id, to.id).at(e.by.last, to.last)
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
	case body.Policy != e.policyText:
		return refuse(CodeEligible, "predicate.policy", "the policy document in force is %s", e.policyText)
	}
	if longest := e.time + int64(e.policy.GrantMaxSeconds)*1000; body.NotAfter > longest {
		return refuse(CodeEligible, "predicate.notAfter", "a grant lives at most %d s from now by the log's clock, until %s",
			e.policy.GrantMaxSeconds, statement.FormatTime(longest))
	}
	return nil
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
	if g.grantor.id == e.by.id {
		return nil
	}
	to, err := readIdentity(e.st, g.decision.To)
	if err != nil {
		return err
	}
	human := g.decision.For.Kind() != "workflow" || e.by.state.Class == register.ClassHuman
	if human && e.by.holds(g.decision.Role) && e.checkApart(to) == nil {
		return nil
	}
	return refuse(CodeEligible, "predicate.issuer", "a grant is taken back by its grantor, %q, or by whoever may give it: another owner than that of %q, in the role %q",
		g.grantor.id, g.decision.To, g.decision.Role).at(g.last)
}
