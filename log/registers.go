package log

import (
	"errors"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/storage"
)

// registerRows puts what the batch's entries did to the registers into its
// commit: events, full history tiles, records and leaves of the register tree.
func (w *writer) registerRows(b *batch) error {
	events := b.overlay.Events()
	b.events = make(map[register.Key][]admission.EventWrite, len(b.changes))
	for _, e := range events {
		b.rows.Set(storage.Event(e.Key, e.Seq), e.Row.Marshal())
		b.events[e.Key] = append(b.events[e.Key], e)
	}
	for _, leaf := range b.changes {
		key := leaf.Key
		record, err := b.overlay.Record(key)
		if err != nil {
			return err
		}
		if err := w.historyTiles(b, key, b.events[key]); err != nil {
			return err
		}
		b.rows.Set(storage.Record(key), record.Marshal())
	}
	for _, leaf := range b.changes {
		b.rows.Set(storage.RegisterLeaf(leaf.Key), leaf.ValueHash[:])
	}
	b.stats.Registers = len(b.changes)
	return nil
}

// historyTiles writes the tiles that the events of one register filled.
func (w *writer) historyTiles(b *batch, key register.Key, events []admission.EventWrite) error {
	h := &history{r: w.Store, key: key, pending: events}
	for _, e := range events {
		if (e.Seq+1)%proofs.TileWidth != 0 {
			continue
		}
		h.typ = e.Type
		rows, err := register.FilledTiles(h, e.Seq+1)
		if err != nil {
			return err
		}
		for _, row := range rows {
			b.rows.Set(storage.HistoryTile(key, row.Level, row.N), row.Tile.Marshal())
			h.tiles = append(h.tiles, row)
		}
	}
	return nil
}

// putBucket stores the root of a bucket of the register tree.
func putBucket(b *storage.Batch, depth int, root register.BucketRoot) {
	key := storage.Bucket(uint8(depth), root.Bucket)
	if root.Kind == register.NodeEmpty {
		b.Delete(key)
		return
	}
	b.Set(key, root.Marshal())
}

// loadRegisters reads the register tree from its bucket roots.
func loadRegisters(r storage.Reader, h head) (*register.Tree, error) {
	start, end := storage.BucketRange(uint8(h.Depth))
	var bad error
	tree, err := register.Load(h.Depth, h.Registers, func(yield func(register.BucketRoot) bool) error {
		err := r.Scan(start, end, func(key, value []byte) bool {
			_, bucket, err := storage.ParseBucket(key)
			if err != nil {
				bad = err
				return false
			}
			root, err := register.ParseBucketRoot(bucket, value)
			if err != nil {
				bad = err
				return false
			}
			return yield(root)
		})
		return errors.Join(err, bad)
	})
	if err != nil {
		return nil, damage("register tree: %v", err)
	}
	return tree, nil
}

// history reads the history of one register: its rows, and before them what
// the open batch will write. It implements register.HistoryReader.
type history struct {
	r       storage.Reader
	key     register.Key
	typ     register.Type
	pending []admission.EventWrite
	tiles   []register.TileRow
}

// Events implements register.HistoryReader.
func (h *history) Events(from, to uint64, yield func(register.Event) bool) error {
	stored := to
	if len(h.pending) > 0 {
		stored = min(to, h.pending[0].Seq)
	}
	if from < stored {
		more, err := h.stored(from, stored, yield)
		if err != nil || !more {
			return err
		}
	}
	for _, e := range h.pending {
		if e.Seq >= from && e.Seq < to && !yield(e.Row.Event(h.typ, e.Seq)) {
			return nil
		}
	}
	return nil
}

// stored yields events that are rows already and says whether to go on.
func (h *history) stored(from, to uint64, yield func(register.Event) bool) (bool, error) {
	start, end := storage.EventRange(h.key, from, to)
	next, more := from, true
	var bad error
	err := h.r.Scan(start, end, func(key, value []byte) bool {
		row, err := parseEvent(h.key, next, key, value)
		if err != nil {
			bad = err
			return false
		}
		more = yield(row.Event(h.typ, next))
		next++
		return more
	})
	if err = errors.Join(err, bad); err != nil {
		return false, err
	}
	if more && next != to {
		return false, damage("event %d of register %s is missing", next, h.key)
	}
	return more, nil
}

// parseEvent parses the row of event seq of a register.
func parseEvent(register_ register.Key, seq uint64, key, value []byte) (register.EventRow, error) {
	k, s, err := storage.ParseEvent(key)
	if err != nil || k != register_ || s != seq {
		return register.EventRow{}, damage("event %d of register %s is missing", seq, register_)
	}
	row, err := register.ParseEventRow(value)
	if err != nil {
		return row, damage("event %d of register %s: %v", seq, register_, err)
	}
	return row, nil
}

// Tile implements register.HistoryReader.
func (h *history) Tile(level uint8, n uint64) (register.HistoryTile, error) {
	for i := len(h.tiles) - 1; i >= 0; i-- {
		if t := h.tiles[i]; t.Level == level && t.N == n {
			return t.Tile, nil
		}
	}
	row, found, err := find(h.r, storage.HistoryTile(h.key, level, n))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, damage("history tile %d of level %d of register %s is missing", n, level, h.key)
	}
	return register.ParseHistoryTile(row)
}
