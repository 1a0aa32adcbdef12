package scenario

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/proofs/register"
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
		more, err := y.observe(fresh)
		if err != nil {
			return nil, err
		}
		raised = append(raised, more...)
		for _, a := range raised {
			alerts = append(alerts, a.Rule+" "+a.Severity)
		}
		y.unfiled = append(y.unfiled, raised...)
		filed, err := y.file(ctx)
		if err != nil {
			return nil, err
		}
		if raised = nil; found && !filed {
			slices.Sort(alerts)
			return alerts, nil
		}
		if time.Now().After(end) {
			return nil, errors.New("the refusal is not on record")
		}
	}
}

// observe shows entries to the monitor's detector.
func (y *Play) observe(fresh []entry) (raised []monitor.Alert, err error) {
	for _, e := range fresh {
		c := e.checked
		seen := monitor.Entry{Index: e.index, Time: e.time, Statement: c.Statement, Digest: c.Digest, Key: c.Key}
		if f, ok := c.Statement.Body.(*statement.RefuseFinding); ok {
			kept, err := y.quarantine.wait(f.Submission)
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

// file submits the alerts that are not in the log yet, once the monitor is
// enrolled, and says whether it did.
func (y *Play) file(ctx context.Context) (bool, error) {
	id := y.story.Monitor
	if len(y.unfiled) == 0 || y.auditor.record(register.IdentityKey(id)) == nil {
		return false, nil
	}
	author, err := y.author(id, "")
	if err != nil {
		return false, err
	}
	for _, a := range y.unfiled {
		e, err := author.Sign(a.Finding())
		if err != nil {
			return false, err
		}
		if _, _, err := y.send(ctx, e); err != nil {
			return false, err
		}
	}
	y.unfiled = nil
	return true, nil
}
