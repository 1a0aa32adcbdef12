package admission

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// The roles of these rules. A policy's members hold admin; no statement grants it.
const (
	roleAdmin     = "admin"
	roleRegistrar = "registrar"
	rolePrivacy   = "privacy"
)

// terms are what an identity may do, as the statement that its register names
// says: its enrollment, or the genesis policy.
type terms struct {
	Roles      []string
	Verbs      []string
	Namespaces []string
}

// issuer is the identity that signed a statement, as of right before it.
type issuer struct {
	ID    string
	State register.IdentityState
	Last  uint64 // entry of its newest key or status event
	terms *terms
}

func (by *issuer) has(role string) bool { return slices.Contains(by.terms.Roles, role) }

// issuer finds the statement's issuer and judges its status and key: E201, E202.
func (f *Fold) issuer(st State, time int64, c *Checked) (*issuer, error) {
	id := c.Statement.Issuer
	record, err := st.Record(register.IdentityKey(id))
	if err != nil {
		return nil, err
	}
	if record == nil {
		return nil, refuse(CodeIssuer, "predicate.issuer", "identity %q is not enrolled", id)
	}
	state, err := register.ParseIdentityState(record.State)
	if err != nil {
		return nil, err
	}
	if state.Status != register.IdentityActive {
		return nil, refuse(CodeIssuer, "predicate.issuer", "identity %q is %s", id, statusName(state.Status)).at(record.Last)
	}
	if state.Key != register.SPKIKey(c.signer.SPKI) {
		return nil, refuse(CodeKey, "predicate.issuer", "the signature is not by the current key of identity %q", id).at(record.Last)
	}
	if state.NotAfter != register.None && uint64(time) >= state.NotAfter {
		return nil, refuse(CodeKey, "predicate.issuer", "the key of identity %q is past its notAfter", id).at(record.Last)
	}
	t, err := f.termsOf(st, id, state.Terms)
	if err != nil {
		return nil, err
	}
	return &issuer{ID: id, State: state, Last: record.Last, terms: t}, nil
}

func statusName(status uint8) string {
	switch status {
	case register.IdentityActive:
		return "active"
	case register.IdentitySuspended:
		return "suspended"
	case register.IdentityRevoked:
		return "revoked"
	case register.IdentityRetired:
		return "retired"
	}
	return fmt.Sprintf("in status %d", status)
}

// termsOf reads the terms of an identity from the statement that its register
// names.
func (f *Fold) termsOf(st State, id string, digest statement.Digest) (*terms, error) {
	// The genesis policy names several identities, so the id is part of what is
	// kept; an enrollment names one, and its digest alone would do.
	if t, ok := f.terms[digest]; ok {
		return t, nil
	}
	s, err := f.statement(st, digest)
	if err != nil {
		return nil, err
	}
	switch body := s.Body.(type) {
	case *statement.EnrollIdentity:
		t := &terms{Roles: body.Roles, Verbs: body.Verbs, Namespaces: body.Namespaces}
		if len(f.terms) >= maxCached {
			clear(f.terms)
		}
		f.terms[digest] = t
		return t, nil
	case *statement.SetPolicy:
		policy, err := statement.ParsePolicy([]byte(body.Text))
		if err != nil {
			return nil, err
		}
		return genesisTerms(policy, id), nil
	}
	return nil, fmt.Errorf("admission: the terms of identity %q are in a %s", id, s.Code)
}

// genesisTerms are the terms of the identities that the genesis policy enrolls:
// its members are admins, the log identity signs findings and attestations.
func genesisTerms(p *statement.Policy, id string) *terms {
	for _, m := range p.Admins.Members {
		if m.ID == id {
			return &terms{Roles: []string{roleAdmin}, Verbs: []string{"policy.*", "identity.*"}}
		}
	}
	return &terms{Verbs: []string{"finding.refuse", "attest.observe"}}
}

// checkScope is E206 for a statement about a document.
func (by *issuer) checkScope(code statement.Code, document string) error {
	if err := by.checkVerb(code); err != nil {
		return err
	}
	for _, prefix := range by.terms.Namespaces {
		if statement.InPrefix(prefix, document) {
			return nil
		}
	}
	return refuse(CodeScope, "predicate.document", "document %q is outside the namespaces of identity %q (%s)",
		document, by.ID, strings.Join(by.terms.Namespaces, ", ")).at(by.Last)
}

// checkVerb is E206 for the verb. Admins hold policy.* and identity.*, the role
// registrar holds identity.*; all else is listed verb by verb.
func (by *issuer) checkVerb(code statement.Code) error {
	verb := code.String()
	if slices.Contains(by.terms.Verbs, verb) || slices.Contains(by.terms.Verbs, code.Kind()+".*") ||
		by.has(roleRegistrar) && code.Kind() == "identity" {
		return nil
	}
	return refuse(CodeScope, "predicateType", "identity %q does not hold the verb %s", by.ID, verb).at(by.Last)
}
