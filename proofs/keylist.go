package proofs

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"
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

// A KeyList is what a log says of its own keys: those that sign when it is made, in
// the order in which they were introduced, and each of them signed it. A key that signs no
// more is in none: it would be introduced by any list that names it, to whoever found it. A
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
	var leaves []Hash
	for _, key := range l.Keys {
		switch {
		case key.Name != l.Keys[0].Name || !ValidOrigin(key.Name):
			return Checkpoint{}, formatError("key list", "key %q+%08x: all keys have the origin of one log as their name", key.Name, key.ID)
		case key.Type != TypeEd25519 && key.Type != TypeMLDSA44:
			return Checkpoint{}, formatError("key list", "type 0x%02x of key %q+%08x is no type of a log", key.Type, key.Name, key.ID)
		}
		leaves = append(leaves, LeafHash([]byte(key.String())))
	}
	head := TreeHead{Size: uint64(len(leaves)), Root: rootOver(leaves)}
	return Checkpoint{Origin: l.Keys[0].Name + keyListSuffix, TreeHead: head}, nil
}

// rootOver is the RFC 6962 root over one leaf hash or more.
func rootOver(leaves []Hash) Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	left := 1 << (bits.Len(uint(len(leaves)-1)) - 1) // the largest power of two below the number
	return NodeHash(rootOver(leaves[:left]), rootOver(leaves[left:]))
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

// An Introduction is what a key list comes to for a verifier who pins some keys. Each
// key in it signed the list itself: nobody can have a key introduced that he has not.
type Introduction struct {
	By     []VerifierKey // the pinned keys that signed the list
	Keys   []VerifierKey // not pinned, each of the type of one in By
	Others []VerifierKey // not pinned, of another type: a verifier who chose a type has not asked for them
}

// Introduced verifies a list for a verifier who pins these keys. A line of a listed key
// that does not verify spoils the whole list; without a line of a pinned key the error
// is ErrUnsigned.
//
// Whoever stole a pinned key can make such a list too. A key that may be known to
// others introduces nothing: its successor must come another way.
func (l KeyList) Introduced(pinned []VerifierKey) (Introduction, error) {
	cp, err := l.Checkpoint()
	if err != nil {
		return Introduction{}, err
	}
	n, err := ParseNote(l.Note)
	if err != nil {
		return Introduction{}, err
	}
	if !bytes.Equal(n.Body, cp.Marshal()) {
		return Introduction{}, formatError("key list", "the note is over another list")
	}
	var in Introduction
	var others []VerifierKey
	for _, key := range l.Keys {
		lines := n.by(key)
		for _, s := range lines {
			if err := verifyListed(key, cp, s); err != nil {
				return Introduction{}, err
			}
		}
		switch {
		case len(lines) == 0:
		case slices.ContainsFunc(pinned, key.is):
			in.By = append(in.By, key)
		default:
			others = append(others, key)
		}
	}
	if len(in.By) == 0 {
		return Introduction{}, ErrUnsigned
	}
	for _, key := range others {
		if slices.ContainsFunc(in.By, func(by VerifierKey) bool { return by.Type == key.Type }) {
			in.Keys = append(in.Keys, key)
		} else {
			in.Others = append(in.Others, key)
		}
	}
	return in, nil
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

// is says whether two keys are one.
func (k VerifierKey) is(other VerifierKey) bool {
	return k.Name == other.Name && k.Type == other.Type && bytes.Equal(k.Public, other.Public)
}
