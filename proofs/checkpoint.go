package proofs

import (
	"bytes"
	"strconv"
)

// A Checkpoint is the body of a C2SP checkpoint: which log, how many leaves,
// which root. Its identity is these three values, never the bytes of a note. It
// is unverified unless it came from OpenCheckpoint or Policy.Open.
type Checkpoint struct {
	Origin string // name of the log, compared as bytes
	TreeHead
}

// maxCheckpointBody is the size of the longest body: origin, size, root hash.
const maxCheckpointBody = maxName + 1 + 19 + 1 + 44 + 1

// Marshal returns the note body: origin, size and root hash in base64, one line
// each, and nothing else.
func (c Checkpoint) Marshal() []byte {
	b := make([]byte, 0, len(c.Origin)+20+45+1)
	b = append(b, c.Origin...)
	b = append(b, '\n')
	b = strconv.AppendUint(b, c.Size, 10)
	b = append(b, '\n')
	b = append(b, encodeBase64(c.Root[:])...)
	return append(b, '\n')
}

// ParseCheckpoint is the inverse of Marshal and takes only what it prints. It
// refuses extension lines (ML-DSA-44 cosignatures do not cover them), origins
// that cannot be key names or have more than 255 bytes, and size 0 with a root
// other than EmptyRoot. Checkpoints of other C2SP logs are welcome: what docket
// demands of its own stands in CheckDocket.
func ParseCheckpoint(body []byte) (Checkpoint, error) {
	if len(body) > maxCheckpointBody {
		return Checkpoint{}, formatError("checkpoint", "%d bytes, at most %d are possible", len(body), maxCheckpointBody)
	}
	origin, rest, ok := cutLine(body)
	if !ok || !validOriginName(origin) {
		return Checkpoint{}, formatError("checkpoint", "first line is no origin")
	}
	sizeLine, rest, ok := cutLine(rest)
	size, ok2 := parseDecimal(sizeLine)
	if !ok || !ok2 {
		return Checkpoint{}, formatError("checkpoint", "second line is no canonical size")
	}
	rootLine, rest, ok := cutLine(rest)
	root, ok2 := decodeHash(rootLine)
	if !ok || !ok2 {
		return Checkpoint{}, formatError("checkpoint", "third line is no root hash of 32 bytes")
	}
	if len(rest) > 0 {
		return Checkpoint{}, formatError("checkpoint", "extension lines are not accepted")
	}
	c := Checkpoint{Origin: origin, TreeHead: TreeHead{Size: size, Root: root}}
	if err := c.Check(); err != nil {
		return Checkpoint{}, err
	}
	if !bytes.Equal(c.Marshal(), body) {
		return Checkpoint{}, formatError("checkpoint", "not in canonical form")
	}
	return c, nil
}

// CheckDocket checks what docket demands of its own checkpoints beyond C2SP: the
// origin is a bare host name, and the size is at least 2, as each tree ends in a
// seal that covers at least one leaf.
func (c Checkpoint) CheckDocket() error {
	if !ValidOrigin(c.Origin) {
		return formatError("checkpoint", "origin %.80q is no bare host name", c.Origin)
	}
	if c.Size < 2 {
		return formatError("checkpoint", "size %d, a docket log has at least 2 leaves", c.Size)
	}
	return c.Check()
}

// ValidOrigin says whether s can be the origin of a docket log: a bare host name
// of at most 255 bytes, that is labels of 1 to 63 lower-case letters, digits and
// hyphens, joined by dots, no hyphen at the ends of a label. No scheme, port,
// path or last dot.
func ValidOrigin(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	label := 0 // start of the current label
	for i := range len(s) + 1 {
		if i < len(s) && s[i] != '.' {
			if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
			continue
		}
		if n := i - label; n < 1 || n > 63 || s[label] == '-' || s[i-1] == '-' {
			return false
		}
		label = i + 1
	}
	return true
}

// validOriginName is what this package demands of the origin of any log: it can
// be the name of a key, and ML-DSA-44 cosignatures can carry it.
func validOriginName(s string) bool { return len(s) <= maxName && validKeyName(s) }
