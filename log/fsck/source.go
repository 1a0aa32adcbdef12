package fsck

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/docketlog/docket/storage"
)

// source is where one pass reads rows. A pass calls turn wherever it holds
// nothing that depends on one state of the store: a check of a stopped log looks
// there whether it was interrupted, the scrubber goes on there over a newer
// snapshot. The generation tells cursors that rows are of another state.
type source struct {
	rows       storage.Reader
	generation int
	turn       func() error
	count      *counter
	chunk      int // bytes that cursors read ahead
}

// counter counts what is read, for the progress and the rate. It is shared by
// passes.
type counter struct{ rows, bytes atomic.Int64 }

func (c *counter) add(rows, bytes int) {
	c.rows.Add(int64(rows))
	c.bytes.Add(int64(bytes))
}

// scan is Scan, counted.
func (s *source) scan(start, end []byte, yield func(key, value []byte) bool) error {
	rows, size := 0, 0
	err := s.rows.Scan(start, end, func(key, value []byte) bool {
		rows, size = rows+1, size+len(key)+len(value)
		return yield(key, value)
	})
	s.count.add(rows, size)
	if err != nil {
		err = fmt.Errorf("%s rows: %w", storage.SpaceOf(start), err)
	}
	return err
}

// each goes over all rows of a range in key order. The slices are valid during the call.
func (s *source) each(start, end []byte, row func(key, value []byte)) error {
	rows := s.cursor(start, end)
	for n := 0; ; n++ {
		if n%1024 == 0 {
			if err := s.turn(); err != nil {
				return err
			}
		}
		key, value, err := rows.peek()
		if err != nil || key == nil {
			return err
		}
		row(key, value)
		rows.advance()
	}
}

// get returns a row, or nil if there is none.
func (s *source) get(key []byte) ([]byte, error) {
	row, err := s.rows.Get(key)
	s.count.add(1, len(key)+len(row))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	return row, err
}

// How many bytes a cursor reads ahead: much in a check, little where the next
// slice drops what was read.
const (
	longChunk  = 128 << 10
	shortChunk = 8 << 10
)

// A cursor goes over the rows of a range in key order, one by one. Scans push,
// and several ranges are to be read in step.
type cursor struct {
	src        *source
	from, end  []byte // what is not consumed yet
	buf        []byte
	rows       []span
	at         int
	last       bool // the buffer holds all there is
	generation int
}

// span is a row in the buffer.
type span struct{ key, value, end int }

func (s *source) cursor(start, end []byte) *cursor {
	return &cursor{src: s, from: start, end: end, generation: s.generation}
}

// peek returns the next row; a nil key says that there is none. The slices are
// valid until the next call of advance or turn.
func (c *cursor) peek() (key, value []byte, err error) {
	if c.generation != c.src.generation {
		c.generation, c.rows, c.at, c.last = c.src.generation, c.rows[:0], 0, false
	}
	if c.at == len(c.rows) && !c.last {
		if err := c.fill(); err != nil {
			return nil, nil, err
		}
	}
	if c.at == len(c.rows) {
		return nil, nil, nil
	}
	r := c.rows[c.at]
	return c.buf[r.key:r.value:r.value], c.buf[r.value:r.end:r.end], nil
}

// advance goes over the row that peek returned.
func (c *cursor) advance() {
	r := c.rows[c.at]
	c.from = append(append(c.from[:0], c.buf[r.key:r.value]...), 0) // the first key behind it
	c.at++
}

// past goes over all keys that begin with prefix, those too that a newer state has.
// It holds no such row any more.
func (c *cursor) past(prefix []byte) {
	if _, after := storage.PrefixRange(prefix); bytes.Compare(c.from, after) < 0 {
		c.from = append(c.from[:0], after...)
	}
}

func (c *cursor) fill() error {
	c.buf, c.rows, c.at, c.last = c.buf[:0], c.rows[:0], 0, true
	return c.src.scan(c.from, c.end, func(key, value []byte) bool {
		s := span{key: len(c.buf)}
		c.buf = append(c.buf, key...)
		s.value = len(c.buf)
		c.buf = append(c.buf, value...)
		s.end = len(c.buf)
		c.rows = append(c.rows, s)
		c.last = len(c.buf) < c.src.chunk
		return c.last
	})
}
