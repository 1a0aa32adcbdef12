package log

import (
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// issuerKey returns the present public key of the identity that a statement
// names as its issuer. It is a look-up, not a judgement: the fold decides.
func (v *View) issuerKey(payload []byte) ([]byte, error) {
	s, err := statement.Parse(payload)
	if err != nil {
		var e *statement.Error
		if errors.As(err, &e) {
			return nil, &admission.Refusal{Code: e.Code, Field: e.Field, Reason: e.Reason}
		}
		return nil, err
	}
	unknown := &admission.Refusal{Code: admission.CodeIssuer, Field: "predicate.issuer",
		Reason: fmt.Sprintf("identity %q is not enrolled", s.Issuer)}
	record, err := state{v.rows}.Record(register.IdentityKey(s.Issuer))
	if err != nil {
		return nil, err
	}
	if record == nil {
		return nil, unknown
	}
	identity, err := register.ParseIdentityState(record.State)
	if err != nil {
		return nil, err
	}
	content, err := state{v.rows}.Content(identity.Terms)
	if err != nil {
		return nil, err
	}
	named, err := statement.Parse(content)
	if err != nil {
		return nil, err
	}
	switch body := named.Body.(type) {
	case *statement.EnrollIdentity:
		return body.SPKI, nil
	case *statement.RotateIdentity:
		return body.SPKI, nil
	case *statement.SetPolicy:
		return genesisKey(body, s.Issuer)
	}
	return nil, damage("identity %q has its terms in a %s", s.Issuer, named.Code)
}

func genesisKey(set *statement.SetPolicy, id string) ([]byte, error) {
	policy, err := statement.ParsePolicy([]byte(set.Text))
	if err != nil {
		return nil, err
	}
	for _, m := range append(policy.Admins.Members, policy.Log) {
		if m.ID == id {
			return m.SPKI, nil
		}
	}
	return nil, damage("the genesis policy does not list identity %q", id)
}
