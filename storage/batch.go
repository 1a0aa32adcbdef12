package storage

import (
	"encoding/binary"
	"fmt"
)

// MaxBatch is the size of the largest batch that a store takes, in bytes as
// counted by Batch.Size. It is far above what a log commits at once.
const MaxBatch = 1 << 30

// Batch collects the rows of one commit in one flat buffer. Rows keep the
// order in which they were added; for one key the last one counts. The zero
// Batch is empty and ready to use. It is not safe for concurrent use.
type Batch struct {
	buf []byte // (op ‖ uvarint key length ‖ key ‖ uvarint value length ‖ value)*
	n   int
}

const (
	opSet    = 1
	opDelete = 0
)

// Set adds a row. Key and value are copied. A key that no keyspace can have
// (empty, or its first byte is 0) is a fault of the program and panics, and
// so does a batch above MaxBatch.
func (b *Batch) Set(key, value []byte) { b.add(opSet, key, value) }

// Delete removes the row with this key, if there is one. Keys as for Set.
func (b *Batch) Delete(key []byte) { b.add(opDelete, key, nil) }

func (b *Batch) add(op byte, key, value []byte) {
	if len(key) == 0 || key[0] == byte(ReservedSpace) {
		panic(fmt.Sprintf("storage: key %x is in no keyspace", key))
	}
	if len(b.buf)+len(key)+len(value)+2*binary.MaxVarintLen32+1 > MaxBatch {
		panic("storage: batch is larger than MaxBatch")
	}
	b.buf = append(b.buf, op)
	b.buf = binary.AppendUvarint(b.buf, uint64(len(key)))
	b.buf = append(b.buf, key...)
	b.buf = binary.AppendUvarint(b.buf, uint64(len(value)))
	b.buf = append(b.buf, value...)
	b.n++
}

// Len returns the number of Set and Delete calls since the last Reset.
func (b *Batch) Len() int { return b.n }

// Size returns the number of bytes the batch holds: keys, values and a few
// bytes per row.
func (b *Batch) Size() int { return len(b.buf) }

// Each calls f for every row in the order they were added; value is nil for
// a deletion. The slices are part of the batch: f must not change them, and
// they are valid until the next Set, Delete or Reset.
func (b *Batch) Each(f func(del bool, key, value []byte)) {
	for rest := b.buf; len(rest) > 0; {
		op := rest[0]
		var key, value []byte
		key, rest = cut(rest[1:])
		value, rest = cut(rest)
		if op == opDelete {
			value = nil
		}
		f(op == opDelete, key, value)
	}
}

// cut splits a length-prefixed field off b. The capacity of the field is its
// length, so that an append cannot write over what follows.
func cut(b []byte) (field, rest []byte) {
	size, n := binary.Uvarint(b)
	end := n + int(size)
	return b[n:end:end], b[end:]
}

// Reset empties the batch and keeps its buffer for the next one.
func (b *Batch) Reset() { b.buf, b.n = b.buf[:0], 0 }
