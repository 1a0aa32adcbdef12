package proofs

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxSize is the largest number of leaves that a tree can have and the largest
// integer that any text format of this package can carry: 2^63-1.
const MaxSize = math.MaxInt64

// A FormatError says that bytes are not the canonical form of a format.
type FormatError struct {
	Format string // "note", "checkpoint", "verifier key", "tile path", ...
	Reason string // what is wrong, for people
}

func (e *FormatError) Error() string { return e.Format + ": " + e.Reason }

func formatError(format, reason string, args ...any) error {
	return &FormatError{Format: format, Reason: fmt.Sprintf(reason, args...)}
}

// parseDecimal reads the one decimal form of an integer between 0 and MaxSize:
// ASCII digits, no sign, no leading zero but "0" itself.
func parseDecimal(s string) (uint64, bool) {
	if len(s) == 0 || len(s) > 19 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(s, 10, 63)
	return n, err == nil
}

// decodeBase64 reads standard base64 with padding. It takes only what
// encodeBase64 prints: the standard decoder alone would skip CR and LF and take
// padding bits that are not zero.
func decodeBase64(s string) ([]byte, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || encodeBase64(b) != s {
		return nil, false
	}
	return b, true
}

func encodeBase64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// decodeHash reads one hash: 44 characters of base64.
func decodeHash(s string) (Hash, bool) {
	if len(s) != 44 {
		return Hash{}, false
	}
	b, ok := decodeBase64(s)
	if !ok || len(b) != len(Hash{}) {
		return Hash{}, false
	}
	return Hash(b), true
}

// cutLine returns the text before the first newline and what follows it. It
// says false when there is no newline.
func cutLine(b []byte) (line string, rest []byte, ok bool) {
	before, after, ok := bytes.Cut(b, []byte{'\n'})
	if !ok {
		return "", b, false
	}
	return string(before), after, true
}

// maxName bounds names of keys and origins: ML-DSA-44 cosignatures store their
// length in one byte.
const maxName = 255

// validKeyName says whether s can stand in a signature line: not empty, valid
// UTF-8, no Unicode space, no plus sign, no ASCII control character.
func validKeyName(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.Contains(s, "+") &&
		strings.IndexFunc(s, func(r rune) bool { return r < 0x20 || unicode.IsSpace(r) }) < 0
}
