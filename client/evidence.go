package client

import (
	"errors"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// EvidenceOf returns what an error carries of a log that contradicts itself, or that
// shows an old state or no proof, in the portable form; nil: it carries nothing.
func EvidenceOf(err error) *evidence.Evidence {
	var (
		fork     *ForkError
		unproven *UnprovenError
		rollback *RollbackError
	)
	switch {
	case errors.As(err, &fork):
		return evidence.OfNotes(evidence.Fork, fork.Error(), fork.Genesis, fork.Seen, fork.Shown, fork.Root, fork.Proof)
	case errors.As(err, &unproven):
		return evidence.OfNotes(evidence.Unproven, unproven.Reason, unproven.Genesis, unproven.Seen, unproven.Shown, proofs.Hash{}, nil)
	case errors.As(err, &rollback):
		return evidence.OfNotes(evidence.Rollback, rollback.Error(), rollback.Genesis, rollback.SeenNote, rollback.ShownNote, proofs.Hash{}, nil)
	}
	return nil
}
