package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/statement"
)

// publicKey is what is public of a key file.
type publicKey struct {
	Type string `json:"type"` // p256 or ed25519
	SPKI string `json:"spki"` // digest of the SubjectPublicKeyInfo: sha256: and hex
	PEM  string `json:"publicKey"`
	VKey string `json:"vkey,omitempty"`
}

func publicOf(key crypto.PrivateKey, origin string) (*publicKey, error) {
	p := &publicKey{}
	var public crypto.PublicKey
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		if k.Curve != elliptic.P256() {
			return nil, errors.New("an elliptic curve key, but not of P-256")
		}
		p.Type, public = "p256", k.Public()
	case ed25519.PrivateKey:
		p.Type, public = "ed25519", k.Public()
	default:
		return nil, fmt.Errorf("a %T is neither p256 nor ed25519", key)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	p.SPKI = statement.Digest(sha256.Sum256(der)).String()
	p.PEM = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	if origin == "" {
		return p, nil
	}
	if p.Type != "ed25519" {
		return nil, usage("--origin is for ed25519 keys: a p256 key belongs to no log")
	}
	signer, err := logSigner(key, origin)
	if err != nil {
		return nil, err
	}
	p.VKey = signer.Key().String()
	return p, nil
}

func (p *publicKey) String() string {
	text := fmt.Sprintf("type %s\nspki %s\n", p.Type, p.SPKI)
	if p.VKey != "" {
		text += "vkey " + p.VKey + "\n"
	}
	return text + p.PEM
}
