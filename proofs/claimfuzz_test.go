package proofs

import (
	"testing"

	"github.com/docketlog/docket/proofs/register"
)

// FuzzMoment: whatever is shown beside a receipt, a verdict about a moment neither panics
// nor takes what was superseded for authoritative as of the newest tree.
func FuzzMoment(f *testing.F) {
	l := newWrittenLog(f)
	r := l.first()
	l.next("two")
	staple := l.staple(entryFirst)
	v, expect := l.verifier(testPolicyText()), expectationOf(r)
	f.Add(r.Marshal(), staple.Marshal(), uint64(0), int64(startTime))
	f.Add(staple.Marshal(), r.Marshal(), uint64(entryFirst+1), int64(0))
	f.Add([]byte("{}"), []byte{}, uint64(1)<<63, int64(-1))
	f.Fuzz(func(t *testing.T, first, second []byte, size uint64, time int64) {
		at := &Moment{Size: size, Time: time}
		var staples []*Receipt
		for _, b := range [][]byte{first, second} {
			if s, err := ParseReceipt(b); err == nil {
				staples = append(staples, s)
			}
		}
		got := v.VerifyAt(r, staples, at, expect)
		if got.Kind == "" || got.String() == "" {
			t.Fatal("no verdict")
		}
		if _, err := got.MarshalJSON(); err != nil {
			t.Fatal(err)
		}
		if got.Kind == Contradicted || got.Kind == Authoritative && got.Size == l.size {
			t.Fatalf("made up:\n%s", got)
		}
	})
}

// FuzzRecords: whatever is shown as a staple and an event, the claims over histories
// neither panic nor prove anything that the log did not sign.
func FuzzRecords(f *testing.F) {
	l := newRunLog(f)
	l.approved()
	v := l.verifier(testPolicyText())
	for _, id := range []string{"wl/publisher", "h/legal"} {
		staple, events := l.record(register.TypeIdentity, id)
		f.Add(staple.Marshal(), events[0].Marshal(), events[0].Blind[:], events[0].Body)
	}
	staple, events := l.record(register.TypeRun, "R1")
	f.Add(staple.Marshal(), events[0].Marshal(), events[0].Blind[:], events[0].Body)
	f.Add([]byte("{}"), []byte{}, []byte{}, []byte{})
	grant, id := Hash{1}, "wl/publisher"
	want, all := l.record(register.TypeIdentity, id)
	f.Fuzz(func(t *testing.T, b, header, blind, body []byte) {
		r, err := ParseReceipt(b)
		if err != nil {
			return
		}
		var list []OpenedEvent
		if e, err := register.ParseEvent(header); err == nil && len(blind) == 32 {
			list = append(list, OpenedEvent{e, EventOpening{Blind: Hash(blind), Body: body}})
		}
		if x, err := v.IdentityHistory(r, id, list); err == nil {
			if x.Size != l.size || len(x.Changes) != len(all) || *r.Registers[0].Value != *want.Registers[0].Value {
				t.Fatalf("%+v", x)
			}
		}
		if x, err := v.RunComplete(r, "R1", list); err == nil {
			t.Fatalf("a run of several events in one: %+v", x)
		}
		if x, err := v.SignedBy(r, id, list, 0, 0); err == nil && x.Size != l.size {
			t.Fatalf("%+v", x)
		}
		if x, err := v.GrantSpent(r, [32]byte(grant), list); err == nil && x.Status != "" {
			t.Fatalf("%+v", x)
		}
	})
}
