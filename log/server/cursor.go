package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
)

// A cursor says where the next page begins: below an index, in the log as it was
// at a size. So pages do not shift while the log grows. It goes out as base64url of
//
//	u8 1 ‖ u64 size ‖ u64 below ‖ first 16 bytes of SHA-256(the query)
//
// It is no secret and grants nothing: whoever makes one up gets what another
// query would give. It is read strictly so that a mistake does not pass for an
// empty answer.
type cursor struct{ size, below uint64 }

const (
	cursorVersion = 1
	cursorSize    = 1 + 8 + 8 + 16
)

// String returns the cursor for the query that it goes on with.
func (c cursor) text(query string) string {
	b := append(make([]byte, 0, cursorSize), cursorVersion)
	b = binary.BigEndian.AppendUint64(b, c.size)
	b = binary.BigEndian.AppendUint64(b, c.below)
	sum := sha256.Sum256([]byte(query))
	return base64.RawURLEncoding.EncodeToString(append(b, sum[:16]...))
}

// queryCursor reads the cursor of a request. Without one the first page begins at
// the published size.
func queryCursor(r *http.Request, query string, published uint64) (cursor, error) {
	first := cursor{published, published}
	if !r.URL.Query().Has("cursor") {
		return first, nil
	}
	text := r.URL.Query().Get("cursor")
	bad := problem("cursor", "cursor", "want the next of an answer to the same query, unchanged")
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != cursorSize {
		return first, bad
	}
	c := cursor{binary.BigEndian.Uint64(b[1:]), binary.BigEndian.Uint64(b[9:])}
	// One form only: base64 skips line breaks.
	if c.below == 0 || c.below > c.size || c.size > published || c.text(query) != text || !bytes.HasPrefix(b, []byte{cursorVersion}) {
		return first, bad
	}
	return c, nil
}
