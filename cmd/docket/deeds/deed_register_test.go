package deeds

import (
	"slices"
	"testing"

	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/client/pack"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/evidence"
	packs "github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
)

// TestDeedHiddenVersion: version 8 has its entry, and one seal's registers do not know
// it; the next seal repairs that. As of the first seal version 7 passes for current at
// L0 and L1, and only who demands an audit cosigner is not deceived.
func TestDeedHiddenVersion(t *testing.T) {
	o := newOperator(t)
	v7 := o.versions(7)
	watches, blind, asleep := o.monitor(watching), o.monitor(), o.monitor(watching)
	for _, s := range []*sentry{watches, blind, asleep} {
		s.quiet()
	}
	o.verify([3]int{0, 0, 0}, file(7), o.receipt(v7, o.cosigned()), "--doc", document)

	v8 := o.w.Release(document, 8, v7, file(8))
	repair := o.hide(v8)
	at := o.size() - 2
	lines := o.blindWitness()
	wrong := o.receipt(v7, lines)
	o.verify([3]int{0, 0, proofs.ExitCosigners}, file(7), wrong, "--doc", document)
	watches.quiet()
	blind.quiet()
	if r, err := o.client().Receipt(ctx, v8.Digest); err == nil {
		t.Errorf("who released version 8 is given a receipt: %s", o.verifier(l0).Verify(r, proofs.Expect{}))
	}

	repair()
	watches.convicts("AL-15/rewrite", l0, document)
	blind.quiet()
	asleep.quiet()
	// Both seals are on record: who has a staple of each has the proof, offline.
	o.verify([3]int{proofs.ExitContradicted, proofs.ExitContradicted, proofs.ExitContradicted}, file(7), wrong,
		"--staple", o.staple(o.receipt(v7, o.blindWitness())))
	o.diverges(at+1, audit.ClassSeal, "registers", proofs.ExitUnknown)
}

// hide writes an entry of which the seal over it knows nothing. repair makes the next seal
// know it, beside another release.
func (o *operator) hide(c *admission.Checked) (repair func()) {
	o.t.Helper()
	var hidden []admission.Effect
	var at uint64
	var when int64
	o.forge(func(f *logtest.Forger) {
		var err error
		if hidden, err = f.Effects(f.Next(), c); err != nil {
			o.t.Fatal(err)
		}
		at, when = f.Entry(c), f.Time()
		f.Seal(nil)
	})
	return func() {
		o.forge(func(f *logtest.Forger) {
			f.WriteAt(at, when, c, hidden)
			f.Admit(o.w.Release("contracts/8", 1, nil, []byte("another")))
			f.Seal(nil)
		})
	}
}

// TestDeedPhantomEvent: the document's register has a release that no entry made: under
// the leaf hash of a statement that is not in the log, or under that of another
// statement's entry. Version 1 looks superseded, at every level but L2.
func TestDeedPhantomEvent(t *testing.T) {
	t.Run("of no entry", func(t *testing.T) {
		o, v1, ghost, at := phantom(t, false)
		first := o.receipt(v1, o.blindWitness())
		// The entry that the event names is another one: its receipt and the staple convict.
		held, err := o.client().ReceiptAt(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		found, err := o.verifier(l0).Contradiction(held, first.Staple())
		if err != nil || found == nil || found.Class != proofs.ClassPhantom {
			t.Fatalf("%+v, %v", found, err)
		}
		o.judged(o.kept(evidence.OfContradiction(found, o.genesis)), l0, proofs.ExitContradicted, "two leaves stand at index")
		if _, err := o.client().Receipt(ctx, ghost.Digest); err == nil {
			t.Error("the ghost has a receipt")
		}
		o.diverges(at+1, audit.ClassSeal, "registers", proofs.ExitUnknown)
	})
	t.Run("of another statement's entry", func(t *testing.T) {
		o, v1, _, at := phantom(t, true)
		first := o.receipt(v1, o.blindWitness())
		held, err := o.client().ReceiptAt(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		// The leaf is the right one, what the event says of it is not: no two receipts
		// exclude each other. Whoever reads the statement notices, as a pack does.
		if found, err := o.verifier(l0).Contradiction(held, first.Staple()); err != nil || found != nil {
			t.Errorf("%+v, %v", found, err)
		}
		if zip, err := (pack.Gatherer{Client: o.client()}).Gather(ctx, packs.Name{Type: register.TypeDocument, ID: document}); err == nil {
			if v := packs.Verify(o.verifier(l0), zip, packs.Expect{Dev: true, Document: document}); v.Kind != proofs.Invalid {
				t.Errorf("a pack of it passes:\n%s", v)
			}
		}
		o.diverges(at+1, audit.ClassSeal, "registers", proofs.ExitUnknown)
	})
}

// phantom forges a release of version 2 into the register of the document, with the leaf
// hash of the entry that it names or of none.
func phantom(t *testing.T, real bool) (o *operator, v1, ghost *admission.Checked, at uint64) {
	t.Helper()
	o = newOperator(t)
	v1 = o.versions(1)
	watches := o.monitor(watching)
	watches.quiet()
	ghost = o.w.Release(document, 2, v1, []byte("ghost"))
	other := o.w.Release("contracts/8", 1, nil, []byte("real"))
	o.forge(func(f *logtest.Forger) {
		effects, err := f.Effects(f.Next(), ghost)
		if err != nil {
			t.Fatal(err)
		}
		written := *ghost
		if real {
			written.LeafHash, written.Payload = other.LeafHash, other.Payload
		}
		at = f.Admit(other)
		f.Write(at, &written, slices.DeleteFunc(effects, func(e admission.Effect) bool { return e.Type != register.TypeDocument }))
		f.Seal(nil)
	})
	// The staples alone are consistent.
	o.verify([3]int{proofs.ExitEnded, proofs.ExitEnded, proofs.ExitCosigners}, file(1), o.receipt(v1, o.blindWitness()))
	watches.quiet()
	return o, v1, ghost, at
}

// TestDeedRewrittenRegister: the history of the document is written anew, with other
// bytes in version 1.
func TestDeedRewrittenRegister(t *testing.T) {
	o := newOperator(t)
	v1 := o.versions(1)
	watches, blind := o.monitor(watching), o.monitor()
	watches.quiet()
	blind.quiet()
	before := o.receipt(v1, o.cosigned())
	forged := o.w.Release(document, 1, nil, []byte("forged"))
	var at uint64
	o.forge(func(f *logtest.Forger) {
		at = f.Admit(o.w.Release("contracts/8", 1, nil, []byte("another")))
		f.Forget(register.DocumentKey(document))
		effects, err := f.Effects(f.Next(), forged)
		if err != nil {
			t.Fatal(err)
		}
		i := f.Entry(forged)
		f.Write(i, forged, effects)
		f.Seal(nil)
	})
	lines := o.blindWitness()
	o.verify([3]int{0, 0, proofs.ExitCosigners}, []byte("forged"), o.receipt(forged, lines), "--doc", document)
	watches.convicts("AL-15/rewrite", l0, document)
	blind.quiet()
	o.monitor(watching).quiet() // who comes later has nothing to compare
	// The holder of the old receipt has the proof as soon as anything newer is shown.
	now, err := o.client().DocumentStaple(ctx, document, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	found, err := o.verifier(l0).Contradiction(before, now)
	if err != nil || found == nil || found.Class != proofs.ClassRewrite {
		t.Fatalf("%+v, %v", found, err)
	}
	o.judged(o.kept(evidence.OfContradiction(found, o.genesis)), l0, proofs.ExitContradicted, document)
	o.diverges(at+1, audit.ClassEntry, "E408", proofs.ExitUnknown)
}
