package statement

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math"
	"strconv"
	"strings"
)

const (
	// Rules names the admission rules of this package, and with them all formats of docs/spec.
	Rules = "docket/1"
	// SealPrefix starts every seal; no statement's leaf starts with "d".
	SealPrefix = "docket/v1/seal"
)

// ErrSeal says that bytes are not a seal in its one form.
var ErrSeal = errors.New(`not a seal; want six lines: "docket/v1/seal", index, prev, time, rules, registers`)

// Seal is the leaf that the log puts at the end of every signed tree. It binds the log's time, the rules in force and
// the register tree.
type Seal struct {
	Index uint64   // its own index, and so the number of leaves it covers
	Prev  int64    // index of the seal before it, or -1
	Time  int64    // the log's clock, unix milliseconds: the time of all leaves since Prev
	Rules string   // name of the admission rules in force since Prev
	Count uint64   // leaves of the register tree
	Root  [32]byte // root of the register tree
}

// Marshal gives the seal's text. It does not check the fields.
func (s Seal) Marshal() []byte {
	b := append(make([]byte, 0, 192), SealPrefix+"\nindex "...)
	b = strconv.AppendUint(b, s.Index, 10)
	b = append(b, "\nprev "...)
	b = strconv.AppendInt(b, s.Prev, 10)
	b = append(b, "\ntime "...)
	b = strconv.AppendInt(b, s.Time, 10)
	b = append(b, "\nrules "...)
	b = append(b, s.Rules...)
	b = append(b, "\nregisters "...)
	b = strconv.AppendUint(b, s.Count, 10)
	b = append(b, ' ')
	b = base64.StdEncoding.AppendEncode(b, s.Root[:])
	return append(b, '\n')
}

// ParseSeal reads a seal: only bytes that [Seal.Marshal] gives, with index and count below 2^63, prev at least -1, time at
// least 0 and a name of rules that may be unknown here. How a seal follows the one before it is for the fold to judge. The
// error is [ErrSeal].
func ParseSeal(b []byte) (Seal, error) {
	if len(b) > 256 {
		return Seal{}, ErrSeal
	}
	lines := strings.Split(string(b), "\n")
	if len(lines) != 7 {
		return Seal{}, ErrSeal
	}
	count, root, _ := strings.Cut(strings.TrimPrefix(lines[5], "registers "), " ")
	raw, ok := decodeBase64(standard, root)
	if !ok || len(raw) != 32 {
		return Seal{}, ErrSeal
	}
	s := Seal{
		Index: uint64(sealNumber(lines[1], "index ")),
		Prev:  sealNumber(lines[2], "prev "),
		Time:  sealNumber(lines[3], "time "),
		Rules: strings.TrimPrefix(lines[4], "rules "),
		Count: uint64(sealNumber(count, "")),
		Root:  [32]byte(raw),
	}
	sound := s.Index <= math.MaxInt64 && s.Prev >= -1 && s.Time >= 0 && s.Count <= math.MaxInt64 && validRules(s.Rules)
	if !sound || !bytes.Equal(s.Marshal(), b) {
		return Seal{}, ErrSeal
	}
	return s, nil
}

// sealNumber gives the number after the prefix, or -2 if there is none; no field may be -2.
func sealNumber(line, prefix string) int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(line, prefix), 10, 64)
	if err != nil {
		return -2
	}
	return n
}

const wantRules = "the name of the rules, docket/ and 1 to 32 bytes of [a-z0-9-]"

func validRules(s string) bool {
	name, ok := strings.CutPrefix(s, "docket/")
	return ok && validName(name)
}
