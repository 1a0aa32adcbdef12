package log

import (
	"errors"
	"sort"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/storage"
)

// viewHistory reads the history of a register as of a view, each event once.
type viewHistory struct {
	history
	recent recent
	rows   map[uint64]register.EventRow
}

func (v *View) history(t register.Type, key register.Key) *viewHistory {
	return &viewHistory{history{r: v.rows, key: key, typ: t}, v.recent, make(map[uint64]register.EventRow)}
}

// row returns one event.
func (h *viewHistory) row(seq uint64) (register.EventRow, error) {
	row, ok := h.rows[seq]
	if ok {
		return row, nil
	}
	row, err := h.read(seq)
	if err == nil {
		h.rows[seq] = row
	}
	return row, err
}

func (h *viewHistory) read(seq uint64) (register.EventRow, error) {
	if row, ok := h.recent.event(h.key, seq); ok {
		return row, nil
	}
	key := storage.Event(h.key, seq)
	value, found, err := find(h.r, key)
	if err != nil {
		return register.EventRow{}, err
	}
	if !found {
		return register.EventRow{}, damage("event %d of register %s is missing", seq, h.key)
	}
	return parseEvent(h.key, seq, key, value)
}

// at returns the last of size events whose entry is at or before index.
func (h *viewHistory) at(index, size uint64) (uint64, error) {
	newest, err := h.row(size - 1)
	if err != nil {
		return 0, err
	}
	if newest.Index <= index {
		return size - 1, nil
	}
	var bad error
	after := sort.Search(int(size-1), func(i int) bool {
		row, err := h.row(uint64(i))
		bad = errors.Join(bad, err)
		return err != nil || row.Index > index
	})
	if bad != nil {
		return 0, bad
	}
	if after == 0 {
		return 0, damage("register %s has no event at or before entry %d", h.key, index)
	}
	return uint64(after - 1), nil
}
