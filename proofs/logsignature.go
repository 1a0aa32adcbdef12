package proofs

import (
	"errors"
	"fmt"
)

// ErrUnsigned says that no known key signed.
var ErrUnsigned = errors.New("no signature by a known key")

// ErrOrigin says that a key signed a checkpoint of a log that does not have the
// key's name.
var ErrOrigin = errors.New("the origin is not the name of the key")

// A SignatureError says that a line in the name of a known key does not verify.
// One such line spoils the whole note.
type SignatureError struct {
	Name string
	ID   uint32
}

func (e *SignatureError) Error() string {
	return fmt.Sprintf("signature of %q+%08x does not verify", e.Name, e.ID)
}

// OpenCheckpoint parses a signed checkpoint and verifies it with the keys of
// logs (types 0x01 and 0x06). At least one key must have signed; each line of a
// known key must verify, else the whole note is refused with a *SignatureError;
// unknown lines are ignored. The name of a key that signed must be the origin.
// Without a signature by a known key the error is ErrUnsigned.
func OpenCheckpoint(note []byte, keys []VerifierKey) (Checkpoint, Note, error) {
	if err := checkKeys(keys); err != nil {
		return Checkpoint{}, Note{}, err
	}
	n, err := ParseNote(note)
	if err != nil {
		return Checkpoint{}, Note{}, err
	}
	cp, err := ParseCheckpoint(n.Body)
	if err != nil {
		return Checkpoint{}, Note{}, err
	}
	signed := 0
	for _, key := range keys {
		for _, s := range n.by(key) {
			if err := VerifyLogSignature(key, cp, s); err != nil {
				return Checkpoint{}, Note{}, err
			}
			signed++
		}
	}
	if signed == 0 {
		return Checkpoint{}, Note{}, ErrUnsigned
	}
	return cp, n, nil
}

// VerifyLogSignature checks one signature of a log over its checkpoint: type
// 0x01 over the body, or type 0x06 with the origin as the cosigner's name and
// any time.
func VerifyLogSignature(key VerifierKey, cp Checkpoint, s NoteSignature) error {
	if s.Name != key.Name || s.ID != key.ID {
		return ErrUnsigned
	}
	if key.Name != cp.Origin {
		return fmt.Errorf("key %q, origin %q: %w", key.Name, cp.Origin, ErrOrigin)
	}
	switch key.Type {
	case TypeEd25519:
		if key.verify(cp.Marshal(), s.Signature) {
			return nil
		}
		return &SignatureError{Name: key.Name, ID: key.ID}
	case TypeMLDSA44:
		_, err := verifyTimed(key, cp, s)
		return err
	}
	return formatError("verifier key", "type 0x%02x of %q is no type of a log", key.Type, key.Name)
}

// LogMessage returns the bytes that a key signs for a checkpoint: the body for
// type 0x01, which has no time (pass 0), else the cosignature message.
func LogMessage(key VerifierKey, time int64, cp Checkpoint) ([]byte, error) {
	if key.Type != TypeEd25519 {
		return CosignatureMessage(key.Type, key.Name, time, cp)
	}
	if time != 0 {
		return nil, formatError("note", "signatures of type 0x01 carry no time")
	}
	return cp.Marshal(), nil
}

// SignLogLine makes the Ed25519 (0x01) signature line of the log named name over
// a checkpoint body. sign gets the body and returns the 64 bytes of the
// signature, which is verified with key before the line is returned.
func SignLogLine(name string, sign func(message []byte) ([]byte, error), key VerifierKey, body []byte) ([]byte, error) {
	if err := key.check(); err != nil {
		return nil, err
	}
	if key.Type != TypeEd25519 {
		return nil, formatError("verifier key", "type 0x%02x of %q, want 0x01; use SignCosignatureLine", key.Type, key.Name)
	}
	cp, err := ParseCheckpoint(body)
	if err != nil {
		return nil, err
	}
	if name != key.Name || name != cp.Origin {
		return nil, fmt.Errorf("log %q, key %q, origin %q: %w", name, key.Name, cp.Origin, ErrOrigin)
	}
	signature, err := sign(body)
	if err != nil {
		return nil, err
	}
	s := NoteSignature{Name: name, ID: key.ID, Signature: signature}
	if err := VerifyLogSignature(key, cp, s); err != nil {
		return nil, fmt.Errorf("the signer does not have the pinned key: %w", err)
	}
	return SignatureLine(name, key.ID, signature), nil
}
