package register

import (
	"crypto/sha256"
	"encoding/binary"
)

const eventLabel = "docket/v1/event\n"

// An Event is one leaf of a register's history:
//
//	"docket/v1/event\n" ‖ u8 type ‖ u8 kind ‖ u64 seq ‖ u64 index ‖ leafHash32 ‖ u64 time ‖ bodyHash32
//
// It shows kind, place and time; what changed stands in the body, behind the blinded BodyHash.
type Event struct {
	Type     Type
	Kind     uint8  // a kind of the type, as DocumentRelease
	Seq      uint64 // place in the history, from 0
	Index    uint64 // index of the log entry
	LeafHash Hash   // RFC 6962 leaf hash of the log entry
	Time     uint64 // unix ms, of the seal that covers the entry
	BodyHash Hash   // see BodyHash
}

// Marshal returns the 106 bytes.
func (e Event) Marshal() []byte { return e.append(make([]byte, 0, EventSize)) }

func (e Event) append(b []byte) []byte {
	b = append(b, eventLabel...)
	b = append(b, byte(e.Type), e.Kind)
	b = binary.BigEndian.AppendUint64(b, e.Seq)
	b = binary.BigEndian.AppendUint64(b, e.Index)
	b = append(b, e.LeafHash[:]...)
	b = binary.BigEndian.AppendUint64(b, e.Time)
	return append(b, e.BodyHash[:]...)
}

// Hash returns the event's leaf hash in its history: SHA-256(0x00 ‖ the 106 bytes), as RFC 6962.
func (e Event) Hash() Hash {
	var buf [1 + EventSize]byte
	buf[0] = historyLeafPrefix
	return sha256.Sum256(e.append(buf[:1]))
}

// ParseEvent parses the 106 bytes of an event. Type and kind must be known.
func ParseEvent(b []byte) (Event, error) {
	const what = "event"
	d := decoder{b: b}
	label := d.take(len(eventLabel))
	e := Event{
		Type: Type(d.u8()), Kind: d.u8(), Seq: d.u64(), Index: d.u64(),
		LeafHash: d.hash(), Time: d.u64(), BodyHash: d.hash(),
	}
	if err := d.end(what); err != nil {
		return Event{}, err
	}
	if string(label) != eventLabel {
		return Event{}, formatError(what, "does not begin with %q", eventLabel)
	}
	if !validKind(e.Type, e.Kind) {
		return Event{}, formatError(what, "%v registers have no event kind %d", e.Type, e.Kind)
	}
	return e, nil
}

// VerifyBody checks that body is what the event's body hash hides; blind is the event's blind.
func (e Event) VerifyBody(blind Hash, body []byte) error {
	if BodyHash(blind, body) != e.BodyHash {
		return proofError("body does not open the body hash of event %d", e.Seq)
	}
	return nil
}

// validKind reports whether registers of type t have events of this kind. Document kind 3 (imported) is reserved.
func validKind(t Type, kind uint8) bool {
	switch t {
	case TypeDocument:
		return kind == DocumentRelease || kind == DocumentWithdraw
	case TypeDigest:
		return kind == DigestReleased || kind == DigestKeyed
	case TypeIdentity:
		return kind >= IdentityEnroll && kind <= IdentityRetire
	case TypeGrant:
		return kind >= GrantGranted && kind <= GrantRevoked
	case TypeRun, TypeActivity:
		return validCode(kind)
	}
	return false
}

// validCode reports whether c is a statement code: 16 x kind + op, the eleven kinds in order, ops from 1.
func validCode(c uint8) bool {
	ops := [...]uint8{1: 1, 2: 6, 3: 2, 4: 2, 5: 3, 6: 2, 7: 1, 8: 2, 9: 1, 10: 4, 11: 3}
	kind, op := c>>4, c&15
	return int(kind) < len(ops) && op >= 1 && op <= ops[kind]
}
