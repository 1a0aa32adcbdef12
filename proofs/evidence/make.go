package evidence

import (
	"encoding/json"

	"github.com/docketlog/docket/proofs"
)

// OfNotes is evidence of two signed notes: of the kind Fork, Rollback or Unproven.
// Of a fork of two sizes, root is what the larger tree has at the smaller size, and
// proof leads from there to the larger tree; else both are left out.
func OfNotes(kind, reason string, genesis proofs.Hash, seen, shown []byte, root proofs.Hash, proof []proofs.Hash) *Evidence {
	e := OfSignatures(kind, reason, seen, shown, root, proof)
	e.Genesis = genesis[:]
	return e
}

// OfSignatures is OfNotes by somebody who knows the log's keys alone, and not its
// genesis: a witness.
func OfSignatures(kind, reason string, seen, shown []byte, root proofs.Hash, proof []proofs.Hash) *Evidence {
	e := &Evidence{MediaType: MediaType, Kind: kind, Reason: reason, Checkpoints: []string{string(seen), string(shown)}}
	if len(proof) > 0 {
		e.Root, e.Consistency = root[:], bytesOf(proof)
	}
	return e
}

// OfContradiction is evidence of two receipts that exclude each other; nil where the
// two checkpoints alone are that: see OfNotes.
func OfContradiction(c *proofs.Contradiction, genesis proofs.Hash) *Evidence {
	if c.Class == proofs.ClassFork {
		return OfNotes(Fork, c.Reason, genesis, c.A.Checkpoint, c.B.Checkpoint, proofs.Hash{}, nil)
	}
	return &Evidence{
		MediaType: MediaType, Kind: c.Class, Reason: c.Reason, Genesis: genesis[:],
		Receipts: []json.RawMessage{c.A.Marshal(), c.B.Marshal()},
	}
}

// OfSeal is evidence of a seal whose time is not what the cosignatures of a
// checkpoint over it bear out.
func OfSeal(reason string, genesis proofs.Hash, note []byte, index uint64, leaf []byte, inclusion []proofs.Hash) *Evidence {
	return &Evidence{
		MediaType: MediaType, Kind: Time, Reason: reason, Genesis: genesis[:], Checkpoints: []string{string(note)},
		Entries: []Entry{{Index: index, Leaf: leaf, Inclusion: bytesOf(inclusion)}},
	}
}

// OfLeaf is evidence of a leaf that the rules forbid.
func OfLeaf(rules string, genesis proofs.Hash, note []byte, d Divergence, entries []Entry) *Evidence {
	return &Evidence{
		MediaType: MediaType, Kind: Leaf, Reason: d.Error(), Genesis: genesis[:], Rules: rules,
		Checkpoints: []string{string(note)}, Divergence: &d, Entries: entries,
	}
}
