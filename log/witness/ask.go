package witness

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// An Answer is what one witness says of a checkpoint that is shown to it.
type Answer struct {
	URL string
	// Size is the size that it holds, as it says: it signs nothing about that. 0: it
	// did not say.
	Size uint64
	// Err is nil when it cosigned, so that it holds this checkpoint and nothing newer;
	// ErrAhead when it holds a larger tree, ErrForked when it holds another one; else
	// why it gave no usable answer.
	Err error
}

// Ask shows a checkpoint to all witnesses of a policy and says what each answered,
// and whether so many agree that each quorum has one of them: then nobody who counts
// knows more. Only Policy, HTTP, Now and Timeout of the configuration are used.
func Ask(ctx context.Context, c GatherConfig, newest Head) (answers []Answer, confirmed bool, err error) {
	c = c.withDefaults()
	c.Size = func() uint64 { return newest.Size }
	all, err := remotes(c.Policy, c.HTTP, c.Now)
	if err != nil {
		return nil, false, fmt.Errorf("witnesses: %w", err)
	}
	g := &gatherer{GatherConfig: c}
	answers = make([]Answer, len(all))
	var group sync.WaitGroup
	for i, r := range all {
		group.Go(func() { answers[i] = g.answer(ctx, r, newest) })
	}
	group.Wait()
	agree := make([]bool, len(c.Policy.Witnesses))
	for _, a := range answers {
		for j, w := range c.Policy.Witnesses {
			agree[j] = agree[j] || a.Err == nil && w.URL == a.URL
		}
	}
	return answers, c.Policy.Blocks(agree), ctx.Err()
}

// answer asks one witness.
func (g *gatherer) answer(ctx context.Context, r *Remote, newest Head) Answer {
	a := Answer{URL: r.URL}
	_, a.Err = g.ask(ctx, &asked{Remote: r}, newest)
	var ahead *aheadError
	var rejection *Rejection
	switch {
	case a.Err == nil:
		a.Size = newest.Size
	case errors.As(a.Err, &ahead):
		a.Size = ahead.size
	case errors.Is(a.Err, ErrForked):
		a.Err = fmt.Errorf("%s: %w", r.URL, a.Err)
	case errors.As(a.Err, &rejection) && (rejection.Inconsistent() || rejection.Status == http.StatusConflict):
		a.Err = fmt.Errorf("%w: %s: %w", ErrForked, r.URL, a.Err)
	}
	return a
}

// An aheadError is ErrAhead, with the size that the witness says it holds.
type aheadError struct {
	url        string
	size, here uint64
	conflict   *Conflict
}

func (e *aheadError) Error() string {
	return fmt.Sprintf("%v: %d leaves at %s, %d here", ErrAhead, e.size, e.url, e.here)
}

// Unwrap returns ErrAhead, and what the witness answered.
func (e *aheadError) Unwrap() []error { return []error{ErrAhead, e.conflict} }
