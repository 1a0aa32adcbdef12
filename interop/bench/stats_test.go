package main

import (
	"testing"
	"time"
)

func TestRate(t *testing.T) {
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	at := func(seconds float64, size uint64) point {
		return point{start.Add(time.Duration(seconds * float64(time.Second))), size}
	}
	for _, c := range []struct {
		name   string
		points []point
		want   float64 // 0: an error
	}{
		{"steady", []point{at(-1, 5), at(0.5, 100), at(1.5, 300), at(2.5, 500)}, 200},
		{"warm-up only", []point{at(-3, 5), at(-2, 100), at(-1, 300)}, 0},
		{"stopped after the warm-up", []point{at(-2, 5), at(-1, 100), at(1, 300), at(2, 400)}, 0},
		{"nothing", nil, 0},
	} {
		got, err := rate(c.points, start)
		if got != c.want || (err != nil) != (c.want == 0) {
			t.Errorf("%s: %v, %v; want %v", c.name, got, err, c.want)
		}
	}
}

func TestFailures(t *testing.T) {
	const output = `I1122 00:24:28 hammer.go:1] Failed is no failure
W1122 00:24:29.640768   18219 analysis.go:124] (606 x) failed to create request: write leaf was not OK
W1122 00:24:30.640768   18219 analysis.go:120] 7 requests received pushback from log
W1122 00:24:30.641217   18219 analysis.go:124] (2 x) failed to create request: write leaf was not OK
`
	if got := failures(output); got != 615 {
		t.Errorf("%d failed requests, want 615", got)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{5, 1, 3}, 3}, {[]float64{4, 1, 2, 8}, 3}} {
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.values, got, c.want)
		}
	}
}
