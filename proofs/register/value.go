package register

import (
	"crypto/sha256"
	"encoding/binary"
)

// ValueSize is the length of a marshaled Value, EventSize that of a marshaled Event.
const (
	ValueSize = 106
	EventSize = 106
)

const valueLabel = "docket/v1/register-value\n"

// A Value is what the register tree binds to a key:
//
//	"docket/v1/register-value\n" ‖ u8 type ‖ u64 size ‖ root32 ‖ u64 last ‖ stateHash32
type Value struct {
	Type      Type
	Size      uint64 // number of events, at least 1
	Root      Hash   // RFC 6962 root over the events
	Last      uint64 // entry index of the newest event
	StateHash Hash   // see StateHash
}

// Marshal returns the 106 bytes.
func (v Value) Marshal() []byte { return v.append(make([]byte, 0, ValueSize)) }

func (v Value) append(b []byte) []byte {
	b = append(b, valueLabel...)
	b = append(b, byte(v.Type))
	b = binary.BigEndian.AppendUint64(b, v.Size)
	b = append(b, v.Root[:]...)
	b = binary.BigEndian.AppendUint64(b, v.Last)
	return append(b, v.StateHash[:]...)
}

// Hash returns the valueHash of the tree's leaf: SHA-256 of the 106 bytes.
func (v Value) Hash() Hash {
	var buf [ValueSize]byte
	return sha256.Sum256(v.append(buf[:0]))
}

// ParseValue parses the 106 bytes of a value. A register has a known type and at least one event.
func ParseValue(b []byte) (Value, error) {
	const what = "value"
	d := decoder{b: b}
	label := d.take(len(valueLabel))
	v := Value{Type: Type(d.u8()), Size: d.u64(), Root: d.hash(), Last: d.u64(), StateHash: d.hash()}
	if err := d.end(what); err != nil {
		return Value{}, err
	}
	if string(label) != valueLabel {
		return Value{}, formatError(what, "does not begin with %q", valueLabel)
	}
	if !v.Type.valid() {
		return Value{}, formatError(what, "unknown register type %d", uint8(v.Type))
	}
	if v.Size == 0 {
		return Value{}, formatError(what, "a register without events does not exist")
	}
	return v, nil
}

// VerifyEvent checks that ev is an event of the register: of its type, at its seq in the history, not newer than the newest.
func (v Value) VerifyEvent(ev Event, proof []Hash) error {
	if err := v.checkEvent(ev); err != nil {
		return err
	}
	return VerifyEvent(ev, proof, v.Size, v.Root)
}

// VerifyRange checks that events, at least one, are contiguous events of the register, as VerifyRange and Value.VerifyEvent do. With
// v.Size many events it shows the register's whole history.
func (v Value) VerifyRange(events []Event, proof []Hash) error {
	for _, ev := range events {
		if err := v.checkEvent(ev); err != nil {
			return err
		}
	}
	return VerifyRange(events, proof, v.Size, v.Root)
}

// checkEvent compares an event with what the value says about all of them.
func (v Value) checkEvent(ev Event) error {
	switch newest := ev.Seq == v.Size-1; {
	case ev.Type != v.Type:
		return proofError("%v event in a %v register", ev.Type, v.Type)
	case ev.Index > v.Last || newest && ev.Index != v.Last:
		return proofError("event %d at index %d, but the newest of %d is at %d", ev.Seq, ev.Index, v.Size, v.Last)
	}
	return nil
}

// VerifyState checks that state is what the value's state hash hides; blind is the state's blind.
func (v Value) VerifyState(blind Hash, state []byte) error {
	if StateHash(blind, state) != v.StateHash {
		return proofError("state does not open the state hash of the value")
	}
	return nil
}
