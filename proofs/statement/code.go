package statement

import (
	"fmt"
	"strings"
)

// Code names a statement's kind and op in one byte, 16 x kind + op; one per predicate type.
type Code uint8

// All kinds and ops of the specification. [Code.Built] says which of them are more than reserved.
const (
	PolicySet Code = 0x11

	IdentityEnroll  Code = 0x21
	IdentityRotate  Code = 0x22
	IdentitySuspend Code = 0x23
	IdentityResume  Code = 0x24
	IdentityRevoke  Code = 0x25
	IdentityRetire  Code = 0x26

	WorkflowDefine Code = 0x31
	WorkflowRetire Code = 0x32

	RequestOpen   Code = 0x41
	RequestCancel Code = 0x42

	DecisionGrant  Code = 0x51
	DecisionDeny   Code = 0x52
	DecisionRevoke Code = 0x53

	StepIntent Code = 0x61
	StepDone   Code = 0x62

	OutcomeClose Code = 0x71

	DocumentRelease  Code = 0x81
	DocumentWithdraw Code = 0x82

	AttestObserve Code = 0x91

	FindingRefuse Code = 0xA1
	FindingAlert  Code = 0xA2
	FindingAck    Code = 0xA3
	FindingClose  Code = 0xA4

	EraseErase  Code = 0xB1
	EraseHold   Code = 0xB2
	EraseUnhold Code = 0xB3
)

var codeNames = [256]string{
	PolicySet:      "policy.set",
	IdentityEnroll: "identity.enroll", IdentityRotate: "identity.rotate", IdentitySuspend: "identity.suspend",
	IdentityResume: "identity.resume", IdentityRevoke: "identity.revoke", IdentityRetire: "identity.retire",
	WorkflowDefine: "workflow.define", WorkflowRetire: "workflow.retire",
	RequestOpen: "request.open", RequestCancel: "request.cancel",
	DecisionGrant: "decision.grant", DecisionDeny: "decision.deny", DecisionRevoke: "decision.revoke",
	StepIntent: "step.intent", StepDone: "step.done",
	OutcomeClose:    "outcome.close",
	DocumentRelease: "document.release", DocumentWithdraw: "document.withdraw",
	AttestObserve: "attest.observe",
	FindingRefuse: "finding.refuse", FindingAlert: "finding.alert", FindingAck: "finding.ack", FindingClose: "finding.close",
	EraseErase: "erase.erase", EraseHold: "erase.hold", EraseUnhold: "erase.unhold",
}

const (
	predicateTypePrefix = "https://github.com/docketlog/docket/spec/"
	predicateTypeSuffix = "/v1"
)

// String gives kind and op, such as "document.release".
func (c Code) String() string {
	if codeNames[c] == "" {
		return fmt.Sprintf("code 0x%02x", uint8(c))
	}
	return codeNames[c]
}

// PredicateType gives the in-toto predicate type, "https://github.com/docketlog/docket/spec/<kind>.<op>/v1".
func (c Code) PredicateType() string { return predicateTypePrefix + c.String() + predicateTypeSuffix }

// Kind gives the first half of the name, such as "document".
func (c Code) Kind() string {
	kind, _, _ := strings.Cut(codeNames[c], ".")
	return kind
}

// Authority says whether the statement creates authority and is refused when it breaks a rule. The others report a
// fact: they are refused only when they are not authentic.
func (c Code) Authority() bool {
	switch c.Kind() {
	case "policy", "identity", "workflow", "request", "decision", "document", "erase":
		return true
	}
	return c == StepIntent
}

// Built says whether there are such statements: whether [Parse] reads them. All others are reserved and refused with E101.
// Which of those that are built a log takes is for [Code.InForce] to say.
func (c Code) Built() bool { return shapeOf(c) != nil }

// InForce says whether the rules named [Rules] admit such statements. The others that are built can be made and read, but
// no log takes them, and no verifier believes that one did.
func (c Code) InForce() bool {
	switch c {
	case PolicySet, IdentityEnroll, IdentityRotate, IdentitySuspend, IdentityResume, IdentityRevoke, IdentityRetire,
		WorkflowDefine, WorkflowRetire, RequestOpen, RequestCancel, DecisionGrant, DecisionDeny, DecisionRevoke, DocumentRelease, DocumentWithdraw,
		StepIntent, StepDone, OutcomeClose, AttestObserve, FindingRefuse, FindingAlert, FindingAck, FindingClose:
		return true
	}
	return false
}

// ParseCode reads kind and op as [Code.String] gives them.
func ParseCode(s string) (Code, error) {
	if s != "" {
		for c, name := range codeNames {
			if name == s {
				return Code(c), nil
			}
		}
	}
	return 0, fmt.Errorf("unknown kind and op; want one like %q", codeNames[DocumentRelease])
}

// ParsePredicateType reads a predicate type as [Code.PredicateType] gives it.
func ParsePredicateType(s string) (Code, error) {
	name, ok := strings.CutPrefix(s, predicateTypePrefix)
	if ok {
		name, ok = strings.CutSuffix(name, predicateTypeSuffix)
	}
	if !ok {
		return 0, fmt.Errorf("unknown predicate type; want one like %q", DocumentRelease.PredicateType())
	}
	return ParseCode(name)
}
