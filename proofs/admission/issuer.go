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

// An issuer is the identity that signed a statement, as of right before it: its
// register, and what the statement that its register names lets it do.
type issuer struct {
	id    string
	state register.IdentityState
	last  uint64 // entry of its newest key or status event

	admin      bool
	roles      []string
	verbs      []string
	namespaces []string
	tools      []string // nil: not bound to any
}

// issuer finds the statement's issuer and judges its status and key: E201, E202.
func (f *Fold) issuer(st State, time int64, c *Checked, policy *statement.Policy) (*issuer, error) {
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
	if state.Key.Hash() != c.Key {
		return nil, refuse(CodeKey, "predicate.issuer", "the signature is not by the current key of identity %q", id).at(record.Last)
	}
	if uint64(time) >= state.NotAfter { // None is after every time
		return nil, refuse(CodeKey, "predicate.issuer", "the key of identity %q is past its notAfter", id).at(record.Last)
	}
	by := &issuer{id: id, state: state, last: record.Last}
	return by, f.empower(st, by, policy)
}

// empower gives an identity what the statement that its register names lets it
// do. The members of the policy in force are admins, and nobody else is: no
// statement grants that role.
func (f *Fold) empower(st State, by *issuer, policy *statement.Policy) error {
	terms, err := f.named(st, by.state.Terms)
	if err != nil {
		return err
	}
	if e := terms.enroll; e != nil {
		by.roles, by.verbs, by.namespaces, by.tools = e.Roles, e.Verbs, e.Namespaces, e.Tools
	}
	by.admin = slices.ContainsFunc(policy.Admins.Members, func(m statement.Member) bool { return m.ID == by.id })
	return nil
}

// holds says whether an identity holds a role.
func (by *issuer) holds(role string) bool {
	if role == roleAdmin {
		return by.admin
	}
	return slices.Contains(by.roles, role)
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

// checkVerb is E206 for the verb. Governance comes from roles alone: admins hold
// identity.* and policy.*, the role registrar holds identity.*. Were a listed
// verb enough, a registrar could make others that no admin ever agreed to. All
// else is listed verb by verb.
func (by *issuer) checkVerb(code statement.Code) error {
	var held bool
	switch code.Kind() {
	case "policy":
		held = by.admin
	case "identity":
		held = by.admin || slices.Contains(by.roles, roleRegistrar)
	default:
		held = slices.Contains(by.verbs, code.String())
	}
	if held {
		return nil
	}
	return refuse(CodeScope, "predicateType", "identity %q does not hold the verb %s", by.id, code).at(by.last)
}

// checkNamespace is E206 for a document.
func (by *issuer) checkNamespace(document string) error {
	if inAny(by.namespaces, document) {
		return nil
	}
	return refuse(CodeScope, "predicate.document", "document %q is outside the namespaces of identity %q (%s)",
		document, by.id, strings.Join(by.namespaces, ", ")).at(by.last)
}

// checkWorkflow is E206 of workflow.*: a human, who holds the verb.
func (by *issuer) checkWorkflow(code statement.Code) error {
	if by.state.Class != register.ClassHuman {
		return refuse(CodeScope, "predicate.issuer", "a human defines and retires workflows; identity %q is none", by.id).at(by.last)
	}
	return by.checkVerb(code)
}

// checkWorkflowID is E206 for the id of a workflow.
func (by *issuer) checkWorkflowID(field, id string) error {
	if inAny(by.namespaces, id) {
		return nil
	}
	return refuse(CodeScope, field, "workflow %q is outside the namespaces of identity %q (%s)", id, by.id, strings.Join(by.namespaces, ", ")).at(by.last)
}
