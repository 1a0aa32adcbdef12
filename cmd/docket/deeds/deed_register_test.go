package deeds

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/client/pack"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/evidence"
	packs "github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
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
	var hidden []admission.Effect
	var at uint64
	var when int64
	o.forge(func(f *logtest.Forger) {
		var err error
		if hidden, err = f.Effects(f.Next(), v8); err != nil {
			t.Fatal(err)
		}
		at, when = f.Entry(v8), f.Time()
		f.Seal(nil)
	})
	lines := o.blindWitness()
	wrong := o.receipt(v7, lines)
	o.verify([3]int{0, 0, proofs.ExitCosigners}, file(7), wrong, "--doc", document)
	watches.quiet()
	blind.quiet()
	if r, err := o.client().Receipt(ctx, v8.Digest); err == nil {
		t.Errorf("who released version 8 is given a receipt: %s", o.verifier(l0).Verify(r, proofs.Expect{}))
	}

	o.forge(func(f *logtest.Forger) {
		f.WriteAt(at, when, v8, hidden)
		f.Admit(o.w.Release("contracts/8", 1, nil, []byte("another")))
		f.Seal(nil)
	})
	watches.convicts("AL-15/rewrite", l0, document)
	blind.quiet()
	asleep.quiet()
	// Both seals are on record: who has a staple of each has the proof, offline.
	o.verify([3]int{proofs.ExitContradicted, proofs.ExitContradicted, proofs.ExitContradicted}, file(7), wrong,
		"--staple", o.staple(o.receipt(v7, o.blindWitness())))
	o.diverges(at+1, audit.ClassSeal, "registers", proofs.ExitUnknown)
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

// TestDeedRewrittenTree: an entry is taken out of the tree, and the log goes on under
// its true key as if it had never been.
func TestDeedRewrittenTree(t *testing.T) {
	o := newOperator(t)
	rewritten := o.fork()
	o.versions(2)
	c, remembers, fresh := o.client(), o.monitor(), o.client()
	if _, err := c.NewestTree(ctx); err != nil {
		t.Fatal(err)
	}
	remembers.quiet()
	o.cosigned()

	forged := rewritten.w.Release(document, 1, nil, []byte("forged"))
	rewritten.submit(forged)
	second := rewritten.w.Release(document, 2, forged, file(2))
	rewritten.submit(second)
	rewritten.submit(rewritten.w.Release(document, 3, second, file(3)))
	o.show(*rewritten.shows.Load())
	var fork *client.ForkError
	if _, err := c.NewestTree(ctx); !errors.As(err, &fork) || len(fork.Proof) == 0 {
		t.Fatalf("a client that remembers: %v", err)
	}
	o.judged(o.kept(client.EvidenceOf(fork)), l0, proofs.ExitContradicted, "a tree of size")
	remembers.convicts("AL-15/fork", l0, "a tree of size")
	if lines, status := o.witnessed(); status != 422 || lines != nil {
		t.Errorf("the witness answers %d", status)
	}
	if _, line, err := o.audited(); line != nil || !errors.As(err, &fork) {
		t.Errorf("the audit cosigner: %v", err)
	}
	// Who sees the second history alone notices nothing at L0; L1 and L2 lack cosigners.
	if _, err := fresh.NewestTree(ctx); err != nil {
		t.Error(err)
	}
	o.monitor().quiet()
	o.verify([3]int{proofs.ExitEnded, proofs.ExitCosigners, proofs.ExitCosigners}, []byte("forged"), o.receipt(forged, nil))
}

// TestDeedOtherRegister: the server answers for one document with the register of
// another. That is nobody's signature: it convicts nobody, and is never taken.
func TestDeedOtherRegister(t *testing.T) {
	o := newOperator(t)
	v1 := o.versions(1)
	other := o.w.Release("contracts/8", 1, nil, []byte("other"))
	o.submit(other)
	lines := o.cosigned()
	mine, theirs := o.receipt(v1, lines), o.receipt(other, lines)
	watches := o.monitor(watching)
	watches.quiet()
	o.lie(instead("/api/v1/documents/"+document, "/api/v1/documents/contracts/8"))
	var wrong *client.InvalidError
	if _, err := o.client().Document(ctx, document); !errors.As(err, &wrong) && !errors.Is(err, client.ErrAnswer) {
		t.Errorf("the client takes it: %v", err)
	}
	if r, names := watches.looks(); r.Good() || r.Convicted || len(r.Files) != 0 {
		t.Errorf("the monitor: %q, %+v", names, r)
	}
	// The same in a receipt, and as a staple: INVALID at every level.
	invalid := [3]int{proofs.ExitInvalid, proofs.ExitInvalid, proofs.ExitInvalid}
	spliced := *mine
	spliced.Registers = append([]proofs.RegisterProof{theirs.Registers[0]}, mine.Registers[1:]...)
	o.verify(invalid, file(1), &spliced)
	spliced.Registers[0].ID = document
	o.verify(invalid, file(1), &spliced)
	o.verify(invalid, file(1), mine, "--staple", o.staple(theirs))
	// It is no lie of the log: the auditor, who reads no register, finds nothing.
	if _, _, err := o.audited(); err != nil {
		t.Error(err)
	}
}

// TestDeedForgedNamespace: a forged file with a receipt that is valid in every proof,
// of a release in another namespace, is never exit 0: not at any level, not with or
// without an expectation, not with staples, not at a moment.
func TestDeedForgedNamespace(t *testing.T) {
	o := newOperator(t)
	v1 := o.versions(1)
	forged := o.w.Release("notes/forged", 1, nil, []byte("forged"))
	o.submit(forged)
	lines := o.cosigned()
	r, mine := o.receipt(forged, lines), o.receipt(v1, lines)
	qualified := [3]int{proofs.ExitQualified, proofs.ExitQualified, proofs.ExitQualified}
	unknown := [3]int{proofs.ExitUnknown, proofs.ExitUnknown, proofs.ExitUnknown}
	for name, args := range map[string][]string{
		"what the folder expects": nil,
		"the document":            {"--doc", document},
		"with a staple":           {"--staple", o.staple(r)},
		"at a moment":             {"--at", statement.FormatTime(o.clock.Now().UnixMilli())},
		"as of a size":            {"--as-of", "99"},
	} {
		want := qualified
		if name == "as of a size" { // that tree is larger than the evidence
			want = unknown
		}
		o.verify(want, []byte("forged"), r, args...)
	}
	invalid := [3]int{proofs.ExitInvalid, proofs.ExitInvalid, proofs.ExitInvalid}
	o.verify(unknown, []byte("forged"), mine, "--doc", document)
	o.verify(unknown, file(1), r, "--doc", document)
	o.verify(invalid, []byte("forged"), r, "--doc", document, "--staple", o.staple(mine))
	// Whatever a folder expects that is not this namespace, of a file or of a pack; a
	// folder with a server asks it, and may be told what it likes.
	path := write(t, filepath.Join(t.TempDir(), "file"), []byte("forged"))
	write(t, path+".docket", r.Marshal())
	zip, err := pack.Gatherer{Client: o.client()}.Gather(ctx, packs.Name{Type: register.TypeDocument, ID: "notes/forged"})
	if err != nil {
		t.Fatal(err)
	}
	zipped := write(t, filepath.Join(t.TempDir(), "pack.zip"), zip)
	for _, expected := range [][]string{nil, {"contracts/", "reports/"}, {"note/"}, {"notes/forged/"}, {"notes/forge"}, {""}} {
		for level := range 3 {
			if level == l0 && expected == nil { // in a folder of --dev this is everything: docs/spec/receipt.md
				continue
			}
			dir := o.pinsExpecting(level, expected...)
			for _, args := range [][]string{{path}, {path, "--offline", "--doc", document}, {zipped}, {zipped, "--doc", document}} {
				if out, exit := docket(t, append([]string{"verify", "--dir", dir}, args...)...); exit == 0 {
					t.Errorf("L%d, expecting %q, %v:\n%s", level, expected, args, out)
				}
			}
		}
	}
	// The same folder, expecting the namespace: that is what tells them apart.
	if out, exit := docket(t, "verify", "--dir", o.pinsExpecting(l0, "notes/"), path, "--offline"); exit != 0 {
		t.Errorf("expecting its namespace: exit %d\n%s", exit, out)
	}
	// With pins alone, without a client folder, nothing is expected.
	for level := range 3 {
		want := proofs.ExitQualified
		if level == l0 {
			want = proofs.ExitCosigners
		}
		out, exit := docket(t, "verify", path, "--policy", filepath.Join(o.pins(level), "client", "policy"))
		if exit != want || !strings.Contains(out, "notes/forged") {
			t.Errorf("L%d: exit %d\n%s", level, exit, out)
		}
	}
}
