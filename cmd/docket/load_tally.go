package main

import (
	"math/bits"
	"time"
)

// tally is what one connection counted.
type tally struct {
	requests   uint64 // answered
	admitted   uint64 // 201
	duplicates uint64 // 200: an earlier try came through
	bytes      uint64 // of answers
	broken     uint64 // tries without an answer
	refused    map[string]uint64
	waits      map[string]uint64
	latency    histogram
}

func (t *tally) count(m *map[string]uint64, code string) {
	if *m == nil {
		*m = make(map[string]uint64)
	}
	(*m)[code]++
}

func (t *tally) merge(o *tally) {
	t.requests += o.requests
	t.admitted += o.admitted
	t.duplicates += o.duplicates
	t.bytes += o.bytes
	t.broken += o.broken
	for code, n := range o.refused {
		t.count(&t.refused, code)
		t.refused[code] += n - 1
	}
	for code, n := range o.waits {
		t.count(&t.waits, code)
		t.waits[code] += n - 1
	}
	t.latency.merge(&o.latency)
}

// histogram counts durations in microseconds, in 64 steps for each doubling: a
// percentile is at most 1.6 % too high.
type histogram struct {
	counts [64 * 32]uint32
	n      uint64
	max    time.Duration
}

const histogramBits = 6

func (h *histogram) add(d time.Duration) {
	h.counts[bucket(uint64(d.Microseconds()))]++
	h.n++
	h.max = max(h.max, d)
}

// bucket: below 128 each value has its own; above, the 7 leading bits decide.
func bucket(us uint64) int {
	shift := max(bits.Len64(us)-histogramBits-1, 0)
	return min(shift<<histogramBits+int(us>>shift), 64*32-1)
}

// upper is the largest value of a bucket.
func upper(b int) uint64 {
	shift := max(b>>histogramBits-1, 0)
	return (uint64(b-shift<<histogramBits)+1)<<shift - 1
}

func (h *histogram) merge(o *histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.n += o.n
	h.max = max(h.max, o.max)
}

// percentile returns the duration that so many percent do not exceed.
func (h *histogram) percentile(percent float64) time.Duration {
	want := max(uint64(percent/100*float64(h.n)+0.5), 1)
	var seen uint64
	for i, n := range h.counts {
		if seen += uint64(n); seen >= want {
			return min(time.Duration(upper(i))*time.Microsecond, h.max)
		}
	}
	return h.max
}
