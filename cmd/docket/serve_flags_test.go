package main

import (
	"math"
	"testing"
)

// MiB that would wrap around as bytes are refused; 0 is no mark, not the default.
func TestServeMarks(t *testing.T) {
	for _, o := range []serveOptions{
		{minFree: math.MaxUint64}, {minFree: 1 << 44}, {minFree: maxMiB + 1},
		{scrub: -1}, {scrub: 1 << 43}, {scrub: math.MinInt64}, {scrub: maxMiB + 1},
	} {
		if err := o.check(); err == nil || exitCode(err) != exitUsage {
			t.Errorf("--min-free %d --scrub %d: %v", o.minFree, o.scrub, err)
		}
	}
	for minFree, want := range map[uint64]uint64{0: 1, 1: 1 << 20, maxMiB: maxMiB << 20} {
		o := serveOptions{minFree: minFree, scrub: maxMiB}
		if err := o.check(); err != nil || o.freeMark() != want {
			t.Errorf("--min-free %d: %d bytes, %v", minFree, o.freeMark(), err)
		}
	}
}
