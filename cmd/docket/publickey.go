package main

import (
	"cmp"
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
	Type string `json:"type"`                // p256, ed25519 or ml-dsa-44
	SPKI string `json:"spki,omitempty"`      // digest of the SubjectPublicKeyInfo: sha256: and hex; not of ml-dsa-44
	PEM  string `json:"publicKey,omitempty"` // of the same
	VKey string `json:"vkey,omitempty"`
}

// publicOfFile is what is public of a key file of any type.
func publicOfFile(file, passwordFile, origin string) (*publicKey, error) {
	seeded, err := holdsSeed(file)
	if err != nil {
		return nil, err
	}
	if seeded {
		c, err := loadCosigner(cmp.Or(origin, "any"), file, passwordFile)
		if err != nil {
			return nil, err
		}
		p := &publicKey{Type: "ml-dsa-44"}
		if origin != "" {
			p.VKey = c.Key().String()
		}
		return p, nil
	}
	key, err := readKey(file, passwordFile)
	if err != nil {
		return nil, err
	}
	p, err := publicOf(key, origin)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return p, nil
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
	text := fmt.Sprintf("type %s\n", p.Type)
	if p.SPKI != "" {
		text += "spki " + p.SPKI + "\n"
	}
	if p.VKey != "" {
		text += "vkey " + p.VKey + "\n"
	}
	return text + p.PEM
}
