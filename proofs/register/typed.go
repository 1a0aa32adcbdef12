package register

import "crypto/sha256"

// Algorithms of a TypedDigest. 3 is kept for manifests and refused until they are built.
const (
	AlgorithmSHA256 uint8 = 1 // SHA-256 of the exact bytes
	AlgorithmBlind  uint8 = 2 // docket-blind-v1
)

// KeyTypeSPKI is the one key type of a TypedKey: SHA-256 of the key's SubjectPublicKeyInfo in DER. 2 is reserved for certificates.
const KeyTypeSPKI uint8 = 1

// A TypedDigest is a digest that a statement names: u8 algorithm ‖ 32 bytes.
type TypedDigest [33]byte

// SHA256Digest returns h as a typed digest. For the digest register of an enrolled key, h is SHA-256(SPKI DER).
func SHA256Digest(h Hash) TypedDigest {
	d := TypedDigest{AlgorithmSHA256}
	copy(d[1:], h[:])
	return d
}

// Algorithm returns the first byte.
func (d TypedDigest) Algorithm() uint8 { return d[0] }

// Hash returns the digest without its algorithm.
func (d TypedDigest) Hash() Hash { return Hash(d[1:]) }

func (d TypedDigest) check(what string) error {
	if d[0] != AlgorithmSHA256 && d[0] != AlgorithmBlind {
		return formatError(what, "unknown digest algorithm %d", d[0])
	}
	return nil
}

// A TypedKey names a public key: u8 key type ‖ 32 bytes.
type TypedKey [33]byte

// SPKIKey returns the typed key of a SubjectPublicKeyInfo in DER.
func SPKIKey(spki []byte) TypedKey {
	h := sha256.Sum256(spki)
	k := TypedKey{KeyTypeSPKI}
	copy(k[1:], h[:])
	return k
}

// Type returns the first byte.
func (k TypedKey) Type() uint8 { return k[0] }

// Hash returns the key's hash without its type.
func (k TypedKey) Hash() Hash { return Hash(k[1:]) }

func (k TypedKey) check(what string) error {
	if k[0] != KeyTypeSPKI {
		return formatError(what, "unknown key type %d", k[0])
	}
	return nil
}
