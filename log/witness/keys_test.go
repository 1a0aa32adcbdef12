package witness_test

import (
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
)

// signedBy asks to cosign size, from old, with lines of these keys.
func (t *tree) signedBy(old, size int64, keys ...seedKey) []byte {
	a, cp := t.request(old, size), t.checkpoint(size)
	a.Note = append(cp.Marshal(), '\n')
	for _, k := range keys {
		var line []byte
		var err error
		if k.key.Type == proofs.TypeEd25519 {
			line, err = proofs.SignLogLine(t.origin, k.sign, k.key, cp.Marshal())
		} else {
			line, err = proofs.SignCosignatureLine(1763762400, k.sign, k.key, cp)
		}
		if err != nil {
			panic(err)
		}
		a.Note = append(a.Note, line...)
	}
	return a.Marshal()
}

// TestWitnessFollowsAnExchangeOfKeys: a witness that knows the old and the new key of a
// log follows it through the exchange, over restarts, and keeps the lines of all keys
// that it knows. One that knows the old key alone follows until that retires.
func TestWitnessFollowsAnExchangeOfKeys(t *testing.T) {
	log := newTree(origin, 1).grow(50, "a")
	old, next, pq := log.key, newKey(origin, proofs.TypeEd25519, 2), newKey(origin, proofs.TypeMLDSA44, 3)
	steps := []struct {
		size int64
		by   []seedKey
	}{{8, []seedKey{old, pq}}, {20, []seedKey{old, pq, next}}, {50, []seedKey{pq, next}}}
	both := newWorld(t, log)
	both.config.Logs = append(both.config.Logs, next.key, pq.key)
	both.open(t)
	one := newWorld(t, log)
	last := int64(0)
	for _, step := range steps {
		body := log.signedBy(last, step.size, step.by...)
		lines, err := both.Add(t.Context(), body)
		if err != nil {
			t.Fatalf("size %d: %v", step.size, err)
		}
		both.verified(t, lines, log.checkpoint(step.size))
		both.open(t)
		kept := both.Checkpoint(sha256.Sum256([]byte(origin)))
		for _, k := range step.by {
			if _, _, err := proofs.OpenCheckpoint(kept, []proofs.VerifierKey{k.key}); err != nil {
				t.Errorf("size %d: the kept note under %08x: %v", step.size, k.key.ID, err)
			}
		}
		_, err = one.Add(t.Context(), body)
		var refused *witness.Refused
		if known := step.size < 50; known != (err == nil) || !known && (!errors.As(err, &refused) || refused.Reason != witness.Unsigned) {
			t.Errorf("size %d: the witness with the old key: %v", step.size, err)
		}
		last = step.size
	}
	// A wrong line of a known key spoils the note, whatever stands beside it.
	bad := append(log.signedBy(50, 50, next), proofs.SignatureLine(origin, pq.key.ID, make([]byte, 8+2420))...)
	var refused *witness.Refused
	if _, err := both.Add(t.Context(), bad); !errors.As(err, &refused) || refused.Reason != witness.Unsigned {
		t.Errorf("a wrong line of a known key beside a good one: %v", err)
	}
}
