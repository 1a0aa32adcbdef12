package deeds

import (
	"bytes"
	"testing"

	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

var invalid = [3]int{proofs.ExitInvalid, proofs.ExitInvalid, proofs.ExitInvalid}

// endsWrong is a log that signs a tree whose end is no seal, or not the one that belongs
// there. Verifier, monitor and audit cosigner notice; the monitor's evidence and the
// auditor's convict alone. The witness looks at no leaf, and cosigns.
func endsWrong(t *testing.T, change func(leaves, contents [][]byte) ([][]byte, [][]byte)) {
	t.Helper()
	o := newOperator(t)
	v1 := o.versions(1)
	watches := o.monitor()
	watches.quiet()
	o.cosigned()
	o.submit(o.w.Release("contracts/8", 1, nil, []byte("more")))
	honest := o.receipt(v1, nil)
	p := o.pose(change)
	lines := o.blindWitness()
	o.verify(invalid, file(1), p.receipt(honest, lines))
	watches.convicts("AL-15/seal", l0, "not the seal that belongs there")
	o.diverges(uint64(len(p.Leaves))-1, audit.ClassSeal, "seal", proofs.ExitContradicted)
	// What was proven before the deed stays so: the receipt of before is of another tree.
	o.verify([3]int{0, proofs.ExitCosigners, proofs.ExitCosigners}, file(1), honest)
}

// TestDeedNoSeal: a checkpoint that no seal ends.
func TestDeedNoSeal(t *testing.T) {
	endsWrong(t, func(l, c [][]byte) ([][]byte, [][]byte) { return l[:len(l)-1], c[:len(c)-1] })
}

// TestDeedOldSeal: an earlier seal stands in the place of the one that belongs there, so
// that registers of before are shown under a new checkpoint.
func TestDeedOldSeal(t *testing.T) {
	endsWrong(t, func(l, c [][]byte) ([][]byte, [][]byte) {
		at := len(l) - 2
		for !bytes.HasPrefix(l[at], []byte(statement.SealPrefix)) {
			at--
		}
		l[len(l)-1] = l[at]
		return l, c
	})
}

// TestDeedForgedSealBytes: seal bytes that say something else than the fold gives: a
// seal that is none; one whose bytes are changed in a receipt, where the tree has the
// true one; and one in the tree whose register root is made up.
func TestDeedForgedSealBytes(t *testing.T) {
	t.Run("half a seal in the tree", func(t *testing.T) {
		endsWrong(t, func(l, c [][]byte) ([][]byte, [][]byte) {
			l[len(l)-1] = []byte(statement.SealPrefix + "\nindex")
			return l, c
		})
	})
	t.Run("in a receipt", func(t *testing.T) {
		o := newOperator(t)
		r := o.receipt(o.versions(1), o.cosigned())
		o.verify([3]int{0, 0, 0}, file(1), r)
		changes := 0
		for i := range r.Seal {
			forged := *r
			forged.Seal = bytes.Clone(r.Seal)
			forged.Seal[i] ^= 1
			if v := o.verifier(l2).Verify(&forged, proofs.Expect{File: logtest.FileOf(file(1)).Digest, Document: document}); v.Kind != proofs.Invalid {
				t.Fatalf("byte %d: %s", i, v)
			}
			changes++
		}
		if changes < 100 {
			t.Errorf("%d bytes of a seal", changes)
		}
		forged := *r
		forged.Seal = bytes.Replace(r.Seal, []byte("\nregisters 1"), []byte("\nregisters 2"), 1)
		o.verify(invalid, file(1), &forged)
	})
	t.Run("a register root in the tree", func(t *testing.T) {
		o := newOperator(t)
		v1 := o.versions(1)
		o.cosigned()
		o.submit(o.w.Release("contracts/8", 1, nil, []byte("more")))
		honest := o.receipt(v1, nil)
		watches := o.monitor(watching)
		watches.quiet()
		p := o.pose(func(l, c [][]byte) ([][]byte, [][]byte) {
			seal, err := statement.ParseSeal(l[len(l)-1])
			if err != nil {
				t.Fatal(err)
			}
			entry := o.w.Release("contracts/9", 1, nil, []byte("one more"))
			seal.Index, seal.Prev, seal.Root[0] = uint64(len(l)+1), int64(seal.Index), seal.Root[0]^1
			return append(l, entry.Leaf, seal.Marshal()), append(c, entry.Payload, nil)
		})
		// A root that no register leads to proves nothing to anybody: no receipt holds.
		o.verify(invalid, file(1), p.receipt(honest, o.blindWitness()))
		o.monitor().quiet()
		// Who watches a register sees it under the last honest seal alone: an older state.
		if r, names := watches.looks(); r.Convicted || names != "AL-15/rollback" {
			t.Errorf("a monitor that watches a register raises %q, %v", names, r.Failed)
		}
		o.diverges(uint64(len(p.Leaves))-1, audit.ClassSeal, "registers", proofs.ExitUnknown)
	})
}
