package proofs

import (
	"bytes"
	"strconv"
)

// MaxAddCheckpoint is the size of the largest body that ParseAddCheckpoint takes:
// a full note, the longest proof and the first line.
const MaxAddCheckpoint = MaxNote + maxProof*45 + len("old 9223372036854775807\n") + 1

// An AddCheckpoint asks a witness to cosign a checkpoint (C2SP tlog-witness): the
// size that the witness holds of that log, the consistency proof from there, and
// the signed note.
//
//	old 2
//	J+0MOfsBbDoG7JHQlLNfiVu/6QjqKGwaYUL9tVqTXME=
//
//	log.example
//	3
//	1Pksj7uJcg6ztVZ3x9fvrd/rENEaGoSguo8aIzN/qpU=
//
//	— log.example q8DPZQ...
type AddCheckpoint struct {
	Old   uint64 // the size from which Proof leads; 0 when the witness has seen none
	Proof []Hash // at most 63
	Note  []byte // the signed checkpoint, byte for byte
}

// Marshal returns the body of the request.
func (a AddCheckpoint) Marshal() []byte {
	b := strconv.AppendUint([]byte("old "), a.Old, 10)
	b = append(b, '\n')
	for _, h := range a.Proof {
		b = append(append(b, encodeBase64(h[:])...), '\n')
	}
	return append(append(b, '\n'), a.Note...)
}

// ParseAddCheckpoint is the inverse of Marshal and takes only what it prints. It
// takes the note as a signed note, and neither its body nor its signatures for
// anything: that is for OpenCheckpoint.
func ParseAddCheckpoint(b []byte) (AddCheckpoint, error) {
	const what = "add-checkpoint"
	if len(b) > MaxAddCheckpoint {
		return AddCheckpoint{}, formatError(what, "%d bytes, at most %d are possible", len(b), MaxAddCheckpoint)
	}
	line, rest, ok := cutLine(b)
	old, ok2 := bytes.CutPrefix([]byte(line), []byte("old "))
	size, ok3 := parseDecimal(string(old))
	if !ok || !ok2 || !ok3 {
		return AddCheckpoint{}, formatError(what, "the first line is not \"old\", a space and a canonical size")
	}
	a := AddCheckpoint{Old: size}
	for {
		if line, rest, ok = cutLine(rest); !ok {
			return AddCheckpoint{}, formatError(what, "no empty line before the checkpoint")
		}
		if line == "" {
			break
		}
		h, ok := decodeHash(line)
		if !ok {
			return AddCheckpoint{}, formatError(what, "line %d of the proof is no hash of 32 bytes", len(a.Proof)+1)
		}
		if a.Proof = append(a.Proof, h); len(a.Proof) > maxProof {
			return AddCheckpoint{}, formatError(what, "more than %d hashes", maxProof)
		}
	}
	if _, err := ParseNote(rest); err != nil {
		return AddCheckpoint{}, err
	}
	a.Note = bytes.Clone(rest)
	return a, nil
}
