package fsck

import (
	"bytes"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/storage"
)

// registers goes over the registers of a range of keys. Four keyspaces are
// sorted by register key and are read in step:
//
//	E events         rebuild history and state
//	H history tiles  compare with the history
//	S record         compare with the whole
//	T register leaf  compare with the value of the whole
//
// The events are what the other three follow from. Where they differ, record and
// leaf vote with them: two against one.
type registers struct {
	*source
	findings      findings
	facts         *facts // nil: events are not compared with the entries
	e, h, s, t    *cursor
	count, events uint64
	reads         int // of events
}

// newRegisters returns the pass over the registers with from <= key < to; a nil
// bound is open.
func newRegisters(s *source, max int, facts *facts, from, to []byte) *registers {
	span := func(space storage.Keyspace) *cursor {
		start, end := space.Range()
		if from != nil {
			start = append(start, from...)
		}
		if to != nil {
			end = append([]byte{byte(space)}, to...)
		}
		return s.cursor(start, end)
	}
	return &registers{
		source: s, findings: findings{max: max}, facts: facts,
		e: span(storage.EventSpace), h: span(storage.HistoryTileSpace), s: span(storage.RecordSpace), t: span(storage.RegisterLeafSpace),
	}
}

// next checks the next register; it returns false when there is none.
func (r *registers) next() (bool, error) {
	key, ok, err := r.nextKey()
	if err != nil || !ok {
		return false, err
	}
	h := newHistory(key)
	tiles := &tileCheck{rows: r.h, key: key}
	before := r.findings.total
	if err := r.readEvents(h, tiles); err != nil {
		return false, err
	}
	record, err := r.take(r.s, key)
	if err != nil {
		return false, err
	}
	leaf, err := r.take(r.t, key)
	if err != nil {
		return false, err
	}
	r.bridge(h, record)
	if err := r.restOfTiles(h, tiles); err != nil {
		return false, err
	}
	// A newer state may have more events of it: they are for the next round.
	r.e.past(append([]byte{byte(storage.EventSpace)}, key[:]...))
	r.h.past(append([]byte{byte(storage.HistoryTileSpace)}, key[:]...))
	r.count++
	return true, r.judge(h, tiles, record, leaf, r.findings.total > before)
}

// restOfTiles compares the tiles above level 0, and goes to the end of the
// register's tiles. Nothing can be said of those of a damaged history.
func (r *registers) restOfTiles(h *history, tiles *tileCheck) error {
	if h.broken {
		return r.skip(r.h, h.key)
	}
	if h.size > 0 {
		err := h.of[0].tree.tiles(func(level uint8, n uint64, row []byte) error {
			return tiles.expect(&r.findings, level, n, row)
		})
		if err != nil {
			return err
		}
	}
	return tiles.rest(&r.findings)
}

// nextKey returns the lowest register key of the four keyspaces.
func (r *registers) nextKey() (key register.Key, ok bool, err error) {
	for _, c := range []struct {
		rows *cursor
		size int
	}{{r.e, 1 + 32 + 8}, {r.h, 1 + 32 + 1 + 8}, {r.s, 1 + 32}, {r.t, 1 + 32}} {
		k, err := r.wellFormed(c.rows, c.size)
		if err != nil {
			return key, false, err
		}
		if k != nil && (!ok || bytes.Compare(k[1:33], key[:]) < 0) {
			key, ok = register.Key(k[1:33]), true
		}
	}
	return key, ok, nil
}

// wellFormed returns the next key of this length, or nil at the end.
func (r *registers) wellFormed(c *cursor, size int) ([]byte, error) {
	for {
		k, _, err := c.peek()
		if err != nil || k == nil || len(k) == size {
			return k, err
		}
		r.findings.malformed(k)
		c.advance()
	}
}

// readEvents takes all events of the register.
func (r *registers) readEvents(h *history, tiles *tileCheck) error {
	for {
		if r.reads++; r.reads%256 == 0 {
			if err := r.turn(); err != nil { // the history so far is a prefix in any newer state
				return err
			}
		}
		k, err := r.wellFormed(r.e, 1+32+8)
		if err != nil {
			return err
		}
		if k == nil || !bytes.Equal(k[1:33], h.key[:]) {
			return nil
		}
		_, row, err := r.e.peek()
		if err != nil {
			return err
		}
		full, err := r.event(h, k, row)
		if err != nil {
			return err
		}
		if full != nil {
			if err := tiles.expect(&r.findings, 0, h.size/256-1, full); err != nil {
				return err
			}
		}
		r.e.advance()
		r.events++
	}
}

// event takes one event row.
func (r *registers) event(h *history, key, value []byte) (full []byte, err error) {
	_, seq, err := storage.ParseEvent(key)
	if err != nil || h.broken || h.beyond > 0 {
		return nil, err
	}
	if seq != h.size {
		h.beyond = seq
		if h.size == 0 {
			h.first = seq
		}
		return nil, nil
	}
	row, err := register.ParseEventRow(value)
	if err != nil {
		h.broken = true
		r.findings.row(key, eventName(h.key, seq), err.Error(), "an event")
		return nil, nil
	}
	if found, want := r.facts.event(row); found != "" {
		r.findings.row(key, eventName(h.key, seq), found, want)
	}
	full, err = h.add(row)
	if h.broken {
		r.findings.row(key, eventName(h.key, seq), err.Error(), "an event that can follow those before it")
		err = nil
	}
	return full, err
}

// bridge judges a gap in the events: is the row behind it surplus, or those of
// the gap missing? The record says how many there are.
func (r *registers) bridge(h *history, record []byte) {
	if h.beyond == 0 {
		return
	}
	if parsed, err := register.ParseRecord(record); err == nil && parsed.Size == h.size {
		r.findings.surplus(storage.Event(h.key, h.beyond), fmt.Sprintf("the register has %d events", h.size))
		return
	}
	h.broken = true
	r.findings.row(storage.Event(h.key, h.size), eventName(h.key, h.size), "no row", fmt.Sprintf("an event: there is an event %d", h.beyond))
}

// take returns the row of a keyspace with one row per register, or nil.
func (r *registers) take(c *cursor, key register.Key) ([]byte, error) {
	k, row, err := c.peek()
	if err != nil || k == nil || !bytes.Equal(k[1:], key[:]) {
		return nil, err
	}
	row = append([]byte{}, row...)
	c.advance()
	return row, nil
}

// skip goes over the rows of a register.
func (r *registers) skip(c *cursor, key register.Key) error {
	for {
		k, _, err := c.peek()
		if err != nil || k == nil || len(k) < 33 || !bytes.Equal(k[1:33], key[:]) {
			return err
		}
		c.advance()
	}
}
