package log

import (
	"bytes"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// CheckRaw says whether a raw log takes these bytes as a leaf.
func CheckRaw(leaf []byte) error {
	if len(leaf) == 0 || len(leaf) > statement.MaxLeaf {
		return ErrLeafSize
	}
	if bytes.HasPrefix(leaf, []byte(statement.SealPrefix)) {
		return ErrSealLike
	}
	return nil
}

// admitRaw adds a leaf, unless the log has it: then the first index answers.
func (w *writer) admitRaw(b *batch, leaf []byte) (Result, error) {
	hash := proofs.LeafHash(leaf)
	if index, ok := b.seen[hash]; ok {
		return Result{Index: index, Duplicate: true}, nil
	}
	index, ok, err := firstIndex(w.Store, storage.LeafHashIndex(hash))
	if err != nil {
		return Result{}, err
	}
	if ok {
		first, err := w.leaf(b, index)
		if err != nil {
			return Result{}, err
		}
		if proofs.LeafHash(first) != hash { // a wrong index row must not make a promise
			return Result{}, damage("the leaf hash index names leaf %d for %x", index, hash)
		}
		return Result{Index: index, Duplicate: true}, nil
	}
	index = b.push(leaf, hash)
	b.seen[hash] = index
	return Result{Index: index}, nil
}
