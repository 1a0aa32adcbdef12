package main

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"

	"filippo.io/mldsa"
	"github.com/sigstore/sigstore/pkg/signature"

	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
)

// A freshKey is a cosigner's key that is in no file yet.
type freshKey struct {
	cosigner witness.Cosigner
	private  crypto.PrivateKey // ed25519.PrivateKey, or the 32 bytes of an ML-DSA-44 seed
}

// newCosignerKey makes a key of type 0x04 or 0x06.
func newCosignerKey(name string, typ uint8) (freshKey, error) {
	if typ == proofs.TypeMLDSA44 {
		seed := make([]byte, mldsa.PrivateKeySize)
		if _, err := rand.Read(seed); err != nil {
			return freshKey{}, err
		}
		c, err := witness.NewMLDSA(name, seed)
		return freshKey{c, seed}, err
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return freshKey{}, err
	}
	c, err := ed25519Cosigner(name, private)
	return freshKey{c, private}, err
}

// write encrypts the key with the password in a file.
func (k freshKey) write(path, passwordFile string) error {
	if seed, ok := k.private.([]byte); ok {
		return writeSeed(path, passwordFile, seed)
	}
	return writeKey(path, passwordFile, k.private)
}

// loadCosigner loads a key of either type, which the file tells.
func loadCosigner(name, path, passwordFile string) (witness.Cosigner, error) {
	seeded, err := holdsSeed(path)
	if err != nil {
		return nil, err
	}
	if seeded {
		seed, err := readSeed(path, passwordFile)
		if err != nil {
			return nil, err
		}
		return witness.NewMLDSA(name, seed)
	}
	private, err := readKey(path, passwordFile)
	if err != nil {
		return nil, err
	}
	c, err := ed25519Cosigner(name, private)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// holdsSeed says whether a key file is one of ML-DSA-44.
func holdsSeed(path string) (bool, error) {
	text, err := readFile(path)
	if err != nil {
		return false, err
	}
	block, _ := pem.Decode(text)
	return block != nil && block.Type == seedType, nil
}

func ed25519Cosigner(name string, private crypto.PrivateKey) (witness.Cosigner, error) {
	signer, err := signature.LoadSigner(private, crypto.Hash(0))
	if err != nil {
		return nil, err
	}
	return witness.NewEd25519(name, signer)
}
