package deeds

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/client/watch"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// direct is what a release of a document would do to the registers, whoever signed it.
func direct(c *admission.Checked) []admission.Effect {
	body := c.Statement.Body.(*statement.ReleaseDocument)
	bytes, key := register.SHA256Digest(c.Statement.Subject), register.DocumentKey(body.Document)
	return []admission.Effect{
		{Key: key, Type: register.TypeDocument, Kind: register.DocumentRelease,
			Body: register.DocumentBody{Version: body.Version, Digest: bytes, Statement: register.Hash(c.Digest)}.Marshal()},
		{Key: register.DigestKey(bytes), Type: register.TypeDigest, Kind: register.DigestReleased,
			Body: register.ReleasedBody{Document: key, Version: body.Version}.Marshal()},
		{Key: register.ActivityKey(c.Statement.Issuer), Type: register.TypeActivity, Kind: uint8(c.Statement.Code),
			Body: register.ActivityBody{Statement: c.Digest}.Marshal()},
	}
}

// TestDeedEntryAgainstTheRules: the operator admits what the rules forbid, with all that
// it would do to the registers. What a receipt does not show only a replay finds.
func TestDeedEntryAgainstTheRules(t *testing.T) {
	t.Run("an issuer out of its namespace", func(t *testing.T) {
		o := newOperator(t)
		narrow := o.w.Author("wl/narrow")
		e, err := o.w.Registrar.Enroll(client.Enrollment{ID: narrow.ID, Class: "workload", Owner: "team-other", Custody: "file",
			Verbs: []string{"document.release"}, Namespaces: []string{"reports/"}}, narrow.Signer)
		if err != nil {
			t.Fatal(err)
		}
		o.submit(o.w.Checked(e))
		v1 := o.versions(1)
		o.cosigned()
		forbidden := o.w.Sign(narrow.ID, statement.Statement{Subject: logtest.FileOf(file(2)).Digest, Body: &statement.ReleaseDocument{
			Document: document, Version: 2, Prev: &v1.Digest, Size: uint64(len(file(2))), Media: "text/plain", To: []string{}}})
		at := o.admitted(forbidden, "E206")
		// It has a receipt in which every proof holds, at every level but L2.
		o.verify([3]int{0, 0, proofs.ExitCosigners}, file(2), o.receipt(forbidden, o.blindWitness()))
		o.monitor(watching).quiet()
		o.diverges(at, audit.ClassEntry, "E206", proofs.ExitUnknown)
	})
	t.Run("an issuer that nobody enrolled", func(t *testing.T) {
		o := newOperator(t)
		v1 := o.versions(1)
		o.cosigned()
		forbidden := o.w.Sign("wl/stranger", statement.Statement{Subject: logtest.FileOf(file(2)).Digest, Body: &statement.ReleaseDocument{
			Document: document, Version: 2, Prev: &v1.Digest, Size: uint64(len(file(2))), Media: "text/plain", To: []string{}}})
		at := o.admitted(forbidden, "E201")
		if r, err := o.client().Receipt(ctx, forbidden.Digest); err == nil {
			t.Errorf("it has a receipt:\n%s", o.verifier(l0).Verify(r, proofs.Expect{}))
		}
		// But it ended the version before: whoever asks for that one is deceived.
		o.verify([3]int{proofs.ExitEnded, proofs.ExitEnded, proofs.ExitCosigners}, file(1), o.receipt(v1, o.blindWitness()))
		o.diverges(at, audit.ClassEntry, "E201", proofs.ExitUnknown)
	})
	t.Run("a signature that does not verify", func(t *testing.T) {
		o := newOperator(t)
		v1 := o.versions(1)
		o.cosigned()
		signed := o.w.Release(document, 2, v1, file(2))
		forbidden := *signed
		forbidden.Leaf = statement.Commitment{Digest: signed.Digest, Signature: signatureOf(t, v1), SPKI: o.w.Pipeline.Signer.SPKI()}.Leaf()
		forbidden.LeafHash = proofs.LeafHash(forbidden.Leaf)
		at := o.admitted(&forbidden, "")
		if r, err := o.client().Receipt(ctx, forbidden.Digest); err == nil {
			t.Errorf("it has a receipt:\n%s", o.verifier(l0).Verify(r, proofs.Expect{}))
		}
		o.blindWitness()
		// This rule needs no replay: the leaf and its content convict alone.
		o.diverges(at, audit.ClassEntry, "E104", proofs.ExitContradicted)
	})
}

func signatureOf(t *testing.T, c *admission.Checked) []byte {
	t.Helper()
	leaf, err := statement.ParseCommitment(c.Leaf)
	if err != nil {
		t.Fatal(err)
	}
	return leaf.Signature
}

// admitted forges an entry that the fold refuses by a code, "" for one that only Check
// refuses.
func (o *operator) admitted(c *admission.Checked, code string) (at uint64) {
	o.t.Helper()
	o.forge(func(f *logtest.Forger) {
		_, err := f.Effects(f.Next(), c)
		var refusal *admission.Refusal
		if code != "" && (!errors.As(err, &refusal) || refusal.Code != code) {
			o.t.Fatalf("%v; want %s", err, code)
		}
		at = f.Entry(c)
		f.Write(at, c, direct(c))
		f.Seal(nil)
	})
	return at
}

// TestDeedApprovalSpentTwice: two approvals for one release are spent, and the operator
// takes their spending back, so that they are spent once more by another statement.
func TestDeedApprovalSpentTwice(t *testing.T) {
	o := newOperator(t)
	office := o.w.NewOffice(t, o.log)
	one := file(1)
	request := office.Request("R1", document)
	legal, risk := office.Approve("h/legal", "legal", statement.DocumentRelease, request, document, 1, one), office.Approve("h/risk", "risk", statement.DocumentRelease, request, document, 1, one)
	first, second := office.ReleaseIn(request, document, 1, nil, one, legal, risk), office.ReleaseIn(request, document, 1, nil, one, legal, risk)
	o.submit(request)
	o.submit(legal)
	o.submit(risk)
	o.submit(first)
	before := o.receipt(first, o.cosigned())
	o.verify([3]int{0, 0, 0}, one, before)
	var refused *client.Refused
	if _, _, err := o.client().Submit(ctx, statement.Envelope{Payload: second.Payload, Signature: signatureOf(t, second), SPKI: o.w.Pipeline.Signer.SPKI()}); !errors.As(err, &refused) {
		t.Fatalf("an honest log: %v", err)
	}

	var at uint64
	o.forge(func(f *logtest.Forger) {
		for _, key := range []register.Key{register.GrantKey(legal.Digest), register.GrantKey(risk.Digest), register.RunKey("R1"), register.DocumentKey(document)} {
			f.Undo(key)
		}
		at = f.Admit(second)
		f.Seal(nil)
	})
	lines := o.blindWitness()
	after := o.receipt(second, lines)
	o.verify([3]int{0, 0, proofs.ExitCosigners}, one, after) // one receipt alone says nothing of the other
	// Each receipt shows its own spending of the same grants: together they convict.
	found, err := o.verifier(l0).Contradiction(before, after)
	if err != nil || found == nil || found.Class != proofs.ClassRewrite {
		t.Fatalf("%+v, %v", found, err)
	}
	o.judged(o.kept(evidence.OfContradiction(found, o.genesis)), l0, proofs.ExitContradicted, "")
	if got := o.verifier(l0).VerifyStapled(before, after.Staple(), proofs.Expect{}); got.Kind == proofs.Authoritative {
		t.Errorf("a staple of the second release: %s", got)
	}
	o.diverges(at, audit.ClassEntry, refused.Code, proofs.ExitUnknown)
}

// TestDeedContentWithheld: the entry of version 2 is there, and nobody is shown what it
// says. That is no proof of anything: it may be shown tomorrow.
func TestDeedContentWithheld(t *testing.T) {
	o := newOperator(t)
	v1 := o.versions(1)
	held := o.receipt(v1, o.cosigned())
	v2 := o.w.Release(document, 2, v1, file(2))
	o.submit(v2)
	receipt := o.receipt(v2, nil)
	at := receipt.Index
	watches := o.monitor(watching)
	replays := o.monitor(func(c *watch.Config) {
		c.Replay = &audit.Auditor{Client: c.Client, State: audit.NewMemory(), Now: o.clock.Now, Workers: 2}
	})
	honest := *o.shows.Load()
	o.pose(func(l, c [][]byte) ([][]byte, [][]byte) { c[at] = nil; return l, c })
	o.blindWitness()
	report, line, err := o.audited()
	var withheld *audit.Withheld
	if !errors.As(err, &withheld) || withheld.Index != at || line != nil || report.Evidence != nil || report.Clean {
		t.Fatalf("the audit cosigner: %v", err)
	}
	if r, names := replays.looks(); names != "AL-16/withheld" || r.Convicted {
		t.Errorf("a monitor that replays: %q", names)
	}
	watches.quiet() // registers are shown as they are
	// Who has a receipt needs no content from anybody.
	o.verify([3]int{0, proofs.ExitCosigners, proofs.ExitCosigners}, file(2), receipt)
	o.verify([3]int{0, 0, 0}, file(1), held)
	// What was withheld ends nothing: when it is shown, the audit goes on.
	o.shows.Store(&honest)
	if _, line, err := o.audited(); err != nil || !bytes.Contains(line, []byte("audit.example/a")) {
		t.Errorf("when it is shown: %v", err)
	}
	if r, names := replays.looks(); r.Convicted || strings.Contains(names, "AL") {
		t.Errorf("the monitor, when it is shown: %q", names)
	}
}
