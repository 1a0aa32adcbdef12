package proofs

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// A delegation is the statement by which a grant was given in another's stead.
type delegation struct {
	by    string // the delegator; empty: the grant was given in nobody's stead
	terms *statement.GrantDecision
}

// openDelegation reads the delegation by which a grant was given in another's
// stead, under the key spki. Which delegation that is stands in the grant; that it
// counted, in the grant's register.
func openDelegation(s *statement.Statement, spki []byte, g *statement.GrantDecision, envelope *statement.Envelope) (delegation, error) {
	if g.ActingFor == nil {
		if envelope != nil {
			return delegation{}, errors.New("a delegation is shown, the grant is given in nobody's stead")
		}
		return delegation{}, nil
	}
	if envelope == nil {
		return delegation{}, fmt.Errorf("the grant is given in another's stead, by %s, which is not shown", g.ActingFor)
	}
	digest := statement.DigestOf(envelope.Payload)
	if digest != *g.ActingFor {
		return delegation{}, fmt.Errorf("the delegation shown is %s, the grant is given by %s", digest, g.ActingFor)
	}
	d, err := statement.Parse(envelope.Payload)
	if err != nil {
		return delegation{}, err
	}
	terms, ok := d.Body.(*statement.GrantDecision)
	if !ok || terms.For != statement.DecisionGrant {
		return delegation{}, fmt.Errorf("%s is no delegation", digest)
	}
	object, ok := terms.Object.(statement.DelegationObject)
	if !ok || terms.To != s.Issuer || object.Role != g.Role {
		return delegation{}, fmt.Errorf("the delegation is to %q in the role %q, the grant by %q in the role %q", terms.To, object.Role, s.Issuer, g.Role)
	}
	if key := statement.Digest(sha256.Sum256(spki)); d.Subject != key {
		return delegation{}, fmt.Errorf("the delegation is to the key %s, the grant is signed by %s", d.Subject, key)
	}
	if err := checkDelegated(object, g); err != nil {
		return delegation{}, err
	}
	if err := checkLog(d, s.Log); err != nil {
		return delegation{}, err
	}
	return delegation{d.Issuer, terms}, checkSignature(envelope, digest)
}

// checkDelegated: a document is below what was delegated. Of a step its run says
// where it is, which is not shown.
func checkDelegated(object statement.DelegationObject, g *statement.GrantDecision) error {
	o, ok := g.Object.(statement.DocumentObject)
	if !ok || slices.ContainsFunc(object.Namespaces, func(prefix string) bool { return statement.InPrefix(prefix, o.Document) }) {
		return nil
	}
	return fmt.Errorf("the delegation is within %q, the grant is for %s", object.Namespaces, o.Document)
}

// checkTime: the grant was given while the delegation could be used.
func (d delegation) checkTime(given uint64) error {
	if d.terms == nil || uint64(d.terms.NotBefore) <= given && given < uint64(d.terms.NotAfter) {
		return nil
	}
	return fmt.Errorf("the delegation is for %s up to %s, the grant is of %s",
		formatUnsigned(uint64(d.terms.NotBefore)), statement.FormatTime(d.terms.NotAfter), formatUnsigned(given))
}
