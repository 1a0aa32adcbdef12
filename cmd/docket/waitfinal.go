package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// finality is what the commands share that submit: what their answer waits for.
type finality struct {
	wait    string
	timeout time.Duration
}

// What --wait waits for.
const (
	waitSealed = "sealed"
	waitFinal  = "final"
)

// finalPause is between two questions whether a receipt is final, where the server did
// not wait itself.
const finalPause = time.Second

func (w *finality) flags(c *cobra.Command) {
	c.Flags().StringVar(&w.wait, "wait", waitSealed, "what to wait for: sealed, the log's word; or final, so many cosigners as the policy demands")
	c.Flags().DurationVar(&w.timeout, "wait-timeout", time.Minute, "with --wait final: for how long; then the exit code is 11, and the sealed receipt is kept")
}

// check refuses to wait for nothing, before anything is signed.
func (w *finality) check(v proofs.Verifier) error {
	switch {
	case w.wait != waitFinal && w.wait != waitSealed && w.wait != "":
		return usage("--wait %q: sealed or final", w.wait)
	case w.wait == waitFinal && w.timeout <= 0:
		return usage("--wait-timeout is above 0")
	case w.wait == waitFinal && v.Policy.Quorum == proofs.NoQuorum:
		return usage("--wait final: your verifier policy says quorum none, so it demands no cosigner: name witnesses in it, or wait for sealed")
	}
	return nil
}

// A sealedOnly says that a statement is in the log, and that no quorum cosigned it in
// time.
type sealedOnly struct {
	digest statement.Digest
	why    string
}

func (e *sealedOnly) Error() string {
	return fmt.Sprintf("sealed, not final: %s. It is in the log, and its sealed receipt is kept. Run the same command again to wait on, or have the final receipt later:\n  docket receipt get %s --final --out FILE",
		e.why, e.digest)
}

// settle keeps the receipt of a submission, and with --wait final the final one in its
// place, which it returns. late is a *sealedOnly: all else went well.
func (w *finality) settle(ctx context.Context, c *client.Client, r *proofs.Receipt, keep func(*proofs.Receipt) error) (last *proofs.Receipt, late, err error) {
	if err := keep(r); err != nil || w.wait != waitFinal {
		return r, nil, err
	}
	final, err := w.await(ctx, c, r)
	if missing := (*sealedOnly)(nil); errors.As(err, &missing) {
		return r, missing, nil
	}
	if err != nil {
		return r, nil, err
	}
	return final, nil, keep(final)
}

// await waits for the final receipt of a statement that is in the log, by sending it
// again: that is safe, and needs no other right than the first time.
func (w *finality) await(ctx context.Context, c *client.Client, r *proofs.Receipt) (*proofs.Receipt, error) {
	if q, err := cosigningOf(c, r.Checkpoint); err == nil && q.Quorum == quorumMet {
		return r, nil
	}
	digest := statement.DigestOf(r.Envelope.Payload)
	outer := ctx
	late := func(why string) error {
		if outer.Err() != nil {
			why = "the wait was interrupted"
		}
		return &sealedOnly{digest, why}
	}
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	why := "no quorum answered within " + w.timeout.String()
	for {
		final, _, err := c.SubmitFinal(ctx, *r.Envelope)
		var refused *client.Refused
		var missing *client.NotFinalError
		switch {
		case err == nil:
			newer, err := atLeast(final, r)
			if newer || err != nil {
				return final, err
			}
			why = "the quorum cosigned an older checkpoint so far" // which has it, and says less of what came since
		case ctx.Err() != nil:
			return nil, late(why)
		case errors.As(err, &missing):
			why = err.Error()
		case errors.As(err, &refused) && refused.Status < 500 && refused.Status != 429:
			return nil, late("the server does not wait: " + err.Error())
		case errors.As(err, &refused):
			why = err.Error()
		case outOfReach(err):
			why = err.Error()
		default:
			return nil, err // it does not verify, or convicts the log
		}
		select {
		case <-ctx.Done():
			return nil, late(why)
		case <-time.After(finalPause):
		}
	}
}

// atLeast says whether a receipt is as new as another one of its statement.
func atLeast(r, other *proofs.Receipt) (bool, error) {
	a, err1 := checkpointOf(r)
	b, err2 := checkpointOf(other)
	return a.Size >= b.Size, errors.Join(err1, err2)
}
