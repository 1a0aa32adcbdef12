package admission

import "github.com/docketlog/docket/proofs/statement"

// Voices are those whose word a grant is. The hand signs; the mind decides. They
// are one, unless a delegate signs in its delegator's stead, or a bridge brings
// what a person decided in another system.
type voices struct {
	hand, mind *issuer
	field      string // where the statement names the mind
	delegation *grant // that the hand uses; nil: none
}

// voicesOf finds whose word a grant is that hand signs: E207.
func (e *entry) voicesOf(body *statement.GrantDecision, hand *issuer) (voices, error) {
	v := voices{hand: hand, mind: hand, field: "predicate.issuer"}
	if body.ActingFor != nil {
		return v, e.delegate(&v, *body.ActingFor)
	}
	if body.By == "" {
		return v, nil
	}
	v.field = "predicate.by"
	var err error
	if v.mind, err = e.identity(body.By); err == nil && v.mind == nil {
		err = refuse(CodeIdentity, v.field, "identity %q is not enrolled: who decided elsewhere is somebody that this log knows", body.By)
	}
	return v, err
}

// delegate makes the delegator the mind. Whether the delegation is one, and good,
// is judged when it is spent.
func (e *entry) delegate(v *voices, digest statement.Digest) error {
	const field = "predicate.actingFor"
	g, err := e.readGrant(field, digest)
	if err != nil {
		return err
	}
	if g == nil {
		g = &grant{field: field, digest: digest}
	}
	if v.delegation = g; g.delegates() {
		v.mind, v.field = g.grantor, field
	}
	return nil
}

// holders are those who hold the role and the namespaces themselves: a delegate
// need not, a bridge must.
func (v voices) holders() []*issuer {
	switch {
	case v.delegation == nil:
		return []*issuer{v.hand, v.mind}
	case v.delegation.delegates():
		return []*issuer{v.mind}
	}
	return nil // refused when it is spent
}
