package client

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// A NotFinalError says that the server called a receipt final whose checkpoint does
// not meet the quorum of the caller's own policy.
type NotFinalError struct {
	Missing []string // witnesses of the policy that did not cosign, by name
}

func (e *NotFinalError) Error() string {
	return fmt.Sprintf("the receipt is not final by your policy: no cosignature of %s", strings.Join(e.Missing, ", "))
}

// SubmitFinal is Submit, and waits until a quorum of witnesses cosigned a checkpoint
// that covers the statement. A *Refused with the code not-final says that it is in
// the log, but has no quorum yet: submit it again to wait on.
func (c *Client) SubmitFinal(ctx context.Context, e statement.Envelope) (r *proofs.Receipt, duplicate bool, err error) {
	body, status, err := c.send(ctx, http.MethodPost, "/api/v1/statements?wait=final", "application/json", e.Marshal(), maxReceipt)
	if err != nil {
		return nil, false, err
	}
	r, err = c.final(ctx, body, ofStatement(statement.DigestOf(e.Payload)))
	return r, err == nil && status == http.StatusOK, err
}

// FinalReceipt fetches the receipt of a statement under the newest checkpoint that a
// quorum of witnesses cosigned.
func (c *Client) FinalReceipt(ctx context.Context, digest statement.Digest) (*proofs.Receipt, error) {
	body, _, err := c.send(ctx, http.MethodGet, "/api/v1/receipts/final/"+hex.EncodeToString(digest[:]), "", nil, maxReceipt)
	if err != nil {
		return nil, err
	}
	return c.final(ctx, body, ofStatement(digest))
}

// final verifies a receipt and its quorum. The checkpoint may be smaller than the
// newest that was seen, which nobody cosigned yet: it must be one of the same history.
func (c *Client) final(ctx context.Context, body []byte, want wanted) (*proofs.Receipt, error) {
	r, err := c.receipt(ctx, body, want, sighting{})
	if err != nil {
		return nil, err
	}
	if c.Verifier.Policy == nil {
		return r, nil
	}
	_, q, err := c.Verifier.Policy.Open(r.Checkpoint, time.Now().Add(maxWitnessAhead).Unix())
	if err != nil {
		return nil, err
	}
	if q.Satisfied {
		return r, nil
	}
	missing := &NotFinalError{}
	for _, w := range q.Times {
		if !w.Counted {
			missing.Missing = append(missing.Missing, w.Name)
		}
	}
	return nil, missing
}

// maxWitnessAhead is how far the clock of a witness may be ahead of this one.
const maxWitnessAhead = 5 * time.Minute
