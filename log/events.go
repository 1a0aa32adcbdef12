package log

import "time"

// Events is how a log tells what it does. Every func may be nil. Each is called
// by one goroutine at a time, different ones by different goroutines, and must
// return at once. The log itself writes no line and keeps no metric.
type Events struct {
	// Recovered: Open found a durable tree head that was not signed yet, and
	// signed it.
	Recovered func(size uint64)
	// Published: a batch is durable, signed, anchored and visible.
	Published func(Batch)
	// Refused: a statement was refused, by the fold or reported.
	Refused func(RefusalEvent)
	// Stopped: the log stopped on a doubt and signs nothing more.
	Stopped func(error)
}

// A Batch describes a published batch.
type Batch struct {
	Size       uint64 // leaves of the log after it
	Leaves     int    // leaves of the batch, its seal included
	Duplicates int    // submissions that were in the log already
	Refused    int    // submissions that were refused
	Findings   int    // refusals that it puts on record, in Leaves
	Registers  int    // registers that were written
	Bytes      int    // size of the commit

	Admit, Integrate, Commit, Recheck, Sign time.Duration // wall time of the stages
}

func (e Events) withDefaults() Events {
	if e.Recovered == nil {
		e.Recovered = func(uint64) {}
	}
	if e.Published == nil {
		e.Published = func(Batch) {}
	}
	if e.Refused == nil {
		e.Refused = func(RefusalEvent) {}
	}
	if e.Stopped == nil {
		e.Stopped = func(error) {}
	}
	return e
}
