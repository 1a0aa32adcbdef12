package proofs

import (
	"bytes"
	"fmt"
	"strings"
)

// Limits of key lists.
const (
	MaxKeyList     = 192 << 10 // bytes of the file
	MaxKeyListKeys = 64        // keys in it
)

// keyListSuffix follows the origin in the name of a key list. No origin of a docket
// log has a slash, so no signature of a list is one of a checkpoint.
const keyListSuffix = "/keys"

// A KeyList is what a log says of its own keys: all that it ever signed with, in the
// order in which they were introduced, signed by those that sign when it is made. A
// key comes to a verifier who pins an older one by such a list. Two lines below one
// checkpoint do not suffice for that: anybody can add a line of his own key to a note
// that is public.
type KeyList struct {
	Keys []VerifierKey // named by the origin, of types 0x01 and 0x06
	Note []byte        // over Checkpoint
}

// Checkpoint is the body of a list's note: the origin with "/keys", the number of
// keys, and the RFC 6962 root over them, each as the text of its verifier key.
func (l KeyList) Checkpoint() (Checkpoint, error) {
	if len(l.Keys) == 0 || len(l.Keys) > MaxKeyListKeys {
		return Checkpoint{}, formatError("key list", "%d keys, want 1 to %d", len(l.Keys), MaxKeyListKeys)
	}
	if err := checkKeys(l.Keys); err != nil {
		return Checkpoint{}, err
	}
	var leaves []byte
	for _, key := range l.Keys {
		switch {
		case key.Name != l.Keys[0].Name || !ValidOrigin(key.Name):
			return Checkpoint{}, formatError("key list", "key %q+%08x: all keys have the origin of one log as their name", key.Name, key.ID)
		case key.Type != TypeEd25519 && key.Type != TypeMLDSA44:
			return Checkpoint{}, formatError("key list", "type 0x%02x of key %q+%08x is no type of a log", key.Type, key.Name, key.ID)
		}
		hash := LeafHash([]byte(key.String()))
		leaves = append(leaves, hash[:]...)
	}
	root, err := TileRoot(leaves)
	return Checkpoint{Origin: l.Keys[0].Name + keyListSuffix, TreeHead: TreeHead{Size: uint64(len(l.Keys)), Root: root}}, err
}

// SignLine makes the line of a listed key below the list. sign gets the message, the
// body for type 0x01 and else that of a cosignature with time 0, and returns the bare
// signature.
func (l KeyList) SignLine(sign func(message []byte) ([]byte, error), key VerifierKey) ([]byte, error) {
	cp, err := l.Checkpoint()
	if err != nil {
		return nil, err
	}
	if key.Type != TypeEd25519 {
		return SignCosignatureLine(0, sign, key, cp)
	}
	signature, err := sign(cp.Marshal())
	if err != nil {
		return nil, err
	}
	if !key.verify(cp.Marshal(), signature) {
		return nil, fmt.Errorf("the signer does not have the pinned key: %w", &SignatureError{Name: key.Name, ID: key.ID})
	}
	return SignatureLine(key.Name, key.ID, signature), nil
}

// Marshal returns the file: a line for each key, an empty line, and the note.
func (l KeyList) Marshal() []byte {
	var b []byte
	for _, key := range l.Keys {
		b = append(b, key.String()+"\n"...)
	}
	return append(append(b, '\n'), l.Note...)
}

// ParseKeyList reads a file that Marshal could have written. Of its signatures none
// is verified.
func ParseKeyList(b []byte) (KeyList, error) {
	if len(b) > MaxKeyList {
		return KeyList{}, formatError("key list", "%d bytes, at most %d are allowed", len(b), MaxKeyList)
	}
	head, note, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok {
		return KeyList{}, formatError("key list", "no empty line after the keys")
	}
	l := KeyList{Note: note}
	for line := range strings.SplitSeq(string(head), "\n") {
		if len(l.Keys) == MaxKeyListKeys {
			return KeyList{}, formatError("key list", "more than %d keys", MaxKeyListKeys)
		}
		key, err := ParseVerifierKey(line)
		if err != nil {
			return KeyList{}, err
		}
		l.Keys = append(l.Keys, key)
	}
	want, err := l.Checkpoint()
	if err != nil {
		return KeyList{}, err
	}
	n, err := ParseNote(note)
	if err != nil {
		return KeyList{}, err
	}
	if !bytes.Equal(n.Body, want.Marshal()) {
		return KeyList{}, formatError("key list", "the note is over another list than these %d keys", len(l.Keys))
	}
	return l, nil
}

// Introduced verifies a list for a verifier who pins these keys: by is the pinned keys
// that signed it, keys are those that signed it and are not pinned. Only who has a key
// can have it introduced. A line of a listed key that does not verify spoils the whole
// list, and without a line of a pinned key the error is ErrUnsigned.
//
// Whoever stole a pinned key can make such a list too. A key that may be known to
// others introduces nothing: its successor must come another way.
func (l KeyList) Introduced(pinned []VerifierKey) (keys, by []VerifierKey, err error) {
	cp, err := l.Checkpoint()
	if err != nil {
		return nil, nil, err
	}
	n, err := ParseNote(l.Note)
	if err != nil {
		return nil, nil, err
	}
	if !bytes.Equal(n.Body, cp.Marshal()) {
		return nil, nil, formatError("key list", "the note is over another list")
	}
	for _, key := range l.Keys {
		lines := n.by(key)
		for _, s := range lines {
			if err := verifyListed(key, cp, s); err != nil {
				return nil, nil, err
			}
		}
		switch {
		case len(lines) == 0:
		case contains(pinned, key):
			by = append(by, key)
		default:
			keys = append(keys, key)
		}
	}
	if len(by) == 0 {
		return nil, nil, ErrUnsigned
	}
	return keys, by, nil
}

func verifyListed(key VerifierKey, cp Checkpoint, s NoteSignature) error {
	if key.Type != TypeEd25519 {
		_, err := verifyTimed(key, cp, s)
		return err
	}
	if !key.verify(cp.Marshal(), s.Signature) {
		return &SignatureError{Name: key.Name, ID: key.ID}
	}
	return nil
}

func contains(keys []VerifierKey, key VerifierKey) bool {
	for _, k := range keys {
		if k.Name == key.Name && k.Type == key.Type && bytes.Equal(k.Public, key.Public) {
			return true
		}
	}
	return false
}
