package scenario

import (
	"context"
	"errors"
	"fmt"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// ref returns what an earlier line named.
func (y *Play) ref(name string) (*admitted, error) {
	if n, ok := y.named[name]; ok {
		return n, nil
	}
	return nil, fmt.Errorf("%s was not admitted", name)
}

func (y *Play) refs(names []string) (out []statement.Digest, err error) {
	for _, name := range names {
		n, err := y.ref(name)
		if err != nil {
			return nil, err
		}
		out = append(out, n.digest)
	}
	return out, nil
}

// submit submits a statement as everybody does: by the client, which verifies the
// receipt. A refusal is an outcome, no error.
func (y *Play) submit(ctx context.Context, e statement.Envelope, name string) (actual, error) {
	r, duplicate, err := y.send(ctx, e)
	var refused *client.Refused
	if errors.As(err, &refused) {
		y.report.Refusals++
		y.refused = &refusal{statement.DigestOf(e.Payload), refused.Code, refused.Finding}
		return actual{Expectation{Outcome: refused.Code, Details: []string{refused.Field, fmt.Sprintf("status=%d", refused.Status)}}, refused.Detail}, nil
	}
	if err != nil {
		return actual{}, err
	}
	outcome := "OK"
	if duplicate {
		outcome = "same"
	}
	if err := y.keep(e, r, name); err != nil {
		return actual{}, err
	}
	return actual{Expectation: Expectation{Outcome: outcome, Details: []string{fmt.Sprintf("index=%d", r.Index)}}}, nil
}

// send submits until there is an answer. What came in before its answer was lost
// is no duplicate of anything.
func (y *Play) send(ctx context.Context, e statement.Envelope) (*proofs.Receipt, bool, error) {
	for lost := false; ; lost = true {
		r, duplicate, err := y.client.Submit(ctx, e)
		var refused *client.Refused
		if err == nil || errors.As(err, &refused) && refused.Status < 500 || y.player.Lost == nil {
			return r, duplicate && !lost, err
		}
		if err := y.player.Lost(ctx, y, err); err != nil {
			return nil, false, err
		}
	}
}

// keep keeps an admitted statement under the name that its line gives.
func (y *Play) keep(e statement.Envelope, r *proofs.Receipt, name string) error {
	s, err := statement.Parse(e.Payload)
	if err != nil {
		return err
	}
	n := &admitted{e, s, statement.DigestOf(e.Payload), r}
	if s.Code == statement.RequestOpen && y.named[s.Run] == nil {
		y.named[s.Run] = n
	}
	if name != "" {
		y.named[name] = n
	}
	return nil
}
