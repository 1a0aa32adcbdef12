package log

import (
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/storage"
)

// MaxHistoryPage is the largest number of events that one call of History reads.
const MaxHistoryPage = 1000

// A History is a part of the events of one register. Who has read all Size of
// them computes Root, which stands in the register's value, and so knows that
// none is missing.
type History struct {
	Size   uint64      // events of the register, at least 1
	Root   proofs.Hash // RFC 6962 root over all of them
	Events []RegisterEvent
}

// A RegisterEvent is an event of a register with what its body hash hides.
type RegisterEvent struct {
	register.Event
	Blind proofs.Hash
	Body  []byte
}

// History returns up to limit events of a register, those from sequence number
// from on, oldest first; limit is 1 to MaxHistoryPage. ErrNotFound if the view
// has no such register, or from is above its size; from right at the size gives
// no events. The id of a digest register is the digest with its algorithm, as in
// "sha256:...".
func (v *View) History(t register.Type, id string, from uint64, limit int) (History, error) {
	if limit < 1 || limit > MaxHistoryPage {
		return History{}, fmt.Errorf("a page of a history has 1 to %d events, not %d", MaxHistoryPage, limit)
	}
	h, record, err := v.openHistory(t, id)
	if err != nil {
		return History{}, err
	}
	if record == nil {
		return History{}, fmt.Errorf("%w: there is no %v register %s at size %d", ErrNotFound, t, id, v.head.Size)
	}
	if from > record.Size {
		return History{}, fmt.Errorf("%w: the register has %d events", ErrNotFound, record.Size)
	}
	out := History{Size: record.Size, Root: record.Root}
	out.Events, err = h.events(from, min(record.Size, from+uint64(limit)))
	return out, err
}

// openHistory returns the history of a register with its record, or a nil record
// if there is no such register.
func (v *View) openHistory(t register.Type, id string) (*viewHistory, *register.Record, error) {
	if v.registers == nil {
		return nil, nil, fmt.Errorf("%w: a raw log has no registers", ErrNotFound)
	}
	key, err := registerKey(t, id)
	if err != nil {
		return nil, nil, err
	}
	record, err := v.record(key)
	if err != nil || record == nil {
		return nil, nil, err
	}
	return v.history(t, key), record, nil
}

// events reads the events from..to-1 in one scan.
func (h *viewHistory) events(from, to uint64) ([]RegisterEvent, error) {
	out := make([]RegisterEvent, 0, to-from)
	start, end := storage.EventRange(h.key, from, to)
	var bad error
	err := h.r.Scan(start, end, func(key, value []byte) bool {
		seq := from + uint64(len(out))
		row, err := parseEvent(h.key, seq, key, value)
		if err != nil {
			bad = err
			return false
		}
		out = append(out, RegisterEvent{Event: row.Event(h.typ, seq), Blind: row.Blind, Body: row.Body})
		return true
	})
	if err = errors.Join(err, bad); err != nil {
		return nil, err
	}
	if uint64(len(out)) != to-from {
		return nil, damage("event %d of register %s is missing", from+uint64(len(out)), h.key)
	}
	return out, nil
}
