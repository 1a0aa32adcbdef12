package witness

import (
	"context"
	"errors"
	"fmt"
)

// ErrUnconfirmed says that too few witnesses answered to know that nobody has seen
// more of this log than it remembers.
var ErrUnconfirmed = errors.New("too few witnesses answered")

// Confirm asks all witnesses, before a log signs anything after its start, whether
// the newest checkpoint that it remembers is the newest that they know. It returns
// nil once so many agree that each quorum has one of them; ErrAhead when one knows a
// larger tree, ErrForked when one knows another; else ErrUnconfirmed, and what each
// of the others answered. Only Policy, HTTP, Now and Timeout of the configuration
// are used.
func Confirm(ctx context.Context, c GatherConfig, newest Head) error {
	answers, confirmed, err := Ask(ctx, c, newest)
	if answers == nil {
		return err
	}
	var silent []error
	for _, a := range answers {
		switch {
		case errors.Is(a.Err, ErrAhead), errors.Is(a.Err, ErrForked):
			return a.Err
		case a.Err != nil:
			silent = append(silent, fmt.Errorf("%s: %w", a.URL, a.Err))
		}
	}
	if confirmed {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnconfirmed, errors.Join(silent...))
}
