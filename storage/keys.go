package storage

import (
	"encoding/binary"
	"fmt"
)

// Each row has a function that makes its key and, where a scan needs it, one
// that takes the key apart. Numbers are big-endian, so that keys sort as
// numbers do. A Parse function takes exactly what its function makes.

// Leaf returns the key of the leaf at index.
func Leaf(index uint64) []byte { return indexKey(LeafSpace, index) }

// ParseLeaf returns the index of a key made by Leaf.
func ParseLeaf(key []byte) (index uint64, err error) { return parseIndex(LeafSpace, key) }

// LeafRange returns the bounds of the leaves with from <= index < to.
func LeafRange(from, to uint64) (start, end []byte) { return Leaf(from), Leaf(to) }

// LeafHashIndex returns the key of the row that leads from a leaf hash to the
// index of its leaf.
func LeafHashIndex(hash [32]byte) []byte { return hashKey(LeafHashSpace, hash) }

// ParseLeafHashIndex returns the leaf hash of a key made by LeafHashIndex.
func ParseLeafHashIndex(key []byte) (hash [32]byte, err error) {
	return parseHash(LeafHashSpace, key)
}

// Checkpoint returns the key of the signed note of a size.
func Checkpoint(size uint64) []byte { return indexKey(CheckpointSpace, size) }

// ParseCheckpoint returns the size of a key made by Checkpoint.
func ParseCheckpoint(key []byte) (size uint64, err error) { return parseIndex(CheckpointSpace, key) }

// CheckpointRange returns the bounds of the notes with from <= size < to.
func CheckpointRange(from, to uint64) (start, end []byte) { return Checkpoint(from), Checkpoint(to) }

// Content returns the key of the content at index.
func Content(index uint64) []byte { return indexKey(ContentSpace, index) }

// ParseContent returns the index of a key made by Content.
func ParseContent(key []byte) (index uint64, err error) { return parseIndex(ContentSpace, key) }

// ContentRange returns the bounds of the contents with from <= index < to.
func ContentRange(from, to uint64) (start, end []byte) { return Content(from), Content(to) }

// Tile returns the key of the n-th hash tile of a level.
func Tile(level uint8, n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{byte(TileSpace), level}, n)
}

// ParseTile returns level and number of a key made by Tile.
func ParseTile(key []byte) (level uint8, n uint64, err error) {
	if err := check(TileSpace, key, 1+1+8); err != nil {
		return 0, 0, err
	}
	return key[1], binary.BigEndian.Uint64(key[2:]), nil
}

// DigestIndex returns the key of the row that leads from a statement digest
// to the index of its entry.
func DigestIndex(digest [32]byte) []byte { return hashKey(DigestIndexSpace, digest) }

// ParseDigestIndex returns the digest of a key made by DigestIndex.
func ParseDigestIndex(key []byte) (digest [32]byte, err error) {
	return parseHash(DigestIndexSpace, key)
}

// codeSize is the length of a refusal code, such as E405.
const codeSize = 4

// Refusal returns the key of the row that leads from the digest of a refused
// statement, and the code of its refusal, to the index of the finding that says
// so. It panics on a code that has not 4 bytes.
func Refusal(digest [32]byte, code string) []byte {
	if len(code) != codeSize {
		panic(fmt.Sprintf("storage: refusal code %q", code))
	}
	return append(hashKey(RefusalSpace, digest), code...)
}

// ParseRefusal returns digest and code of a key made by Refusal.
func ParseRefusal(key []byte) (digest [32]byte, code string, err error) {
	if err := check(RefusalSpace, key, 1+32+codeSize); err != nil {
		return [32]byte{}, "", err
	}
	return [32]byte(key[1:33]), string(key[33:]), nil
}

// RegisterLeaf returns the key of a register's leaf in the register tree.
func RegisterLeaf(register [32]byte) []byte { return hashKey(RegisterLeafSpace, register) }

// ParseRegisterLeaf returns the register key of a key made by RegisterLeaf.
func ParseRegisterLeaf(key []byte) (register [32]byte, err error) {
	return parseHash(RegisterLeafSpace, key)
}

// Witness returns the key of the newest note that a witness cosigned of the log
// whose origin has this SHA-256. It stands in a witness's store, in no log's.
func Witness(origin [32]byte) []byte { return hashKey(WitnessSpace, origin) }

// ParseWitness returns the origin hash of a key made by Witness.
func ParseWitness(key []byte) (origin [32]byte, err error) { return parseHash(WitnessSpace, key) }

// RegisterLeafRange returns the bounds of the leaves of all registers whose
// keys share their first depth bits with prefix, 0 <= depth <= 256. It panics
// on another depth.
func RegisterLeafRange(prefix [32]byte, depth int) (start, end []byte) {
	if depth < 0 || depth > 256 {
		panic(fmt.Sprintf("storage: depth %d of a register key", depth))
	}
	whole, bits := depth/8, depth%8
	key := append([]byte{byte(RegisterLeafSpace)}, prefix[:whole]...)
	if bits == 0 {
		return PrefixRange(key)
	}
	// The last byte of the prefix is used in part: keys go from its bits
	// followed by zeros up to its bits followed by ones.
	rest := byte(0xff) >> bits
	start = append(append([]byte{}, key...), prefix[whole]&^rest)
	return start, after(append(key, prefix[whole]|rest))
}

// Bucket returns the key of the root of one bucket of the register tree, when
// the tree is cut at depth.
func Bucket(depth uint8, bucket uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{byte(BucketSpace), depth}, bucket)
}

// ParseBucket returns depth and number of a key made by Bucket.
func ParseBucket(key []byte) (depth uint8, bucket uint32, err error) {
	if err := check(BucketSpace, key, 1+1+4); err != nil {
		return 0, 0, err
	}
	return key[1], binary.BigEndian.Uint32(key[2:]), nil
}

// BucketRange returns the bounds of all bucket roots of a tree cut at depth.
func BucketRange(depth uint8) (start, end []byte) {
	return PrefixRange([]byte{byte(BucketSpace), depth})
}

// Record returns the key of a register's present record.
func Record(register [32]byte) []byte { return hashKey(RecordSpace, register) }

// ParseRecord returns the register key of a key made by Record.
func ParseRecord(key []byte) (register [32]byte, err error) { return parseHash(RecordSpace, key) }

// Event returns the key of event seq of a register.
func Event(register [32]byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(hashKey(EventSpace, register), seq)
}

// ParseEvent returns register key and number of a key made by Event.
func ParseEvent(key []byte) (register [32]byte, seq uint64, err error) {
	if err := check(EventSpace, key, 1+32+8); err != nil {
		return [32]byte{}, 0, err
	}
	return [32]byte(key[1:33]), binary.BigEndian.Uint64(key[33:]), nil
}

// EventRange returns the bounds of the events of a register with
// from <= seq < to.
func EventRange(register [32]byte, from, to uint64) (start, end []byte) {
	return Event(register, from), Event(register, to)
}

// HistoryTile returns the key of the n-th hash tile of a level of a register's
// history.
func HistoryTile(register [32]byte, level uint8, n uint64) []byte {
	key := append(hashKey(HistoryTileSpace, register), level)
	return binary.BigEndian.AppendUint64(key, n)
}

// ParseHistoryTile returns register key, level and number of a key made by
// HistoryTile.
func ParseHistoryTile(key []byte) (register [32]byte, level uint8, n uint64, err error) {
	if err := check(HistoryTileSpace, key, 1+32+1+8); err != nil {
		return [32]byte{}, 0, 0, err
	}
	return [32]byte(key[1:33]), key[33], binary.BigEndian.Uint64(key[34:]), nil
}

// Search returns the key of the row with the entries that mention something, of
// the batch whose first leaf is at index first. The index is stored as its
// complement: a scan meets the newest batch first.
func Search(term [8]byte, first uint64) []byte {
	key := append(append(make([]byte, 0, 1+8+8), byte(SearchSpace)), term[:]...)
	return binary.BigEndian.AppendUint64(key, ^first)
}

// ParseSearch returns term and first index of a key made by Search.
func ParseSearch(key []byte) (term [8]byte, first uint64, err error) {
	if err := check(SearchSpace, key, 1+8+8); err != nil {
		return term, 0, err
	}
	return [8]byte(key[1:9]), ^binary.BigEndian.Uint64(key[9:]), nil
}

// SearchRange returns the bounds of the rows of a term whose batches begin below
// an index, newest first.
func SearchRange(term [8]byte, below uint64) (start, end []byte) {
	_, end = PrefixRange(append([]byte{byte(SearchSpace)}, term[:]...))
	if below == 0 {
		return end, end
	}
	return Search(term, below-1), end
}

// Meta returns the key of a row of which there is one per log, by name.
func Meta(name string) []byte { return append([]byte{byte(MetaSpace)}, name...) }

// ParseMeta returns the name of a key made by Meta.
func ParseMeta(key []byte) (name string, err error) {
	if SpaceOf(key) != MetaSpace {
		return "", keyError(MetaSpace, key)
	}
	return string(key[1:]), nil
}

func indexKey(s Keyspace, index uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 1+8), byte(s)), index)
}

func parseIndex(s Keyspace, key []byte) (uint64, error) {
	if err := check(s, key, 1+8); err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(key[1:]), nil
}

// hashKey has room for the longest key that begins with a hash.
func hashKey(s Keyspace, hash [32]byte) []byte {
	return append(append(make([]byte, 0, 1+32+1+8), byte(s)), hash[:]...)
}

func parseHash(s Keyspace, key []byte) ([32]byte, error) {
	if err := check(s, key, 1+32); err != nil {
		return [32]byte{}, err
	}
	return [32]byte(key[1:]), nil
}

func check(s Keyspace, key []byte, size int) error {
	if SpaceOf(key) != s || len(key) != size {
		return keyError(s, key)
	}
	return nil
}

func keyError(s Keyspace, key []byte) error {
	return fmt.Errorf("storage: key %x is not one of a %s row: %w", key, s, ErrDamaged)
}
