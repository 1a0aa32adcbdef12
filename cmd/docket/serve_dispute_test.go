package main

import (
	"errors"
	"log/slog"
	"os"
	"testing"

	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// sent is a sink that keeps what it gets.
type sent struct{ alerts []monitor.Alert }

func (s *sent) Send(a monitor.Alert) { s.alerts = append(s.alerts, a) }

func (*sent) Close() error { return nil }

// A witness first says only that it holds more, and shows no note: that is told once. When
// it shows one the log ends, and that is told and kept, whatever was told before.
func TestDisputesTellOfTheOneThatEnds(t *testing.T) {
	sink, shelf := &sent{}, evidenceShelf{t.TempDir(), slog.New(slog.DiscardHandler)}
	s := &disputes{sinks: []monitor.Sink{sink}, shelf: shelf, logger: shelf.logger, told: make(map[string]bool)}
	stopped := 0
	stop := func(err error) {
		if stopped++; !errors.Is(err, witness.ErrAhead) {
			t.Error(err)
		}
	}
	said := witness.Dispute{Charge: witness.Ahead, URL: "https://w.example", Reply: witness.Reply{Status: 409, Body: []byte("70\n")}}
	said.Head.Size = 5
	s.raise(said, stop)
	s.raise(said, stop)
	if stopped != 0 || len(sink.alerts) != 1 || sink.alerts[0].Condition != "ahead" {
		t.Fatalf("stopped %d times, told %+v", stopped, sink.alerts)
	}
	shown := said
	shown.Ends, shown.Shown = true, []byte("a note")
	shown.Evidence = evidence.OfSignatures(evidence.Unproven, "more", []byte("a"), []byte("b"), proofs.Hash{}, nil)
	s.raise(shown, stop)
	if stopped != 1 || len(sink.alerts) != 2 || len(sink.alerts[1].Evidence) != 1 {
		t.Errorf("stopped %d times, told %+v", stopped, sink.alerts)
	}
	if files, err := os.ReadDir(shelf.dir); err != nil || len(files) != 3 { // two answers, and the evidence
		t.Errorf("%v, %v", files, err)
	}
}
