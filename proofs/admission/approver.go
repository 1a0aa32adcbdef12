package admission

import (
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// checkDuties is E402: humans decide, if the workflow says so; and all whose word
// the grant is are apart from who asked, who executes and who receives.
func (e *entry) checkDuties(m *matter, v voices, to *identity) error {
	if err := m.checkHumans(v); err != nil {
		return err
	}
	if err := checkApart(v.hand, to); err != nil {
		return err
	}
	requestor, err := readIdentity(e.st, m.run.requestor)
	if err != nil {
		return err
	}
	executor, err := readIdentity(e.st, m.run.request.Executor)
	if err != nil {
		return err
	}
	if executor == nil {
		return refuse(CodeApart, "predicate.run", "the executor of run %q, %q, is not enrolled: nobody can say from whom to be apart; enroll it first",
			m.run.id, m.run.request.Executor).at(m.run.last)
	}
	for _, p := range []struct {
		who  *identity
		does string
	}{{requestor, "asks"}, {executor, "executes"}, {to, "receives"}} {
		for _, i := range []struct {
			who   *issuer
			field string
		}{{v.hand, "predicate.issuer"}, {v.mind, v.field}} {
			if i.who.id == p.who.id || i.who.state.Owner == p.who.state.Owner {
				return refuse(CodeApart, i.field, "%q decides and %q %s: they are one, or have one owner; another owner must decide", i.who.id, p.who.id, p.does).at(i.who.last, p.who.last)
			}
		}
	}
	return nil
}

// checkHumans is E402: where humans decide, no program signs for itself. A bridge
// brings what a human decided.
func (m *matter) checkHumans(v voices) error {
	if m.run.flow.Approval.Class != "human" {
		return nil
	}
	if v.mind.state.Class != register.ClassHuman {
		return refuse(CodeApart, v.field, "humans decide in workflow %q; identity %q is none", m.run.flow.ID, v.mind.id).at(v.mind.last)
	}
	if v.delegation != nil && v.hand.state.Class != register.ClassHuman {
		return refuse(CodeApart, "predicate.issuer", "humans decide in workflow %q, also in another's stead; identity %q is none", m.run.flow.ID, v.hand.id).at(v.hand.last)
	}
	return nil
}

// checkApprover is E403: in a role that is asked for and held, at the level that
// the workflow demands, within the namespaces.
func (e *entry) checkApprover(body *statement.GrantDecision, m *matter, v voices) error {
	asked := m.run.flow.Approval.Roles
	if body.Override == nil && len(asked) > 0 && !slices.Contains(asked, body.Role) {
		return refuse(CodeEligible, "predicate.role", "workflow %q does not ask for the role %q: want one of %v", m.run.flow.ID, body.Role, asked).at(m.run.last)
	}
	if v.delegation != nil && v.delegation.delegates() {
		if err := m.checkDelegated(body, v.delegation); err != nil {
			return err
		}
	}
	for _, who := range v.holders() {
		if !who.holds(body.Role) {
			return refuse(CodeEligible, "predicate.role", "identity %q does not hold the role %q", who.id, body.Role).at(who.last)
		}
	}
	if err := m.checkLevel(body, v); err != nil {
		return err
	}
	for _, who := range v.holders() {
		if !inAny(who.namespaces, m.place) {
			return refuse(CodeEligible, m.field, "%q is outside the namespaces of identity %q", m.place, who.id).at(who.last)
		}
	}
	return e.checkTerms(body, e.longest(body.For, m.run))
}

// longest is how many seconds a grant lives at most. One of access lasts as long
// as the access.
func (e *entry) longest(action statement.Code, r *run) int64 {
	if _, access := r.request.Want.(statement.WantAccess); access && action == statement.StepIntent {
		return int64(e.policy.AccessMaxSeconds)
	}
	return min(int64(r.flow.Approval.TTLSeconds), int64(e.policy.GrantMaxSeconds))
}

// checkLevel is E403: a bridge brings what others decided, and only a bridge
// does, where the workflow takes that.
func (m *matter) checkLevel(body *statement.GrantDecision, v voices) error {
	bridged := body.Level == "bridged"
	if bridge := v.hand.state.Class == register.ClassBridge; bridge != bridged {
		return refuse(CodeEligible, "predicate.level", "bridges bring decisions of others, and they alone: identity %q is a bridge is %t, the grant is %s", v.hand.id, bridge, body.Level).at(v.hand.last)
	}
	if bridged && v.mind.state.Status != register.IdentityActive {
		return refuse(CodeEligible, "predicate.by", "identity %q is %s", v.mind.id, statusName(v.mind.state.Status)).at(v.mind.last)
	}
	if bridged && m.run.flow.Approval.Level == "direct" && !sets(body, "level") {
		return refuse(CodeEligible, "predicate.level", "workflow %q wants decisions signed by those who take them", m.run.flow.ID).at(m.run.last)
	}
	return nil
}

// checkTerms is E403: under the policy in force, and for no longer than allowed.
func (e *entry) checkTerms(body *statement.GrantDecision, seconds int64) error {
	if body.Policy != e.policyText {
		return refuse(CodeEligible, "predicate.policy", "the policy document in force is %s", e.policyText)
	}
	if longest := e.time + seconds*1000; body.NotAfter > longest {
		return refuse(CodeEligible, "predicate.notAfter", "a grant for this lives at most %d s from now by the log's clock, until %s", seconds, statement.FormatTime(longest))
	}
	return nil
}
