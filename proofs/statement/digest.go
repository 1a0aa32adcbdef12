package statement

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
)

// PayloadType is the DSSE payload type of every statement.
const PayloadType = "application/vnd.in-toto+json"

const digestPrefix = "sha256:"

const (
	wantHex    = "64 lower-case hex digits"
	wantDigest = `"sha256:" and ` + wantHex
)

var errDigest = errors.New("want " + wantDigest)

// Digest is a SHA-256 digest.
type Digest [32]byte

// String gives the text form, "sha256:" and 64 lower-case hex digits.
func (d Digest) String() string {
	var text [len(digestPrefix) + 64]byte
	return string(d.appendTo(text[:0]))
}

func (d Digest) appendTo(b []byte) []byte {
	return hex.AppendEncode(append(b, digestPrefix...), d[:])
}

// ParseDigest reads the text form and no other.
func ParseDigest(s string) (Digest, error) {
	if len(s) != len(digestPrefix)+64 || s[:len(digestPrefix)] != digestPrefix {
		return Digest{}, errDigest
	}
	d, ok := parseHex(s[len(digestPrefix):])
	if !ok {
		return Digest{}, errDigest
	}
	return d, nil
}

// parseHex reads 64 lower-case hex digits.
func parseHex(s string) (d Digest, ok bool) {
	if len(s) != 64 {
		return Digest{}, false
	}
	for i := range d {
		hi, lo := nibble(s[2*i]), nibble(s[2*i+1])
		if hi|lo > 15 {
			return Digest{}, false
		}
		d[i] = hi<<4 | lo
	}
	return d, true
}

func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}

// PAE gives the DSSE pre-authentication encoding of a statement's bytes, the bytes that are signed:
// "DSSEv1", the length and text of [PayloadType], the length and text of the payload, joined by spaces.
func PAE(payload []byte) []byte {
	b := appendPAEHead(make([]byte, 0, 64+len(payload)), len(payload))
	return append(b, payload...)
}

// DigestOf gives the statement digest, SHA-256 of [PAE]: the one name of a statement, whatever its envelope.
func DigestOf(payload []byte) Digest {
	var head [64]byte
	h := sha256.New()
	h.Write(appendPAEHead(head[:0], len(payload)))
	h.Write(payload)
	var d Digest
	h.Sum(d[:0])
	return d
}

func appendPAEHead(b []byte, size int) []byte {
	b = append(b, "DSSEv1 28 "+PayloadType+" "...)
	b = strconv.AppendInt(b, int64(size), 10)
	return append(b, ' ')
}
