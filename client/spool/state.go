package spool

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// A Gap is numbers of an emitter that have no record: statements that were signed,
// or were about to be, and that nobody has any more.
type Gap struct {
	Emitter string `json:"emitter"`
	From    uint64 `json:"from"`
	To      uint64 `json:"to"` // included
}

func (g Gap) String() string {
	if g.From == g.To {
		return fmt.Sprintf("%s: number %d", g.Emitter, g.From)
	}
	return fmt.Sprintf("%s: numbers %d to %d", g.Emitter, g.From, g.To)
}

// contents is what the files say.
type contents struct {
	waiting []Record // in the order in which they came
	next    map[string]uint64
	base    map[string]uint64          // settled up to here
	seen    map[string]map[uint64]bool // above base: has a line
	gaps    map[string]map[uint64]bool
	torn    [][]byte // what is no record
}

// read reads both files. What cannot be read of the records is torn; numbers that
// cannot be read are an error, since they are written whole.
func read(records, numbers []byte) (*contents, error) {
	c := &contents{
		next: make(map[string]uint64), base: make(map[string]uint64),
		seen: make(map[string]map[uint64]bool), gaps: make(map[string]map[uint64]bool),
	}
	if len(numbers) > 0 {
		if err := json.Unmarshal(numbers, &c.next); err != nil {
			return nil, fmt.Errorf("the file of numbers: %w", err)
		}
	}
	for len(records) > 0 {
		text, rest, whole := bytes.Cut(records, []byte("\n"))
		l, err := parseLine(text)
		if err == nil && whole {
			err = c.take(&l)
		}
		if err != nil || !whole {
			c.torn = append(c.torn, text)
		}
		records = rest
	}
	if err := c.checkNumbers(); err != nil {
		return nil, err
	}
	c.findGaps()
	return c, nil
}

// maxOpen is how far the next number of an emitter can be above what is settled: what
// is further is no number that a spool gave, and would be a gap without an end.
const maxOpen = 1 << 20

func (c *contents) checkNumbers() error {
	for _, emitter := range sortedKeys(c.next) {
		if next, base := c.next[emitter], c.base[emitter]; next > base && next-base > maxOpen {
			return fmt.Errorf("the next number of %s is %d, and %d were settled: no spool gave such numbers", emitter, next, base)
		}
	}
	return nil
}

// take applies one line.
func (c *contents) take(l *line) error {
	if l.Envelope != nil {
		r, err := l.record()
		if err != nil {
			return err
		}
		c.waiting = append(c.waiting, r)
	}
	mark(c.seen, l.Emitter, l.Number)
	c.next[l.Emitter] = max(c.next[l.Emitter], l.Number+1)
	switch l.Became {
	case settled:
		c.base[l.Emitter] = max(c.base[l.Emitter], l.Number)
	case missing:
		mark(c.gaps, l.Emitter, l.Number)
	case admitted, refused:
		c.waiting = slices.DeleteFunc(c.waiting, func(r Record) bool { return r.Emitter == l.Emitter && r.Number == l.Number })
	case lost:
		delete(c.gaps[l.Emitter], l.Number)
	}
	return nil
}

func mark(set map[string]map[uint64]bool, emitter string, number uint64) {
	if set[emitter] == nil {
		set[emitter] = make(map[uint64]bool)
	}
	set[emitter][number] = true
}

// findGaps marks the numbers that were reserved and have no line.
func (c *contents) findGaps() {
	for emitter, next := range c.next {
		for n := c.base[emitter] + 1; n < next; n++ {
			if !c.seen[emitter][n] {
				mark(c.gaps, emitter, n)
			}
		}
	}
}

// listGaps returns the gaps, sorted.
func (c *contents) listGaps() []Gap {
	var out []Gap
	for _, emitter := range sortedKeys(c.gaps) {
		for _, n := range sortedKeys(c.gaps[emitter]) {
			if last := len(out) - 1; last >= 0 && out[last].Emitter == emitter && out[last].To == n-1 {
				out[last].To = n
				continue
			}
			out = append(out, Gap{Emitter: emitter, From: n, To: n})
		}
	}
	return out
}

// compact returns the lines that say the same in fewer bytes: what is settled is
// one line for each emitter.
func (c *contents) compact() ([]byte, error) {
	var lines []line
	for _, emitter := range sortedKeys(c.next) {
		if c.next[emitter] > 1 {
			lines = append(lines, line{Emitter: emitter, Number: c.next[emitter] - 1, Became: settled})
		}
		for _, n := range sortedKeys(c.gaps[emitter]) {
			lines = append(lines, line{Emitter: emitter, Number: n, Became: missing})
		}
	}
	for _, r := range c.waiting {
		lines = append(lines, line{Emitter: r.Emitter, Number: r.Number, Envelope: r.Envelope.Marshal()})
	}
	var out []byte
	for _, l := range lines {
		b, err := l.format()
		if err != nil {
			return nil, err
		}
		out = append(out, b...)
	}
	return out, nil
}

func sortedKeys[K string | uint64, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
