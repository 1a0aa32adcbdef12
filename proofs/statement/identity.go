package statement

import (
	"crypto/sha256"
	"encoding/hex"
)

// EnrollIdentity (identity.enroll) makes an identity and binds its first key. The subject is SHA-256(SPKI).
type EnrollIdentity struct {
	ID          string
	Class       string   // human, workload, agent or bridge
	Owner       string   // a human's own id; else the id of a team or person
	Roles       []string // may be empty
	SPKI        []byte   // DER of the key, see [ParsePublicKey]
	NotAfter    int64    // end of the key's life, unix milliseconds; 0: absent
	Verbs       []string // kinds and ops it may sign, such as "document.release"
	Namespaces  []string // prefixes of document and workflow ids
	Tools       []string // nil: absent; empty: none
	Custody     string   // where the key is kept: hsm, kms or file
	Attestation *Digest  // of an attestation of the key's custody; nil: absent
	Proof       []byte   // signature by the key over SHA-256 of [ProofMessage], strict DER
}

// RotateIdentity (identity.rotate) gives an identity a new key. It has all fields of an enrolment; the terms, but for
// notAfter, stay as they were. The subject is SHA-256(SPKI) of the new key.
type RotateIdentity struct {
	EnrollIdentity
}

const (
	classes   enum = "human|workload|agent|bridge"
	custodies enum = "hsm|kms|file"

	wantVerb = "kind and op, such as document.release"
)

var enrollNames = []string{"attestation", "class", "custody", "id", "namespaces", "notAfter", "owner", "proof", "roles",
	"spki", "tools", "verbs"}

func (*EnrollIdentity) code() Code { return IdentityEnroll }

func (*RotateIdentity) code() Code { return IdentityRotate }

func readEnrollIdentity(f *fields, p ref, subject Digest) Body {
	e := readEnrollment(f, p, subject)
	return &e
}

func readRotateIdentity(f *fields, p ref, subject Digest) Body {
	return &RotateIdentity{readEnrollment(f, p, subject)}
}

func readEnrollment(f *fields, p ref, subject Digest) EnrollIdentity {
	e := EnrollIdentity{
		ID:          f.id(p, "id"),
		Class:       f.enum(p, "class", classes),
		Owner:       f.id(p, "owner"),
		Roles:       f.list(p, "roles", 0, maxList, validName, wantName),
		SPKI:        f.bytes(p, "spki", checkPublicKey, wantSPKI),
		NotAfter:    f.optionalTime(p, "notAfter"),
		Verbs:       f.list(p, "verbs", 0, maxList, validVerb, wantVerb),
		Namespaces:  f.list(p, "namespaces", 0, maxList, ValidPrefix, wantPrefix),
		Custody:     f.enum(p, "custody", custodies),
		Attestation: f.optionalDigest(p, "attestation"),
		Proof:       f.bytes(p, "proof", CheckSignature, wantSignature),
	}
	if f.has(p, "tools") {
		e.Tools = f.list(p, "tools", 0, maxList, validToken, wantToken)
	}
	if human := e.Class == "human"; human != (e.Owner == e.ID) {
		f.fail(joinPath(f.path(p), "owner"), "want the own id for a human, the id of a team or person for the other classes")
	}
	f.subjectIs(subject, sha256.Sum256(e.SPKI), "the SHA-256 of predicate.spki as DER")
	return e
}

func validVerb(s string) bool {
	_, err := ParseCode(s)
	return err == nil
}

func (e *EnrollIdentity) appendMember(b []byte, name string) []byte {
	switch name {
	case "attestation":
		return appendOptionalDigest(b, name, e.Attestation)
	case "custody":
		return appendText(b, name, e.Custody)
	case "id":
		return appendText(b, name, e.ID)
	case "proof":
		return appendBytes(b, name, e.Proof)
	case "spki":
		return appendBytes(b, name, e.SPKI)
	}
	return e.appendTerm(b, name)
}

// appendTerm writes the members that the terms of an identity consist of.
func (e *EnrollIdentity) appendTerm(b []byte, name string) []byte {
	switch name {
	case "class":
		return appendText(b, name, e.Class)
	case "namespaces":
		return appendList(b, name, e.Namespaces)
	case "notAfter":
		return appendOptionalTime(b, name, e.NotAfter)
	case "owner":
		return appendText(b, name, e.Owner)
	case "roles":
		return appendList(b, name, e.Roles)
	case "tools":
		if e.Tools == nil {
			return b
		}
		return appendList(b, name, e.Tools)
	case "verbs":
		return appendList(b, name, e.Verbs)
	}
	return b
}

// TermsHash gives the hash that a grant for this enrolment binds: SHA-256 of "docket/v1/terms\n" and the canonical form
// of an object with those of class, namespaces, notAfter, owner, roles, tools and verbs that the statement has.
func (e *EnrollIdentity) TermsHash() Digest {
	b := []byte("docket/v1/terms\n{")
	for _, name := range []string{"class", "namespaces", "notAfter", "owner", "roles", "tools", "verbs"} {
		b = e.appendTerm(b, name)
	}
	return sha256.Sum256(closeList(b, '}'))
}

// Object gives what a grant for this enrolment, or rotation, binds beside its subject.
func (e *EnrollIdentity) Object() IdentityObject { return IdentityObject{e.ID, e.TermsHash()} }

// ProofMessage gives the six lines that a new key signs to prove that its holder consents: to be bound to this identity,
// in this log, by the statement with this nonce. op is "enroll", "rotate" or "genesis". The proof is an ECDSA
// signature over SHA-256 of the message; check it with [Verify].
func ProofMessage(log, op, id string, spki []byte, nonce string) []byte {
	key := sha256.Sum256(spki)
	return []byte("docket/v1/identity-proof\n" +
		"log " + log + "\n" +
		"op " + op + "\n" +
		"identity " + id + "\n" +
		"spki " + hex.EncodeToString(key[:]) + "\n" +
		"nonce " + nonce + "\n")
}
