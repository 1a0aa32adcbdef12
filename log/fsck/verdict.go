package fsck

import (
	"bytes"
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/storage"
)

// judge holds events, record and leaf of a register against each other. named
// says that a finding named what is wrong with the events already.
func (r *registers) judge(h *history, tiles *tileCheck, record, leaf []byte, named bool) error {
	switch there := count(h.size > 0 || h.broken, record != nil, leaf != nil); {
	case there == 0:
		return nil // tiles alone: rest named them
	case there == 1:
		r.orphan(h, record, leaf)
		return nil
	case h.size == 0 && !h.broken:
		r.findings.row(storage.Event(h.key, 0), eventName(h.key, 0), "no row", "an event: the register has a record and a leaf")
		return nil
	case h.broken:
		r.agree(h.key, record, leaf)
		return nil
	}
	want, err := h.record()
	if err != nil {
		return err
	}
	value := want.Value().Hash()
	row := want.Marshal()
	recordRight, leafRight := bytes.Equal(record, row), bytes.Equal(leaf, value[:])
	if !recordRight && !leafRight {
		return r.wrongEvents(h, tiles, record, leaf, named)
	}
	if !recordRight {
		found, wanted := difference(record, row)
		r.findings.row(storage.Record(h.key), "record of register "+h.key.String(), found, wanted)
	}
	if !leafRight {
		r.findings.row(storage.RegisterLeaf(h.key), "leaf of register "+h.key.String(), rowText(leaf), rowText(value[:]))
	}
	tiles.tiles(&r.findings)
	return nil
}

func count(all ...bool) (n int) {
	for _, is := range all {
		if is {
			n++
		}
	}
	return n
}

// orphan names what is there of a register of which the rest is not.
func (r *registers) orphan(h *history, record, leaf []byte) {
	const why = "the log has no such register"
	switch {
	case record != nil:
		r.findings.surplus(storage.Record(h.key), why)
	case leaf != nil:
		r.findings.surplus(storage.RegisterLeaf(h.key), why)
	default:
		r.findings.surplus(storage.Event(h.key, h.first), why)
	}
}

// agree compares record and leaf of a register whose events are damaged.
func (r *registers) agree(key register.Key, record, leaf []byte) {
	parsed, err := register.ParseRecord(record)
	if err != nil {
		r.findings.row(storage.Record(key), "record of register "+key.String(), rowText(record), "a record")
		return
	}
	if value := parsed.Value().Hash(); !bytes.Equal(leaf, value[:]) {
		r.findings.row(storage.RegisterLeaf(key), "leaf of register "+key.String(), rowText(leaf), rowText(value[:])+", as in the record")
	}
}

// wrongEvents says what is wrong with a register whose events fit neither its
// record nor its leaf.
func (r *registers) wrongEvents(h *history, tiles *tileCheck, record, leaf []byte, named bool) error {
	parsed, err := register.ParseRecord(record)
	if err != nil {
		r.findings.row(storage.Record(h.key), "record of register "+h.key.String(), rowText(record), "a record")
	} else if value := parsed.Value().Hash(); !bytes.Equal(leaf, value[:]) {
		r.findings.row(storage.RegisterLeaf(h.key), "leaf of register "+h.key.String(), rowText(leaf), rowText(value[:])+", as in the record")
	}
	switch {
	case err == nil && parsed.Size < h.size:
		r.findings.surplus(storage.Event(h.key, parsed.Size), fmt.Sprintf("the register has %d events", parsed.Size))
	case err == nil && parsed.Size > h.size:
		r.findings.row(storage.Event(h.key, h.size), eventName(h.key, h.size), "no row", fmt.Sprintf("an event: the register has %d", parsed.Size))
	case named || tiles.events(&r.findings):
	default:
		return r.searchEvent(h)
	}
	return nil
}

// searchEvent names the damaged event among those that no tile covers, by the
// blind that follows from the statement. If none has a wrong blind, it is the
// body of one of them that is damaged.
func (r *registers) searchEvent(h *history) error {
	first := h.size / proofs.TileWidth * proofs.TileWidth
	var bad error
	wrong, found := h.size-1, false
	start, end := storage.EventRange(h.key, first, h.size)
	err := r.scan(start, end, func(key, value []byte) bool {
		_, seq, err := storage.ParseEvent(key)
		row, err2 := register.ParseEventRow(value)
		if err != nil || err2 != nil {
			return true
		}
		content, err := r.get(storage.Content(row.Index))
		if err != nil {
			bad = err
			return false
		}
		if content != nil && register.EventBlind(h.key, seq, content) != row.Blind {
			wrong, found = seq, true
		}
		return !found
	})
	if err == nil {
		err = bad
	}
	what := eventName(h.key, wrong)
	if !found && first < h.size-1 {
		what = fmt.Sprintf("one of the events %d to %d of register %s", first, wrong, h.key)
	}
	r.findings.row(storage.Event(h.key, wrong), what, "an event that does not lead to the register's record", "the event that was written")
	return err
}
