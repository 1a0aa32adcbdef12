package witness

import (
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// Evidence is a checkpoint that a log signed and that was not shown to continue the
// one that the witness holds of it.
//
// Fork says that the log's own signatures exclude each other: one size with two roots,
// or a larger tree whose own proof leads from another root than the one that was held.
// A log that lost its newest leaves and went on otherwise sends such a proof, unless
// the size that is held is a power of two: its root is no part of a proof from there.
// Without Fork the two notes prove nothing: anybody can send a wrong proof for what an
// honest log signed.
type Evidence struct {
	Origin  string
	Held    proofs.Checkpoint // that the witness holds
	Offered proofs.Checkpoint // that was posted

	HeldNote    []byte // as stored: the log's signatures and the witness's own
	OfferedNote []byte // the log's signatures alone

	Fork  bool
	Root  proofs.Hash   // of a fork of two sizes: that the larger tree has at the smaller size
	Proof []proofs.Hash // from there to the larger tree
}

// Portable is the evidence in the common format, for anybody who has the log's key.
func (e Evidence) Portable() *evidence.Evidence {
	kind, what := evidence.Unproven, "no proof showed that one continues the other"
	if e.Fork {
		kind, what = evidence.Fork, "they are of two histories"
	}
	reason := fmt.Sprintf("a witness held size %d and was asked to cosign size %d: %s", e.Held.Size, e.Offered.Size, what)
	return evidence.OfSignatures(kind, reason, e.HeldNote, e.OfferedNote, e.Root, e.Proof)
}

// disagree tells of a checkpoint that does not continue the one that is held, if the
// log signed anything that was not known. proof is what led nowhere.
func (w *Witness) disagree(l *watched, cp signed, proof []proofs.Hash) {
	head, held := l.held()
	if held == nil || cp.TreeHead == head || cp.Size < head.Size {
		return
	}
	e := Evidence{
		Origin: l.origin, Held: proofs.Checkpoint{Origin: l.origin, TreeHead: head}, Offered: cp.Checkpoint,
		HeldNote: held, OfferedNote: cp.note, Fork: cp.Size == head.Size,
	}
	if root, ok := begins(head, cp.TreeHead, proof); ok {
		e.Fork, e.Root, e.Proof = true, root, proof
	}
	w.config.Evidence(e)
}

// begins is the root that a larger tree has at the size of a smaller one, if the proof
// holds and it is another root.
func begins(older, newer proofs.TreeHead, proof []proofs.Hash) (proofs.Hash, bool) {
	var mismatch *proofs.RootMismatchError
	err := proofs.VerifyConsistency(older, newer, proof)
	if older.Size >= newer.Size || !errors.As(err, &mismatch) || mismatch.Size != older.Size {
		return proofs.Hash{}, false
	}
	root := mismatch.Computed
	return root, proofs.VerifyConsistency(proofs.TreeHead{Size: older.Size, Root: root}, newer, proof) == nil
}
