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
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
)

// logEvidence is where a served log keeps what its witnesses said against it.
func (f folders) logEvidence() string { return filepath.Join(f.log(), "evidence") }

// disputeTime bounds the look at what a witness shows of the log.
const disputeTime = 5 * time.Second

// disputes are what witnesses say against a served log: the alerts AL-15 that it
// raises itself. Each is told once for a witness while the server runs.
type disputes struct {
	keys   []proofs.VerifierKey // of the log
	sinks  []monitor.Sink
	shelf  evidenceShelf
	logger *slog.Logger

	mu   sync.Mutex
	told map[string]bool
}

// alarm says where disputes go.
func (w *witnesses) alarm(d *disputes) {
	if w != nil {
		w.alarms = d
	}
}

// atStart is raise before the log signs anything: Confirm ends the start by itself.
func (s *disputes) atStart(ctx context.Context, d witness.Dispute) { s.raise(ctx, d, func(error) {}) }

// raise stops the log where it must sign no more, keeps what the witness sent and what
// it shows, and tells the sinks. A witness can lie: of another history only the log's
// own signature over it stops the log.
func (s *disputes) raise(ctx context.Context, d witness.Dispute, stop func(error)) {
	if d.Charge == witness.Ahead {
		stop(fmt.Errorf("%w: %s", witness.ErrAhead, d.URL))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), disputeTime)
	defer cancel()
	shown := d.Shown(ctx)
	condition, severity := "disputed", monitor.Crit
	e := d.Evidence(shown, s.keys)
	switch {
	case e != nil && e.Kind == evidence.Fork:
		condition = "fork"
		stop(fmt.Errorf("%w, under the log's own signature: %s", witness.ErrForked, d.URL))
	case d.Charge == witness.Ahead:
		condition = "ahead"
	case d.Charge == witness.KeyRefused:
		condition, severity = "keyRefused", monitor.High
	}
	if s.first(condition, d.URL) {
		s.tell(d, condition, severity, s.keep(d, shown, e), e)
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
func (s *disputes) keep(d witness.Dispute, shown []byte, e *evidence.Evidence) (files []string) {
	note := func(path string, err error) {
		if err != nil {
			s.logger.Error("what a witness said against the log was not kept", "url", d.URL, "status", d.Reply.Status, "body", string(d.Reply.Body), "shown", string(shown), "error", err)
			return
		}
		files = append(files, path)
	}
	text := jsonLine(witnessAnswer{
		d.URL, statement.FormatTime(time.Now().UnixMilli()), string(d.Request), d.Reply.Status, d.Reply.ContentType, d.Reply.Body, shown,
	})
	note(s.shelf.file("answer", sha256.Sum256(text), text))
	if e != nil {
		note(s.shelf.keep(e, sha256.Sum256(e.Marshal())))
	}
	return files
}

func (s *disputes) tell(d witness.Dispute, condition, severity string, files []string, e *evidence.Evidence) {
	now := time.Now().UnixMilli()
	a := monitor.Alert{
		Rule: "AL-15", Condition: condition, Version: monitor.RuleVersion, Severity: severity, First: d.Head.Size - 1, Occurred: now, Detected: now,
		Dedup:  fmt.Sprintf("AL-15/%s/%s/%d", condition, d.URL, now),
		Detail: fmt.Sprintf("%s answered %d for size %d", d.URL, d.Reply.Status, d.Head.Size),
	}
	for _, file := range files {
		a.Detail += "; " + file
	}
	if e != nil {
		a.Evidence = []statement.Digest{sha256.Sum256(e.Marshal())}
	}
	for _, sink := range s.sinks {
		sink.Send(a)
	}
}
