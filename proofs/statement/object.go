package statement

import (
	"crypto/sha256"
	"encoding/binary"
)

// Object is the terms that a grant binds beside its subject. Which form it has follows from what the grant is for:
//
//	[DocumentObject]    document.release, document.withdraw              subject: the document's bytes
//	[StepObject]        step.intent                                      subject: the request, by statement digest
//	[TextObject]        policy.set, workflow.define, workflow.retire     subject: the text
//	[IdentityObject]    identity.enroll, rotate, resume                  subject: the key, SHA-256(SPKI)
//	[DelegationObject]  decision.grant                                   subject: the delegate's key, SHA-256(SPKI)
type Object interface {
	appendMembers(b []byte) []byte
}

// DocumentObject is the version of a document to release or withdraw.
type DocumentObject struct {
	Document string // document id
	Version  uint32 // from 1
}

// StepObject is a step as its intent states it; for access, also what the request wants. Both are set, or neither.
type StepObject struct {
	Step    string
	Attempt uint32 // from 1
	Tool    string
	Target  string
	In      []File

	Resource  string // empty: absent
	Privilege string // empty: absent
}

// TextObject is empty: the subject says it all.
type TextObject struct{}

// IdentityObject is an identity and all its terms.
type IdentityObject struct {
	Identity string
	Terms    Digest // as [EnrollIdentity.TermsHash] gives it
}

// DelegationObject is what the delegate may decide in the delegator's stead.
type DelegationObject struct {
	Role       string
	Namespaces []string // prefixes
}

// ObjectHash gives the hash by which a register holds what a grant is for: SHA-256 of "docket/v1/object\n", the kind and
// op, and the canonical form of the object, each of the two after its length in two bytes. o is not nil and, like
// everything in a statement, has less than 65,536 bytes in that form.
func ObjectHash(action Code, o Object) Digest {
	object := appendObject(nil, o)
	b := append([]byte("docket/v1/object\n"), 0, byte(len(action.String())))
	b = append(b, action.String()...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(object)))
	return sha256.Sum256(append(b, object...))
}

const wantGrantable = "one of document.release, document.withdraw, step.intent, policy.set, workflow.define, workflow.retire, " +
	"identity.enroll, identity.rotate, identity.resume, decision.grant"

// objectMembers gives the names of the object of a grant for such statements; ok says whether they can be granted.
func objectMembers(c Code) (names []string, ok bool) {
	switch c {
	case DocumentRelease, DocumentWithdraw:
		return []string{"document", "version"}, true
	case StepIntent:
		return []string{"attempt", "in", "privilege", "resource", "step", "target", "tool"}, true
	case PolicySet, WorkflowDefine, WorkflowRetire:
		return nil, true
	case IdentityEnroll, IdentityRotate, IdentityResume:
		return []string{"identity", "terms"}, true
	case DecisionGrant:
		return []string{"namespaces", "role"}, true
	}
	return nil, false
}

func grantable(name string) bool {
	code, err := ParseCode(name)
	_, ok := objectMembers(code)
	return err == nil && ok
}

// objectNames judges the names of a grant's object, which depend on what it is for.
func objectNames(t *tree, p ref) error {
	at := t.member(p, "for")
	if at == 0 || t.values[at].kind != text {
		return nil
	}
	code, err := ParseCode(t.values[at].text)
	if err != nil {
		return nil // judged with the fields
	}
	if code.Kind() == "erase" {
		return formError(t.path(at), notBuilt(code))
	}
	names, ok := objectMembers(code)
	if !ok {
		return nil // judged with the fields
	}
	if err := t.onlyMember(p, "object", names); err != nil {
		return err
	}
	if object := t.member(p, "object"); object != 0 {
		return t.onlyEach(object, "in", fileNames)
	}
	return nil
}

func readObject(f *fields, p ref, action Code) Object {
	at := f.object(p, "object")
	if at == 0 {
		return nil
	}
	switch action {
	case DocumentRelease, DocumentWithdraw:
		return DocumentObject{f.text(at, "document", ValidDocumentID, wantDocument), f.uint32(at, "version", 1)}
	case StepIntent:
		return readStepObject(f, at)
	case IdentityEnroll, IdentityRotate, IdentityResume:
		return IdentityObject{f.id(at, "identity"), f.digest(at, "terms")}
	case DecisionGrant:
		return DelegationObject{f.text(at, "role", validName, wantName), f.list(at, "namespaces", 0, maxList, ValidPrefix, wantPrefix)}
	}
	return TextObject{}
}

// readStepObject: a grant of access binds resource and privilege; one without the other would bind half of it.
func readStepObject(f *fields, at ref) StepObject {
	o := StepObject{
		Step:      f.text(at, "step", validName, wantName),
		Attempt:   f.uint32(at, "attempt", 1),
		Tool:      f.text(at, "tool", validToken, wantToken),
		Target:    f.text(at, "target", validForeign, wantForeign),
		In:        f.files(at, "in"),
		Resource:  f.optionalText(at, "resource", validForeign, wantForeign),
		Privilege: f.optionalText(at, "privilege", validForeign, wantForeign),
	}
	if (o.Resource == "") != (o.Privilege == "") {
		f.wrong(at, "resource and privilege, or neither")
	}
	return o
}

func appendObject(b []byte, o Object) []byte {
	b = append(b, '{')
	if o != nil {
		b = o.appendMembers(b)
	}
	return closeList(b, '}')
}

func (o DocumentObject) appendMembers(b []byte) []byte {
	return appendInteger(appendText(b, "document", o.Document), "version", uint64(o.Version))
}

func (o StepObject) appendMembers(b []byte) []byte {
	b = appendInteger(b, "attempt", uint64(o.Attempt))
	b = appendFiles(b, "in", o.In)
	b = appendOptional(b, "privilege", o.Privilege)
	b = appendOptional(b, "resource", o.Resource)
	b = appendText(b, "step", o.Step)
	b = appendText(b, "target", o.Target)
	return appendText(b, "tool", o.Tool)
}

func (o TextObject) appendMembers(b []byte) []byte { return b }

func (o IdentityObject) appendMembers(b []byte) []byte {
	return appendDigest(appendText(b, "identity", o.Identity), "terms", o.Terms)
}

func (o DelegationObject) appendMembers(b []byte) []byte {
	return appendText(appendList(b, "namespaces", o.Namespaces), "role", o.Role)
}
