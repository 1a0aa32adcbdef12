package proofs

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// record makes the staple of one register with its newest event, and its history.
func (l *writtenLog) record(typ register.Type, id string) (*Receipt, []OpenedEvent) {
	l.t.Helper()
	key, err := registerKey(typ, id)
	if err != nil {
		l.t.Fatal(err)
	}
	shown := l.shown[key]
	staple := l.staple(1)
	n := len(shown.events)
	staple.Registers = []RegisterProof{l.prove(typ, id, max(0, n-1), n, 1)}
	var events []OpenedEvent
	for _, e := range shown.events {
		events = append(events, OpenedEvent{e.Event, EventOpening{Blind: e.blind, Body: e.body}})
	}
	return staple, events
}

func (l *writtenLog) bound(index uint64) Bound {
	for _, r := range l.registers {
		for _, e := range r.events {
			if e.Index == index {
				return Bound{Index: index, Time: int64(e.Time)}
			}
		}
	}
	l.t.Fatalf("no event of entry %d", index)
	return Bound{}
}

func ignoreQuorum() cmp.Option {
	return cmp.Options{cmpopts.IgnoreFields(AsOf{}, "Quorum", "Rules", "Level", "WitnessTime"), cmpopts.IgnoreFields(Granting{}, "Statement", "Terms")}
}

func TestGrantSpent(t *testing.T) {
	l := newRunLog(t)
	v := l.verifier(testPolicyText())
	publisher := register.IdentityKey("wl/publisher")
	receipt := l.usedTwice(nil)
	grant, err := statement.ParseDigest(receipt.Registers[atLegal].ID)
	if err != nil {
		t.Fatal(err)
	}
	as := AsOf{Origin: "log.example", Size: 12, SealTime: releaseTime + batchMillis}
	want := GrantRecord{
		AsOf: as, Grant: grant, Status: "open", Uses: 3, Left: 1, Granted: Granting{Bound: l.bound(6)},
		Spent: []Spending{
			{l.bound(8), l.entries[8].digest(), publisher, 2},
			{l.bound(10), l.entries[10].digest(), publisher, 1},
		},
	}
	check := func(name string) GrantRecord {
		t.Helper()
		got, err := v.GrantSpent(withStatement(l, grant), grant, historyOf(l, grant))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got, ignoreQuorum()); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if !got.Quorum.Satisfied || got.Granted.Terms.Uses != 3 {
			t.Errorf("%s: quorum %+v, terms %+v", name, got.Quorum, got.Granted.Terms)
		}
		return got
	}
	if got := check("spent twice"); got.Granted.Statement == nil || got.Granted.Statement.Issuer != "h/risk" {
		t.Errorf("granted by %+v", got.Granted.Statement)
	}

	index, e := l.add(statement.DecisionRevoke, grant, "h/risk", &statement.RevokeDecision{About: grant, Reason: "risk"})
	body := register.RevokedBody{By: register.IdentityKey("h/risk"), Statement: e.digest()}
	l.change(index, e, register.TypeGrant, grant.String(), register.GrantRevoked, body.Marshal())
	l.publish()
	want.Size, want.SealTime, want.Status = 14, as.SealTime+batchMillis, "revoked"
	want.Revoked = &Revocation{l.bound(index), e.digest(), body.By}
	check("revoked")

	used := newRunLog(t)
	r := used.approved()
	last, _ := statement.ParseDigest(r.Registers[atLegal].ID)
	staple, events := used.record(register.TypeGrant, last.String())
	if got, err := used.verifier(testPolicyText()).GrantSpent(staple, last, events); err != nil || got.Status != "spent" || got.Left != 0 || len(got.Spent) != 1 || got.Granted.Statement != nil {
		t.Errorf("used up: %+v, %v", got, err)
	}

	stead := newRunLog(t)
	given := stead.grant(inStead(stead.delegate(nil)))
	stead.publish()
	for _, shown := range []bool{true, false} {
		staple, delegation := withStatement(stead, given), stead.delegation(given)
		if shown {
			staple.Registers[0].Delegation = delegation
		}
		got, err := stead.verifier(testPolicyText()).GrantSpent(staple, given, historyOf(stead, given))
		if err != nil || (got.Granted.Delegator == "h/chief") != shown || got.Granted.Terms.Delegator != register.IdentityKey("h/chief") {
			t.Errorf("in another's stead: %+v, %v", got, err)
		}
	}

	never := fileDigest("never")
	staple, events = l.record(register.TypeGrant, never.String())
	if got, err := v.GrantSpent(staple, never, events); err != nil || got.Status != "" || got.Size != 14 {
		t.Errorf("no such grant: %+v, %v", got, err)
	}
}

// withStatement is the staple of a grant that shows the statement that granted.
func withStatement(l *writtenLog, grant statement.Digest) *Receipt {
	staple, _ := l.record(register.TypeGrant, grant.String())
	_, e := l.entryOf(grant)
	envelope := e.envelope
	staple.Registers[0].Envelope = &envelope
	return staple
}

// delegation is the statement by which a grant was given in another's stead.
func (l *writtenLog) delegation(grant statement.Digest) *statement.Envelope {
	_, e := l.entryOf(grant)
	_, d := l.entryOf(*e.statement.Body.(*statement.GrantDecision).ActingFor)
	envelope := d.envelope
	return &envelope
}

func historyOf(l *writtenLog, grant statement.Digest) []OpenedEvent {
	_, events := l.record(register.TypeGrant, grant.String())
	return events
}

// TestGrantSpentRefuses: one change of a staple or a history that proves all.
func TestGrantSpentRefuses(t *testing.T) {
	l := newRunLog(t)
	receipt := l.usedTwice(nil)
	grant, _ := statement.ParseDigest(receipt.Registers[atLegal].ID)
	absent := fileDigest("never")
	for _, c := range []struct {
		name   string
		check  CheckName
		grant  statement.Digest
		change func(r *Receipt, events []OpenedEvent) []OpenedEvent
	}{
		{"no checkpoint", CheckCheckpoint, grant, func(r *Receipt, e []OpenedEvent) []OpenedEvent { r.Checkpoint = nil; return e }},
		{"another root", CheckRegister, grant, func(r *Receipt, e []OpenedEvent) []OpenedEvent { r.Registers[0].Value.Last++; return e }},
		{"not shown", CheckRegister, grant, func(r *Receipt, e []OpenedEvent) []OpenedEvent { r.Registers = nil; return e }},
		{"shown twice", CheckRegister, grant, func(r *Receipt, e []OpenedEvent) []OpenedEvent {
			r.Registers = slices.Repeat(r.Registers, 2)
			return e
		}},
		{"another grant", CheckRegister, absent, func(_ *Receipt, e []OpenedEvent) []OpenedEvent { return e }},
		{"another register", CheckRegister, grant, func(r *Receipt, e []OpenedEvent) []OpenedEvent {
			r.Registers[0] = receipt.Registers[0]
			r.Registers[0].ID, r.Registers[0].Type = grant.String(), register.TypeGrant
			return e
		}},
		{"said to be absent", CheckRegister, grant, func(r *Receipt, e []OpenedEvent) []OpenedEvent {
			r.Registers[0] = RegisterProof{Type: register.TypeGrant, ID: grant.String(), Path: r.Registers[0].Path}
			return nil
		}},
		{"another statement", CheckRegister, grant, func(r *Receipt, e []OpenedEvent) []OpenedEvent { r.Registers[0].Envelope = receipt.Envelope; return e }},
		{"newest event dropped", CheckHistory, grant, func(_ *Receipt, e []OpenedEvent) []OpenedEvent { return e[:2] }},
		{"first event dropped", CheckHistory, grant, func(_ *Receipt, e []OpenedEvent) []OpenedEvent { return e[1:] }},
		{"spending dropped", CheckHistory, grant, func(_ *Receipt, e []OpenedEvent) []OpenedEvent { return slices.Delete(e, 1, 2) }},
		{"all dropped", CheckHistory, grant, func(_ *Receipt, e []OpenedEvent) []OpenedEvent { return nil }},
		{"an event too many", CheckHistory, grant, func(_ *Receipt, e []OpenedEvent) []OpenedEvent { return append(e, e[2]) }},
		{"events swapped", CheckHistory, grant, func(_ *Receipt, e []OpenedEvent) []OpenedEvent { e[1], e[2] = e[2], e[1]; return e }},
		{"body altered", CheckHistory, grant, func(_ *Receipt, e []OpenedEvent) []OpenedEvent { e[1].Body = slices.Clone(e[2].Body); return e }},
		{"entry altered", CheckHistory, grant, func(_ *Receipt, e []OpenedEvent) []OpenedEvent { e[0].Index--; return e }},
		{"time altered", CheckHistory, grant, func(_ *Receipt, e []OpenedEvent) []OpenedEvent { e[2].Time = 1 << 60; return e }},
		{"a delegation too many", CheckGranted, grant, func(r *Receipt, e []OpenedEvent) []OpenedEvent {
			r.Registers[0].Envelope, r.Registers[0].Delegation = receipt.Registers[atLegal].Envelope, receipt.Envelope
			return e
		}},
		{"a delegation alone", CheckRegister, grant, func(r *Receipt, e []OpenedEvent) []OpenedEvent {
			r.Registers[0].Delegation = receipt.Envelope
			return e
		}},
		{"signed otherwise", CheckGranted, grant, func(r *Receipt, e []OpenedEvent) []OpenedEvent {
			envelope := *receipt.Registers[atLegal].Envelope
			envelope.Signature = malleate(envelope.Signature)
			r.Registers[0].Envelope = &envelope
			return e
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			staple, events := l.record(register.TypeGrant, grant.String())
			_, err := l.verifier(testPolicyText()).GrantSpent(staple, c.grant, c.change(staple, events))
			var check *CheckError
			if !errors.As(err, &check) || check.Name != c.check {
				t.Errorf("%v, want the check %q", err, c.check)
			}
		})
	}
	staple, _ := l.record(register.TypeGrant, absent.String())
	if _, err := l.verifier(testPolicyText()).GrantSpent(staple, absent, historyOf(l, grant)); err == nil {
		t.Error("an absent grant with events")
	}
}

func TestRunComplete(t *testing.T) {
	l := newRunLog(t)
	l.approved()
	l.outcome("R1")
	l.publish()
	staple, events := l.record(register.TypeRun, "R1")
	got, err := l.verifier(testPolicyText()).RunComplete(staple, "R1", events)
	if err != nil {
		t.Fatal(err)
	}
	legal, risk := register.GrantKey(Hash(l.entries[entryLegal].digest())), register.GrantKey(Hash(l.entries[entryRisk].digest()))
	event := func(index uint64, status string) RunEvent {
		s := l.entries[index].statement
		return RunEvent{Bound: l.bound(index), Code: s.Code, Statement: l.entries[index].digest(), Issuer: register.IdentityKey(s.Issuer), Status: status}
	}
	with := func(e RunEvent, change func(*RunEvent)) RunEvent { change(&e); return e }
	want := RunRecord{
		AsOf: AsOf{Origin: "log.example", Size: 13, SealTime: releaseTime + batchMillis}, ID: "R1", Status: "success", Claimed: "success", Closed: true,
		Request: l.entries[5].digest(), Workflow: fileDigest("workflow text"), Opened: l.bound(5),
		Steps: []register.StepState{{Name: "publish", Result: register.ResultOK}},
		Events: []RunEvent{
			event(5, "open"),
			with(event(entryLegal, "open"), func(e *RunEvent) { e.Grant = &legal }),
			with(event(entryRisk, "open"), func(e *RunEvent) { e.Grant = &risk }),
			with(event(entryRelease, "success"), func(e *RunEvent) { e.Step, e.Result = "publish", "ok" }),
			with(event(11, "success"), func(e *RunEvent) { e.Attempt, e.Result = 1, "success" }),
		},
	}
	if diff := cmp.Diff(want, got, ignoreQuorum()); diff != "" {
		t.Error(diff)
	}
	for name, change := range map[string]func(e []OpenedEvent) []OpenedEvent{
		"outcome dropped": func(e []OpenedEvent) []OpenedEvent { return e[:4] },
		"request dropped": func(e []OpenedEvent) []OpenedEvent { return e[1:] },
		"grant dropped":   func(e []OpenedEvent) []OpenedEvent { return slices.Delete(e, 1, 2) },
		"status altered": func(e []OpenedEvent) []OpenedEvent {
			e[3].Body = append([]byte{register.RunPartial}, e[3].Body[1:]...)
			return e
		},
	} {
		staple, events := l.record(register.TypeRun, "R1")
		var check *CheckError
		if _, err := l.verifier(testPolicyText()).RunComplete(staple, "R1", change(events)); !errors.As(err, &check) || check.Name != CheckHistory {
			t.Errorf("%s: %v", name, err)
		}
	}
	staple.Registers[0].State.State = slices.Concat(staple.Registers[0].State.State, []byte{0})
	if _, err := l.verifier(testPolicyText()).RunComplete(staple, "R1", events); err == nil {
		t.Error("another state is shown, and was taken")
	}
	staple, _ = l.record(register.TypeRun, "R9")
	if got, err := l.verifier(testPolicyText()).RunComplete(staple, "R9", nil); err != nil || got.Status != "" || got.Closed {
		t.Errorf("no such run: %+v, %v", got, err)
	}
}

// TestRunNotClosed: a run that may be tried again is not closed.
func TestRunNotClosed(t *testing.T) {
	l := newRunLog(t)
	l.request("R1")
	l.publish()
	staple, events := l.record(register.TypeRun, "R1")
	if got, err := l.verifier(testPolicyText()).RunComplete(staple, "R1", events); err != nil || got.Closed || got.Status != "open" {
		t.Errorf("%+v, %v", got, err)
	}
	l.cancel("R1")
	l.publish()
	staple, events = l.record(register.TypeRun, "R1")
	if got, err := l.verifier(testPolicyText()).RunComplete(staple, "R1", events); err != nil || !got.Closed || got.Status != "cancelled" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestRecordOfLyingState: a value whose state is not what its events lead to.
func TestRecordOfLyingState(t *testing.T) {
	l := newRunLog(t)
	l.onState = func(r *writtenRegister) {
		if r.typ == register.TypeGrant && len(r.events) == 2 {
			s, _ := register.ParseGrantState(r.state)
			s.Status, s.Spender, s.Granted.Uses = register.GrantOpen, register.None, 1
			r.state = s.Marshal()
		}
	}
	r := l.approved()
	grant, _ := statement.ParseDigest(r.Registers[atLegal].ID)
	for _, open := range []bool{true, false} {
		staple, events := l.record(register.TypeGrant, grant.String())
		if !open {
			staple.Registers[0].State = nil
		}
		var check *CheckError
		if _, err := l.verifier(testPolicyText()).GrantSpent(staple, grant, events); !errors.As(err, &check) || check.Name != CheckHistory {
			t.Errorf("opened %t: %v", open, err)
		}
	}
}

// TestRecordOfLyingTime: an event that is later than the seal above it.
func TestRecordOfLyingTime(t *testing.T) {
	l := newRunLog(t)
	l.onEvent = func(r *writtenRegister, e *writtenEvent) {
		if r.typ == register.TypeGrant && e.Seq == 1 {
			e.Time++
		}
	}
	r := l.approved()
	grant, _ := statement.ParseDigest(r.Registers[atLegal].ID)
	staple, events := l.record(register.TypeGrant, grant.String())
	staple.Registers[0].Events = nil // the history alone shows it
	var check *CheckError
	if _, err := l.verifier(testPolicyText()).GrantSpent(staple, grant, events); !errors.As(err, &check) || check.Name != CheckHistory {
		t.Error(err)
	}
}
