package evidence_test

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"filippo.io/mldsa"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// TestForkUnderTwoKeys: a log that exchanged its key signs one history with the old
// key and another one with the new key, of either type. Who pins both convicts it; to
// who pins one, the other note is a stranger's.
func TestForkUnderTwoKeys(t *testing.T) {
	one, two := newLiar(t, "a", "b", "c", "d", "e"), newLiar(t, "a", "b", "x", "d", "e")
	two.seed = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32))
	next, err := proofs.NewVerifierKey("log.example", proofs.TypeEd25519, two.seed.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	two.key = next
	private, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	pq, err := proofs.NewVerifierKey("log.example", proofs.TypeMLDSA44, private.PublicKey().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	cp := proofs.Checkpoint{Origin: "log.example", TreeHead: proofs.TreeHead{Size: 5, Root: two.root(5)}}
	line, err := proofs.SignCosignatureLine(1763762400, func(m []byte) ([]byte, error) { return private.Sign(nil, m, nil) }, pq, cp)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		shown []byte
		key   proofs.VerifierKey
	}{
		"Ed25519":   {two.note(5), next},
		"ML-DSA-44": {append(append(cp.Marshal(), '\n'), line...), pq},
	} {
		e := evidence.OfNotes(evidence.Fork, "", genesis, one.note(5), c.shown, proofs.Hash{}, nil)
		pins := func(keys ...proofs.VerifierKey) proofs.Verifier {
			text := ""
			for _, k := range keys {
				text += "log " + k.String() + "\n"
			}
			policy, err := proofs.ParsePolicy([]byte(text + "quorum none\n"))
			if err != nil {
				t.Fatal(err)
			}
			return proofs.Verifier{Policy: policy, Genesis: genesis}
		}
		if j, err := e.Judge(pins(one.key, c.key), evidence.Skew); err != nil || !j.Convicts {
			t.Errorf("%s, both pinned: %+v, %v", name, j, err)
		}
		for _, key := range []proofs.VerifierKey{one.key, c.key} {
			if j, err := e.Judge(pins(key), evidence.Skew); err == nil {
				t.Errorf("%s, %08x pinned alone: %+v", name, key.ID, j)
			}
		}
	}
}
