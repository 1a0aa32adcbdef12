package proofs

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// identityKinds are the events that statements make of the identity that they name.
var identityKinds = map[statement.Code]uint8{
	statement.IdentityEnroll: register.IdentityEnroll, statement.IdentityRotate: register.IdentityRotate,
	statement.IdentitySuspend: register.IdentitySuspend, statement.IdentityResume: register.IdentityResume,
	statement.IdentityRevoke: register.IdentityRevoke, statement.IdentityRetire: register.IdentityRetire,
	statement.PolicySet: register.IdentityEnroll, // genesis
}

func madeIdentity(id string, kind uint8, body []byte, m Maker) error {
	b, err := register.ParseIdentityBody(body)
	if err != nil {
		return err
	}
	made, ok := identityKinds[m.Statement.Code]
	if !ok {
		return fmt.Errorf("a %s changes no identity", m.Statement.Code)
	}
	named, terms, err := identityOf(m.Statement.Body, id)
	if err != nil {
		return err
	}
	since := uint64(register.None)
	if s, ok := m.Statement.Body.(*statement.RevokeIdentity); ok && s.CompromisedSince != 0 {
		since = uint64(s.CompromisedSince)
	}
	return errors.Join(
		sameMade(b.Statement == register.Hash(m.Digest), "statement"),
		sameMade(kind == made, "kind"),
		sameMade(named == id, "identity"),
		sameMade(b.State.CompromisedSince == since, "compromisedSince"),
		sameTerms(b, terms))
}

// identityOf returns the identity that a statement is about, and the terms that it
// gives; nil: it gives none. Of all that genesis enrolls it is the one called id.
func identityOf(body statement.Body, id string) (named string, terms *statement.EnrollIdentity, err error) {
	switch s := body.(type) {
	case *statement.EnrollIdentity:
		return s.ID, s, nil
	case *statement.RotateIdentity:
		return s.ID, &s.EnrollIdentity, nil
	case *statement.SuspendIdentity:
		return s.ID, nil, nil
	case *statement.ResumeIdentity:
		return s.ID, nil, nil
	case *statement.RevokeIdentity:
		return s.ID, nil, nil
	case *statement.RetireIdentity:
		return s.ID, nil, nil
	case *statement.SetPolicy:
		terms, err = memberOf(s, id)
		return id, terms, err
	}
	return "", nil, nil
}

// memberOf returns the terms of one whom genesis enrolls: a human who answers to himself,
// or the log's own identity.
func memberOf(s *statement.SetPolicy, id string) (*statement.EnrollIdentity, error) {
	policy, err := s.Policy()
	if err != nil {
		return nil, err
	}
	if policy.Version == 1 {
		for _, member := range policy.Admins.Members {
			if member.ID == id {
				return &statement.EnrollIdentity{ID: id, Class: "human", Owner: id, SPKI: member.SPKI}, nil
			}
		}
		if policy.Log.ID == id {
			return &statement.EnrollIdentity{ID: id, Class: "workload", Owner: id, SPKI: policy.Log.SPKI}, nil
		}
	}
	return nil, fmt.Errorf("version %d of the policy enrolls no %q", policy.Version, id)
}

// sameTerms: the state has the key and the terms that the statement gives.
func sameTerms(b register.IdentityBody, terms *statement.EnrollIdentity) error {
	if terms == nil {
		return nil
	}
	end := uint64(register.None)
	if terms.NotAfter != 0 {
		end = uint64(terms.NotAfter)
	}
	return errors.Join(
		sameMade(b.State.Key == register.SPKIKey(terms.SPKI), "key"),
		sameMade(className(b.State.Class) == terms.Class, "class"),
		sameMade(b.State.Owner == sha256.Sum256([]byte(terms.Owner)), "owner"),
		sameMade(b.State.NotAfter == end, "notAfter"),
		sameMade(b.State.Terms == b.Statement, "terms"))
}
