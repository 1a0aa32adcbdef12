package client

import (
	"crypto/sha256"
	"time"

	"github.com/docketlog/docket/proofs/statement"
)

// Rotate makes an identity.rotate: terms is what the newest enroll or rotate said
// of the identity, which all stays but notAfter (zero: the key has no end). The new
// key signs its proof of possession. spends is what who signs needs: of the
// identity itself a registrar's or an admin's grant, of a registrar an admin's.
func (a *Author) Rotate(terms statement.EnrollIdentity, key Signer, notAfter time.Time, spends []statement.Digest) (statement.Envelope, error) {
	s, err := a.statement(statement.IdentityRotate, sha256.Sum256(key.SPKI()))
	if err != nil {
		return statement.Envelope{}, err
	}
	body := &statement.RotateIdentity{EnrollIdentity: terms}
	body.SPKI, body.NotAfter, body.Attestation = key.SPKI(), 0, nil
	if !notAfter.IsZero() {
		body.NotAfter = notAfter.UnixMilli()
	}
	body.Proof, err = key.Sign(statement.ProofMessage(a.Log, "rotate", terms.ID, key.SPKI(), s.Nonce))
	if err != nil {
		return statement.Envelope{}, err
	}
	s.Spends, s.Body = spends, body
	return a.sign(s)
}

// Suspend makes an identity.suspend of the identity whose current key has the given
// SPKI digest.
func (a *Author) Suspend(id string, key statement.Digest, reason string) (statement.Envelope, error) {
	return a.changeIdentity(key, nil, &statement.SuspendIdentity{ID: id, Reason: reason})
}

// Resume makes an identity.resume, spending an admin's grant.
func (a *Author) Resume(id string, key statement.Digest, reason string, spends []statement.Digest) (statement.Envelope, error) {
	return a.changeIdentity(key, spends, &statement.ResumeIdentity{ID: id, Reason: reason})
}

// Retire makes an identity.retire.
func (a *Author) Retire(id string, key statement.Digest, reason string) (statement.Envelope, error) {
	return a.changeIdentity(key, nil, &statement.RetireIdentity{ID: id, Reason: reason})
}

func (a *Author) changeIdentity(key statement.Digest, spends []statement.Digest, body statement.Body) (statement.Envelope, error) {
	return a.Sign(statement.Statement{Subject: key, Spends: spends, Body: body})
}
