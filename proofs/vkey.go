package proofs

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"filippo.io/mldsa"
)

// The signature types of signed notes that docket uses.
const (
	TypeEd25519            = 0x01 // Ed25519 over the note body: log signatures
	TypeEd25519Cosignature = 0x04 // Ed25519 with a time: witness cosignatures
	TypeMLDSA44            = 0x06 // ML-DSA-44 with a time: cosignatures, log signatures
)

// maxVerifierKey bounds the text of a verifier key; the longest has 2,017 bytes.
const maxVerifierKey = 4096

// A VerifierKey is the public side of a note signature. Make one with
// ParseVerifierKey or NewVerifierKey only.
type VerifierKey struct {
	Name   string // of the log or cosigner, 1 to 255 bytes
	ID     uint32 // first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public)
	Type   uint8  // TypeEd25519, TypeEd25519Cosignature or TypeMLDSA44
	Public []byte // 32 bytes of Ed25519 or 1,312 bytes of ML-DSA-44
}

// NewVerifierKey makes the verifier key of a name, a type and a public key, which
// it copies. It refuses other types, other lengths and names that cannot stand
// in a signature line.
func NewVerifierKey(name string, typ uint8, public []byte) (VerifierKey, error) {
	if len(name) > maxName || !validKeyName(name) {
		return VerifierKey{}, formatError("verifier key", "%.80q is no key name", name)
	}
	want, ok := publicKeySize(typ)
	if !ok {
		return VerifierKey{}, formatError("verifier key", "signature type 0x%02x is not supported", typ)
	}
	if len(public) != want {
		return VerifierKey{}, formatError("verifier key", "public key of %d bytes, type 0x%02x has %d", len(public), typ, want)
	}
	public = append([]byte(nil), public...)
	return VerifierKey{Name: name, ID: keyID(name, typ, public), Type: typ, Public: public}, nil
}

// ParseVerifierKey reads the text form <name>+<key ID>+<base64(type ‖ public)>.
// The key ID is recomputed, and the text must be exactly what String prints.
func ParseVerifierKey(s string) (VerifierKey, error) {
	if len(s) > maxVerifierKey {
		return VerifierKey{}, formatError("verifier key", "%d bytes, at most %d are possible", len(s), maxVerifierKey)
	}
	name, rest, ok := strings.Cut(s, "+")
	id, encoded, ok2 := strings.Cut(rest, "+")
	key, ok3 := decodeBase64(encoded)
	if !ok || !ok2 || !ok3 || len(key) == 0 {
		return VerifierKey{}, formatError("verifier key", "want <name>+<8 hex digits>+<base64>")
	}
	k, err := NewVerifierKey(name, key[0], key[1:])
	if err != nil {
		return VerifierKey{}, err
	}
	if k.String() != s {
		return VerifierKey{}, formatError("verifier key", "key ID %.16q of %q, want %08x", id, name, k.ID)
	}
	return k, nil
}

// String returns the text form of the key.
func (k VerifierKey) String() string {
	var id [4]byte
	binary.BigEndian.PutUint32(id[:], k.ID)
	return k.Name + "+" + hex.EncodeToString(id[:]) + "+" + encodeBase64(append([]byte{k.Type}, k.Public...))
}

// check refuses a key that was not made by NewVerifierKey.
func (k VerifierKey) check() error {
	made, err := NewVerifierKey(k.Name, k.Type, k.Public)
	if err != nil {
		return err
	}
	if made.ID != k.ID {
		return formatError("verifier key", "key ID %08x of %q, want %08x", k.ID, k.Name, made.ID)
	}
	return nil
}

// verify checks a bare signature over a message.
func (k VerifierKey) verify(message, signature []byte) bool {
	switch k.Type {
	case TypeEd25519, TypeEd25519Cosignature:
		return len(k.Public) == ed25519.PublicKeySize && ed25519.Verify(k.Public, message, signature)
	case TypeMLDSA44:
		public, err := mldsa.NewPublicKey(mldsa.MLDSA44(), k.Public)
		return err == nil && mldsa.Verify(public, message, signature, nil) == nil
	}
	return false
}

// publicKeySize returns the length of the public keys of a type.
func publicKeySize(typ uint8) (int, bool) {
	switch typ {
	case TypeEd25519, TypeEd25519Cosignature:
		return ed25519.PublicKeySize, true
	case TypeMLDSA44:
		return mldsa.MLDSA44PublicKeySize, true
	}
	return 0, false
}

func keyID(name string, typ uint8, public []byte) uint32 {
	h := sha256.New()
	h.Write(append([]byte(name), '\n', typ))
	h.Write(public)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// checkKeys refuses a set of keys in which one signature line could count twice
// or be taken for that of another key: one public key under two names or types
// (a 0x04 signature does not name its signer), or two keys with one name and ID.
func checkKeys(keys []VerifierKey) error {
	type pair struct {
		name string
		id   uint32
	}
	publics, pairs := make(map[string]bool), make(map[pair]bool)
	for _, k := range keys {
		if err := k.check(); err != nil {
			return err
		}
		if publics[string(k.Public)] {
			return formatError("verifier key", "the public key of %q+%08x is listed twice", k.Name, k.ID)
		}
		if pairs[pair{k.Name, k.ID}] {
			return formatError("verifier key", "two keys are named %q+%08x", k.Name, k.ID)
		}
		publics[string(k.Public)], pairs[pair{k.Name, k.ID}] = true, true
	}
	return nil
}
