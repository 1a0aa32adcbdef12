package proofs

// InForceAtSize says whether the version was in force in the tree of that size,
// that is after the entries below it: claim "authority at size M" of
// docs/spec/receipt.md. It is not known above the size that the verdict speaks
// for, nor where there is no interval.
func (v Verdict) InForceAtSize(size uint64) (in, known bool) {
	switch {
	case v.From == nil:
		return false, false
	case size <= v.From.Index:
		return false, true
	case v.Until != nil:
		return size <= v.Until.Index, true
	}
	return size <= v.Size, size <= v.Size
}

// InForceAt says the same for a time by the log's clock, in Unix milliseconds.
// The witnesses' clock may narrow it, never this function.
func (v Verdict) InForceAt(time int64) (in, known bool) {
	switch {
	case v.From == nil:
		return false, false
	case time < v.From.Time:
		return false, true
	case v.Until != nil:
		return time < v.Until.Time, true
	}
	return time <= v.SealTime, time <= v.SealTime
}
