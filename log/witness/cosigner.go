package witness

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"fmt"

	"filippo.io/mldsa"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/options"

	"github.com/docketlog/docket/proofs"
)

// NewEd25519 returns the Cosigner of an Ed25519 key behind sigstore's signer
// interface: a key file, or a key management service. Its present public key is
// the pin: a signature that does not verify under it never leaves the witness.
func NewEd25519(name string, s signature.Signer) (Cosigner, error) {
	public, err := s.PublicKey()
	if err != nil {
		return nil, err
	}
	bare, ok := public.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("key %s is a %T, not an Ed25519 key", name, public)
	}
	key, err := proofs.NewVerifierKey(name, proofs.TypeEd25519Cosignature, bare)
	if err != nil {
		return nil, err
	}
	return cosigner{key, func(message []byte) ([]byte, error) {
		// crypto.Hash(0) asks for pure Ed25519: some services take any other value
		// as Ed25519ph.
		return s.SignMessage(bytes.NewReader(message), options.WithCryptoSignerOpts(crypto.Hash(0)))
	}}, nil
}

// NewMLDSA returns the Cosigner of the ML-DSA-44 key with this seed of 32 bytes.
func NewMLDSA(name string, seed []byte) (Cosigner, error) {
	private, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), seed)
	if err != nil {
		return nil, err
	}
	key, err := proofs.NewVerifierKey(name, proofs.TypeMLDSA44, private.PublicKey().Bytes())
	if err != nil {
		return nil, err
	}
	return cosigner{key, func(message []byte) ([]byte, error) { return private.Sign(nil, message, nil) }}, nil
}

type cosigner struct {
	key  proofs.VerifierKey
	sign func(message []byte) ([]byte, error)
}

func (c cosigner) Key() proofs.VerifierKey { return c.key }

func (c cosigner) Sign(message []byte) ([]byte, error) { return c.sign(message) }
