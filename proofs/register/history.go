package register

import (
	"errors"
	"math/bits"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// ProveEvent returns the RFC 6962 inclusion proof of event seq in the history of this size. It reads at most one tile or 255 events per
// stretch of 256 on the way; the proof is of size and root as of then, also when the history has grown since.
func ProveEvent(r HistoryReader, seq, size uint64) ([]Hash, error) {
	nodes, err := proof.Inclusion(seq, size) // checks seq < size
	if err != nil {
		return nil, argumentError("%v", err)
	}
	hashes, err := newNodes(r, size).list(nodes.IDs)
	if err != nil {
		return nil, err
	}
	rehashed, err := nodes.Rehash(toSlices(hashes), rfc6962.DefaultHasher.HashChildren)
	if err != nil {
		return nil, argumentError("%v", err)
	}
	return fromSlices(rehashed), nil
}

// VerifyEvent checks that ev stands at its seq in the history of this size and root. Both must come from one value: an inclusion proof
// alone does not tell all sizes apart. Value.VerifyEvent checks more and is the one to use for a register.
func VerifyEvent(ev Event, hashes []Hash, size uint64, root Hash) error {
	leaf := ev.Hash()
	got, err := proof.RootFromInclusionProof(rfc6962.DefaultHasher, ev.Seq, size, leaf[:], toSlices(hashes))
	if err != nil {
		return proofError("event %d in a history of %d: %v", ev.Seq, size, err)
	}
	return matchRoot(Hash(got), root)
}

// ProveRange returns what proves the contiguous events [a, b), a < b, of a history of this size: the compact range of [0, a), popcount(a)
// hashes, then that of [b, size). The full history [0, size) needs no hashes.
func ProveRange(r HistoryReader, a, b, size uint64) ([]Hash, error) {
	if a >= b || b > size {
		return nil, argumentError("events [%d, %d) of a history of %d events", a, b, size)
	}
	return newNodes(r, size).list(compact.RangeNodes(b, size, compact.RangeNodes(0, a, nil)))
}

// VerifyRange checks that events, at least one, are contiguous in the history of this size and root and that they could have happened:
// of one type, at rising indices, at times that never fall. With size many events it shows the whole history. Value.VerifyRange checks
// more and is the one to use for a register.
func VerifyRange(events []Event, hashes []Hash, size uint64, root Hash) error {
	if len(events) == 0 {
		return proofError("no events")
	}
	a, n := events[0].Seq, uint64(len(events))
	if n > size || a > size-n {
		return proofError("%d events from %d in a history of %d", n, a, size)
	}
	if err := checkOrder(events); err != nil {
		return err
	}
	left := bits.OnesCount64(a)
	if want := left + compact.RangeSize(a+n, size); len(hashes) != want {
		return proofError("%d hashes for events [%d, %d) of %d, expected %d", len(hashes), a, a+n, size, want)
	}
	got, err := rootFromRange(events, hashes[:left], hashes[left:], size)
	if err != nil {
		return proofError("%v", err)
	}
	return matchRoot(got, root)
}

func checkOrder(events []Event) error {
	for i := 1; i < len(events); i++ {
		before, e := &events[i-1], &events[i]
		if e.Type != before.Type || e.Seq != before.Seq+1 {
			return proofError("event %d of the list is not the next of its register", i)
		}
		if e.Index <= before.Index || e.Time < before.Time {
			return proofError("event %d is not later than event %d", e.Seq, before.Seq)
		}
	}
	return nil
}

// rootFromRange joins the compact ranges of what is left of the events, of the events, and of what is right of them.
func rootFromRange(events []Event, left, right []Hash, size uint64) (Hash, error) {
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	a := events[0].Seq
	all, err := factory.NewRange(0, a, toSlices(left))
	if err != nil {
		return Hash{}, err
	}
	for i := range events {
		leaf := events[i].Hash()
		if err := all.Append(leaf[:], nil); err != nil {
			return Hash{}, err
		}
	}
	rest, err := factory.NewRange(a+uint64(len(events)), size, toSlices(right))
	if err != nil {
		return Hash{}, err
	}
	if err := all.AppendRange(rest, nil); err != nil {
		return Hash{}, err
	}
	root, err := all.GetRootHash(nil)
	if err != nil {
		return Hash{}, err
	}
	if len(root) != len(Hash{}) {
		return Hash{}, errors.New("no root")
	}
	return Hash(root), nil
}

// toSlices copies, because merkle works in place.
func toSlices(hashes []Hash) [][]byte {
	out := make([][]byte, len(hashes))
	for i, h := range hashes {
		out[i] = h[:]
	}
	return out
}

func fromSlices(hashes [][]byte) []Hash {
	out := make([]Hash, len(hashes))
	for i, h := range hashes {
		out[i] = Hash(h)
	}
	return out
}
