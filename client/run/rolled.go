package run

import (
	"context"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// report brings the report on a step to the log, or keeps it where the workflow says
// that steps stay with the pipeline: then the outcome commits to it.
func (r *Run) report(ctx context.Context, e statement.Envelope) (*proofs.Receipt, error) {
	if r.flow.Detail != "rolled" {
		return r.evidence(ctx, e)
	}
	r.known.Rolled = append(r.known.Rolled, e.Marshal())
	return nil, nil
}

// Rolled are the reports on steps that stay with the pipeline, in their order: keep
// them, as the outcome commits to them and nobody else has them.
func (r *Run) Rolled() ([]statement.Envelope, error) {
	var out []statement.Envelope
	for _, b := range r.known.Rolled {
		e, err := statement.ParseEnvelope(b)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// rolledSteps is what the outcome says of them: number and RFC 6962 root over the
// statements, as signed. Nil: there are none.
func (r *Run) rolledSteps() (*statement.RolledSteps, error) {
	all, err := r.Rolled()
	if err != nil || len(all) == 0 {
		return nil, err
	}
	hashes := make([]proofs.Hash, len(all))
	for i, e := range all {
		hashes[i] = proofs.LeafHash(e.Payload)
	}
	return &statement.RolledSteps{Count: uint32(len(all)), Root: rootOf(hashes)}, nil
}

// rootOf is the RFC 6962 root over leaf hashes, of which there is at least one.
func rootOf(hashes []proofs.Hash) proofs.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	split := 1
	for split*2 < len(hashes) {
		split *= 2
	}
	return proofs.NodeHash(rootOf(hashes[:split]), rootOf(hashes[split:]))
}
