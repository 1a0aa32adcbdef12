package witness

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// ErrUnconfirmed says that too few witnesses answered to know that nobody has seen
// more of this log than it remembers.
var ErrUnconfirmed = errors.New("too few witnesses answered")

// Confirm asks all witnesses, before a log signs anything after its start, whether
// the newest checkpoint that it remembers is the newest that they know. It returns
// nil once so many agree that each quorum has one of them; ErrAhead when one knows a
// larger tree, ErrForked when one knows another; else ErrUnconfirmed, and what each
// of the others answered. Only Policy, HTTP, Now, Timeout and Disputed of the
// configuration are used.
func Confirm(ctx context.Context, c GatherConfig, newest Head) error {
	c = c.withDefaults()
	c.Size = func() uint64 { return newest.Size }
	all, err := remotes(c.Policy, c.HTTP, c.Now)
	if err != nil {
		return fmt.Errorf("witnesses: %w", err)
	}
	g := &gatherer{GatherConfig: c}
	errs := make([]error, len(all))
	var group sync.WaitGroup
	for i, r := range all {
		group.Go(func() { _, errs[i] = g.ask(ctx, &asked{Remote: r}, newest) })
	}
	group.Wait()
	agree := make([]bool, len(c.Policy.Witnesses))
	for i, r := range all {
		if err := fatal(r, errs[i]); err != nil {
			return err
		}
		for j, w := range c.Policy.Witnesses {
			agree[j] = agree[j] || errs[i] == nil && w.URL == r.URL
		}
	}
	if c.Policy.Blocks(agree) {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnconfirmed, errors.Join(named(all, errs)...))
}

// fatal says whether an answer shows another or a larger tree.
func fatal(r *Remote, err error) error {
	var rejection *Rejection
	switch {
	case errors.Is(err, ErrAhead):
		return err
	case errors.As(err, &rejection) && (rejection.Inconsistent() || rejection.Status == http.StatusConflict):
		return fmt.Errorf("%w: %s: %w", ErrForked, r.URL, err)
	}
	return nil
}

func named(all []*Remote, errs []error) []error {
	var out []error
	for i, r := range all {
		if errs[i] != nil {
			out = append(out, fmt.Errorf("%s: %w", r.URL, errs[i]))
		}
	}
	return out
}
