package admission

import (
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An Overlay is a State plus the entries that were applied since: what a writer
// holds for one batch, and an auditor between two seals. Dropping it drops
// them. It is not safe for concurrent use.
type Overlay struct {
	base     State
	records  map[register.Key]*register.Record
	events   []EventWrite
	contents map[statement.Digest][]byte
	unnamed  []statement.Digest // releases that are not the newest any more
	admitted map[statement.Digest]uint64
	absent   statement.Digest // the last one that base said was not admitted: a writer asks, then the fold
}

// An EventWrite is one event row that an entry wrote.
type EventWrite struct {
	Key  register.Key
	Type register.Type
	Seq  uint64
	Row  register.EventRow
}

// NewOverlay returns an empty overlay over base.
func NewOverlay(base State) *Overlay {
	return &Overlay{
		base:     base,
		records:  make(map[register.Key]*register.Record),
		contents: make(map[statement.Digest][]byte),
		admitted: make(map[statement.Digest]uint64),
	}
}

// Record implements State.
func (o *Overlay) Record(key register.Key) (*register.Record, error) {
	if r, ok := o.records[key]; ok {
		return r, nil
	}
	return o.base.Record(key)
}

// Content implements State.
func (o *Overlay) Content(digest statement.Digest) ([]byte, error) {
	if content, ok := o.contents[digest]; ok {
		return content, nil
	}
	return o.base.Content(digest)
}

// Admitted implements State.
func (o *Overlay) Admitted(digest statement.Digest) (uint64, bool, error) {
	if index, ok := o.admitted[digest]; ok {
		return index, true, nil
	}
	if digest == o.absent {
		return 0, false, nil
	}
	index, ok, err := o.base.Admitted(digest)
	if err == nil && !ok {
		o.absent = digest
	}
	return index, ok, err
}

// Write adds an admitted entry: each effect becomes the next event of its
// register. An error leaves the overlay unusable; no rule of the fold allows an
// effect that a register refuses, so an error is a fault of the program or
// damage of the state.
func (o *Overlay) Write(index uint64, time int64, c *Checked, effects []Effect) error {
	for _, e := range effects {
		record, err := o.writable(e.Key)
		if err != nil {
			return err
		}
		seq := record.Size
		row, err := record.Append(e.Key, e.Type, register.NewEvent{
			Kind:     e.Kind,
			Index:    index,
			Time:     uint64(time),
			LeafHash: c.LeafHash,
			Payload:  c.Payload,
			Body:     e.Body,
		})
		if err != nil {
			return fmt.Errorf("admission: entry %d: %w", index, err)
		}
		o.events = append(o.events, EventWrite{Key: e.Key, Type: e.Type, Seq: seq, Row: row})
	}
	o.keep(c)
	o.admitted[c.Digest] = index
	return nil
}

// keep keeps the content that registers name: policies, terms, workflows,
// requests, grants, outcomes, and of each document the newest release. Of a release
// that names no run it keeps no bytes, only that it is one.
func (o *Overlay) keep(c *Checked) {
	switch body := c.Statement.Body.(type) {
	case *statement.ReleaseDocument:
		if body.Prev != nil {
			delete(o.contents, *body.Prev)
			o.unnamed = append(o.unnamed, *body.Prev)
		}
		if c.Statement.Run == "" {
			o.contents[c.Digest] = nil
			return
		}
	case *statement.SetPolicy, *statement.EnrollIdentity, *statement.RotateIdentity, *statement.DefineWorkflow,
		*statement.OpenRequest, *statement.GrantDecision, *statement.CloseOutcome:
	default:
		return
	}
	o.contents[c.Digest] = c.Payload
}

// writable returns the overlay's own copy of a register.
func (o *Overlay) writable(key register.Key) (*register.Record, error) {
	if r, ok := o.records[key]; ok {
		return r, nil
	}
	r, err := o.base.Record(key)
	if err != nil {
		return nil, err
	}
	own := new(register.Record)
	if r != nil {
		*own = *r // Append replaces its slices, and never writes to them
	}
	o.records[key] = own
	return own, nil
}

// Events returns the event rows in log order, those of one entry in the order
// of its effects.
func (o *Overlay) Events() []EventWrite { return o.events }

// Records returns the registers that were written, by key. Nobody changes it, and
// no entry is applied after it was given away.
func (o *Overlay) Records() map[register.Key]*register.Record { return o.records }

// Keys returns the registers that were written, in ascending order.
func (o *Overlay) Keys() []register.Key {
	keys := make([]register.Key, 0, len(o.records))
	for key := range o.records {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, register.Key.Compare)
	return keys
}

// Changes returns the leaves that the register tree gets, sorted by key.
func (o *Overlay) Changes() []register.Leaf {
	keys := o.Keys()
	leaves := make([]register.Leaf, len(keys))
	for i, key := range keys {
		leaves[i] = register.Leaf{Key: key, ValueHash: o.records[key].Value().Hash()}
	}
	return leaves
}
