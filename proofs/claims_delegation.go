package proofs

import (
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/statement"
)

// openDelegation reads the delegation by which a grant was given in another's
// stead, and returns whose; "" if it was given in nobody's. Which delegation that
// is stands in the grant; that it counted, in the grant's register.
func openDelegation(s *statement.Statement, g *statement.GrantDecision, envelope *statement.Envelope) (delegator string, err error) {
	if g.ActingFor == nil {
		if envelope != nil {
			return "", errors.New("a delegation is shown, the grant is given in nobody's stead")
		}
		return "", nil
	}
	if envelope == nil {
		return "", fmt.Errorf("the grant is given in another's stead, by %s, which is not shown", g.ActingFor)
	}
	digest := statement.DigestOf(envelope.Payload)
	if digest != *g.ActingFor {
		return "", fmt.Errorf("the delegation shown is %s, the grant is given by %s", digest, g.ActingFor)
	}
	d, err := statement.Parse(envelope.Payload)
	if err != nil {
		return "", err
	}
	terms, ok := d.Body.(*statement.GrantDecision)
	if !ok || terms.For != statement.DecisionGrant {
		return "", fmt.Errorf("%s is no delegation", digest)
	}
	object, ok := terms.Object.(statement.DelegationObject)
	if !ok || terms.To != s.Issuer || object.Role != g.Role {
		return "", fmt.Errorf("the delegation is to %q in the role %q, the grant by %q in the role %q", terms.To, object.Role, s.Issuer, g.Role)
	}
	if err := checkLog(d, s.Log); err != nil {
		return "", err
	}
	return d.Issuer, checkSignature(envelope, digest)
}
