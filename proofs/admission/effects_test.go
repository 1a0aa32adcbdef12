package admission

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// effectOf is the one effect of a type that an admitted statement has.
func effectOf(t *testing.T, l *testLog, c *Checked, kind register.Type) Effect {
	t.Helper()
	effects, err := l.fold.Apply(l.overlay, l.index(), l.time, c)
	if err != nil {
		t.Fatal(err)
	}
	l.write(c, effects)
	for _, e := range effects {
		if e.Type == kind {
			return e
		}
	}
	t.Fatalf("%s has no effect on a %s", c.Statement.Code, kind)
	return Effect{}
}

// TestReleaseEffects: bodies name the run, the request and the delegator, byte for
// byte as docs/spec/admission.md says.
func TestReleaseEffects(t *testing.T) {
	a := newApprovals(1)
	l := newTestLog(t)
	l.admit(a.start...)
	delegation := a.delegate("h/one", "h/del")
	l.admit(delegation)
	given := a.forDocument("h/del", statement.DocumentRelease, 1, a.about("R1"), acting(delegation))
	effects, err := l.fold.Apply(l.overlay, l.index(), l.time, given)
	must(err)
	l.write(given, effects)
	granted := register.GrantedBody{
		Object: register.Hash(given.Statement.Body.(*statement.GrantDecision).ObjectHash()), Subject: register.SHA256Digest(given.Statement.Subject),
		To: register.IdentityKey("wl/exec"), Grantor: register.IdentityKey("h/del"), Delegator: register.IdentityKey("h/one"), Request: register.Hash(a.runs["R1"].Digest),
		NotAfter: uint64(noon + 1), Uses: 1,
	}
	used := register.SpentBody{By: register.IdentityKey("h/del"), Statement: given.Digest}
	for _, e := range effects {
		want := map[register.Key][]byte{register.GrantKey(given.Digest): granted.Marshal(), register.GrantKey(delegation.Digest): used.Marshal()}[e.Key]
		if diff := cmp.Diff(want, e.Body); e.Type == register.TypeGrant && diff != "" {
			t.Errorf("grant: %s", diff)
		}
	}

	release := releaseIn("R1", 1, nil, given)
	met := register.RunBody{Status: register.RunPartial, Result: register.ResultOK, Step: "publish", Issuer: register.IdentityKey("wl/exec"), Statement: release.Digest}
	document := register.DocumentBody{Version: 1, Digest: register.SHA256Digest(release.Statement.Subject), Statement: release.Digest, Run: register.RunKey("R1")}
	effects, err = l.fold.Apply(l.overlay, l.index(), l.time, release)
	must(err)
	l.write(release, effects)
	for _, e := range effects {
		want := map[register.Type][]byte{register.TypeDocument: document.Marshal(), register.TypeRun: met.Marshal()}[e.Type]
		if diff := cmp.Diff(want, e.Body); want != nil && diff != "" {
			t.Errorf("%s: %s", e.Type, diff)
		}
	}
	if len(effects) != 5 {
		t.Errorf("%d effects: a grant, the document, the digest, the run, the activity", len(effects))
	}
	intent := a.intent("wl/exec", "render", 1, 1)
	begun := register.RunBody{Status: register.RunPartial, Attempt: 1, Seq: 1, Step: "render", Issuer: register.IdentityKey("wl/exec"), Statement: intent.Digest}
	if got := effectOf(t, l, intent, register.TypeRun); got.Kind != uint8(statement.StepIntent) || cmp.Diff(begun.Marshal(), got.Body) != "" {
		t.Errorf("run: %x", got.Body)
	}
	taken := a.forDocument("h/two", statement.DocumentWithdraw, 1)
	l.admit(taken)
	withdraw := withdrawOf(1, "x", taken)
	document = register.DocumentBody{Version: 1, Digest: document.Digest, Statement: withdraw.Digest}
	if got := effectOf(t, l, withdraw, register.TypeDocument); cmp.Diff(document.Marshal(), got.Body) != "" {
		t.Errorf("document, withdrawn without a run: %x", got.Body)
	}
}

// TestUnapprovedSaysWho: a refusal names the grant whose owner counts already, and
// the entries of all that were named.
func TestUnapprovedSaysWho(t *testing.T) {
	a := newApprovals(2)
	l := newTestLog(t)
	l.admit(a.start...)
	first := l.index()
	one, program := a.forDocument("h/one", statement.DocumentRelease, 1, a.about("R1")), a.forDocument("wl/one", statement.DocumentRelease, 1, a.about("R1"))
	l.admit(one, program)
	var r *Refusal
	if err := apply(l, releaseIn("R1", 1, nil, one, program)); !errors.As(err, &r) || r.Code != CodeApproval {
		t.Fatal(err)
	}
	const want = `workflow "flow" demands grants of 2 distinct owners (in the roles [legal], still held); of the 2 named here 1 count: those in predicate.spends[1] are of owners who count already`
	if diff := cmp.Diff([]uint64{first, first + 1}, r.Indices); r.Reason != want || diff != "" {
		t.Errorf("%s\n%s", r.Reason, diff)
	}
}
