package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/proofs/statement"
)

// watch lets auditor and monitor read what a line brought: entries that must be as
// they are, the finding of its refusal, and the alerts that it raises, which the
// monitor files in the log. It returns these alerts.
func (y *Play) watch(ctx context.Context, raised []monitor.Alert) ([]string, error) {
	var alerts []string
	found := !y.awaited()
	for end := time.Now().Add(findingTime); ; time.Sleep(time.Millisecond) {
		fresh, err := y.auditor.read(ctx, y.client)
		if err != nil {
			return nil, err
		}
		now, err := y.onRecord(ctx, fresh)
		if err != nil {
			return nil, err
		}
		found = found || now
		more, err := y.observe(ctx, fresh)
		if err != nil {
			return nil, err
		}
		raised = append(raised, more...)
		for _, a := range raised {
			alerts = append(alerts, a.Rule+" "+a.Severity)
		}
		if err := y.file(ctx, raised); err != nil {
			return nil, err
		}
		if found && len(raised) == 0 { // what was filed was read, too
			slices.Sort(alerts)
			return alerts, nil
		}
		raised = nil
		if time.Now().After(end) {
			return nil, errors.New("the refusal is not on record")
		}
	}
}

// observe shows entries to the monitor's detector.
func (y *Play) observe(ctx context.Context, fresh []entry) (raised []monitor.Alert, err error) {
	for _, e := range fresh {
		c := e.checked
		seen := monitor.Entry{Index: e.index, Time: e.time, Statement: c.Statement, Digest: c.Digest, Key: c.Key}
		if f, ok := c.Statement.Body.(*statement.RefuseFinding); ok {
			kept, err := y.refusedBytes(ctx, f.Submission)
			if err != nil {
				return nil, err
			}
			if seen.Refused, err = statement.Parse(kept.Payload); err != nil {
				return nil, err
			}
		}
		raised = append(raised, y.detector.Observe(seen)...)
	}
	return raised, nil
}

// file submits alerts as the monitor of the story.
func (y *Play) file(ctx context.Context, alerts []monitor.Alert) error {
	author, err := y.author(y.story.Monitor, "")
	if err != nil {
		return err
	}
	for _, a := range alerts {
		e, err := author.Sign(a.Finding())
		if err != nil {
			return err
		}
		if _, _, err := y.send(ctx, e); err != nil {
			return fmt.Errorf("filing %s: %w", a.Dedup, err)
		}
	}
	return nil
}
