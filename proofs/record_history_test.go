package proofs

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// TestHistories: the whole history of every register of a log is proven complete, with
// one event less, more, or elsewhere it is not.
func TestHistories(t *testing.T) {
	l := newRunLog(t)
	l.approved()
	l.outcome("R1")
	l.release("notes/1", "a note")
	l.publish()
	v := l.verifier(testPolicyText())
	types := make(map[register.Type]bool)
	for _, r := range l.shown {
		types[r.typ] = true
		staple, events := l.record(r.typ, r.id)
		got, err := v.FullHistory(staple, r.typ, r.id, events)
		if err != nil || got.Size != l.size || got.Level != LevelAudited || !slices.Equal(got.State, r.state) || len(got.Events) != len(r.events) {
			t.Fatalf("%v %q: %+v, %v", r.typ, r.id, got.AsOf, err)
		}
		for name, less := range map[string][]OpenedEvent{
			"the newest dropped": events[:len(events)-1], "the first dropped": events[1:], "one twice": append(slices.Clone(events), events[0]),
		} {
			var check *CheckError
			if _, err := v.FullHistory(staple, r.typ, r.id, less); !errors.As(err, &check) || check.Name != CheckHistory {
				t.Errorf("%v %q, %s: %v", r.typ, r.id, name, err)
			}
		}
		if len(events) > 1 {
			swapped := slices.Clone(events)
			swapped[0], swapped[1] = swapped[1], swapped[0]
			if _, err := v.FullHistory(staple, r.typ, r.id, swapped); err == nil {
				t.Errorf("%v %q: swapped events are proven", r.typ, r.id)
			}
		}
		jsonOf(t, got)
	}
	if len(types) != 6 {
		t.Errorf("registers of %d types", len(types))
	}
	staple, _ := l.record(register.TypeDocument, "contracts/absent")
	if got, err := v.FullHistory(staple, register.TypeDocument, "contracts/absent", nil); err != nil || got.State != nil || got.Size != l.size {
		t.Errorf("an absent register: %+v, %v", got, err)
	}
}

// TestReleased: the history of a document says as which versions bytes were released.
func TestReleased(t *testing.T) {
	l := newWrittenLog(t)
	l.third()
	l.withdraw("contracts/1")
	l.next("one")
	staple, events := l.record(register.TypeDocument, "contracts/1")
	r, err := l.verifier(testPolicyText()).FullHistory(staple, register.TypeDocument, "contracts/1", events)
	if err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string][]uint32{"one": {1, 4}, "two": {2}, "three": {3}, "never": nil} {
		if got := r.Released(fileDigest(content)); !slices.Equal(got, want) {
			t.Errorf("%s: versions %v, want %v", content, got, want)
		}
	}
}

// jsonOf: a record has JSON and text, and both say what it speaks for.
func jsonOf(t *testing.T, v fmt.Stringer) map[string]any {
	t.Helper()
	text := v.String()
	if first, _, _ := strings.Cut(text, "\n"); !strings.HasSuffix(first, " (proven).") || !strings.Contains(text, "  level      L") || !strings.Contains(text, "not checked:\n  ") {
		t.Errorf("%s", text)
	}
	var out map[string]any
	b, err := json.Marshal(v)
	if err != nil || json.Unmarshal(b, &out) != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"claim", "id", "origin", "size", "sealTime", "level", "cosigners", "notChecked"} {
		if out[name] == nil {
			t.Errorf("no %s in %s", name, b)
		}
	}
	return out
}

// TestHistoryByteFlips: no byte of an event, a blind or a body can be changed.
func TestHistoryByteFlips(t *testing.T) {
	l := newRunLog(t)
	l.approved()
	v := l.verifier(testPolicyText())
	for _, r := range l.shown {
		staple, events := l.record(r.typ, r.id)
		for i := range events {
			for k, b := range eventBytes(&events[i]) {
				for at := range b {
					changed := slices.Clone(events)
					e, ok := flippedEvent(events[i], k, at)
					if changed[i] = e; !ok {
						continue
					}
					if _, err := v.FullHistory(staple, r.typ, r.id, changed); err == nil {
						t.Fatalf("%v %q: byte %d of the %s of event %d", r.typ, r.id, at, k, i)
					}
				}
			}
		}
	}
}

func eventBytes(e *OpenedEvent) map[string][]byte {
	return map[string][]byte{"header": e.Marshal(), "blind": e.Blind[:], "body": e.Body}
}

// flippedEvent changes one byte; false: the header is none any more.
func flippedEvent(e OpenedEvent, part string, at int) (OpenedEvent, bool) {
	switch part {
	case "blind":
		e.Blind[at] ^= 1
	case "body":
		e.Body = slices.Clone(e.Body)
		e.Body[at] ^= 1
	default:
		b := e.Marshal()
		b[at] ^= 1
		header, err := register.ParseEvent(b)
		if err != nil {
			return e, false
		}
		e.Event = header
	}
	return e, true
}

func TestSignedBy(t *testing.T) {
	l := newRunLog(t)
	l.approved()
	l.outcome("R1")
	l.publish()
	v := l.verifier(testPolicyText())
	var want []Signed
	for index := range l.size {
		e := l.entries[index]
		if e == nil || e.statement.Issuer != "wl/publisher" {
			continue
		}
		want = append(want, Signed{Bound: l.bound(index), Code: e.statement.Code, Statement: e.digest()})
	}
	if len(want) < 2 {
		t.Fatalf("%d statements", len(want))
	}
	staple, events := l.record(register.TypeActivity, "wl/publisher")
	first, last := want[0].Index, want[len(want)-1].Index
	for _, c := range []struct {
		from, to uint64
		want     []Signed
	}{
		{0, 0, want}, {first, last + 1, want}, {first + 1, 0, want[1:]}, {0, last, want[:len(want)-1]}, {last + 1, 0, nil}, {0, first, nil},
	} {
		got, err := v.SignedBy(staple, "wl/publisher", events, c.from, c.to)
		for i := range got.Signed {
			got.Signed[i].Run = register.Key{}
		}
		if diff := cmp.Diff(c.want, got.Signed); err != nil || diff != "" {
			t.Errorf("from %d to %d: %v\n%s", c.from, c.to, err, diff)
		}
		jsonOf(t, got)
		// A period never reads as if it were all.
		says := "no others, as of"
		switch {
		case c.to != 0:
			says = fmt.Sprintf("no others from entry %d to below entry %d, as of", c.from, c.to)
		case c.from != 0:
			says = fmt.Sprintf("no others from entry %d on, as of", c.from)
		}
		if !strings.Contains(got.String(), says) {
			t.Errorf("want %q:\n%s", says, got)
		}
	}
	if _, err := v.SignedBy(staple, "wl/publisher", events[1:], 0, 0); err == nil {
		t.Error("one of them is missing, and all are proven")
	}
	if _, err := v.SignedBy(staple, "h/legal", events, 0, 0); err == nil {
		t.Error("another's activity is taken")
	}
	staple, _ = l.record(register.TypeActivity, "wl/nobody")
	if got, err := v.SignedBy(staple, "wl/nobody", nil, 0, 0); err != nil || len(got.Signed) != 0 {
		t.Errorf("nobody signed %+v, %v", got, err)
	}
}

// A time that no clock reaches is none of the past.
func TestTimesOfRegisters(t *testing.T) {
	for ms, want := range map[uint64]string{register.None: "", 1: "1970-01-01T00:00:00.001Z", register.None - 1: formatUnsigned(MaxSize), 1 << 63: formatUnsigned(MaxSize)} {
		if got := instant(ms); got != want || strings.HasPrefix(got, "-") {
			t.Errorf("%d: %q, want %q", ms, got, want)
		}
	}
}

func TestIdentityHistory(t *testing.T) {
	l := newWrittenLog(t)
	l.first()
	at := l.revoke("wl/publisher", startTime)
	l.publish()
	v := l.verifier(testPolicyText())
	staple, events := l.record(register.TypeIdentity, "wl/publisher")
	got, err := v.IdentityHistory(staple, "wl/publisher", events)
	if err != nil || len(got.Changes) != 2 || got.Changes[1].Bound != l.bound(at) || got.Changes[1].Statement != l.entries[at].digest() {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, c := range []struct {
		index  uint64
		status uint8 // 0: none
	}{{0, 0}, {1, 0}, {2, register.IdentityActive}, {at, register.IdentityActive}, {at + 1, register.IdentityRevoked}, {l.size, 0}} {
		if s, ok := got.KeyAt(c.index); ok != (c.status != 0) || s.Status != c.status {
			t.Errorf("entry %d: %+v, %v, want status %d", c.index, s, ok, c.status)
		}
	}
	out := jsonOf(t, got)["changes"].([]any)[1].(map[string]any)
	if out["kind"] != "revoke" || out["status"] != "revoked" || out["class"] != "workload" || out["compromisedSince"] != statement.FormatTime(startTime) {
		t.Errorf("%v", out)
	}
	staple, events = l.record(register.TypeIdentity, "h/admin")
	if got, err = v.IdentityHistory(staple, "h/admin", events); err != nil {
		t.Fatal(err)
	}
	if s, ok := got.KeyAt(0); !ok || s.Status != register.IdentityActive {
		t.Errorf("at genesis: %+v, %v", s, ok)
	}
	if _, err := v.IdentityHistory(staple, "h/admin", nil); err == nil {
		t.Error("an enrolled identity without events")
	}
}

// TestRecordsQualify: who vouches for a record, and how old it is.
func TestRecordsQualify(t *testing.T) {
	l := newRunLog(t)
	l.approved()
	now := (l.cosignAt + 2) * 1000
	v := l.verifier(testPolicyText())
	run := func() RunRecord {
		staple, events := l.record(register.TypeRun, "R1")
		r, err := v.RunComplete(staple, "R1", events)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	whole := run()
	l.cosigners = nil
	alone := run()
	for name, c := range map[string]struct {
		as     AsOf
		expect Expect
		exit   int
		age    int64
	}{
		"audited":         {whole.AsOf, Expect{Now: now + 7}, 0, 7},
		"just fresh":      {whole.AsOf, Expect{Now: now + 7, MaxAge: 7}, 0, 7},
		"too old by 1 ms": {whole.AsOf, Expect{Now: now + 8, MaxAge: 7}, ExitQualified, 8},
		"within the skew": {whole.AsOf, Expect{Now: now - ClockSkew}, 0, -ClockSkew},
		"still to come":   {whole.AsOf, Expect{Now: now - ClockSkew - 1}, ExitCosigners, -ClockSkew - 1},
		"the log's word":  {alone.AsOf, Expect{Now: alone.SealTime + 5}, ExitCosigners, 5},
	} {
		exit, reason := v.Qualify(c.as, c.expect)
		if exit != c.exit || (reason == "") != (exit == 0) || c.as.Age(c.expect.Now) != c.age {
			t.Errorf("%s: exit %d, %q, age %d", name, exit, reason, c.as.Age(c.expect.Now))
		}
	}
	if whole.Level != LevelAudited || alone.Level != LevelLog || alone.WitnessTime != 0 || whole.WitnessTime != now {
		t.Errorf("%+v, %+v", whole.AsOf, alone.AsOf)
	}
	if out := jsonOf(t, whole); out["status"] != "success" || len(out["events"].([]any)) != len(whole.Events) {
		t.Errorf("%v", out)
	}
	grant, _ := statement.ParseDigest(l.grantID())
	staple, events := l.record(register.TypeGrant, grant.String())
	spent, err := v.GrantSpent(staple, grant, events)
	if err != nil {
		t.Fatal(err)
	}
	if text := spent.String(); !strings.Contains(text, "spent, spent 1 times") || !strings.Contains(text, "0 left") || !strings.Contains(text, "granted, for 1 uses") {
		t.Errorf("%s", text)
	}
	for _, text := range []string{RunRecord{ID: "R9"}.String(), GrantRecord{Grant: grant}.String(), IdentityRecord{ID: "h/x"}.String()} {
		if !strings.Contains(text, " no ") && !strings.Contains(text, "never") {
			t.Errorf("%s", text)
		}
	}
	if out := jsonOf(t, spent); out["status"] != "spent" || len(out["spent"].([]any)) != 1 || out["granted"] == nil {
		t.Errorf("%v", out)
	}
}

// grantID names a grant of the log that was used up.
func (l *writtenLog) grantID() string { return l.entries[entryLegal].digest().String() }
