package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// A point is a published size and when it was first seen.
type point struct {
	at   time.Time
	size uint64
}

// A result is what one run gave.
type result struct {
	rate    float64 // published leaves a second, after the warm-up
	size    uint64  // of the log at the end
	failed  int     // requests that the load generator calls failed
	cpu     time.Duration
	perLeaf time.Duration // processor time of the server for each leaf of the log
}

func (r result) String() string {
	return fmt.Sprintf("%6.0f leaves/s  size %7d  server CPU %5.1f s, %3.0f us a leaf  failed requests %d",
		r.rate, r.size, r.cpu.Seconds(), float64(r.perLeaf)/float64(time.Microsecond), r.failed)
}

// rate is the growth between the first point after start and the last one.
func rate(points []point, start time.Time) (float64, error) {
	points = points[max(0, slices.IndexFunc(points, func(p point) bool { return p.at.After(start) })):]
	if len(points) < 3 || !points[0].at.After(start) {
		return 0, fmt.Errorf("only %d checkpoints were published after the warm-up", len(points))
	}
	first, last := points[0], points[len(points)-1]
	return float64(last.size-first.size) / last.at.Sub(first.at).Seconds(), nil
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

func ratios(ours, theirs []float64) string {
	var out []string
	for i := range ours {
		out = append(out, fmt.Sprintf("%.2f", ours[i]/theirs[i]))
	}
	return strings.Join(out, " ")
}

// loadAverage tells how busy the machine was in the last minute, our own load
// included, where the system says so.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "load unknown"
	}
	return "load " + strings.Fields(string(text))[0]
}
