// Package monitor watches a log for what its rules admit, or refuse, and a person
// should still look at: replayed approvals, work outside its bounds, access that
// was not taken back. docs/spec/alerts.md has every rule with its exact condition.
//
// A [Detector] is a pure function of the entries that it is shown and of a clock
// that its caller moves: it reads no clock, does no I/O, and its alerts do not
// depend on the order of any map.
//
//	Observe(entry) -> alerts      an entry, in log order
//	Advance(now)   -> alerts      what did not happen in time
//
// Its memory is bounded, and is written to and read from JSON: a monitor goes on
// where it stopped without reading the log again. What it had to forget it does
// not judge: a missing thing raises an alert only while nothing was dropped.
//
// A [Follower] reads entries from a [Source], keeps the detector's state, files
// each alert in the log once, and hands it to each [Sink]: a signed webhook, an
// NDJSON file, or the operator's log.
package monitor
