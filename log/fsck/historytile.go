package fsck

import (
	"bytes"
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/storage"
)

// tileCheck compares the history tiles of one register. Who is wrong where they
// differ from the events, is known only at the end of the register.
type tileCheck struct {
	rows    *cursor
	key     register.Key
	pending []tileDiff // kept: a few
	total   int
}

// tileDiff is a tile that is not what the events give.
type tileDiff struct {
	level     uint8
	n         uint64
	row, want []byte // row: nil if there is none
}

const maxDiffs = 32

// expect compares the next stored tile.
func (c *tileCheck) expect(f *findings, level uint8, n uint64, want []byte) error {
	key := storage.HistoryTile(c.key, level, n)
	for {
		k, row, err := c.rows.peek()
		if err != nil {
			return err
		}
		if k == nil || bytes.Compare(k, key) > 0 {
			c.differ(tileDiff{level, n, nil, bytes.Clone(want)})
			return nil
		}
		c.rows.advance()
		if !bytes.Equal(k, key) {
			f.surplus(k, "nothing leads to it")
			continue
		}
		if !bytes.Equal(row, want) {
			c.differ(tileDiff{level, n, bytes.Clone(row), bytes.Clone(want)})
		}
		return nil
	}
}

func (c *tileCheck) differ(d tileDiff) {
	c.total++
	if len(c.pending) < maxDiffs {
		c.pending = append(c.pending, d)
	}
}

// rest goes to the end of the register's tiles: what is there is surplus.
func (c *tileCheck) rest(f *findings) error {
	for {
		k, _, err := c.rows.peek()
		if err != nil || k == nil || len(k) < 33 || !bytes.Equal(k[1:33], c.key[:]) {
			return err
		}
		f.surplus(k, "the register's history has no such tile")
		c.rows.advance()
	}
}

// tiles says that the stored tiles are wrong.
func (c *tileCheck) tiles(f *findings) {
	for _, d := range c.pending {
		found, want := difference(d.row, d.want)
		f.row(storage.HistoryTile(c.key, d.level, d.n), fmt.Sprintf("history tile %d of level %d of register %s", d.n, d.level, c.key), found, want)
	}
	f.total += c.total - len(c.pending)
}

// events says that the events below the tiles are wrong, and which. It reports
// whether it named one.
func (c *tileCheck) events(f *findings) bool {
	named := false
	for _, d := range c.pending {
		if d.level != 0 || len(d.row) != len(d.want) {
			continue
		}
		for at := 0; at < len(d.want); at += 32 {
			if bytes.Equal(d.row[at:at+32], d.want[at:at+32]) {
				continue
			}
			seq := d.n*proofs.TileWidth + uint64(at/32)
			f.row(storage.Event(c.key, seq), eventName(c.key, seq),
				fmt.Sprintf("an event with hash %x", d.want[at:at+32]), fmt.Sprintf("one with hash %x, as in the register's history", d.row[at:at+32]))
			named = true
		}
	}
	return named
}

func eventName(key register.Key, seq uint64) string {
	return fmt.Sprintf("event %d of register %s", seq, key)
}
