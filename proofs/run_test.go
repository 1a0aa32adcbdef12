package proofs

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// The time of the release in the log of runs.
const releaseTime = startTime + 2*batchMillis

// TestApprovals: what a verdict says of who approved.
func TestApprovals(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(l *writtenLog) *Receipt
		kind Kind
		exit int
		want []string // lines of the text, without their digests
	}{
		{name: "two grants", make: (*writtenLog).approved, kind: Authoritative, want: []string{
			"run        R1, success after this entry, success as of size 11; request #, workflow #",
			"approved   by h/legal (human) in the role legal, meaning approval, by the rule four-eyes: entry 6, 2026-11-10T14:03:11.004Z by the log's clock, grant #",
			"approved   by h/risk (human) in the role risk, meaning approval, by the rule four-eyes: entry 7, 2026-11-10T14:03:11.004Z by the log's clock, grant #",
		}},
		{name: "no grant", make: func(l *writtenLog) *Receipt { return l.approvedWith() }, kind: Authoritative, want: []string{
			"run        R1, success after this entry, success as of size 9; request #, workflow #",
			"approved   by nobody: it spends no grants",
		}},
		{name: "closed since", make: func(l *writtenLog) *Receipt {
			l.approvedWith()
			l.outcome("R1")
			l.publish()
			return l.receipt(7)
		}, kind: Authoritative, want: []string{
			"run        R1, success after this entry, success as of size 11 (its outcome claims success); request #, workflow #",
			"approved   by nobody: it spends no grants",
		}},
		{name: "cancelled since", make: func(l *writtenLog) *Receipt {
			l.approvedWith()
			l.cancel("R1")
			l.publish()
			return l.receipt(7)
		}, kind: Authoritative, want: []string{
			"run        R1, success after this entry, cancelled as of size 11; request #, workflow #",
			"approved   by nobody: it spends no grants",
		}},
		{name: "withdrawn in a run", make: func(l *writtenLog) *Receipt {
			l.approvedWith()
			g := newGrant("h/risk", "risk")
			g.terms.For = statement.DocumentWithdraw
			i := l.withdrawIn("R1", l.grant(g.about("R1", statement.Digest(l.runState("R1").Request))))
			l.publish()
			return l.receipt(i)
		}, kind: Withdrawn, exit: ExitEnded, want: []string{
			"run        R1, success after this entry, success as of size 12; request #, workflow #",
			"approved   by h/risk (human) in the role risk, meaning approval, by the rule four-eyes: entry 9, 2026-11-10T14:05:11.004Z by the log's clock, grant #",
		}},
		{name: "withdrawn in no run", make: func(l *writtenLog) *Receipt {
			l.approvedWith()
			g := newGrant("h/risk", "risk")
			g.terms.For = statement.DocumentWithdraw
			i := l.withdrawIn("", l.grant(g))
			l.publish()
			return l.receipt(i)
		}, kind: Withdrawn, exit: ExitEnded, want: []string{
			"approved   by h/risk (human) in the role risk, meaning approval, by the rule four-eyes: entry 9, 2026-11-10T14:05:11.004Z by the log's clock, grant #",
		}},
		{name: "the release that a run withdrew", make: func(l *writtenLog) *Receipt {
			l.approvedWith()
			l.withdrawIn("R1")
			l.publish()
			return l.receipt(7)
		}, kind: Withdrawn, exit: ExitEnded, want: []string{
			"run        R1, success after this entry, success as of size 11; request #, workflow #",
			"approved   by nobody: it spends no grants",
		}},
		{name: "brought by a bridge, setting a rule aside", make: func(l *writtenLog) *Receipt {
			return l.approvedWith(newGrant("h/risk", "risk").with(func(g *testGrant) {
				ticket := fileDigest("ticket")
				g.terms.Level, g.terms.By, g.terms.Source = "bridged", "h/lena", &ticket
				g.terms.Override = &statement.Override{Rule: "approval", Reason: "outage", ReviewBy: startTime}
			}))
		}, kind: Authoritative, want: []string{
			"run        R1, success after this entry, success as of size 10; request #, workflow #",
			"approved   by h/risk (human) in the role risk, meaning approval, by the rule four-eyes: entry 6, 2026-11-10T14:03:11.004Z by the log's clock, grant #" +
				"; decided in another system by h/lena; it sets the rule approval aside (outage), to be reviewed by 2026-11-10T14:02:11.004Z",
		}},
		{name: "in the stead of another", make: func(l *writtenLog) *Receipt { return l.approvedWith(inStead(l.delegate(nil))) }, kind: Authoritative, want: []string{
			"run        R1, success after this entry, success as of size 12; request #, workflow #",
			"approved   by h/risk (human) in the role risk, meaning approval, by the rule four-eyes: entry 8, 2026-11-10T14:03:11.004Z by the log's clock, grant #" +
				"; in the stead of h/chief, by the delegation #",
		}},
		{name: "the second of three uses", make: func(l *writtenLog) *Receipt { return l.usedTwice(nil) }, kind: Authoritative, want: []string{
			"run        R1, success after this entry, success as of size 12; request #, workflow #",
			"approved   by h/risk (human) in the role risk, meaning approval, by the rule four-eyes: entry 6, 2026-11-10T14:03:11.004Z by the log's clock, grant #",
		}},
		{name: "in the first millisecond of the grant", make: func(l *writtenLog) *Receipt {
			return l.approvedWith(newGrant("h/risk", "risk").with(func(g *testGrant) { g.terms.NotBefore, g.terms.NotAfter = releaseTime, releaseTime+1 }))
		}, kind: Authoritative, want: []string{
			"run        R1, success after this entry, success as of size 10; request #, workflow #",
			"approved   by h/risk (human) in the role risk, meaning approval, by the rule four-eyes: entry 6, 2026-11-10T14:03:11.004Z by the log's clock, grant #",
		}},
		{name: "by one who left since", make: func(l *writtenLog) *Receipt {
			l.approvedWith(newGrant("h/risk", "risk"))
			l.revoke("h/risk", startTime+batchMillis+1)
			l.publish()
			return l.receipt(8)
		}, kind: Authoritative, want: []string{
			"run        R1, success after this entry, success as of size 12; request #, workflow #",
			"approved   by h/risk (human) in the role risk, meaning approval, by the rule four-eyes: entry 6, 2026-11-10T14:03:11.004Z by the log's clock, grant #",
		}},
		{name: "by a stolen key", make: func(l *writtenLog) *Receipt {
			l.approvedWith(newGrant("h/legal", "legal"), newGrant("h/risk", "risk"))
			l.revoke("h/risk", startTime+batchMillis)
			l.publish()
			return l.receipt(entryRelease)
		}, kind: Authoritative, exit: ExitCompromised, want: []string{
			"run        R1, success after this entry, success as of size 13; request #, workflow #",
			"approved   by h/legal (human) in the role legal, meaning approval, by the rule four-eyes: entry 6, 2026-11-10T14:03:11.004Z by the log's clock, grant #",
			"approved   by h/risk (human) in the role risk, meaning approval, by the rule four-eyes: entry 7, 2026-11-10T14:03:11.004Z by the log's clock, grant #",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newRunLog(t)
			r := c.make(l)
			got := l.verifier(testPolicyText()).Verify(r, expectationOf(r))
			if got.Kind != c.kind || got.Exit != c.exit {
				t.Fatalf("want %s with exit %d, got\n%s", c.kind, c.exit, got)
			}
			if diff := cmp.Diff(c.want, approvalLines(got)); diff != "" {
				t.Error(diff)
			}
			if _, err := ParseReceipt(r.Marshal()); err != nil {
				t.Error(err)
			}
		})
	}
}

// approvalLines are the lines of a verdict's text about run and grants, each digest as #.
func approvalLines(v Verdict) (lines []string) {
	for _, line := range strings.Split(v.String(), "\n") {
		line = strings.TrimPrefix(line, "  ")
		if !strings.HasPrefix(line, "run  ") && !strings.HasPrefix(line, "approved") {
			continue
		}
		for at := strings.Index(line, "sha256:"); at >= 0; at = strings.Index(line, "sha256:") {
			line = line[:at] + "#" + line[at+len("sha256:")+64:]
		}
		lines = append(lines, line)
	}
	return lines
}

// usedTwice is the receipt of the release that spends the second use of a grant of
// three; what else happens to the grant before is the caller's.
func (l *writtenLog) usedTwice(before func(grant statement.Digest)) *Receipt {
	request := l.request("R1")
	g := l.grant(newGrant("h/risk", "risk").about("R1", request).with(func(g *testGrant) { g.terms.Uses = 3 }))
	l.publish()
	index := l.enroll("wl/other", 0)
	l.spend(index, l.entries[index], []statement.Digest{g})
	if before != nil {
		before(g)
	}
	l.publish()
	i := l.releaseIn("R1", g)
	l.publish()
	return l.receipt(i)
}

// cancel ends a run.
func (l *writtenLog) cancel(run string) {
	l.t.Helper()
	request := statement.Digest(l.runState(run).Request)
	index, e := l.inRun(run, nil, statement.RequestCancel, fileDigest("workflow text"), "h/admin", &statement.CancelRequest{About: request, Reason: "error"})
	l.runEvent(index, e, register.RunBody{Status: register.RunCancelled})
}

func (l *writtenLog) runState(run string) register.RunState {
	s, err := register.ParseRunState(l.registers[register.RunKey(run)].state)
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

// TestApprovalsJSON: the same for programs, and nothing where there is nothing.
func TestApprovalsJSON(t *testing.T) {
	l := newRunLog(t)
	r := l.approved()
	read := func(v Verdict) (out struct {
		Run       *runJSON
		Approvals []approvalJSON
	}) {
		b, err := v.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	v := l.verifier(testPolicyText())
	got := read(v.Verify(r, expectationOf(r)))
	request := l.runState("R1").Request
	want := []approvalJSON{
		{By: "h/legal", Class: "human", Role: "legal", Meaning: "approval", Rule: "four-eyes", Level: "direct", Grant: l.entries[entryLegal].digest().String(),
			Index: entryLegal, Time: "2026-11-10T14:03:11.004Z"},
		{By: "h/risk", Class: "human", Role: "risk", Meaning: "approval", Rule: "four-eyes", Level: "direct", Grant: l.entries[entryRisk].digest().String(),
			Index: entryRisk, Time: "2026-11-10T14:03:11.004Z"},
	}
	if diff := cmp.Diff(want, got.Approvals); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&runJSON{ID: "R1", Request: statement.Digest(request).String(), Workflow: fileDigest("workflow text").String(), Status: "success", Now: "success"}, got.Run); diff != "" {
		t.Error(diff)
	}
	r.Registers[2].Value.Last++ // nothing is said of what is not proven
	if got := read(v.Verify(r, expectationOf(r))); got.Run != nil || got.Approvals != nil {
		t.Errorf("invalid, and says %+v", got)
	}
	direct := newWrittenLog(t)
	r = direct.first()
	if got := read(direct.verifier(testPolicyText()).Verify(r, expectationOf(r))); got.Run != nil || got.Approvals != nil {
		t.Errorf("a direct release says %+v", got)
	}
}

// TestApprovalsNotChecked: who vouches that the approvals were enough.
func TestApprovalsNotChecked(t *testing.T) {
	l := newRunLog(t)
	r := l.approved()
	for policy, want := range map[string]string{
		testPolicyText(): "and the audit cosigners vouch for it",
		noQuorumText():   "on the log's word alone; an audit cosigner or a replay judges it again",
	} {
		got := l.verifier(policy).Verify(r, expectationOf(r)).NotChecked
		at := slices.IndexFunc(got, func(s string) bool { return strings.HasPrefix(s, "that the approvals were enough") })
		if at < 0 || !strings.HasSuffix(got[at], want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}

// TestApprovedStapled: a newer receipt shows the same approvals, and what became of
// the run.
func TestApprovedStapled(t *testing.T) {
	l := newRunLog(t)
	r := l.approved()
	old := l.verifier(testPolicyText()).Verify(r, expectationOf(r))
	l.outcome("R1")
	l.publish()
	for name, staple := range map[string]*Receipt{"receipt": l.receipt(entryRelease), "staple": l.staple(entryRelease)} {
		got := l.verifier(testPolicyText()).VerifyStapled(r, staple, expectationOf(r))
		if got.Exit != 0 || got.Size != 13 || !cmp.Equal(got.Approvals, old.Approvals) || got.Run.Claimed != "success" || old.Run.Claimed != "" {
			t.Errorf("%s: %s", name, got)
		}
		staple.Registers = slices.Delete(staple.Registers, 3, 5)
		wantInvalid(t, l.verifier(testPolicyText()).VerifyStapled(r, staple, expectationOf(r)), "staple registers")
	}
	alone := l.staple(entryRelease)
	if got := l.verifier(testPolicyText()).Verify(alone, expectationOf(alone)); got.Exit != ExitUnknown {
		t.Errorf("a staple alone: %s", got)
	}
	alone.Registers[3].Envelope = alone.Registers[5].Envelope
	wantInvalid(t, l.verifier(testPolicyText()).Verify(alone, expectationOf(alone)), CheckRegister)
}
