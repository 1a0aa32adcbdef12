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
// It enrolls them all. E105, E202, E203, E205, E405.
func (f *Fold) genesis(c *Checked) ([]Effect, error) {
	if c.Statement.Code != statement.PolicySet {
		return nil, refuse(CodeGenesis, "predicateType", "index 0 is a policy.set of version 1, not a %s", c.Statement.Code)
	}
	policy := c.policyText
	if err := checkGenesisPolicy(policy); err != nil {
		return nil, err
	}
	signer := slices.IndexFunc(policy.Admins.Members, func(m statement.Member) bool { return m.ID == c.Statement.Issuer })
	if signer < 0 {
		return nil, refuse(CodeGenesis, "predicate.issuer", "the genesis policy is signed by one of its members; %q is none", c.Statement.Issuer)
	}
	if c.Key != statement.Digest(sha256.Sum256(policy.Admins.Members[signer].SPKI)) {
		return nil, refuse(CodeKey, "predicate.issuer", "the signature is not by the key that the policy lists for %q", c.Statement.Issuer)
	}
	if err := f.checkGenesisKeys(policy, c.Statement.Nonce); err != nil {
		return nil, err
	}
	if err := checkSpends(c.Statement); err != nil {
		return nil, err
	}
	return genesisEffects(policy, c), nil
}

func checkGenesisPolicy(policy *statement.Policy) error {
	switch {
	case policy.Version != 1:
		return refuse(CodeGenesis, "predicate.text.version", "the genesis policy has version 1, not %d", policy.Version)
	case policy.Rules != statement.Rules:
		return refuse(CodeGenesis, "predicate.text.rules", "unknown rules %q; this fold knows %q", policy.Rules, statement.Rules)
	case policy.Admins.M != 1:
		return refuse(CodeGenesis, "predicate.text.admins.m", "m must be 1: more admins agree by grants, which rules %s do not have yet", statement.Rules)
	}
	return nil
}

// genesisIdentities are the members in policy order, then the log identity.
func genesisIdentities(policy *statement.Policy) []statement.Member {
	return append(slices.Clone(policy.Admins.Members), policy.Log)
}

// checkGenesisKeys is E203 and E205 over the identities of the policy.
func (f *Fold) checkGenesisKeys(policy *statement.Policy, nonce string) error {
	seenKeys := make(map[statement.Digest]bool)
	seenIDs := make(map[string]bool)
	for _, m := range genesisIdentities(policy) {
		key := statement.Digest(sha256.Sum256(m.SPKI))
		if seenKeys[key] {
			return refuse(CodeKeyTaken, "predicate.text.admins.members", "identity %q has the key of another one", m.ID)
		}
		if seenIDs[m.ID] {
			return refuse(CodeIdentity, "predicate.text.admins.members", "identity %q is listed twice", m.ID)
		}
		seenKeys[key], seenIDs[m.ID] = true, true
		if err := checkPossession(f.origin, "genesis", m.ID, m.SPKI, nonce, m.Proof); err != nil {
			return err
		}
	}
	return nil
}

// genesisEffects: the policy as version 1 of the reserved document, its text's
// digest, the key and the identity of each member and of the log, and the
// activity of the signer.
func genesisEffects(policy *statement.Policy, c *Checked) []Effect {
	document := register.DocumentKey(PolicyDocument)
	digest := register.SHA256Digest(c.Statement.Subject)
	event := register.DocumentBody{Version: 1, Digest: digest, Statement: c.Digest}
	released := register.ReleasedBody{Document: document, Version: 1}
	effects := []Effect{
		{Key: document, Type: register.TypeDocument, Kind: register.DocumentRelease, Body: event.Marshal()},
		{Key: register.DigestKey(digest), Type: register.TypeDigest, Kind: register.DigestReleased, Body: released.Marshal()},
	}
	for i, m := range genesisIdentities(policy) {
		state := register.IdentityState{
			Status:           register.IdentityActive,
			Class:            register.ClassHuman,
			Owner:            sha256.Sum256([]byte(m.ID)),
			Key:              register.SPKIKey(m.SPKI),
			NotAfter:         register.None,
			CompromisedSince: register.None,
			Terms:            c.Digest,
		}
		if i == len(policy.Admins.Members) {
			state.Class = register.ClassWorkload
		}
		effects = append(effects, enrollEffects(state, m.ID, m.SPKI, c.Digest)...)
	}
	sortEffects(effects)
	return append(effects, activityEffect(c))
}

// sortEffects puts effects into the order of an entry: by type as listed in
// docs/spec/admission.md, by key within a type.
func sortEffects(effects []Effect) {
	order := map[register.Type]int{
		register.TypeGrant: 0, register.TypeDocument: 1, register.TypeDigest: 2,
		register.TypeRun: 3, register.TypeIdentity: 4, register.TypeActivity: 5,
	}
	slices.SortStableFunc(effects, func(a, b Effect) int {
		if d := cmp.Compare(order[a.Type], order[b.Type]); d != 0 {
			return d
		}
		return slices.Compare(a.Key[:], b.Key[:])
	})
}
