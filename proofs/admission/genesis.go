package admission

import (
	"cmp"
	"crypto/sha256"
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// genesis judges index 0: version 1 of the policy, signed by one of its
// members, with a proof of possession for each member and for the log identity.
// It enrolls them all. The policy is in force from index 0, so it judges itself:
// E101, E105, E202, E205, E405, E701. (That no id and no key stands twice in it,
// ParsePolicy has judged.)
func genesis(time int64, c *Checked) ([]Effect, error) {
	policy := c.policy
	if policy == nil {
		return nil, refuse(CodeGenesis, "predicateType", "index 0 is a policy.set of version 1, not a %s", c.Statement.Code)
	}
	if err := checkSize(c, policy); err != nil {
		return nil, err
	}
	if err := checkGenesisPolicy(policy); err != nil {
		return nil, err
	}
	if err := checkGenesisSigner(c, policy); err != nil {
		return nil, err
	}
	if c.unproven != nil {
		return nil, c.unproven
	}
	if err := checkSpends(c.Statement); err != nil {
		return nil, err
	}
	if err := checkSkew(c.Statement, time, policy); err != nil {
		return nil, err
	}
	return genesisEffects(policy, c), nil
}

// checkGenesisPolicy is E105 of the policy document.
func checkGenesisPolicy(policy *statement.Policy) error {
	switch {
	case policy.Version != 1:
		return refuse(CodeGenesis, "predicate.text.version", "the genesis policy has version 1, not %d", policy.Version)
	case policy.Rules != statement.Rules:
		return refuse(CodeGenesis, "predicate.text.rules", "unknown rules %q; this fold knows %q", policy.Rules, statement.Rules)
	}
	return nil
}

// checkGenesisSigner is E105 and E202: a member signs, with the key that the
// policy lists.
func checkGenesisSigner(c *Checked, policy *statement.Policy) error {
	id := c.Statement.Issuer
	i := slices.IndexFunc(policy.Admins.Members, func(m statement.Member) bool { return m.ID == id })
	if i < 0 {
		return refuse(CodeGenesis, "predicate.issuer", "the genesis policy is signed by one of its members; %q is none", id)
	}
	if c.Key != sha256.Sum256(policy.Admins.Members[i].SPKI) {
		return refuse(CodeKey, "predicate.issuer", "the signature is not by the key that the policy lists for %q", id)
	}
	return nil
}

// genesisIdentities are the members in policy order, then the log identity.
func genesisIdentities(policy *statement.Policy) []statement.Member {
	return append(slices.Clone(policy.Admins.Members), policy.Log)
}

// genesisEffects: the policy as version 1 of the reserved document, its text's
// digest, the key and the identity of each member and of the log, and the
// activity of the signer.
func genesisEffects(policy *statement.Policy, c *Checked) []Effect {
	d := document{id: statement.PolicyDocument, key: register.DocumentKey(statement.PolicyDocument)}
	effects := d.release(c, 1)
	for i, m := range genesisIdentities(policy) {
		class := register.ClassHuman
		if i == len(policy.Admins.Members) {
			class = register.ClassWorkload
		}
		effects = append(effects, enrollEffects(m.ID, m.SPKI, newIdentity(class, m.ID, m.SPKI, 0, c.Digest))...)
	}
	sortEffects(effects)
	return append(effects, activityEffect(c))
}

// sortEffects puts effects into the order of an entry: grants, documents,
// digests, runs, identities, activity; by key within a type. But for grants that
// is the order of the types' numbers.
func sortEffects(effects []Effect) {
	rank := func(t register.Type) register.Type {
		if t == register.TypeGrant {
			return 0
		}
		return t
	}
	slices.SortFunc(effects, func(a, b Effect) int {
		if d := cmp.Compare(rank(a.Type), rank(b.Type)); d != 0 {
			return d
		}
		return a.Key.Compare(b.Key)
	})
}
