package admission

import (
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// demanded is how many others must agree to a governance statement.
func (e *entry) demanded() int {
	switch body := e.c.Statement.Body.(type) {
	case *statement.SetPolicy:
		return int(e.policy.Admins.M) - 1
	case *statement.EnrollIdentity:
		if governs(body) {
			return int(e.policy.Admins.M) - 1
		}
	case *statement.RotateIdentity, *statement.ResumeIdentity, *statement.DefineWorkflow, *statement.RetireWorkflow:
		return 1
	}
	return 0
}

// whose says in words who must agree.
func (e *entry) whose() string {
	if body, ok := e.c.Statement.Body.(*statement.RotateIdentity); ok && body.ID == e.c.Statement.Issuer {
		return "a registrar"
	}
	if e.c.Statement.Code.Kind() == "workflow" {
		return "another human"
	}
	return "other admins"
}

// checkNamed is E105, before anything is read: enough grants are named.
func (e *entry) checkNamed() error {
	if n := e.demanded(); len(e.c.Statement.Spends) < n {
		return refuse(CodeGenesis, "predicate.spends", "a %s needs grants of %s, %d of distinct owners; it names %d",
			e.c.Statement.Code, e.whose(), n, len(e.c.Statement.Spends))
	}
	return nil
}

// checkAgreement is E105 of the grants that are good otherwise: enough distinct
// owners gave them, in a role that counts here, and the signer's is none of them.
func (e *entry) checkAgreement(grants []*grant) error {
	n := e.demanded()
	if n == 0 {
		return nil
	}
	owners := []register.Hash{e.by.state.Owner}
	for _, g := range grants {
		if e.counts(g) && !slices.Contains(owners, g.grantor.state.Owner) {
			owners = append(owners, g.grantor.state.Owner)
		}
	}
	if got := len(owners) - 1; got < n {
		r := refuse(CodeGenesis, "predicate.spends", "a %s needs grants of %s, %d of distinct owners; of those it names %d count",
			e.c.Statement.Code, e.whose(), n, got)
		for _, g := range grants {
			r.at(g.last)
		}
		return r
	}
	return nil
}

// counts says whether a grant was given in a role that the statement needs, by
// one who still holds it. A registrar is enough for who rotates its own key.
func (e *entry) counts(g *grant) bool {
	if !g.grantor.holds(g.decision.Role) {
		return false
	}
	if body, ok := e.c.Statement.Body.(*statement.RotateIdentity); ok && body.ID == e.by.id {
		return g.decision.Role == roleAdmin || g.decision.Role == roleRegistrar
	}
	if e.c.Statement.Code.Kind() == "workflow" {
		return g.grantor.state.Class == register.ClassHuman
	}
	return g.decision.Role == roleAdmin
}
