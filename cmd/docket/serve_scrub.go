package main

import (
	"context"
	"errors"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/storage"
)

// scrubRetry is how long the scrubber waits after an error of reading. Tests make
// it short.
var scrubRetry = time.Minute

// startScrub reads the rows of a running log for ever, at a bounded rate. What it
// finds makes the log refuse submissions: a person must look. A row that cannot be
// read now is tried again later: the disk or the number of open files may be short
// for a moment. end stops it and waits.
func (s *site) startScrub(ctx context.Context, l *log.Log, store interface {
	Snapshot() (storage.Snapshot, error)
}, mibPerSecond int64) (end func()) {
	if mibPerSecond <= 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	scrubber := fsck.Scrubber{
		Origin: l.Origin(), Mode: l.Mode(), Key: l.Key(), Store: store, Rate: mibPerSecond << 20, Events: s.scrubEvents(l),
	}
	go func() {
		defer close(done)
		for {
			err := scrubber.Run(ctx)
			if err == nil || ctx.Err() != nil || l.Err() != nil {
				return
			}
			s.logger.Error("scrub: rows cannot be read, it begins anew", "after", scrubRetry, "error", err)
			select {
			case <-time.After(scrubRetry):
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-done }
}

// scrubEvents tell what the scrubber finds, each finding at once.
func (s *site) scrubEvents(l *log.Log) fsck.ScrubEvents {
	return fsck.ScrubEvents{
		Found: func(f fsck.Finding) {
			l.Damaged(errors.New(f.String()))
			s.metrics.FoundDamage()
			s.logger.Error("scrub: damage found, submissions are off: stop the server and run docket fsck", "finding", f.String())
		},
		Round: func(r fsck.Round) {
			s.metrics.Scrubbed()
			s.logger.Debug("scrubbed", "round", r.Number, "size", r.Size, "rows", r.Rows, "bytes", r.Bytes, "findings", r.Findings, "took", r.Took)
		},
	}
}
