package proofs

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of signed notes. C2SP demands that 16 signatures are taken; 16 lines of
// ML-DSA-44 fit into MaxNote.
const (
	MaxNote           = 64 << 10 // bytes of a note
	MaxNoteSignatures = 100      // signature lines of a note
)

const signaturePrefix = "— " // U+2014, space

// A Note is a parsed C2SP signed note. Nothing in it is verified. The bytes of a
// note are no identity: order, number and unknown lines of signatures vary.
type Note struct {
	Body       []byte // the signed text with its last newline
	Signatures []NoteSignature
}

// A NoteSignature is one signature line of a note.
type NoteSignature struct {
	Name      string // of the key
	ID        uint32 // of the key
	Signature []byte // what follows the key ID; at least one byte
	Line      []byte // the whole line, with its newline
}

// ParseNote splits a note into body and signature lines. It takes UTF-8 of at
// most MaxNote bytes without control characters but newline; body and signatures
// part at the last empty line. A note that it takes is exactly what Marshal
// prints.
func ParseNote(b []byte) (Note, error) {
	if len(b) > MaxNote {
		return Note{}, formatError("note", "%d bytes, at most %d are allowed", len(b), MaxNote)
	}
	if !utf8.Valid(b) {
		return Note{}, formatError("note", "not UTF-8")
	}
	for _, c := range b {
		if c < 0x20 && c != '\n' {
			return Note{}, formatError("note", "control character 0x%02x", c)
		}
	}
	split := bytes.LastIndex(b, []byte("\n\n"))
	if split < 0 {
		return Note{}, formatError("note", "no empty line before the signatures")
	}
	signatures, err := ParseSignatureLines(b[split+2:])
	if err != nil {
		return Note{}, err
	}
	n := Note{Body: b[: split+1 : split+1], Signatures: signatures}
	if !bytes.Equal(n.Marshal(), b) {
		return Note{}, formatError("note", "not in canonical form")
	}
	return n, nil
}

// ParseSignatureLines reads one or more signature lines without a note, as a
// witness answers them. They belong to no body until verified.
func ParseSignatureLines(b []byte) ([]NoteSignature, error) {
	if len(b) == 0 || len(b) > MaxNote || b[len(b)-1] != '\n' {
		return nil, formatError("note", "want one or more whole signature lines in at most %d bytes", MaxNote)
	}
	var signatures []NoteSignature
	for len(b) > 0 {
		if len(signatures) == MaxNoteSignatures {
			return nil, formatError("note", "more than %d signatures", MaxNoteSignatures)
		}
		end := bytes.IndexByte(b, '\n') + 1
		s, ok := parseSignatureLine(b[:end:end])
		if !ok {
			return nil, formatError("note", "signature line %d is not canonical", len(signatures)+1)
		}
		signatures, b = append(signatures, s), b[end:]
	}
	return signatures, nil
}

func parseSignatureLine(line []byte) (NoteSignature, bool) {
	text, ok := strings.CutPrefix(string(line[:len(line)-1]), signaturePrefix)
	name, encoded, ok2 := strings.Cut(text, " ")
	blob, ok3 := decodeBase64(encoded)
	if !ok || !ok2 || !ok3 || len(blob) < 5 || !validKeyName(name) {
		return NoteSignature{}, false
	}
	s := NoteSignature{Name: name, ID: binary.BigEndian.Uint32(blob), Signature: blob[4:], Line: line}
	return s, bytes.Equal(SignatureLine(s.Name, s.ID, s.Signature), line)
}

// SignatureLine returns one signature line with its newline.
func SignatureLine(name string, id uint32, signature []byte) []byte {
	blob := append(binary.BigEndian.AppendUint32(nil, id), signature...)
	return []byte(signaturePrefix + name + " " + encodeBase64(blob) + "\n")
}

// Marshal returns the note: body, empty line, signature lines in their order. It
// uses Name, ID and Signature, not Line.
func (n Note) Marshal() []byte {
	b := append(bytes.Clone(n.Body), '\n')
	for _, s := range n.Signatures {
		b = append(b, SignatureLine(s.Name, s.ID, s.Signature)...)
	}
	return b
}

// OnlyBy returns the note with the lines of these keys alone, in their order. None
// of them is verified by it.
func (n Note) OnlyBy(keys []VerifierKey) Note {
	kept := Note{Body: n.Body}
	for _, s := range n.Signatures {
		for _, key := range keys {
			if s.ID == key.ID && s.Name == key.Name {
				kept.Signatures = append(kept.Signatures, s)
				break
			}
		}
	}
	return kept
}

// OneBy returns the note with the first line of each of these keys alone, in their
// order. None of them is verified by it. Whoever adds lines to a note of somebody else
// begins with this: anybody can repeat a line until a note has no place for another one.
func (n Note) OneBy(keys []VerifierKey) Note {
	kept := Note{Body: n.Body}
	for _, s := range n.OnlyBy(keys).Signatures {
		same := func(k NoteSignature) bool { return k.ID == s.ID && k.Name == s.Name }
		if !slices.ContainsFunc(kept.Signatures, same) {
			kept.Signatures = append(kept.Signatures, s)
		}
	}
	return kept
}

// by returns the signatures of the key with this name and ID, each once: anybody can
// repeat a line, and nobody shall verify it a hundred times.
func (n Note) by(key VerifierKey) []NoteSignature {
	var found []NoteSignature
	for _, s := range n.Signatures {
		known := func(f NoteSignature) bool { return bytes.Equal(f.Signature, s.Signature) }
		if s.ID == key.ID && s.Name == key.Name && !slices.ContainsFunc(found, known) {
			found = append(found, s)
		}
	}
	return found
}
