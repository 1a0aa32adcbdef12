package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/fsck"
)

// loadReport is what docket load reports. Rates are per second, times in
// milliseconds, memory in bytes.
type loadReport struct {
	Origin    string `json:"origin"`
	Server    string `json:"server"`
	Identity  string `json:"identity"`
	Prefix    string `json:"prefix"`
	Count     uint64 `json:"count"`
	Documents uint64 `json:"documents"` // 0: each release is of a new one
	Batch     int    `json:"batch"`
	Clients   int    `json:"clients"`

	SignSeconds   float64 `json:"signSeconds"`
	SignRate      float64 `json:"signRate"`
	SubmitSeconds float64 `json:"submitSeconds"`
	SubmitRate    float64 `json:"submitRate"` // releases answered with a receipt

	Admitted   uint64            `json:"admitted"`
	Duplicates uint64            `json:"duplicates"` // an earlier try had come through
	Verified   uint64            `json:"verified"`   // receipts, in full
	Refused    map[string]uint64 `json:"refused"`    // by code
	Waits      map[string]uint64 `json:"waits"`      // answers 429 and 503, by code
	Broken     uint64            `json:"broken"`     // tries that got no answer

	Requests    uint64      `json:"requests"`
	Latency     loadLatency `json:"latency"`     // of answered requests
	AnswerBytes float64     `json:"answerBytes"` // for each release
	SizeBefore  uint64      `json:"sizeBefore"`
	SizeAfter   uint64      `json:"sizeAfter"`
	Memory      *memory     `json:"memory,omitempty"`       // of docket load
	ServerMem   *memory     `json:"serverMemory,omitempty"` // of --server-pid

	Fsck *fsck.Report `json:"fsck,omitempty"` // of --self

	signing, submitting time.Duration
}

// loadLatency is in milliseconds.
type loadLatency struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func rate(n uint64, d time.Duration) float64 { return float64(n) / max(d.Seconds(), 1e-9) }

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// add fills in what the connections counted.
func (r *loadReport) add(s *sender) {
	var t tally
	for i := range s.workers {
		t.merge(&s.workers[i].tally)
	}
	r.SignSeconds, r.SignRate = r.signing.Seconds(), rate(r.Count, r.signing)
	answered := t.admitted + t.duplicates
	r.SubmitSeconds, r.SubmitRate = r.submitting.Seconds(), rate(answered, r.submitting)
	r.Requests, r.Admitted, r.Duplicates, r.Broken = t.requests, t.admitted, t.duplicates, t.broken
	r.Refused, r.Waits = maps.Collect(maps.All(t.refused)), maps.Collect(maps.All(t.waits)) // {} in JSON, never null
	r.AnswerBytes = float64(t.bytes) / max(float64(r.Count), 1)
	r.Latency = loadLatency{millis(t.latency.percentile(50)), millis(t.latency.percentile(90)), millis(t.latency.percentile(99)), millis(t.latency.max)}
}

// refusal gives the refusals as an error; exit code 3.
func (r *loadReport) refusal() error {
	return &client.Refused{Code: counts(r.Refused), Detail: "docs/problems.md explains the codes"}
}

func counts(m map[string]uint64) string {
	if len(m) == 0 {
		return "none"
	}
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %d times", code, m[code]))
	}
	return strings.Join(parts, ", ")
}

func (r *loadReport) String() string {
	var b strings.Builder
	line := func(what, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s "+format+"\n", append([]any{what}, args...)...)
	}
	line("log", "%s at %s, size %d, then %d", r.Origin, r.Server, r.SizeBefore, r.SizeAfter)
	line("load", "%d releases below %s by %s, %d a request, over %d connections", r.Count, r.Prefix, r.Identity, r.Batch, r.Clients)
	line("signed", "%.0f/s, in %.1f s", r.SignRate, r.SignSeconds)
	line("submitted", "%.0f/s, in %.1f s", r.SubmitRate, r.SubmitSeconds)
	line("latency", "p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, max %.1f ms, of %d requests", r.Latency.P50, r.Latency.P90, r.Latency.P99, r.Latency.Max, r.Requests)
	line("answers", "%.0f bytes for each release", r.AnswerBytes)
	line("admitted", "%d, and %d that an earlier try had brought in", r.Admitted, r.Duplicates)
	line("verified", "%d receipts in full; of the others status and statement", r.Verified)
	line("refused", "%s", counts(r.Refused))
	line("waited", "%s; tries without an answer: %d", counts(r.Waits), r.Broken)
	if r.Memory != nil {
		line("memory", "load %s", r.Memory)
	}
	if r.ServerMem != nil {
		line("", "server %s", r.ServerMem)
	}
	if r.Fsck != nil {
		b.WriteString(summary(*r.Fsck, r.Fsck.Replayed) + "\n")
		for _, f := range r.Fsck.Findings {
			fmt.Fprintf(&b, "%s\n    %s\n", f, f.Do)
		}
	}
	return b.String()
}
