package log

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"fmt"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/options"

	"github.com/docketlog/docket/proofs"
)

// A Signer makes the signature line of a log's checkpoints with an Ed25519 key
// behind sigstore's signer interface: a key file, or a key management service.
type Signer struct {
	key    proofs.VerifierKey
	signer signature.Signer
}

// NewSigner pairs a signer with the verifier key that is pinned for it. The pin
// decides: a signature that does not verify under it never leaves the log, even
// if the service rotated its key meanwhile.
func NewSigner(s signature.Signer, pinned proofs.VerifierKey) (*Signer, error) {
	if pinned.Type != proofs.TypeEd25519 {
		return nil, fmt.Errorf("a log key is of type Ed25519 (0x01), not 0x%02x", pinned.Type)
	}
	return &Signer{key: pinned, signer: s}, nil
}

// NewSignerFor is NewSigner with the signer's present public key as the pin:
// for a key file, whose key cannot change behind the log's back.
func NewSignerFor(origin string, s signature.Signer) (*Signer, error) {
	public, err := s.PublicKey()
	if err != nil {
		return nil, err
	}
	key, ok := public.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("a log key is an Ed25519 key, not %T", public)
	}
	pinned, err := proofs.NewVerifierKey(origin, proofs.TypeEd25519, key)
	if err != nil {
		return nil, err
	}
	return NewSigner(s, pinned)
}

// Key returns the pinned verifier key.
func (s *Signer) Key() proofs.VerifierKey { return s.key }

// Sign returns the signed note of a checkpoint, its signature verified under
// the pinned key.
func (s *Signer) Sign(c proofs.Checkpoint) ([]byte, error) {
	if s.signer == nil {
		return nil, ErrReadOnly
	}
	body := c.Marshal()
	// crypto.Hash(0) asks for pure Ed25519: some services take any other value
	// as Ed25519ph.
	sign := func(message []byte) ([]byte, error) {
		return s.signer.SignMessage(bytes.NewReader(message), options.WithCryptoSignerOpts(crypto.Hash(0)))
	}
	line, err := proofs.SignLogLine(s.key.Name, sign, s.key, body)
	if err != nil {
		return nil, fmt.Errorf("signing size %d: %w", c.Size, err)
	}
	note := append(append(body, '\n'), line...)
	if _, _, err := proofs.OpenCheckpoint(note, []proofs.VerifierKey{s.key}); err != nil {
		return nil, fmt.Errorf("the own signature of size %d: %w", c.Size, err)
	}
	return note, nil
}
