package storage

import "fmt"

// Keyspace is the first byte of a key. The package documentation has the
// table of all rows.
type Keyspace byte

// The keyspaces. No two share a byte, and none but ReservedSpace is 0.
const (
	ReservedSpace     Keyspace = 0x00 // the store's own rows; no caller sees them
	BucketSpace       Keyspace = 'B'
	ContentSpace      Keyspace = 'C'
	DigestIndexSpace  Keyspace = 'D'
	EventSpace        Keyspace = 'E'
	LeafHashSpace     Keyspace = 'F'
	HistoryTileSpace  Keyspace = 'H'
	SearchSpace       Keyspace = 'I'
	CheckpointSpace   Keyspace = 'K'
	LeafSpace         Keyspace = 'L'
	MetaSpace         Keyspace = 'M'
	TileSpace         Keyspace = 'N'
	RefusalSpace      Keyspace = 'R'
	RecordSpace       Keyspace = 'S'
	RegisterLeafSpace Keyspace = 'T'
	WitnessSpace      Keyspace = 'W'
)

// String returns the name of the keyspace, for messages.
func (s Keyspace) String() string {
	switch s {
	case ReservedSpace:
		return "reserved"
	case BucketSpace:
		return "bucket"
	case ContentSpace:
		return "content"
	case DigestIndexSpace:
		return "digest index"
	case EventSpace:
		return "event"
	case LeafHashSpace:
		return "leaf hash index"
	case CheckpointSpace:
		return "checkpoint"
	case HistoryTileSpace:
		return "history tile"
	case SearchSpace:
		return "search"
	case LeafSpace:
		return "leaf"
	case MetaSpace:
		return "meta"
	case TileSpace:
		return "tile"
	case RefusalSpace:
		return "refusal"
	case RecordSpace:
		return "record"
	case RegisterLeafSpace:
		return "register leaf"
	case WitnessSpace:
		return "witness"
	}
	return fmt.Sprintf("keyspace %#02x", byte(s))
}

// Range returns the bounds of all keys of the keyspace, for Scan.
func (s Keyspace) Range() (start, end []byte) { return []byte{byte(s)}, []byte{byte(s) + 1} }

// SpaceOf returns the keyspace of a key: its first byte, or ReservedSpace for
// an empty key, which no row has.
func SpaceOf(key []byte) Keyspace {
	if len(key) == 0 {
		return ReservedSpace
	}
	return Keyspace(key[0])
}

// PrefixRange returns the bounds of all keys that begin with prefix. An empty
// end says that no key is above them.
func PrefixRange(prefix []byte) (start, end []byte) {
	start = append([]byte{}, prefix...)
	return start, after(start)
}

// after returns the first key above all keys that begin with prefix: prefix
// plus one, as a number, without the bytes that overflow. It is empty when
// prefix has only bytes 0xff.
func after(prefix []byte) []byte {
	for i := len(prefix); i > 0; i-- {
		if prefix[i-1] != 0xff {
			end := append([]byte{}, prefix[:i]...)
			end[i-1]++
			return end
		}
	}
	return nil
}
