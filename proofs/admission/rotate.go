package admission

import (
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// rotate judges identity.rotate: E203, E205, E206, E207, then its grants. The
// identity itself signs with its current key; if that is lost, a registrar.
func (e *entry) rotate(body *statement.RotateIdentity) ([]Effect, error) {
	if err := checkKeyUnseen(e.st, body.SPKI); err != nil {
		return nil, err
	}
	if e.c.unproven != nil {
		return nil, e.c.unproven
	}
	i, err := readIdentity(e.st, body.ID)
	if err != nil {
		return nil, err
	}
	if err := e.checkSameTerms(i, &body.EnrollIdentity); err != nil {
		return nil, err
	}
	if body.ID != e.by.id {
		if err := e.by.checkVerb(e.c.Statement.Code); err != nil {
			return nil, err
		}
	}
	switch {
	case i == nil:
		return nil, refuse(CodeIdentity, "predicate.id", "identity %q is not enrolled", body.ID)
	case i.state.Status != register.IdentityActive && i.state.Status != register.IdentitySuspended:
		return nil, i.cannot("given a new key", "only an active or suspended one is")
	}
	spent, err := e.spendGoverned(body.Object())
	if err != nil {
		return nil, err
	}
	i.state.Key, i.state.NotAfter, i.state.Terms = register.SPKIKey(body.SPKI), orNone(body.NotAfter), e.c.Digest
	taken := register.KeyBody{KeyType: register.KeyTypeSPKI, Identity: i.key}
	return append(spent,
		Effect{Key: keyDigest(body.SPKI), Type: register.TypeDigest, Kind: register.DigestKeyed, Body: taken.Marshal()},
		i.effect(register.IdentityRotate, e.c)), nil
}

// checkSameTerms is E205: a new key is for the same identity, so its terms stay.
func (e *entry) checkSameTerms(i *identity, body *statement.EnrollIdentity) error {
	if i == nil {
		return nil // E207
	}
	old, err := e.terms(i)
	if err != nil {
		return err
	}
	if member := otherTerm(old, body); member != "" {
		return refuse(CodePossession, "predicate."+member, "a rotation keeps the terms of identity %q: other terms are a new identity", i.id).at(i.last)
	}
	return nil
}

// terms are those of an identity, as its newest enrollment or rotation states
// them. The genesis policy states none: its members hold what the policy gives.
func (e *entry) terms(i *identity) (*statement.EnrollIdentity, error) {
	n, err := e.fold.named(e.st, i.state.Terms)
	if err != nil || n.enroll != nil {
		return n.enroll, err
	}
	class := "human"
	if i.state.Class != register.ClassHuman {
		class = "workload"
	}
	return &statement.EnrollIdentity{ID: i.id, Class: class, Owner: i.id, Roles: []string{}, Verbs: []string{}, Namespaces: []string{}}, nil
}

// otherTerm names the first term but notAfter in which two statements differ.
func otherTerm(old, now *statement.EnrollIdentity) string {
	switch {
	case old.Class != now.Class:
		return "class"
	case old.Owner != now.Owner:
		return "owner"
	case !slices.Equal(old.Roles, now.Roles):
		return "roles"
	case !slices.Equal(old.Verbs, now.Verbs):
		return "verbs"
	case !slices.Equal(old.Namespaces, now.Namespaces):
		return "namespaces"
	case (old.Tools == nil) != (now.Tools == nil) || !slices.Equal(old.Tools, now.Tools):
		return "tools"
	}
	return ""
}

// resume judges identity.resume: E206, E207, then its grants.
func (e *entry) resume(body *statement.ResumeIdentity) ([]Effect, error) {
	if err := e.by.checkVerb(e.c.Statement.Code); err != nil {
		return nil, err
	}
	i, err := e.enrolled(body.ID)
	if err != nil {
		return nil, err
	}
	if i.state.Status != register.IdentitySuspended {
		return nil, i.cannot("resumed", "only a suspended one is")
	}
	if err := i.checkSubject(e.c); err != nil {
		return nil, err
	}
	terms, err := e.terms(i)
	if err != nil {
		return nil, err
	}
	spent, err := e.spendGoverned(statement.IdentityObject{Identity: i.id, Terms: terms.TermsHash()})
	if err != nil {
		return nil, err
	}
	i.state.Status = register.IdentityActive
	return append(spent, i.effect(register.IdentityResume, e.c)), nil
}
