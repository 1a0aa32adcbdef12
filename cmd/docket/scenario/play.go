package scenario

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// A Player plays stories. Disk, Quarantine and Signer are mandatory.
type Player struct {
	Disk       Disk         // where the log is kept; it must be empty
	Quarantine string       // folder of the statements that are refused
	Signer     *log.Signer  // the log's key, named as the log of the story
	Logger     *slog.Logger // of the server; nil: none
	Say        func(Played) // is told each line as it was played; nil: nobody is

	// Before is called before each line but the first, and After when all are played
	// and the log still runs. What they return ends the play. nil: nothing is done.
	Before func(*Play, Line) error
	After  func(*Play) error
	// Lost is called when a statement got no answer: nil says that it is to be
	// submitted once more. nil: the play ends.
	Lost func(context.Context, *Play, error) error
}

// A Play is a story while it is played.
type Play struct {
	*world
	player   *Player
	host     *host
	client   *client.Client
	auditor  *auditor
	genesis  *admission.Checked
	named    map[string]*admitted
	cosigned map[string][]byte // signature lines by the body of a checkpoint
	detector *monitor.Detector
	refused  *refusal // of the line that is being played
	report   Report
}

// An admitted is a statement that the log took.
type admitted struct {
	envelope  statement.Envelope
	statement *statement.Statement
	digest    statement.Digest
	receipt   *proofs.Receipt
}

// Play plays a story to its end, also past lines that deviate from it. The error
// says that it could not be played, never that it deviated.
func (p *Player) Play(ctx context.Context, s *Story) (report Report, err error) {
	w, err := newWorld(s, p.Signer)
	if err != nil {
		return Report{}, err
	}
	y := &Play{world: w, player: p, auditor: newAuditor(s.Origin), named: make(map[string]*admitted), cosigned: make(map[string][]byte), detector: monitor.New(s.Monitor)}
	y.auditor.refused = y.rejudge
	defer func() {
		if y.host != nil {
			err = errors.Join(err, y.host.close())
		}
	}()
	for _, line := range s.Lines {
		if err := y.line(ctx, line); err != nil {
			return y.report, fmt.Errorf("line %d, row %s: %w", line.Number, line.Row, err)
		}
	}
	if p.After != nil {
		if err := p.After(y); err != nil {
			return y.report, err
		}
	}
	return y.conclude(), y.complete()
}

// line plays one line.
func (y *Play) line(ctx context.Context, line Line) error {
	y.clock.set(line.Time)
	if before := y.player.Before; before != nil && y.host != nil {
		if err := before(y, line); err != nil {
			return err
		}
	}
	if y.host == nil && line.verb != "policy" {
		return errors.New("a story begins with the policy of its log")
	}
	due := y.detector.Advance(line.Time.UnixMilli())
	played := Played{Line: line}
	actual, err := y.act(ctx, line)
	if err != nil {
		actual.Outcome, played.Detail = "error", err.Error()
	} else {
		played.Detail, actual.detail = actual.detail, ""
	}
	if actual.Alerts, err = y.watch(ctx, due); err != nil {
		return err
	}
	y.refused = nil
	y.judge(&played, actual)
	if y.player.Say != nil {
		y.player.Say(played)
	}
	return nil
}
