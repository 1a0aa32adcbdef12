package client

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/docketlog/docket/proofs/statement"
)

// MaxContents is how many entries one call of Contents may ask for.
const MaxContents = 256

// Contents returns the statements of the entries with from <= index < to, as the
// server shows them, at their places; nil where it shows none, as for a seal. They
// are compared with nothing here: the leaf of each entry has the statement digest,
// and admission.Check holds both against each other.
func (c *Client) Contents(ctx context.Context, from, to uint64) ([][]byte, error) {
	if from >= to || to-from > MaxContents {
		return nil, fmt.Errorf("contents %d to %d: from 1 to %d entries are asked for at once", from, to, MaxContents)
	}
	n := int(to - from)
	path := fmt.Sprintf("/api/v1/contents/%d/%d", from, to)
	b, _, err := c.send(ctx, "GET", path, "", nil, int64(n)*(4+statement.MaxPayload))
	if err != nil {
		return nil, err
	}
	out := make([][]byte, n)
	for i := range out {
		if len(b) < 4 {
			return nil, c.unusable("contents %d to %d: they end at entry %d", from, to, from+uint64(i))
		}
		size := binary.BigEndian.Uint32(b)
		if b = b[4:]; uint64(size) > uint64(len(b)) {
			return nil, c.unusable("contents %d to %d: entry %d has %d of %d bytes", from, to, from+uint64(i), len(b), size)
		}
		if size > 0 {
			out[i] = b[:size:size]
		}
		b = b[size:]
	}
	if len(b) > 0 {
		return nil, c.unusable("contents %d to %d: %d bytes too many", from, to, len(b))
	}
	return out, nil
}
