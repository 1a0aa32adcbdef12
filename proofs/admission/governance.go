package admission

import (
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// checkGovernance is E105 before the issuer is judged: what may enter before the
// admins agreed to the genesis policy, and how many grants are named.
func (e *entry) checkGovernance(policy named) error {
	pending, err := e.genesisPending(policy)
	if err != nil {
		return err
	}
	if pending {
		return e.checkAgrees(policy)
	}
	return e.checkNamed()
}

// genesisPending says whether the genesis policy waits for grants of other
// members. Until it has them nothing else enters, so a member has agreed exactly
// if it signed anything.
func (e *entry) genesisPending(policy named) (bool, error) {
	missing := int(policy.policy.Admins.M) - 1
	if policy.policy.Version > 1 {
		return false, nil
	}
	for _, m := range policy.policy.Admins.Members {
		if missing == 0 {
			return false, nil
		}
		if m.ID == policy.issuer {
			continue
		}
		signed, err := e.st.Record(register.ActivityKey(m.ID))
		if err != nil {
			return false, err
		}
		if signed != nil {
			missing--
		}
	}
	return missing > 0, nil
}

// checkAgrees is E105 while the genesis policy is pending: only the first grant
// of each other member, for its text, to its signer.
func (e *entry) checkAgrees(policy named) error {
	s := e.c.Statement
	body, ok := s.Body.(*statement.GrantDecision)
	if !ok || body.For != statement.PolicySet || s.Subject != policy.text || body.To != policy.issuer {
		return refuse(CodeGenesis, "predicateType", "the genesis policy waits for grants of %d members but its signer: until then only a decision.grant for policy.set enters, its subject %s, to %q",
			policy.policy.Admins.M-1, policy.text, policy.issuer).at(0)
	}
	member := slices.ContainsFunc(policy.policy.Admins.Members, func(m statement.Member) bool { return m.ID == s.Issuer })
	if !member || s.Issuer == policy.issuer {
		return refuse(CodeGenesis, "predicate.issuer", "the other members agree to the genesis policy; %q is none", s.Issuer).at(0)
	}
	signed, err := e.st.Record(register.ActivityKey(s.Issuer))
	if err != nil {
		return err
	}
	if signed != nil {
		return refuse(CodeGenesis, "predicate.issuer", "%q agreed already", s.Issuer).at(signed.Last)
	}
	return nil
}

// setPolicy judges a later policy.set: E206, E105 of its text, then its grants.
func (e *entry) setPolicy() ([]Effect, error) {
	if err := e.by.checkVerb(e.c.Statement.Code); err != nil {
		return nil, err
	}
	d, err := readDocument(e.st, statement.PolicyDocument)
	if err != nil {
		return nil, err
	}
	next := e.c.policy
	switch {
	case next.Version != d.state.Version+1:
		return nil, refuse(CodeGenesis, "predicate.text.version", "version %d is in force: the next is %d, not %d", d.state.Version, d.state.Version+1, next.Version).at(d.last)
	case next.Rules != statement.Rules:
		return nil, refuse(CodeGenesis, "predicate.text.rules", "unknown rules %q; this fold knows %q", next.Rules, statement.Rules)
	}
	if err := e.checkNamesIdentities(next); err != nil {
		return nil, err
	}
	spent, err := e.spendGoverned(statement.TextObject{})
	if err != nil {
		return nil, err
	}
	return append(spent, d.release(e.c, next.Version)...), nil
}

// checkNamesIdentities is E105: members are active humans, and the log's identity
// is the one that genesis enrolled.
func (e *entry) checkNamesIdentities(next *statement.Policy) error {
	if next.Log.ID != e.policy.Log.ID {
		return refuse(CodeGenesis, "predicate.text.log.id", "the identity of the log is %q and stays", e.policy.Log.ID)
	}
	for _, m := range next.Admins.Members {
		i, err := readIdentity(e.st, m.ID)
		if err != nil {
			return err
		}
		if i == nil {
			return refuse(CodeGenesis, "predicate.text.admins.members", "identity %q is not enrolled", m.ID)
		}
		if i.state.Class != register.ClassHuman || i.state.Status != register.IdentityActive {
			return refuse(CodeGenesis, "predicate.text.admins.members", "members are active humans; identity %q is %s, or none", m.ID, statusName(i.state.Status)).at(i.last)
		}
	}
	return nil
}
