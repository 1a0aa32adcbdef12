package register

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// A Record is what the writer keeps of a register beside the tree, to append its next event without reading its history (an S row). The
// zero Record is a register that does not exist yet.
//
//	u8 type ‖ u64 size ‖ root32 ‖ u64 last ‖ newest event's blind32 ‖ lp(state) ‖ popcount(size) x hash32
type Record struct {
	Type  Type
	Size  uint64 // number of events
	Root  Hash   // RFC 6962 root over the events
	Last  uint64 // entry index of the newest event
	Blind Hash   // blind of the newest event
	State []byte // canonical state of the type
	Range []Hash // compact range of the history: the roots of its maximal complete subtrees, left to right
}

// Marshal returns the row. The record must hold at least one event.
func (r *Record) Marshal() []byte {
	out := make([]byte, 0, 83+len(r.State)+32*len(r.Range))
	out = append(out, byte(r.Type))
	out = binary.BigEndian.AppendUint64(out, r.Size)
	out = append(out, r.Root[:]...)
	out = binary.BigEndian.AppendUint64(out, r.Last)
	out = append(out, r.Blind[:]...)
	out = appendLP(out, r.State)
	for i := range r.Range {
		out = append(out, r.Range[i][:]...)
	}
	return out
}

// ParseRecord parses an S row and copies what it keeps. It recomputes the root from the compact range, so a damaged row is refused.
func ParseRecord(row []byte) (*Record, error) {
	const what = "record"
	d := decoder{b: row}
	r := &Record{Type: Type(d.u8()), Size: d.u64(), Root: d.hash(), Last: d.u64(), Blind: d.hash(), State: d.lp()}
	for range bits.OnesCount64(r.Size) {
		r.Range = append(r.Range, d.hash())
	}
	if err := d.end(what); err != nil {
		return nil, err
	}
	if !r.Type.valid() {
		return nil, formatError(what, "unknown register type %d", uint8(r.Type))
	}
	if r.Size == 0 {
		return nil, formatError(what, "a register without events does not exist")
	}
	if err := checkState(r.Type, r.State); err != nil {
		return nil, err
	}
	if rangeRoot(r.Range) != r.Root {
		return nil, formatError(what, "root is not that of the compact range")
	}
	return r, nil
}

// Value returns what the register tree binds to the register's key.
func (r *Record) Value() Value {
	return Value{Type: r.Type, Size: r.Size, Root: r.Root, Last: r.Last, StateHash: StateHash(StateBlind(r.Blind), r.State)}
}

// StateOpening returns what opens the value's state hash, for those who may see the state (Value.VerifyState).
func (r *Record) StateOpening() (blind Hash, state []byte) { return StateBlind(r.Blind), r.State }

// A NewEvent is what an admitted statement contributes to one register.
type NewEvent struct {
	Kind     uint8
	Index    uint64 // index of the log entry
	Time     uint64 // unix ms, of the seal that will cover the entry
	LeafHash Hash   // RFC 6962 leaf hash of the log entry
	Payload  []byte // the statement's bytes as signed; only the blind depends on them
	Body     []byte // canonical body of the kind
}

// Append appends an event to the register with this key and type: it derives the seq, the blind and the next state, and extends the
// compact range. It returns the event's row. A register has at most one event per entry, so the index must rise.
//
// On error (as NextState, or ErrArgument for a wrong type or index) the record is unchanged. The record's slices are replaced, never
// written to: a copy of the struct taken before stays valid.
func (r *Record) Append(key Key, t Type, in NewEvent) (EventRow, error) {
	if r.Size > 0 && t != r.Type {
		return EventRow{}, argumentError("event of a %v register for a %v register", t, r.Type)
	}
	if r.Size > 0 && in.Index <= r.Last {
		return EventRow{}, argumentError("event at index %d after one at index %d: append in log order, one per entry", in.Index, r.Last)
	}
	if r.Size == None {
		return EventRow{}, argumentError("the history is full")
	}
	state, err := NextState(t, r.State, in.Kind, in.Body, Entry{in.Index, in.Time})
	if err != nil {
		return EventRow{}, err
	}
	row := EventRow{
		Kind: in.Kind, Index: in.Index, Time: in.Time, LeafHash: in.LeafHash,
		Blind: EventBlind(key, r.Size, in.Payload), Body: bytes.Clone(in.Body),
	}
	r.Range = appendRange(r.Range, r.Size, row.Event(t, r.Size).Hash())
	r.Type, r.Size, r.Root, r.Last, r.Blind, r.State = t, r.Size+1, rangeRoot(r.Range), in.Index, row.Blind, state
	return row, nil
}

// appendRange returns the compact range of size+1 leaves. Each trailing one bit of size is a complete subtree that the leaf completes to
// the next larger one.
func appendRange(hashes []Hash, size uint64, leaf Hash) []Hash {
	merged := bits.TrailingZeros64(^size)
	rest := len(hashes) - merged
	for i := len(hashes) - 1; i >= rest; i-- {
		leaf = hashPair(historyNodePrefix, &hashes[i], &leaf)
	}
	return append(append(make([]Hash, 0, rest+1), hashes[:rest]...), leaf)
}

// rangeRoot returns the RFC 6962 root of a compact range that begins at 0 and is not empty.
func rangeRoot(hashes []Hash) Hash {
	root := hashes[len(hashes)-1]
	for i := len(hashes) - 2; i >= 0; i-- {
		root = hashPair(historyNodePrefix, &hashes[i], &root)
	}
	return root
}
