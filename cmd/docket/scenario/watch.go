package scenario

import (
	"context"
	"errors"
	"time"
)

// watch lets the auditor read what a line brought: entries that must be as they
// are, and the finding of its refusal.
func (y *Play) watch(ctx context.Context) (alerts []string, err error) {
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
		if found = found || now; found {
			return alerts, nil
		}
		if time.Now().After(end) {
			return nil, errors.New("the refusal is not on record")
		}
	}
}
