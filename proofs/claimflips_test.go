package proofs

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A recordClaim is one claim function over a staple and a history.
type recordClaim struct {
	staple *Receipt
	events []OpenedEvent
	judge  func(r *Receipt, events []OpenedEvent) (json.Marshaler, AsOf, error)
}

// recordClaims are all claims that are proven by histories, each of something.
func recordClaims(t *testing.T) (Verifier, map[string]recordClaim) {
	t.Helper()
	l := newRunLog(t)
	l.usedTwice(nil)
	l.outcome("R1")
	l.publish()
	v := l.verifier(testPolicyText())
	grant, err := statement.ParseDigest(l.grantID())
	if err != nil {
		t.Fatal(err)
	}
	claim := func(typ register.Type, id string, judge func(r *Receipt, e []OpenedEvent) (json.Marshaler, AsOf, error)) recordClaim {
		staple, events := l.record(typ, id)
		return recordClaim{staple, events, judge}
	}
	all := map[string]recordClaim{
		"history": claim(register.TypeDocument, runDocument, func(r *Receipt, e []OpenedEvent) (json.Marshaler, AsOf, error) {
			x, err := v.FullHistory(r, register.TypeDocument, runDocument, e)
			return x, x.AsOf, err
		}),
		"no history": claim(register.TypeDocument, "contracts/never", func(r *Receipt, e []OpenedEvent) (json.Marshaler, AsOf, error) {
			x, err := v.FullHistory(r, register.TypeDocument, "contracts/never", e)
			return x, x.AsOf, err
		}),
		"signed": claim(register.TypeActivity, "wl/publisher", func(r *Receipt, e []OpenedEvent) (json.Marshaler, AsOf, error) {
			x, err := v.SignedBy(r, "wl/publisher", e, 0, 0)
			return x, x.AsOf, err
		}),
		"identity": claim(register.TypeIdentity, "wl/publisher", func(r *Receipt, e []OpenedEvent) (json.Marshaler, AsOf, error) {
			x, err := v.IdentityHistory(r, "wl/publisher", e)
			return x, x.AsOf, err
		}),
		"run": claim(register.TypeRun, "R1", func(r *Receipt, e []OpenedEvent) (json.Marshaler, AsOf, error) {
			x, err := v.RunComplete(r, "R1", e)
			return x, x.AsOf, err
		}),
		"grant": claim(register.TypeGrant, grant.String(), func(r *Receipt, e []OpenedEvent) (json.Marshaler, AsOf, error) {
			x, err := v.GrantSpent(r, grant, e)
			return x, x.AsOf, err
		}),
	}
	with := all["grant"]
	with.staple = withStatement(l, grant)
	all["grant with its statement"] = with
	return v, all
}

// said is what a record says beside who vouches for it.
func said(t *testing.T, r json.Marshaler) map[string]any {
	t.Helper()
	b, err := r.MarshalJSON()
	var out map[string]any
	if err != nil || json.Unmarshal(b, &out) != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(out, func(name string, _ any) bool {
		return slices.Contains([]string{"level", "cosigners", "tolerates", "witnessTime", "notChecked"}, name)
	})
	return out
}

// TestRecordByteFlips: no byte of the JSON form of a staple can be changed so that a
// record says something else. It may lose cosigners: then it is exit 11.
func TestRecordByteFlips(t *testing.T) {
	v, all := recordClaims(t)
	for name, c := range all {
		first, as, err := c.judge(c.staple, c.events)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if exit, reason := v.Qualify(as, Expect{}); exit != 0 {
			t.Fatalf("%s: %s", name, reason)
		}
		want, flipped := said(t, first), 0
		b := c.staple.Marshal()
		for i := range b {
			b[i] ^= 1
			r, err := ParseReceipt(b)
			b[i] ^= 1
			if err != nil {
				continue
			}
			flipped++
			got, as, err := c.judge(r, c.events)
			if err != nil {
				continue
			}
			exit, _ := v.Qualify(as, Expect{})
			if !reflect.DeepEqual(said(t, got), want) || exit != 0 && exit != ExitCosigners {
				t.Fatalf("%s: byte %d gives exit %d and\n%v", name, i, exit, got)
			}
		}
		if flipped < 100 {
			t.Errorf("%s: only %d flips were parsed", name, flipped)
		}
	}
}

// TestRecordEventFlips: no byte of an event can be changed, in whichever record.
func TestRecordEventFlips(t *testing.T) {
	_, all := recordClaims(t)
	for name, c := range all {
		for i := range c.events {
			for part, b := range eventBytes(&c.events[i]) {
				for at := range b {
					changed := slices.Clone(c.events)
					e, ok := flippedEvent(c.events[i], part, at)
					if changed[i] = e; !ok {
						continue
					}
					if got, _, err := c.judge(c.staple, changed); err == nil {
						t.Fatalf("%s: byte %d of the %s of event %d gives\n%v", name, at, part, i, got)
					}
				}
			}
		}
	}
}

// TestStapleByteFlips: no byte of a newer staple can be changed so that the verdict over
// a receipt and it says more; nor of the receipt beside it.
func TestStapleByteFlips(t *testing.T) {
	for name, then := range map[string]func(l *writtenLog){
		"current":    func(l *writtenLog) { l.release("notes/8", "eight") },
		"superseded": func(l *writtenLog) { l.release("contracts/1", "two") },
	} {
		l := newWrittenLog(t)
		r := l.first()
		then(l)
		l.publish()
		v, staple, expect := l.verifier(testPolicyText()), l.staple(entryFirst), expectationOf(r)
		want, flipped := v.VerifyStapled(r, staple, expect), 0
		b := staple.Marshal()
		for i := range b {
			b[i] ^= 1
			other, err := ParseReceipt(b)
			b[i] ^= 1
			if err != nil {
				continue
			}
			flipped++
			if got := v.VerifyStapled(r, other, expect); !sameOrWorse(want, got) {
				t.Fatalf("%s: byte %d gives\n%s", name, i, got)
			}
		}
		if flipped < 100 {
			t.Errorf("%s: only %d flips were parsed", name, flipped)
		}
	}
}

// TestTLogProofByteFlips: no bit of a tlog-proof can be changed, but in the data that
// nobody vouches for.
func TestTLogProofByteFlips(t *testing.T) {
	p := testProof(t, 4, 7)
	p.Extra = []byte("said by whoever hands it over")
	believe, leaf, parsed := mustPolicy(t, "log $L\nquorum none\n"), LeafHash([]byte("leaf 4")), 0
	b := p.Marshal()
	for i := range b {
		for bit := range 8 {
			b[i] ^= 1 << bit
			got, err := ParseTLogProof(b)
			b[i] ^= 1 << bit
			if err != nil {
				continue
			}
			parsed++
			if cp, _, err := got.Verify(leaf, believe, 0); err == nil && (got.Index != p.Index || cp != testCheckpoint(7)) {
				t.Fatalf("bit %d of byte %d: entry %d of %+v", bit, i, got.Index, cp)
			}
		}
	}
	if parsed < 100 {
		t.Errorf("only %d flips were parsed", parsed)
	}
}
