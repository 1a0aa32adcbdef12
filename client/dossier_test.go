package client_test

import (
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A story is one full run in a log with others beside it.
type story struct {
	*site
	f *logtest.Flow

	open, legal, risk, fetch, failed, partial, render, release, received, outcome *admission.Checked
	late                                                                          *admission.Checked // attest that does not name the run
	in, page, unrelated                                                           statement.Digest
}

func hashOf(text string) statement.Digest { return sha256.Sum256([]byte(text)) }

// newStory tells: R1 fetches, fails to render, tries again, is approved by two and
// published, received by another owner, and closed. Each statement is a batch, a
// minute after the one before.
func newStory(t *testing.T) *story {
	t.Helper()
	s := newSite(t)
	x := &story{site: s, f: logtest.NewFlow(t, s.w, s.l), in: hashOf("claim file"), page: hashOf("page"), unrelated: hashOf("unrelated")}
	f := x.f
	x.say(f.Open("R0", "", statement.WantTask{Task: "other"}))
	x.open = x.say(f.Open("R1", "R0", statement.WantDocument{Document: "claims/1"}, x.in))
	x.fetch = x.say(f.Done(logtest.Work{Run: "R1", Step: "fetch", Seq: 1, In: []statement.Digest{x.in}, Out: []statement.Digest{hashOf("data")}}))
	x.failed = x.say(f.Done(logtest.Work{Run: "R1", Step: "render", Seq: 2, Result: "error", In: []statement.Digest{hashOf("data")}}))
	x.partial = x.say(f.Close("R1", 1, "partial", x.f.Text))
	x.render = x.say(f.Done(logtest.Work{Run: "R1", Step: "render", Attempt: 2, Seq: 1, In: []statement.Digest{hashOf("data")}, Out: []statement.Digest{x.page}}))
	x.legal = x.say(f.Approve("h/legal", "legal", x.open, "claims/1", 1, x.page))
	x.risk = x.say(f.Approve("h/risk", "risk", x.open, "claims/1", 1, x.page))
	x.release = x.say(f.Publish("R1", "claims/1", 1, nil, x.page, x.legal, x.risk))
	x.received = x.say(f.Attest("wl/gw", "R1", x.release, statement.Observed{Resource: "gw/1", Property: "received", Digest: &x.page}))
	x.outcome = x.say(f.Close("R1", 2, "success", x.page))
	x.late = x.say(f.Attest("wl/gw", "", x.outcome, statement.Observed{Resource: "gw/1", Property: "present"}))
	return x
}

// say submits a statement and moves the clock.
func (x *story) say(c *admission.Checked) *admission.Checked {
	x.t.Helper()
	if r := logtest.Submit(x.t, x.l, c)[0]; r.Refusal != nil {
		x.t.Fatalf("%s by %s: %v", c.Statement.Code, c.Statement.Issuer, r.Refusal)
	}
	x.w.Clock.Add(time.Minute)
	return c
}

func TestDossier(t *testing.T) {
	x := newStory(t)
	d, err := x.client().Dossier(ctx, "R1")
	if err != nil {
		t.Fatal(err)
	}
	want := []*admission.Checked{x.open, x.fetch, x.failed, x.partial, x.render, x.legal, x.risk, x.release, x.received, x.outcome}
	if len(d.Events) != len(want) {
		t.Fatalf("%d events", len(d.Events))
	}
	for i, e := range d.Events {
		if e.Digest != want[i].Digest || e.Key != statement.Digest(want[i].Key) || e.Time == 0 || e.Owner == (register.Hash{}) {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	if d.State.Status != register.RunSuccess || d.State.Claimed != register.RunSuccess || d.State.Attempt != 2 || d.Size != x.size() {
		t.Errorf("%+v", d.State)
	}
	if d.Workflow.ID != "notice" || d.Workflow.Digest != x.f.Text || d.Workflow.Defined.Statement.Issuer != "h/plat" || d.Request.Executor != "wl/builder" {
		t.Errorf("%+v", d.Workflow)
	}
	if len(d.Grants) != 2 || d.Grants[0].Digest != x.legal.Digest || d.Grants[1].Digest != x.risk.Digest {
		t.Fatalf("%d grants", len(d.Grants))
	}
	for _, g := range d.Grants {
		if len(g.Spent) != 1 || g.Spent[0].Digest != x.release.Digest || g.Left() != 0 || g.Revoked != nil || g.State.Status != register.GrantUsedUp {
			t.Errorf("%+v", g)
		}
	}
	if len(d.Attests) != 2 || !d.Attests[0].InRun || d.Attests[1].InRun || d.Attests[1].Digest != x.late.Digest {
		t.Errorf("%+v", d.Attests)
	}
	for i, confirmed := range map[int]int{0: 0, 1: 0, 4: 0, 7: 1, 8: 0, 9: 1} {
		if got := d.Confirmed(&d.Events[i]); len(got) != confirmed {
			t.Errorf("event %d is confirmed by %d, want %d", i, len(got), confirmed)
		}
	}
	if r := d.Record; r.Status != "success" || r.Claimed != "success" || !r.Closed || len(r.Events) != len(want) || r.Request != x.open.Digest {
		t.Errorf("%+v", r)
	}
	// What was fetched proves the same offline.
	if again, err := x.client().Verifier.RunComplete(d.History.Staple, "R1", d.History.Opened()); err != nil || again.Status != d.Record.Status {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := x.client().Verifier.RunComplete(d.History.Staple, "R1", d.History.Opened()[1:]); err == nil {
		t.Error("a run without its first event was taken for whole")
	}
	none, err := x.client().Dossier(ctx, "R9")
	if err != nil || none.State != nil || len(none.Events) != 0 || none.Size != x.size() {
		t.Errorf("%+v, %v", none, err)
	}
}

// A delegate approves: the delegation is in the dossier too, spent by the approval.
func TestDossierWithADelegate(t *testing.T) {
	x := newStory(t)
	f := x.f
	delegation := x.say(f.Say("h/legal", statement.Statement{Subject: sha256.Sum256(logtest.Key("h/plat").SPKI()), Body: &statement.GrantDecision{
		For: statement.DecisionGrant, Object: statement.DelegationObject{Role: "legal", Namespaces: []string{"claims/"}}, To: "h/plat", Meaning: "responsibility",
		Role: "legal", Rule: "leave-1", Policy: f.Policy, NotAfter: x.w.Clock.Now().Add(time.Hour).UnixMilli(), Uses: 2, Level: "direct",
	}}))
	open := x.say(f.Open("R7", "", statement.WantDocument{Document: "claims/7"}, x.in))
	body := *f.Approve("h/plat", "legal", open, "claims/7", 1, x.page).Statement.Body.(*statement.GrantDecision)
	body.ActingFor = &delegation.Digest
	acted := x.say(f.Say("h/plat", statement.Statement{Run: "R7", Subject: x.page, Body: &body}))
	d, err := x.client().Dossier(ctx, "R7")
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Grants) != 2 || d.Grants[0].Digest != delegation.Digest || len(d.Grants[0].Spent) != 1 || d.Grants[0].Spent[0].Digest != acted.Digest || d.Grants[0].Left() != 1 {
		t.Fatalf("%+v", d.Grants)
	}
	if lines := d.Timeline(); len(lines) != 3 || lines[0].Digest != delegation.Digest || lines[0].Event != nil {
		t.Errorf("%d lines", len(lines))
	}
}

// A run that claims more than it did, one that was denied, and approvals that were
// taken back: all of it is in the dossier, and nothing is made better.
func TestDossierOfWhatWentWrong(t *testing.T) {
	x := newStory(t)
	open := x.say(x.f.Open("R5", "", statement.WantDocument{Document: "claims/5"}, x.in))
	x.say(x.f.Done(logtest.Work{Run: "R5", Step: "fetch", Seq: 1, By: "wl/gw"})) // nobody asked it
	x.say(x.f.Done(logtest.Work{Run: "R5", Step: "fetch", Seq: 1}))
	taken := x.say(x.f.Approve("h/legal", "legal", open, "claims/5", 1, x.page))
	x.say(x.f.Say("h/legal", statement.Statement{Run: "R5", Subject: taken.Digest, Body: &statement.RevokeDecision{About: taken.Digest, Reason: "risk"}}))
	x.say(x.f.Close("R5", 1, "success", x.page))
	d, err := x.client().Dossier(ctx, "R5")
	if err != nil {
		t.Fatal(err)
	}
	if d.State.Status != register.RunPartial || d.State.Claimed != register.RunSuccess || len(d.Events) != 6 {
		t.Errorf("%+v, %d events", d.State, len(d.Events))
	}
	if d.Events[1].Body.Result != 0 || d.Events[2].Body.Result != register.ResultOK {
		t.Errorf("results %d and %d", d.Events[1].Body.Result, d.Events[2].Body.Result)
	}
	if len(d.Grants) != 1 || d.Grants[0].Revoked == nil || d.Grants[0].Left() != 0 || len(d.Grants[0].Spent) != 0 {
		t.Errorf("%+v", d.Grants)
	}
	denied := x.say(x.f.Open("R6", "", statement.WantDocument{Document: "claims/6"}, x.in))
	x.say(x.f.Say("h/risk", statement.Statement{Run: "R6", Subject: denied.Digest, Body: &statement.DenyDecision{About: denied.Digest, Rule: "claims-2", Reason: "risk"}}))
	if d, err = x.client().Dossier(ctx, "R6"); err != nil || d.State.Status != register.RunDenied {
		t.Fatalf("%+v, %v", d, err)
	}
	var parts []string
	for _, l := range d.Timeline() {
		parts = append(parts, l.Part)
	}
	if len(parts) != 2 || parts[0] != client.PartRequest || parts[1] != client.PartApproval {
		t.Errorf("%v", parts)
	}
}

// The timeline joins both parts in the order of the log, each statement once.
func TestTimeline(t *testing.T) {
	x := newStory(t)
	d, err := x.client().Dossier(ctx, "R1")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		client.PartRequest, client.PartExecution, client.PartExecution, client.PartExecution, client.PartExecution, client.PartApproval, client.PartApproval,
		client.PartExecution, client.PartEvidence, client.PartExecution, client.PartEvidence,
	}
	lines := d.Timeline()
	if len(lines) != len(want) {
		t.Fatalf("%d lines", len(lines))
	}
	for i, l := range lines {
		if l.Part != want[i] || i > 0 && l.Index <= lines[i-1].Index || (l.Event == nil) != (i == 10) {
			t.Errorf("line %d: %s of entry %d", i, l.Part, l.Index)
		}
	}
}

// What confirms a claim is another identity with another owner, that saw it so.
func TestConfirmed(t *testing.T) {
	x := newStory(t)
	change := statement.Change{Resource: "db/1", After: &x.page}
	gone := statement.Change{Resource: "db/2", Before: &x.in}
	x.say(x.f.Open("R2", "", statement.WantTask{Task: "t"}))
	done := x.say(x.f.Done(logtest.Work{Run: "R2", Step: "fetch", Seq: 1, Changes: []statement.Change{change, gone}}))
	for _, c := range []struct {
		by, run string
		seen    statement.Observed
		step    int // that confirm the step, so far
		change  int
		gone    int
	}{
		{"wl/builder", "R2", statement.Observed{Resource: "db/1", Property: "present", Digest: &x.page}, 0, 0, 0},   // by itself
		{"wl/builder-2", "R2", statement.Observed{Resource: "db/1", Property: "present", Digest: &x.page}, 0, 0, 0}, // the same owner
		{"wl/gw", "R2", statement.Observed{Resource: "db/1", Property: "present", Digest: &x.in}, 0, 0, 0},          // other bytes
		{"wl/gw", "R2", statement.Observed{Resource: "db/1", Property: "rejected"}, 0, 0, 0},
		{"wl/gw", "R2", statement.Observed{Resource: "db/1", Property: "present", Digest: &x.page}, 1, 1, 0},
		{"wl/gw", "", statement.Observed{Resource: "db/2", Property: "absent"}, 2, 1, 1},
		{"wl/gw", "", statement.Observed{Resource: "db/2", Property: "present"}, 2, 1, 1},
	} {
		x.say(x.f.Attest(c.by, c.run, done, c.seen))
		d, err := x.client().Dossier(ctx, "R2")
		if err != nil {
			t.Fatal(err)
		}
		e := &d.Events[1]
		if got := [3]int{len(d.Confirmed(e)), len(d.ChangeConfirmed(e, change)), len(d.ChangeConfirmed(e, gone))}; got != [3]int{c.step, c.change, c.gone} {
			t.Errorf("%s of %s by %s: %v, want %+v", c.seen.Property, c.seen.Resource, c.by, got, c)
		}
	}
}

// A grant with its whole life; one that was taken back; one that never was.
func TestGrant(t *testing.T) {
	x := newStory(t)
	c := x.client()
	g, err := c.GrantHistory(ctx, x.legal.Digest)
	if err != nil || g.Terms.To != "wl/publisher" || g.Given.Statement.Issuer != "h/legal" || len(g.Spent) != 1 || g.Spent[0].Digest != x.release.Digest {
		t.Fatalf("%+v, %v", g, err)
	}
	if r := g.Record; len(r.Spent) != 1 || r.Spent[0].Statement != x.release.Digest || r.Left != 0 || r.Revoked != nil {
		t.Errorf("%+v", r)
	}
	open := x.say(x.f.Open("R3", "", statement.WantDocument{Document: "claims/2"}, x.in))
	given := x.say(x.f.Approve("h/legal", "legal", open, "claims/2", 1, x.page))
	if g, err = c.GrantHistory(ctx, given.Digest); err != nil || g.Left() != 1 || g.Revoked != nil {
		t.Fatalf("%+v, %v", g, err)
	}
	taken := x.say(x.f.Say("h/legal", statement.Statement{Run: "R3", Subject: given.Digest, Body: &statement.RevokeDecision{About: given.Digest, Reason: "error"}}))
	if g, err = c.GrantHistory(ctx, given.Digest); err != nil || g.Left() != 0 || g.Revoked.Digest != taken.Digest || g.State.Status != register.GrantTaken {
		t.Fatalf("%+v, %v", g, err)
	}
	if g, err = c.GrantHistory(ctx, x.release.Digest); err != nil || g.State != nil || g.Given != nil || g.Left() != 0 {
		t.Errorf("%+v, %v", g, err)
	}
}

// An identity as of each moment of its life.
func TestStanding(t *testing.T) {
	x := newStory(t)
	key := logtest.Key("wl/publisher").SPKI()
	begun := x.size()
	at := x.w.Clock.Now()
	revoked, err := x.w.Registrar.Revoke("wl/publisher", sha256.Sum256(key), "keyCompromise", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	x.submit(revoked, nil)
	for name, c := range map[string]struct {
		at     client.Moment
		status uint8
		signed int
		next   bool
	}{
		"now":                  {client.Moment{}, register.IdentityRevoked, 1, false},
		"before it":            {client.Moment{Size: begun}, register.IdentityActive, 1, true},
		"right after":          {client.Moment{Size: begun + 1}, register.IdentityRevoked, 1, false},
		"by time, before it":   {client.Moment{Time: at.Add(-time.Millisecond)}, register.IdentityActive, 1, true},
		"by time, right then":  {client.Moment{Time: at}, register.IdentityRevoked, 1, false},
		"before the enrolling": {client.Moment{Size: 5}, 0, 0, true},
		"before its release":   {client.Moment{Size: 20}, register.IdentityActive, 0, true},
	} {
		s, err := x.client().Standing(ctx, "wl/publisher", c.at)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch {
		case (s.State == nil) != (c.status == 0), s.State != nil && s.State.Status != c.status:
			t.Errorf("%s: %+v", name, s.State)
		case len(s.Signed) != c.signed || len(s.Digests) != c.signed || c.signed == 1 && s.Digests[0] != x.release.Digest:
			t.Errorf("%s: signed %v", name, s.Digests)
		case (s.Next != nil) != c.next:
			t.Errorf("%s: next %+v", name, s.Next)
		case s.State != nil && (s.Scope() == nil || s.Scope().Owner != "team-publish" || s.Since == nil):
			t.Errorf("%s: scope %+v", name, s.Scope())
		}
	}
	admin, err := x.client().Standing(ctx, "h/admin", client.Moment{})
	if err != nil || admin.Scope() != nil || admin.Terms.Index != 0 || admin.State.Class != register.ClassHuman {
		t.Errorf("%+v, %v", admin, err)
	}
	if _, err := x.client().Standing(ctx, "h/admin", client.Moment{Size: 9999}); err == nil || errors.Is(err, client.ErrAnswer) {
		t.Errorf("a size that is not there: %v", err)
	}
}
