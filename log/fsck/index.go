package fsck

import (
	"encoding/binary"
	"fmt"

	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// An index is a keyspace whose rows lead from a hash to an entry: the digest
// index or the leaf hash index. Each entry that has a hash has one row.
type index struct {
	space  storage.Keyspace
	word   string // what the hash is
	hashes []statement.Digest
}

// check compares all rows with the hashes of the entries.
func (x *index) check(s *source, f *findings) error {
	seen := make([]bool, len(x.hashes))
	start, end := x.space.Range()
	if err := s.each(start, end, func(key, row []byte) { x.row(f, key, row, seen) }); err != nil {
		return err
	}
	for i, hash := range x.hashes {
		if !seen[i] && hash != (statement.Digest{}) && hash != lost {
			f.row(x.key(hash), fmt.Sprintf("%s of %s %x", x.space, x.word, hash[:]), "no row", fmt.Sprintf("index %d", i))
		}
	}
	return nil
}

// row checks one row.
func (x *index) row(f *findings, key, row []byte, seen []bool) {
	if len(key) != 1+len(statement.Digest{}) {
		f.malformed(key)
		return
	}
	hash := statement.Digest(key[1:])
	what := fmt.Sprintf("%s of %s %x", x.space, x.word, hash[:])
	if len(row) != 8 {
		f.row(key, what, rowText(row), "an index of 8 bytes")
		return
	}
	i := binary.BigEndian.Uint64(row)
	switch {
	case i >= uint64(len(x.hashes)):
		f.row(key, what, fmt.Sprintf("index %d", i), fmt.Sprintf("an entry of the log, which has %d", len(x.hashes)))
	case x.hashes[i] == lost:
		seen[i] = true // the entry is damaged and was named already
	case x.hashes[i] != hash:
		f.row(key, what, fmt.Sprintf("index %d", i), fmt.Sprintf("an entry with this %s", x.word))
	default:
		seen[i] = true
	}
}

func (x *index) key(hash [32]byte) []byte { return append([]byte{byte(x.space)}, hash[:]...) }
