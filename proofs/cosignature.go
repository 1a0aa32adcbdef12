package proofs

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"

	"filippo.io/mldsa"
)

// ErrNoTime says that a cosignature has time 0. It states that the checkpoint is
// consistent, not that it was the newest at some time: no witness answers so,
// and no quorum counts it.
var ErrNoTime = errors.New("cosignature has no time")

// VerifyCosignature checks all lines of a cosigner (type 0x04 or 0x06) in a note
// over cp and returns the smallest of their times, in POSIX seconds. Several
// lines of one key count as one cosigner; those with time 0 are passed over. The
// error is ErrUnsigned without a line of the key, ErrNoTime when none has a
// time, and *SignatureError when a line does not verify. The caller compares the
// time with its own clock.
func VerifyCosignature(key VerifierKey, n Note, cp Checkpoint) (time int64, err error) {
	if err := key.check(); err != nil {
		return 0, err
	}
	if key.Type == TypeEd25519 {
		return 0, formatError("verifier key", "type 0x01 of %q is no type of a cosigner", key.Name)
	}
	if !bytes.Equal(n.Body, cp.Marshal()) {
		return 0, formatError("checkpoint", "the note is one of another checkpoint")
	}
	lines := n.by(key)
	if len(lines) == 0 {
		return 0, ErrUnsigned
	}
	for _, s := range lines {
		t, err := verifyTimed(key, cp, s)
		if err != nil {
			return 0, err
		}
		if t != 0 && (time == 0 || t < time) {
			time = t
		}
	}
	if time == 0 {
		return 0, ErrNoTime
	}
	return time, nil
}

// SignCosignatureLine makes the signature line of a cosigner, or the ML-DSA-44
// line of the log itself, whose key has the origin as its name. sign gets the
// message of CosignatureMessage and returns the bare signature, which is
// verified with key before the line is returned.
func SignCosignatureLine(time int64, sign func(message []byte) ([]byte, error), key VerifierKey, cp Checkpoint) ([]byte, error) {
	if err := key.check(); err != nil {
		return nil, err
	}
	message, err := CosignatureMessage(key.Type, key.Name, time, cp)
	if err != nil {
		return nil, err
	}
	signature, err := sign(message)
	if err != nil {
		return nil, err
	}
	timed := append(binary.BigEndian.AppendUint64(nil, uint64(time)), signature...)
	s := NoteSignature{Name: key.Name, ID: key.ID, Signature: timed}
	if _, err := verifyTimed(key, cp, s); err != nil {
		return nil, fmt.Errorf("the signer does not have the pinned key: %w", err)
	}
	return SignatureLine(key.Name, key.ID, timed), nil
}

// CosignatureMessage returns the bytes that the cosigner of this name signs for a
// checkpoint at a time in POSIX seconds. Type 0x04 signs two header lines and the
// whole body, and does not name its cosigner. Type 0x06 signs the subtree from 0
// to the size.
func CosignatureMessage(typ uint8, name string, time int64, cp Checkpoint) ([]byte, error) {
	if err := cp.Check(); err != nil {
		return nil, err
	}
	if time < 0 || !validOriginName(cp.Origin) {
		return nil, formatError("cosignature", "time %d or origin %.80q cannot be signed", time, cp.Origin)
	}
	switch typ {
	case TypeEd25519Cosignature:
		header := "cosignature/v1\ntime " + strconv.FormatInt(time, 10) + "\n"
		return append([]byte(header), cp.Marshal()...), nil
	case TypeMLDSA44:
		return subtreeMessage(name, time, cp.Origin, 0, cp.Size, cp.Root)
	}
	return nil, formatError("cosignature", "signature type 0x%02x is none of a cosigner", typ)
}

// subtreeMessage returns the message of type 0x06 for the leaves [start, end).
func subtreeMessage(name string, time int64, origin string, start, end uint64, root Hash) ([]byte, error) {
	if len(name) > maxName || !validKeyName(name) || !validOriginName(origin) {
		return nil, formatError("cosignature", "%.80q or %.80q is no name of 1 to 255 bytes", name, origin)
	}
	if time < 0 || start > end || end > MaxSize || start != 0 && time != 0 {
		return nil, formatError("cosignature", "time %d for leaves %d to %d cannot be signed", time, start, end)
	}
	b := []byte("subtree/v1\n\x00")
	b = append(append(b, byte(len(name))), name...)
	b = binary.BigEndian.AppendUint64(b, uint64(time))
	b = append(append(b, byte(len(origin))), origin...)
	b = binary.BigEndian.AppendUint64(b, start)
	b = binary.BigEndian.AppendUint64(b, end)
	return append(b, root[:]...), nil
}

// verifyTimed checks one signature of type 0x04 or 0x06, the 8 bytes of its time
// first, and returns the time.
func verifyTimed(key VerifierKey, cp Checkpoint, s NoteSignature) (int64, error) {
	bad := &SignatureError{Name: key.Name, ID: key.ID}
	if len(s.Signature) != 8+signatureSize(key.Type) {
		return 0, bad
	}
	seconds := binary.BigEndian.Uint64(s.Signature)
	if seconds > math.MaxInt64 {
		return 0, bad
	}
	message, err := CosignatureMessage(key.Type, key.Name, int64(seconds), cp)
	if err != nil {
		return 0, err
	}
	if !key.verify(message, s.Signature[8:]) {
		return 0, bad
	}
	return int64(seconds), nil
}

func signatureSize(typ uint8) int {
	if typ == TypeMLDSA44 {
		return mldsa.MLDSA44SignatureSize
	}
	return ed25519.SignatureSize
}
