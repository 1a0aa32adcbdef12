package witness_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// judged is what somebody who has the log's key alone makes of a piece of evidence.
func judged(t *testing.T, log *tree, e witness.Evidence) (string, evidence.Judgement) {
	t.Helper()
	policy, err := proofs.ParsePolicy(fmt.Appendf(nil, "log %s\nquorum none\n", log.key.key))
	if err != nil {
		t.Fatal(err)
	}
	file, err := evidence.Parse(e.Portable().Marshal())
	if err != nil {
		t.Fatal(err)
	}
	j, err := file.Judge(proofs.Verifier{Policy: policy, Genesis: proofs.LeafHash([]byte("any"))}, evidence.Skew)
	if err != nil {
		t.Fatal(err)
	}
	return file.Kind, j
}

// ask demands that a request is refused, and returns what was reported of it.
func (w *world) ask(t *testing.T, a proofs.AddCheckpoint) []witness.Evidence {
	t.Helper()
	w.evidence = nil
	var refused *witness.Refused
	if _, err := w.Add(t.Context(), a.Marshal()); !errors.As(err, &refused) {
		t.Fatalf("it is not refused: %v", err)
	}
	return w.evidence
}

// A log that went back and then on otherwise asks for cosignatures as ever. Its two
// notes of one size convict it, and of two sizes its own proof, unless the size that
// is held is a power of two.
func TestWitnessConvicts(t *testing.T) {
	log, fork := newTree(origin, 1).grow(20, "a"), newTree(origin, 1).grow(1, "a").grow(20, "b")
	for held := int64(2); held < 20; held++ {
		w := newWorld(t, log)
		if _, err := w.Add(t.Context(), log.request(0, held).Marshal()); err != nil {
			t.Fatal(err)
		}
		for size := held; size <= 20; size++ {
			got := w.ask(t, fork.request(held, size))
			if len(got) != 1 {
				t.Fatalf("%d to %d: %d pieces of evidence", held, size, len(got))
			}
			want, kind := size == held || held&(held-1) != 0, evidence.Fork
			if !want {
				kind = evidence.Unproven
			}
			if k, j := judged(t, log, got[0]); j.Convicts != want || got[0].Fork != want || k != kind {
				t.Errorf("%d to %d: %s: %+v", held, size, k, j)
			}
		}
		w.close(t)
	}
}

// Nothing that others make of an honest log's notes convicts it, and what the log did
// not sign, or what is of one history by its size alone, is not kept.
func TestWitnessAccusesNobody(t *testing.T) {
	log, fork := newTree(origin, 1).grow(20, "a"), newTree(origin, 1).grow(20, "b")
	w := newWorld(t, log)
	if _, err := w.Add(t.Context(), log.request(0, 11).Marshal()); err != nil {
		t.Fatal(err)
	}
	good := log.request(11, 19)
	for i := range good.Proof {
		for name, proof := range map[string][]proofs.Hash{
			"flipped": append([]proofs.Hash{}, good.Proof...), "cut": good.Proof[:i], "of the fork": fork.request(11, 19).Proof,
			"of other sizes": log.request(10, 19).Proof, "longer": append(append([]proofs.Hash{}, good.Proof...), good.Proof[i]),
		} {
			if name == "flipped" {
				proof[i][0] ^= 1
			}
			for _, e := range w.ask(t, proofs.AddCheckpoint{Old: 11, Proof: proof, Note: good.Note}) {
				if kind, j := judged(t, log, e); j.Convicts || e.Fork || kind != evidence.Unproven {
					t.Errorf("%s at %d: %s %+v", name, i, kind, j)
				}
			}
		}
	}
	for name, a := range map[string]proofs.AddCheckpoint{
		"smaller, and it says so": log.request(0, 7), "another history, smaller": fork.request(0, 7), "the same again": {Note: log.note(11)},
		"the same, and a proof": {Old: 11, Proof: good.Proof, Note: log.note(11)},
	} {
		if got := w.ask(t, a); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
