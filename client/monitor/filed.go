package monitor

import (
	"context"
	"fmt"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A Listing is what one monitor filed, proven to be all of it as of Size.
type Listing struct {
	Monitor string
	Size    uint64  // leaves of the tree that the list speaks for
	Note    []byte  // its signed note, byte for byte
	Alerts  []Filed // oldest first
}

// Filed is an alert that stands in the log.
type Filed struct {
	Index   uint64
	Time    int64            // the log's clock, unix milliseconds
	Digest  statement.Digest // of the finding.alert
	Run     string           // or empty
	Alert   *statement.AlertFinding
	Answers []Answer // by humans, oldest first; not proved complete
}

// Answer is an acknowledgement of an alert, or its end.
type Answer struct {
	Index  uint64
	Time   int64 // the log's clock, unix milliseconds
	Close  bool  // else it is an acknowledgement
	By     string
	Reason string
}

// Closed says whether somebody closed the alert. An answer that a server hides
// makes an alert look open, never closed.
func (f Filed) Closed() bool { return len(f.Answers) > 0 && f.Answers[len(f.Answers)-1].Close }

// maxAnswers bounds the acknowledgements, and the ends, that are looked for.
const maxAnswers = 10_000

// List reads what a monitor filed. The activity register of its identity shows
// that none is missing; each alert is the statement that the register names.
func List(ctx context.Context, c *client.Client, id string) (*Listing, error) {
	h, err := c.History(ctx, register.TypeActivity, id)
	if err != nil {
		return nil, err
	}
	list := &Listing{Monitor: id, Size: h.Size, Note: h.Staple.Checkpoint}
	t, err := c.NewestTree(ctx)
	if err != nil {
		return nil, err
	}
	byDigest := make(map[statement.Digest]int)
	for i, event := range h.Events {
		if statement.Code(event.Kind) != statement.FindingAlert {
			continue
		}
		f := Filed{Index: event.Index, Time: int64(event.Time)}
		if err := f.read(ctx, t, h.Bodies[i]); err != nil {
			return nil, err
		}
		byDigest[f.Digest] = len(list.Alerts)
		list.Alerts = append(list.Alerts, f)
	}
	if len(list.Alerts) == 0 {
		return list, nil
	}
	return list, list.answers(ctx, c, byDigest)
}

// read reads the statement of an event.
func (f *Filed) read(ctx context.Context, t *client.Tree, text []byte) error {
	body, err := register.ParseActivityBody(text)
	if err != nil {
		return err
	}
	e, err := t.Content(ctx, f.Index)
	if err != nil {
		return err
	}
	f.Digest = statement.DigestOf(e.Payload)
	if f.Digest != statement.Digest(body.Statement) {
		return fmt.Errorf("%w: entry %d is not the statement that the register names", client.ErrAnswer, f.Index)
	}
	s, err := statement.Parse(e.Payload)
	if err != nil {
		return fmt.Errorf("entry %d: %w", f.Index, err)
	}
	alert, ok := s.Body.(*statement.AlertFinding)
	if !ok {
		return fmt.Errorf("%w: entry %d is no finding.alert", client.ErrAnswer, f.Index)
	}
	f.Alert, f.Run = alert, s.Run
	return nil
}

// answers adds acknowledgements and ends, by a search.
func (l *Listing) answers(ctx context.Context, c *client.Client, byDigest map[statement.Digest]int) error {
	var found []client.Found
	for _, kind := range []statement.Code{statement.FindingAck, statement.FindingClose} {
		some, err := c.Search(ctx, client.Query{Kind: kind, Limit: maxAnswers})
		if err != nil {
			return err
		}
		found = append(found, some.Entries...)
	}
	for i := range found {
		a := Answer{Index: found[i].Index, Time: found[i].Time, By: found[i].Statement.Issuer}
		var about statement.Digest
		switch body := found[i].Statement.Body.(type) {
		case *statement.AckFinding:
			about, a.Reason = body.About, body.Reason
		case *statement.CloseFinding:
			about, a.Reason, a.Close = body.About, body.Reason, true
		}
		if n, ok := byDigest[about]; ok {
			l.Alerts[n].add(a)
		}
	}
	return nil
}

// add keeps answers in the order of the log.
func (f *Filed) add(a Answer) {
	at := len(f.Answers)
	for at > 0 && f.Answers[at-1].Index > a.Index {
		at--
	}
	f.Answers = append(f.Answers[:at], append([]Answer{a}, f.Answers[at:]...)...)
}
