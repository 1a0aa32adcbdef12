package log

import (
	"errors"

	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// sealAt returns the first seal at or after index: the one that covers the leaf
// there.
func (v *View) sealAt(index uint64) (seal statement.Seal, err error) {
	found := false
	start, end := storage.LeafRange(index, v.head.Size)
	err = v.rows.Scan(start, end, func(_, leaf []byte) bool {
		var bad error
		seal, bad = statement.ParseSeal(leaf)
		found = bad == nil
		return !found
	})
	if err == nil && !found {
		err = damage("no seal covers leaf %d of %d", index, v.head.Size)
	}
	return seal, err
}

// indexRange returns the indices whose seals have times from since on and before
// until, unix ms; 0 is no bound. Times never fall from seal to seal, so each
// bound takes some log2(size) seals.
func (v *View) indexRange(since, until int64) (from, to uint64, err error) {
	to = v.head.Size
	var bad error
	if since != 0 {
		from, err = v.firstAt(since)
		bad = errors.Join(bad, err)
	}
	if until != 0 {
		to, err = v.firstAt(until)
		bad = errors.Join(bad, err)
	}
	return from, to, bad
}

// firstAt returns the first index whose seal has this time or a later one, or
// the size. A seal that is read shows where its batch begins and ends.
func (v *View) firstAt(time int64) (uint64, error) {
	low, high := uint64(0), v.head.Size // the first one is in low..high
	for low < high {
		middle := low + (high-low)/2
		seal, err := v.sealAt(middle)
		if err != nil {
			return 0, err
		}
		begin := uint64(seal.Prev + 1) // a seal that shows another batch must not lead back and forth
		if begin < low || begin > middle || seal.Index < middle || seal.Index >= high {
			return 0, damage("the seal that covers leaf %d is that of %d..%d", middle, begin, seal.Index)
		}
		if seal.Time < time {
			low = seal.Index + 1
		} else {
			high = begin
		}
	}
	return low, nil
}
