package admission

import (
	"crypto/sha256"
	"errors"

	"github.com/docketlog/docket/proofs/statement"
)

// ErrContent says that a content is not the one its leaf commits to. It is never
// a refusal: in a stored log it means damage, or another content than the one
// that was admitted.
var ErrContent = errors.New("content does not match the statement digest in its leaf")

// Checked is a statement that passed every check that needs no state: form,
// fields, origin and signature. Only Check makes one.
type Checked struct {
	Statement *statement.Statement
	Digest    statement.Digest // statement digest
	Key       statement.Digest // SHA-256 of the signer's SPKI
	Leaf      []byte
	LeafHash  [32]byte
	Payload   []byte
	Signature []byte // as in the leaf
	SPKI      []byte // the signer's key, as in the leaf

	policy   *statement.Policy   // of a policy.set: its parsed text
	workflow *statement.Workflow // of a workflow.define: the same
	unproven *Refusal            // E205, for the fold to judge in its turn; nil: none
}

// Check runs the stateless rules over a statement leaf and its content, the
// statement's bytes: E101, E601, E102, E103 and E104, after the form of the leaf
// (E101, E104). It returns a *Refusal, or ErrContent. It is safe for concurrent
// use: writers and auditors run it for many entries at once, then Apply in log
// order. It does all public-key work, so that Apply does none.
func Check(origin string, leaf, content []byte) (*Checked, error) {
	commitment, err := statement.ParseCommitment(leaf)
	if err != nil {
		return nil, asRefusal(err)
	}
	digest := statement.DigestOf(content)
	if digest != commitment.Digest {
		return nil, ErrContent
	}
	s, err := statement.Parse(content)
	if err != nil {
		return nil, asRefusal(err)
	}
	if s.Log != origin {
		return nil, refuse(CodeOrigin, "predicate.log", "the statement is for log %q; this log is %q", s.Log, origin)
	}
	signer, err := statement.ParsePublicKey(commitment.SPKI)
	if err != nil {
		return nil, asRefusal(err)
	}
	if err := statement.Verify(signer, digest, commitment.Signature); err != nil {
		return nil, asRefusal(err)
	}
	c := &Checked{
		Statement: s,
		Digest:    digest,
		Key:       sha256.Sum256(commitment.SPKI),
		Leaf:      leaf,
		LeafHash:  leafHash(leaf),
		Payload:   content,
		Signature: commitment.Signature,
		SPKI:      commitment.SPKI,
	}
	return c, c.prepare()
}

// prepare does the work for the fold that needs no state: it parses a policy and
// verifies proofs of possession.
func (c *Checked) prepare() (err error) {
	switch body := c.Statement.Body.(type) {
	case *statement.EnrollIdentity:
		c.unproven = checkProof(c.Statement, "enroll", statement.Member{ID: body.ID, SPKI: body.SPKI, Proof: body.Proof})
	case *statement.RotateIdentity:
		c.unproven = checkProof(c.Statement, "rotate", statement.Member{ID: body.ID, SPKI: body.SPKI, Proof: body.Proof})
	case *statement.DefineWorkflow:
		if c.workflow, err = body.Workflow(); err != nil {
			return asRefusal(err) // Parse judged the text: it cannot fail here
		}
	case *statement.SetPolicy:
		if c.policy, err = body.Policy(); err != nil {
			return asRefusal(err) // Parse judged the text: it cannot fail here
		}
		if c.policy.Version > 1 {
			return nil // names identities that have proven their keys
		}
		for _, m := range genesisIdentities(c.policy) {
			if c.unproven = checkProof(c.Statement, "genesis", m); c.unproven != nil {
				return nil
			}
		}
	}
	return nil
}

// CheckEnvelope is Check for a submission: it builds the leaf from the
// envelope, so that no submitter can hand in leaf bytes.
func CheckEnvelope(origin string, e statement.Envelope) (*Checked, error) {
	if len(e.SPKI) == 0 {
		return nil, refuse(CodeSignature, "signatures[0].spki", "the signer's public key is missing")
	}
	c := statement.Commitment{Digest: statement.DigestOf(e.Payload), Signature: e.Signature, SPKI: e.SPKI}
	return Check(origin, c.Leaf(), e.Payload)
}

// leafHash is the RFC 6962 hash of a leaf.
func leafHash(leaf []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(leaf)
	return [32]byte(h.Sum(nil))
}
