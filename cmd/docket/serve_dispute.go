package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
)

// logEvidence is where a served log keeps what its witnesses said against it.
func (f folders) logEvidence() string { return filepath.Join(f.log(), "evidence") }

// disputes are what witnesses say against a served log: the alerts AL-15 that it
// raises itself. Each is told once for a witness while the server runs, and once more
// when the log ends with it: then the witness shows what it only said before.
type disputes struct {
	sinks  []monitor.Sink
	shelf  evidenceShelf
	logger *slog.Logger

	mu   sync.Mutex
	told map[string]bool // by condition and URL
}

// disputed raises what a witness says against a log. At a start there is none yet:
// Confirm ends that by itself.
func (w *witnesses) disputed(l *log.Log) func(context.Context, witness.Dispute) {
	return func(_ context.Context, d witness.Dispute) {
		w.alarms.raise(d, func(err error) {
			if l != nil {
				l.Doubt(err)
			}
		})
	}
}

// alarm says where disputes go.
func (w *witnesses) alarm(d *disputes) {
	if w != nil {
		w.alarms = d
	}
}

// raise stops the log where it must sign no more, keeps what the witness sent and what
// it shows, and tells the sinks.
func (s *disputes) raise(d witness.Dispute, stop func(error)) {
	condition, severity, cause := "disputed", monitor.Crit, witness.ErrForked
	switch {
	case d.Evidence != nil && d.Evidence.Kind == evidence.Fork:
		condition = "fork"
	case d.Charge == witness.Ahead:
		condition, cause = "ahead", witness.ErrAhead
	case d.Charge == witness.KeyRefused:
		condition, severity = "keyRefused", monitor.High
	}
	if d.Ends {
		stop(stopSigning(fmt.Errorf("%w: %s", cause, d.URL)))
	}
	if s.first(condition, d.URL) || d.Ends {
		s.tell(d, condition, severity, s.keep(d))
	}
}

// first says whether nothing was told of this yet.
func (s *disputes) first(condition, url string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.told[condition+" "+url]
	s.told[condition+" "+url] = true
	return !known
}

// witnessAnswer is the file of an answer against the log.
type witnessAnswer struct {
	URL         string `json:"url"`
	Time        string `json:"time"`    // by this server's clock
	Request     string `json:"request"` // add-checkpoint, as it was sent
	Status      int    `json:"status"`
	ContentType string `json:"contentType"`
	Body        []byte `json:"body"`            // as it was answered
	Shown       []byte `json:"shown,omitempty"` // at the witness's monitoring endpoint
}

// keep writes what a witness sent, and the evidence in it, and returns the files.
func (s *disputes) keep(d witness.Dispute) (files []string) {
	note := func(path string, err error) {
		if err != nil {
			s.logger.Error("what a witness said against the log was not kept", "url", d.URL, "status", d.Reply.Status, "body", string(d.Reply.Body), "shown", string(d.Shown), "error", err)
			return
		}
		files = append(files, path)
	}
	text := jsonLine(witnessAnswer{
		d.URL, statement.FormatTime(time.Now().UnixMilli()), string(d.Request), d.Reply.Status, d.Reply.ContentType, d.Reply.Body, d.Shown,
	})
	note(s.shelf.file("answer", sha256.Sum256(text), text))
	if e := d.Evidence; e != nil {
		note(s.shelf.keep(e, sha256.Sum256(e.Marshal())))
	}
	return files
}

func (s *disputes) tell(d witness.Dispute, condition, severity string, files []string) {
	now := time.Now().UnixMilli()
	a := monitor.Alert{
		Rule: "AL-15", Condition: condition, Version: monitor.RuleVersion, Severity: severity, First: d.Head.Size - 1, Occurred: now, Detected: now,
		Dedup:  fmt.Sprintf("AL-15/%s/%s/%d", condition, d.URL, now),
		Detail: fmt.Sprintf("%s answered %d for size %d", d.URL, d.Reply.Status, d.Head.Size),
	}
	for _, file := range files {
		a.Detail += "; " + file
	}
	if e := d.Evidence; e != nil {
		a.Evidence = []statement.Digest{sha256.Sum256(e.Marshal())}
	}
	for _, sink := range s.sinks {
		sink.Send(a)
	}
}
