package client

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/docketlog/docket/proofs/statement"
)

// A Signer signs statements with an ECDSA P-256 key: a key file, a hardware
// module or a key management service. Sign hashes the message with SHA-256 and
// returns the signature in ASN.1 DER.
type Signer interface {
	SPKI() []byte // the public key, SubjectPublicKeyInfo in DER
	Sign(message []byte) ([]byte, error)
}

// NewSigner returns a Signer over a crypto.Signer that holds a P-256 key.
func NewSigner(key crypto.Signer) (Signer, error) {
	public, ok := key.Public().(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, errors.New("statements are signed with ECDSA P-256 keys")
	}
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	return keySigner{key, spki}, nil
}

type keySigner struct {
	key  crypto.Signer
	spki []byte
}

func (s keySigner) SPKI() []byte { return s.spki }

func (s keySigner) Sign(message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	return s.key.Sign(rand.Reader, digest[:], crypto.SHA256)
}

// An Author makes signed statements as one identity, for one log.
type Author struct {
	Log    string // origin of the log
	ID     string // identity id
	Signer Signer
	Now    func() time.Time // the signer's clock; nil means time.Now
}

// A File is what a release says about a document's bytes.
type File struct {
	Digest statement.Digest // SHA-256 of the exact bytes
	Size   uint64
	Media  string // media type, such as application/pdf
}

// Release makes a document.release. prev is the statement digest of the
// document's last release, nil for version 1.
func (a *Author) Release(document string, version uint32, prev *statement.Digest, f File) (statement.Envelope, error) {
	s, err := a.statement(statement.DocumentRelease, f.Digest)
	if err != nil {
		return statement.Envelope{}, err
	}
	s.Body = &statement.ReleaseDocument{Document: document, Version: version, Prev: prev, Size: f.Size, Media: f.Media, To: []string{}}
	return a.sign(s)
}

// Withdraw makes a document.withdraw of the current version, whose bytes have
// the given digest.
func (a *Author) Withdraw(document string, version uint32, digest statement.Digest, reason string) (statement.Envelope, error) {
	s, err := a.statement(statement.DocumentWithdraw, digest)
	if err != nil {
		return statement.Envelope{}, err
	}
	s.Body = &statement.WithdrawDocument{Document: document, Version: version, Reason: reason}
	return a.sign(s)
}

// An Enrollment is what an identity.enroll says of the new identity.
type Enrollment struct {
	ID         string
	Class      string // human, workload, agent or bridge
	Owner      string // a human's own id; else a team or a person
	Roles      []string
	Verbs      []string // such as document.release
	Namespaces []string // prefixes of document ids, or *
	Tools      []string // that it may use; nil: nothing is said of them
	NotAfter   time.Time
	Custody    string             // hsm, kms or file
	Spends     []statement.Digest // grants of other admins, for the roles registrar and privacy
}

// Terms are those that a grant for the enrollment binds, by their TermsHash.
func (e Enrollment) Terms() statement.EnrollIdentity {
	terms := statement.EnrollIdentity{
		ID: e.ID, Class: e.Class, Owner: e.Owner, Roles: list(e.Roles), Verbs: list(e.Verbs), Namespaces: list(e.Namespaces), Tools: e.Tools,
	}
	if !e.NotAfter.IsZero() {
		terms.NotAfter = e.NotAfter.UnixMilli()
	}
	return terms
}

// Enroll makes an identity.enroll. The new key signs its proof of possession.
func (a *Author) Enroll(e Enrollment, key Signer) (statement.Envelope, error) {
	s, err := a.statement(statement.IdentityEnroll, sha256.Sum256(key.SPKI()))
	if err != nil {
		return statement.Envelope{}, err
	}
	proof, err := key.Sign(statement.ProofMessage(a.Log, "enroll", e.ID, key.SPKI(), s.Nonce))
	if err != nil {
		return statement.Envelope{}, err
	}
	body := e.Terms()
	body.SPKI, body.Custody, body.Proof = key.SPKI(), e.Custody, proof
	s.Body = &body
	s.Spends = e.Spends
	return a.sign(s)
}

// Revoke makes an identity.revoke of the identity whose current key has the
// given SPKI digest. A zero since says that nothing is known to be compromised.
func (a *Author) Revoke(id string, key statement.Digest, reason string, since time.Time) (statement.Envelope, error) {
	s, err := a.statement(statement.IdentityRevoke, key)
	if err != nil {
		return statement.Envelope{}, err
	}
	body := &statement.RevokeIdentity{ID: id, Reason: reason}
	if !since.IsZero() {
		body.CompromisedSince = since.UnixMilli()
	}
	s.Body = body
	s.Spends = []statement.Digest{}
	return a.sign(s)
}

// A Member is an identity of the genesis policy.
type Member struct {
	ID     string
	Signer Signer
}

// Genesis makes the policy.set of index 0, which the author signs as one of the
// members. Members, log identity, their proofs of possession, version, rules and
// algorithms are filled in; everything else of the policy is the caller's.
func (a *Author) Genesis(p statement.Policy, members []Member, log Member) (statement.Envelope, error) {
	nonce, err := newNonce()
	if err != nil {
		return statement.Envelope{}, err
	}
	p.Version, p.Rules, p.Algorithms = 1, statement.Rules, []string{statement.Algorithm}
	p.Admins.Members = nil
	for _, m := range members {
		member, err := a.genesisMember(m, nonce)
		if err != nil {
			return statement.Envelope{}, err
		}
		p.Admins.Members = append(p.Admins.Members, member)
	}
	if p.Log, err = a.genesisMember(log, nonce); err != nil {
		return statement.Envelope{}, err
	}
	text, err := p.Marshal()
	if err != nil {
		return statement.Envelope{}, fmt.Errorf("policy: %w", err)
	}
	s, err := a.statement(statement.PolicySet, sha256.Sum256(text))
	if err != nil {
		return statement.Envelope{}, err
	}
	s.Nonce = nonce // the members' proofs are over it
	s.Body = &statement.SetPolicy{Text: string(text)}
	s.Spends = []statement.Digest{}
	return a.sign(s)
}

func (a *Author) genesisMember(m Member, nonce string) (statement.Member, error) {
	spki := m.Signer.SPKI()
	proof, err := m.Signer.Sign(statement.ProofMessage(a.Log, "genesis", m.ID, spki, nonce))
	return statement.Member{ID: m.ID, SPKI: spki, Proof: proof}, err
}

// Sign completes a statement of any kind and signs it: log, issuer and kind are
// filled in, and nonce and time where they are missing. Subject, body and what
// else the statement says are the caller's. Its errors are those of
// [statement.Statement.Marshal], and the signer's.
func (a *Author) Sign(s statement.Statement) (statement.Envelope, error) {
	if s.Body == nil {
		return statement.Envelope{}, errors.New("a statement without a body cannot be signed")
	}
	common, err := a.statement(statement.CodeOf(s.Body), s.Subject)
	if err != nil {
		return statement.Envelope{}, err
	}
	s.Code, s.Log, s.Issuer = common.Code, common.Log, common.Issuer
	if s.Nonce == "" {
		s.Nonce = common.Nonce
	}
	if s.At == 0 {
		s.At = common.At
	}
	return a.sign(&s)
}

// statement begins a statement with the common part.
func (a *Author) statement(code statement.Code, subject statement.Digest) (*statement.Statement, error) {
	nonce, err := newNonce()
	if err != nil {
		return nil, err
	}
	return &statement.Statement{
		Code: code, Subject: subject, Log: a.Log, Nonce: nonce, At: a.now().UnixMilli(), Issuer: a.ID,
	}, nil
}

// now reads the signer's clock.
func (a *Author) now() time.Time {
	if a.Now != nil {
		return a.Now()
	}
	return time.Now()
}

// newNonce returns 128 random bits: they hide a guessable content behind its digest.
func newNonce() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// sign gives the statement its one form and signs it.
func (a *Author) sign(s *statement.Statement) (statement.Envelope, error) {
	payload, err := s.Marshal()
	if err != nil {
		return statement.Envelope{}, err
	}
	signature, err := a.Signer.Sign(statement.PAE(payload))
	if err != nil {
		return statement.Envelope{}, fmt.Errorf("signing as %s: %w", a.ID, err)
	}
	return statement.Envelope{Payload: payload, Signature: signature, SPKI: a.Signer.SPKI()}, nil
}

// list makes an absent list an empty one.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
