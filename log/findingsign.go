package log

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An Identity signs as the log's own identity, the one that the policy names. Sign
// hashes the message with SHA-256 and returns the signature in ASN.1 DER. The writer
// calls it, at most MaxFindings times for a batch.
type Identity interface {
	SPKI() []byte // the public key, SubjectPublicKeyInfo in DER
	Sign(message []byte) ([]byte, error)
}

// addFinding signs a finding and adds it to the batch. why says that it could not
// be: the identity does not sign, or the fold does not admit it. A refused finding
// is no refusal of its own: it ends here.
func (w *writer) addFinding(b *batch, r *refusedStatement, submitter string) (index uint64, why, err error) {
	if w.findings.id == "" {
		id, err := ownerOf(b.overlay, keyDigest(w.Identity.SPKI()), "")
		if err != nil {
			return 0, nil, err
		}
		if id == "" {
			return 0, errors.New("the key of the log's own identity is no identity's"), nil
		}
		w.findings.id = id
	}
	run, err := knownRun(b.overlay, r.said)
	if err != nil {
		return 0, nil, err
	}
	c, why := w.signFinding(&statement.Statement{
		Code: statement.FindingRefuse, Subject: r.digest, Log: w.Origin, At: b.time, Issuer: w.findings.id, Run: run,
		Body: &statement.RefuseFinding{RefusalCode: r.refusal.Code, Submission: r.digest, Submitter: submitter},
	})
	if why != nil {
		return 0, why, nil
	}
	result, err := w.admitStatement(b, c)
	if err != nil {
		return 0, nil, err
	}
	if result.Refusal != nil {
		return 0, result.Refusal, nil
	}
	return result.Index, nil, nil
}

// knownRun is the run that a refused statement names, if it exists: then the
// refusal stands in the run's history too.
func knownRun(st admission.State, said *statement.Statement) (string, error) {
	if said == nil || said.Run == "" {
		return "", nil
	}
	record, err := st.Record(register.RunKey(said.Run))
	if err != nil || record == nil {
		return "", err
	}
	return said.Run, nil
}

// signFinding completes and signs a statement of the log's own identity, and runs
// the stateless rules over it.
func (w *writer) signFinding(s *statement.Statement) (*admission.Checked, error) {
	var nonce [16]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return nil, err
	}
	s.Nonce = base64.RawURLEncoding.EncodeToString(nonce[:])
	payload, err := s.Marshal()
	if err != nil {
		return nil, err
	}
	signature, err := w.Identity.Sign(statement.PAE(payload))
	if err != nil {
		return nil, fmt.Errorf("signing as %s: %w", s.Issuer, err)
	}
	return admission.CheckEnvelope(w.Origin, statement.Envelope{Payload: payload, Signature: signature, SPKI: w.Identity.SPKI()})
}

// tryFindings says why the log cannot put refusals on record, as of its last
// commit: it makes a finding and drops it.
func (w *writer) tryFindings() (why, err error) {
	switch {
	case w.Mode != Sealed:
		return nil, nil
	case w.Identity == nil:
		return ErrNoIdentity, nil
	}
	b := &batch{from: w.tree.size(), time: w.head.Time, overlay: admission.NewOverlay(w.state)}
	r := &refusedStatement{refusal: &admission.Refusal{Code: admission.CodeIssuer}}
	_, why, err = w.addFinding(b, r, "svc/none")
	return why, err
}

func keyDigest(spki []byte) statement.Digest { return sha256.Sum256(spki) }
