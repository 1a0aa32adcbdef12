package main

import (
	"context"
	"errors"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/storage"
)

// startScrub reads the rows of a running log for ever, at a bounded rate. What it
// finds makes the log refuse submissions: a person must look. end stops it and
// waits.
func (s *site) startScrub(ctx context.Context, l *log.Log, store storage.Store, mibPerSecond int64) (end func()) {
	if mibPerSecond <= 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	scrubber := fsck.Scrubber{
		Origin: l.Origin(), Mode: l.Mode(), Key: l.Key(), Store: store, Rate: mibPerSecond << 20,
		Events: fsck.ScrubEvents{
			Found: func(f fsck.Finding) {
				l.Damaged(errors.New(f.String()))
				s.logger.Error("scrub: damage found, submissions are off: stop the server and run docket fsck", "finding", f.String())
			},
			Round: func(r fsck.Round) {
				s.metrics.Scrubbed(r.Findings)
				s.logger.Debug("scrubbed", "round", r.Number, "size", r.Size, "rows", r.Rows, "bytes", r.Bytes, "findings", r.Findings, "took", r.Took)
			},
		},
	}
	go func() {
		defer close(done)
		if err := scrubber.Run(ctx); err != nil && l.Err() == nil {
			s.logger.Error("scrub: stopped, rows cannot be read", "error", err)
		}
	}()
	return func() { cancel(); <-done }
}
