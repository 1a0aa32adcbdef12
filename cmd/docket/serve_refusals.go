package main

import (
	"errors"
	"log/slog"
	"path/filepath"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/quarantine"
)

// quarantineSize is how many MiB of refused statements serve keeps.
const quarantineSize = 64

func (f folders) quarantine() string { return filepath.Join(f.log(), "quarantine") }

// openQuarantine opens the folder of refused statements; nil: there is none. It is
// no part of the log, so a folder that cannot be used is no reason not to serve.
func (s *site) openQuarantine(f folders, mebibytes int64) *quarantine.Store {
	if mebibytes == 0 {
		return nil
	}
	failed := func(err error) {
		s.logger.Error("a refused statement was not kept; its finding is in the log", "error", err)
	}
	q, err := quarantine.Open(f.quarantine(), quarantine.Limits{Bytes: mebibytes << 20}, failed)
	if err != nil {
		s.logger.Error("refused statements are not kept", "error", err)
		return nil
	}
	return q
}

// refusals sets up what a sealed log needs to put refusals on record, and keeps the
// statements. close is called after the log was closed.
func (o *serveOptions) refusals(site *site, f folders, config *log.Config) (close func() error, err error) {
	close = func() error { return nil }
	if config.Mode != log.Sealed {
		return close, nil
	}
	key, err := o.logIdentity(f)
	if err != nil {
		return nil, err
	}
	if key != nil {
		config.Identity = key
	}
	if q := site.openQuarantine(f, o.quarantine); q != nil {
		site.quarantine, config.Quarantine, close = q, q, q.Close
	}
	return close, nil
}

// sayMute says why refusals do not go on record, if they do not.
func (s *site) sayMute(l *log.Log) {
	const what = "refusals are counted, but do not go on record"
	switch err := l.Mute(); {
	case errors.Is(err, log.ErrNoIdentity):
		s.logger.Warn(what+": name the key of the log's own identity with --identity-key", "error", err)
	case err != nil:
		s.logger.Warn(what+" for now", "error", err)
	}
}

// unsigned returns what tells that refusals do not go on record, when that begins:
// a line for each would be a flood.
func unsigned(logger *slog.Logger) func(log.RefusalEvent) {
	told := false
	return func(e log.RefusalEvent) {
		switch {
		case e.Record == log.RecordNew:
			told = false
		case e.Err != nil && !told:
			told = true
			logger.Error("refusals do not go on record", "error", e.Err)
		}
	}
}
