package log

import (
	"errors"
	"fmt"

	"github.com/docketlog/docket/storage"
)

// Contents returns the contents of the entries with from <= index < to, at their
// places; nil for an entry that has none, as a seal. ErrNotFound above the size.
// They are as the store has them: whoever reads many compares them with the leaves.
func (v *View) Contents(from, to uint64) ([][]byte, error) {
	if from > to || to > v.head.Size {
		return nil, fmt.Errorf("%w: contents %d to %d at size %d", ErrNotFound, from, to, v.head.Size)
	}
	out := make([][]byte, to-from)
	var bad error
	start, end := storage.ContentRange(from, to)
	err := v.rows.Scan(start, end, func(key, row []byte) bool {
		var index uint64
		if index, bad = storage.ParseContent(key); bad == nil {
			out[index-from] = append(make([]byte, 0, len(row)), row...)
		}
		return bad == nil
	})
	if err := errors.Join(err, bad); err != nil {
		return nil, err
	}
	return out, nil
}
