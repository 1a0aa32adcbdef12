package proofs

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// receiptsOf are receipts and staples of every shape.
func receiptsOf(t testing.TB) (v Verifier, all map[string]*Receipt) {
	l := newWrittenLog(t)
	all = map[string]*Receipt{"first": l.first()}
	l.next("two")
	all["superseded"] = l.receipt(entryFirst)
	all["second"] = l.receipt(entrySecond)
	l.enrollHuman("h/legal", 0)
	l.enrollHuman("h/risk", 0)
	l.publish()
	all["approved"] = l.approvedWith(newGrant("h/legal", "legal"), inStead(l.delegate(nil)))
	l.withdrawIn("R1")
	l.outcome("R1")
	l.publish()
	all["withdrawn in a run"] = l.receipt(l.prevRelease())
	all["run"] = l.staple(1)
	all["run"].Registers = []RegisterProof{l.proveEvents(register.TypeRun, "R1", []int{5}, []bool{true})}
	l.withdraw("contracts/1")
	l.revoke("wl/publisher", 1)
	l.publish()
	all["withdrawn"] = l.receipt(entrySecond)
	all["staple"] = l.staple(entrySecond)
	all["genesis"] = l.receipt(0)
	absent := l.staple(entrySecond)
	absent.Registers = []RegisterProof{l.prove(register.TypeDigest, fileDigest("never").String(), 0, 0, 0)}
	all["absent"] = absent
	return l.verifier(testPolicyText()), all
}

func TestReceiptRoundTrip(t *testing.T) {
	_, all := receiptsOf(t)
	all["empty"] = &Receipt{Checkpoint: []byte{}, Seal: []byte{}}
	for name, r := range all {
		b := r.Marshal()
		again, err := ParseReceipt(b)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, b)
		}
		if diff := cmp.Diff(r, again, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s differs:\n%s", name, diff)
		}
		if !bytes.Equal(again.Marshal(), b) {
			t.Errorf("%s: other bytes", name)
		}
	}
}

// TestReceiptIsJCS: members sorted, no white space, no escapes but those of RFC
// 8785; so that any implementation prints the same file.
func TestReceiptIsJCS(t *testing.T) {
	_, all := receiptsOf(t)
	for name, r := range all {
		b := r.Marshal()
		var tree any
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if err := d.Decode(&tree); err != nil {
			t.Fatal(err)
		}
		if got := sortedJSON(t, tree); got != string(b) {
			t.Errorf("%s is not canonical:\n%s\n%s", name, got, b)
		}
	}
	// A key name may hold what HTML escapes, and other letters.
	if got := string((&Receipt{Checkpoint: []byte("<&>é\u2014")}).Marshal()); !strings.Contains(got, "<&>é\u2014") {
		t.Errorf("escaped: %s", got)
	}
}

// sortedJSON prints a tree as RFC 8785 does, for ASCII names.
func sortedJSON(t *testing.T, v any) string {
	switch v := v.(type) {
	case map[string]any:
		var members []string
		for name, value := range v {
			members = append(members, fmt.Sprintf("%q:%s", name, sortedJSON(t, value)))
		}
		slices.Sort(members)
		return "{" + strings.Join(members, ",") + "}"
	case []any:
		var elements []string
		for _, value := range v {
			elements = append(elements, sortedJSON(t, value))
		}
		return "[" + strings.Join(elements, ",") + "]"
	case string:
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(b.String(), "\n")
	}
	return fmt.Sprint(v)
}

func TestParseReceiptStrict(t *testing.T) {
	_, all := receiptsOf(t)
	good := string(all["superseded"].Marshal())
	staple := string(all["staple"].Marshal())
	replace := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in the receipt", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	hash := base64.StdEncoding.EncodeToString(make([]byte, 32))
	list := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat(`"`+hash+`",`, n), ",") + "]" }
	between := func(s, before, after string) string {
		_, s, _ = strings.Cut(s, before)
		s, _, _ = strings.Cut(s, after)
		return s
	}
	genesis := between(good, `"genesisInclusion":`, `,"inclusion"`)
	inclusion := between(good, `"inclusion":`, `,"index"`)
	sealInclusion := between(good, `"sealInclusion":`, `}`)
	path := between(good, `"path":"`, `"`)
	value := between(good, `"value":"`, `"`)
	event := between(good, `"event":"`, `"`)
	body := between(good, `"body":"`, `"`)
	blind := between(good, `"blind":"`, `"`)
	state := between(good, `"state":"`, `"`)
	eventProof := between(good, `"proof":`, `}`)
	registers := between(good, `"registers":[`, `],"seal"`)
	events := between(good, `"events":[`, `],"id"`)
	large := base64.StdEncoding.EncodeToString(make([]byte, maxReceiptOpening+3))
	largeRun := base64.StdEncoding.EncodeToString(make([]byte, maxReceiptRun+3))
	approved := string(all["approved"].Marshal())
	inApproved := func(old, new string) string {
		before, after, ok := strings.Cut(approved, `"id":"R1"`)
		if !ok || !strings.Contains(after, old) {
			t.Fatalf("%q is not in the receipt of a run", old)
		}
		return before + `"id":"R1"` + strings.Replace(after, old, new, 1)
	}
	granted := between(approved[strings.Index(approved, `"id":"R1"`):], `{"envelope":`, `,"events"`)
	for name, in := range map[string]string{
		"empty":                          "",
		"null":                           "null",
		"array":                          "[]",
		"object":                         "{}",
		"newline at the end":             good + "\n",
		"space in front":                 " " + good,
		"two values":                     good + "{}",
		"unknown name":                   replace(`"index":`, `"indeks":0,"index":`),
		"name twice":                     replace(`"index":3`, `"index":3,"index":3`),
		"other letter case":              replace(`"index":`, `"Index":`),
		"not sorted":                     replace(`"mediaType":"`+ReceiptMediaType+`",`, "") + "",
		"other media type":               replace("receipt.v1", "receipt.v2"),
		"index with a fraction":          replace(`"index":3`, `"index":3.0`),
		"index with a sign":              replace(`"index":3`, `"index":-3`),
		"index as text":                  replace(`"index":3`, `"index":"3"`),
		"index above 2^53-1":             replace(`"index":3`, `"index":9007199254740992`),
		"no index":                       replace(`"index":3,`, ``),
		"no envelope":                    strings.Replace(good, `"envelope":`+between(good, `"envelope":`, `,"genesis`)+`,`, ``, 1),
		"no inclusion":                   strings.Replace(good, `"inclusion":`+inclusion+`,`, ``, 1),
		"staple with an index":           strings.Replace(staple, `"mediaType"`, `"index":0,"mediaType"`, 1),
		"null envelope":                  strings.Replace(good, between(good, `"envelope":`, `,"genesis`), `null`, 1),
		"null list":                      replace(`"inclusion":`+inclusion, `"inclusion":null`),
		"null registers":                 replace(`"registers":[`+registers+`]`, `"registers":null`),
		"envelope with a keyid":          replace(`"sig":`, `"keyid":"","sig":`),
		"envelope of other type":         replace("in-toto+json", "in-toto+jsoN"),
		"65 hashes at genesis":           replace(genesis, list(65)),
		"65 hashes of inclusion":         replace(`"inclusion":`+inclusion, `"inclusion":`+list(65)),
		"65 hashes at the seal":          replace(sealInclusion, list(65)),
		"65 hashes of an event":          replace(`"proof":`+eventProof, `"proof":`+list(65)),
		"hash of 31 bytes":               replace(inclusion, `["`+base64.StdEncoding.EncodeToString(make([]byte, 31))+`"]`),
		"hash of 33 bytes":               replace(genesis, `["`+base64.StdEncoding.EncodeToString(make([]byte, 33))+`"]`),
		"base64 with a newline":          replace(value, value[:20]+`\n`+value[20:]),
		"base64 without padding":         replace(value, strings.TrimRight(value, "=")),
		"base64 padding bits":            replace(blind, blind[:42]+nextLetter(blind[42])+"="),
		"base64url":                      replace(inclusion, strings.NewReplacer("+", "-", "/", "_").Replace(inclusion)+" "),
		"path cut":                       replace(path, path[:len(path)-4]),
		"value cut":                      replace(value, value[:len(value)-4]),
		"empty value":                    replace(value, ""),
		"event cut":                      replace(event, event[:len(event)-4]),
		"unknown type":                   replace(`"type":"document"`, `"type":"paper"`),
		"empty id":                       replace(`"id":"contracts/1"`, `"id":""`),
		"id of 256 bytes":                replace(`"id":"contracts/1"`, `"id":"`+strings.Repeat("a", 256)+`"`),
		"empty opening":                  replace(`"body":"`+body, `"body":"`),
		"opening of 8 KiB + 3":           replace(`"body":"`+body, `"body":"`+large),
		"empty state":                    replace(`"state":"`+state, `"state":"`),
		"state of 8 KiB + 3":             replace(`"state":"`+state, `"state":"`+large),
		"blind of 24 bytes":              replace(blind, blind[:32]),
		"49 registers":                   replace(registers, strings.TrimSuffix(strings.Repeat(registers+",", 25), ",")),
		"65 events":                      replace(events, strings.TrimSuffix(strings.Repeat(events+",", 33), ",")),
		"large checkpoint":               replace(`"checkpoint":"`, `"checkpoint":"`+strings.Repeat("x", MaxNote)),
		"large seal":                     replace(`"seal":"`, `"seal":"`+strings.Repeat("x", statement.MaxLeaf)),
		"state of a run above 40 KiB":    inApproved(`"state":"`+between(approved[strings.Index(approved, `"id":"R1"`):], `"state":"`, `"`), `"state":"`+largeRun),
		"null statement of a grant":      inApproved(granted, "null"),
		"statement of a grant, keyid":    inApproved(granted, strings.Replace(granted, `"sig":`, `"keyid":"","sig":`, 1)),
		"delegation without a statement": inApproved(`"envelope":`+granted, `"delegation":`+granted),
		"delegation after the statement": inApproved(`"envelope":`+granted, `"envelope":`+granted+`,"delegation":`+granted),
		"statement with a document":      replace(`"registers":[{`, `"registers":[{"envelope":`+granted+`,`),
		"invalid UTF-8":                  replace(`"checkpoint":"`, "\"checkpoint\":\"\xff"),
		"escaped solidus":                replace(`"id":"contracts/1"`, `"id":"contracts\/1"`),
		"escaped letter":                 replace(`"id":"contracts/1"`, `"id":"\u0063ontracts/1"`),
	} {
		if in == good {
			t.Errorf("%s: nothing was changed", name)
		} else if r, err := ParseReceipt([]byte(in)); err == nil {
			t.Errorf("%s: accepted, with %d registers", name, len(r.Registers))
		}
	}
	if _, err := ParseReceipt([]byte(good)); err != nil {
		t.Fatal(err)
	}
}

func nextLetter(c byte) string { return string(rune(c + 1)) }

// TestParseReceiptLimits holds the largest receipt of each kind.
func TestParseReceiptLimits(t *testing.T) {
	_, all := receiptsOf(t)
	r := all["superseded"]
	r.Index, r.Registers[0].ID = maxReceiptIndex, strings.Repeat("a", 255)
	r.Registers[1].State.State = make([]byte, maxReceiptOpening)
	r.Inclusion, r.GenesisInclusion, r.SealInclusion = make([]Hash, 64), make([]Hash, 64), make([]Hash, 64)
	e := r.Registers[0].Events[0]
	e.Proof = make([]Hash, 64)
	r.Registers[0].Events = slices.Repeat([]EventProof{e}, 64)
	r.Registers = append(slices.Repeat(r.Registers[1:], MaxReceiptRegisters-1), r.Registers[0])
	b := r.Marshal()
	if _, err := ParseReceipt(b); err != nil || len(b) > MaxReceipt {
		t.Fatalf("%d bytes: %v", len(b), err)
	}
	r.Registers = slices.Repeat(r.Registers[MaxReceiptRegisters-1:], 7)
	if b = r.Marshal(); len(b) <= MaxReceipt {
		t.Fatalf("only %d bytes", len(b))
	}
	wantFormatError(t, b, "at most 1048576 are allowed")
}

func wantFormatError(t *testing.T, b []byte, text string) {
	t.Helper()
	_, err := ParseReceipt(b)
	wantError(t, err, text)
}

// TestByteFlips: whatever byte of a receipt is changed, it is never accepted with
// another meaning.
func TestByteFlips(t *testing.T) {
	v, all := receiptsOf(t)
	for name, r := range all {
		expect := expectationOf(r)
		want := v.Verify(r, expect)
		flipped := 0
		b := r.Marshal()
		bits, step, from := []byte{0x01}, 11, 0
		switch name {
		case "superseded":
			bits, step = []byte{0x01, 0x04}, 3
		case "approved": // each byte of run and grants; what stands before is like that of the others
			step, from = 1, bytes.Index(b, []byte(`"id":"wl/publisher"`))
		}
		for i := from; i < len(b); i += step {
			for _, bit := range bits {
				b[i] ^= bit
				other, err := ParseReceipt(b)
				if err == nil {
					flipped++
					if got := v.Verify(other, expect); !sameOrWorse(want, got) {
						t.Fatalf("%s: byte %d of %s gives\n%s", name, i, b, got)
					}
				}
				b[i] ^= bit
			}
		}
		if flipped == 0 {
			t.Errorf("%s: no flip was parsed", name)
		}
	}
}

// sameOrWorse says whether a verdict over altered bytes claims nothing new: it is
// no verdict about the file, or it lost cosigners, or it is the same.
func sameOrWorse(want, got Verdict) bool {
	switch got.Kind {
	case Invalid:
		return true
	case Unknown:
		return want.Kind == Unknown
	}
	if got.Exit == ExitCosigners {
		got.Exit, want.Exit = 0, 0
	}
	return got.Kind == want.Kind && got.Exit == want.Exit && got.Document == want.Document && got.Version == want.Version &&
		got.Size == want.Size && got.Statement == want.Statement && cmp.Equal(got.From, want.From) && cmp.Equal(got.Until, want.Until) &&
		cmp.Equal(got.Run, want.Run) && cmp.Equal(got.Approvals, want.Approvals)
}

func FuzzParseReceipt(f *testing.F) {
	_, all := receiptsOf(f)
	for _, r := range all {
		f.Add(r.Marshal())
	}
	f.Add((&Receipt{}).Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReceipt(b)
		if err != nil {
			return
		}
		if !bytes.Equal(r.Marshal(), b) {
			t.Fatalf("parsed and printed differ:\n%s\n%s", b, r.Marshal())
		}
	})
}

// FuzzVerify lets the fuzzer change the parts of a receipt that Verify reads,
// each in its own form, so that it gets past ParseReceipt.
func FuzzVerify(f *testing.F) {
	v, all := receiptsOf(f)
	signed := make(map[TreeHead]bool)
	for _, r := range all {
		f.Add(r.Marshal(), []byte{}, []byte{}, []byte{}, uint64(0), uint8(0))
		signed[treeHeadOf(r)] = true
	}
	good := all["superseded"]
	f.Add(good.Marshal(), good.Registers[0].Value.Marshal(), good.Registers[0].Events[0].Event.Marshal(),
		good.Registers[0].Path.Marshal(), uint64(7), uint8(3))
	grant := all["approved"].Registers[atRisk]
	f.Add(all["approved"].Marshal(), grant.Value.Marshal(), grant.Events[1].Event.Marshal(), grant.Path.Marshal(), uint64(9), uint8(atLegal))
	f.Fuzz(func(t *testing.T, b, value, event, path []byte, n uint64, which uint8) {
		r, err := ParseReceipt(b)
		if err != nil {
			r = all["superseded"]
			c := *r
			c.Registers = slices.Clone(r.Registers)
			c.Registers[0].Events = slices.Clone(r.Registers[0].Events)
			r = &c
		}
		if len(r.Registers) > 0 {
			p := &r.Registers[int(which)%len(r.Registers)]
			if x, err := register.ParseValue(value); err == nil {
				p.Value = &x
			}
			if x, err := register.ParsePath(path); err == nil {
				p.Path = x
			}
			if x, err := register.ParseEvent(event); err == nil && len(p.Events) > 0 {
				p.Events[int(which)%len(p.Events)].Event = x
			}
		}
		if which > 100 {
			r.Index = n
		}
		expect := expectationOf(r)
		got := v.Verify(r, expect)
		if got.String() == "" || got.Kind == "" {
			t.Fatal("no verdict")
		}
		if _, err := got.MarshalJSON(); err != nil {
			t.Fatal(err)
		}
		v.VerifyStapled(all["first"], r, expect)
		c, _ := v.Contradiction(all["superseded"], r)
		switch {
		case c != nil && !signed[treeHeadOf(r)]:
			t.Skip("an older log of these tests signed it: it is from Go's cache")
		case c != nil:
			t.Fatalf("the fuzzer framed the log: %s", c.Reason)
		}
	})
}

// treeHeadOf is the tree head in the note of a receipt, which nobody verified; of another
// note it is zero.
func treeHeadOf(r *Receipt) TreeHead {
	n, err := ParseNote(r.Checkpoint)
	if err != nil {
		return TreeHead{}
	}
	cp, err := ParseCheckpoint(n.Body)
	if err != nil {
		return TreeHead{}
	}
	return cp.TreeHead
}

func BenchmarkVerify(b *testing.B) {
	l := newWrittenLog(b)
	for i := range 200 {
		l.release(fmt.Sprintf("notes/%d", i), "note")
	}
	l.second()
	i := uint64(len(l.leaves.leaves))
	l.release("contracts/1", "three")
	l.publish()
	r := l.receipt(i)
	v, expect := l.verifier(testPolicyText()), expectationOf(r)
	file := r.Marshal()
	b.Run("receipt", func(b *testing.B) {
		for b.Loop() {
			if got := v.Verify(r, expect); got.Exit != 0 {
				b.Fatal(got)
			}
		}
		b.ReportMetric(float64(len(file)), "bytes/receipt")
	})
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			if _, err := ParseReceipt(file); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("file", func(b *testing.B) {
		for b.Loop() {
			r, err := ParseReceipt(file)
			if err != nil {
				b.Fatal(err)
			}
			if got := v.Verify(r, expect); got.Exit != 0 {
				b.Fatal(got)
			}
		}
	})
}
