package proofs

import (
	"errors"
	"fmt"

	"github.com/transparency-dev/merkle/proof"
)

// A TreeHead names one state of a log: its number of leaves and the RFC 6962
// root hash over them. It is unsigned and unverified.
type TreeHead struct {
	Size uint64 // at most MaxSize
	Root Hash   // EmptyRoot when Size is 0
}

// Check refuses a size above MaxSize and a tree without leaves whose root is
// not EmptyRoot.
func (h TreeHead) Check() error {
	if h.Size > MaxSize {
		return formatError("tree head", "size %d is above 2^63-1", h.Size)
	}
	if h.Size == 0 && h.Root != EmptyRoot {
		return formatError("tree head", "size 0 has a root hash other than the empty one")
	}
	return nil
}

// A RootMismatchError says that a proof has the right form but leads to a
// root hash other than the one of the tree head.
type RootMismatchError struct {
	Size     uint64 // of the tree head that the proof does not fit
	Want     Hash   // the root hash of that tree head
	Computed Hash   // the root hash that the proof leads to
}

func (e *RootMismatchError) Error() string {
	return fmt.Sprintf("proof leads to root %s for size %d, want %s",
		encodeBase64(e.Computed[:]), e.Size, encodeBase64(e.Want[:]))
}

// proofError turns an error of merkle into one of ours. The heads are those
// that the proof can miss.
func proofError(err error, heads ...TreeHead) error {
	var mismatch proof.RootMismatchError
	if !errors.As(err, &mismatch) {
		return formatError("proof", "%v", err)
	}
	for _, head := range heads {
		if Hash(mismatch.ExpectedRoot) == head.Root {
			return &RootMismatchError{Size: head.Size, Want: head.Root, Computed: Hash(mismatch.CalculatedRoot)}
		}
	}
	return formatError("proof", "%v", err)
}
