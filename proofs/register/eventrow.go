package register

import "encoding/binary"

// An EventRow is what the store keeps of an event (an E row); its key gives the register and the seq.
//
//	u8 kind ‖ u64 index ‖ u64 time ‖ leafHash32 ‖ blind32 ‖ lp(body)
type EventRow struct {
	Kind     uint8
	Index    uint64
	Time     uint64
	LeafHash Hash
	Blind    Hash
	Body     []byte
}

// Marshal returns the row. The body has at most 65,535 bytes; canonical bodies have less than 200.
func (e EventRow) Marshal() []byte {
	out := append(make([]byte, 0, 83+len(e.Body)), e.Kind)
	out = binary.BigEndian.AppendUint64(out, e.Index)
	out = binary.BigEndian.AppendUint64(out, e.Time)
	out = append(out, e.LeafHash[:]...)
	out = append(out, e.Blind[:]...)
	return appendLP(out, e.Body)
}

// ParseEventRow parses an E row and copies what it keeps. The row does not know its type: kind and body are not judged.
func ParseEventRow(row []byte) (EventRow, error) {
	d := decoder{b: row}
	e := EventRow{Kind: d.u8(), Index: d.u64(), Time: d.u64(), LeafHash: d.hash(), Blind: d.hash(), Body: d.lp()}
	if err := d.end("event row"); err != nil {
		return EventRow{}, err
	}
	return e, nil
}

// Event returns the event that the row stands for, as seq of a register of type t.
func (e EventRow) Event(t Type, seq uint64) Event {
	return Event{
		Type: t, Kind: e.Kind, Seq: seq, Index: e.Index, LeafHash: e.LeafHash, Time: e.Time,
		BodyHash: BodyHash(e.Blind, e.Body),
	}
}

// Opening returns what opens the event's body hash, for those who may see the body (Event.VerifyBody).
func (e EventRow) Opening() (blind Hash, body []byte) { return e.Blind, e.Body }
