package proofs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// only is the staple of one register with its newest event, under the newest tree.
func (l *writtenLog) only(typ register.Type, id string) *Receipt {
	r, _ := l.record(typ, id)
	return r
}

// claimLog has a release of "one" as contracts/1, and a key on record as such.
func claimLog(t testing.TB) *writtenLog {
	l := newWrittenLog(t)
	l.release("contracts/1", "one")
	index := l.enroll("wl/other", 0)
	key := fileDigest(string(keyOf("wl/other").spki))
	body := register.KeyBody{KeyType: register.KeyTypeSPKI, Identity: register.IdentityKey("wl/other")}
	state := register.DigestState{KeyType: register.KeyTypeSPKI, Identity: body.Identity}
	l.event(index, l.entries[index], register.TypeDigest, key.String(), register.DigestKeyed, body.Marshal(), state.Marshal())
	l.publish()
	return l
}

func TestAbsence(t *testing.T) {
	l := claimLog(t)
	v, none := l.verifier(testPolicyText()), l.verifier(strings.Replace(testPolicyText(), "quorum demanded", "quorum none", 1))
	key := fileDigest(string(keyOf("wl/other").spki))
	never, one := fileDigest("never"), fileDigest("one")
	closed := l.only(register.TypeDigest, one.String())
	closed.Registers[0].State = nil
	released := l.only(register.TypeDigest, one.String())
	absent, noDocument := l.only(register.TypeDigest, never.String()), l.only(register.TypeDocument, "contracts/9")
	now := (l.cosignAt+2)*1000 + 5000
	l.cosigners = l.cosigners[:1]
	fewer, fewerReleased := l.only(register.TypeDigest, never.String()), l.only(register.TypeDigest, one.String())
	document := func(v Verifier, r *Receipt, id string, e Expect) Claim { return v.DocumentAbsent(r, id, e) }
	digest := func(v Verifier, r *Receipt, d statement.Digest, e Expect) Claim { return v.NeverReleased(r, d, e) }
	old := Expect{Now: now, MaxAge: 1000}
	for name, c := range map[string]struct {
		got    Claim
		answer Answer
		exit   int
		level  Level
	}{
		"no such document":              {document(v, noDocument, "contracts/9", Expect{}), Yes, 0, LevelAudited},
		"another document":              {document(v, noDocument, "contracts/8", Expect{}), NotKnown, ExitUnknown, LevelAudited},
		"a document":                    {document(v, l.only(register.TypeDocument, "contracts/1"), "contracts/1", Expect{Dev: true}), No, ExitCosigners, LevelLog},
		"never released":                {digest(v, absent, never, Expect{}), Yes, 0, LevelAudited},
		"fresh enough":                  {digest(v, absent, never, Expect{Now: now, MaxAge: 5000}), Yes, 0, LevelAudited},
		"too old by 1 ms":               {digest(v, absent, never, Expect{Now: now + 1, MaxAge: 5000}), Yes, ExitQualified, LevelAudited},
		"released":                      {digest(v, released, one, Expect{}), No, ExitEnded, LevelAudited},
		"released, too old":             {digest(v, released, one, old), No, ExitEnded, LevelAudited},
		"state not shown":               {digest(v, closed, one, Expect{}), NotKnown, ExitUnknown, LevelAudited},
		"another digest":                {digest(v, absent, one, Expect{}), NotKnown, ExitUnknown, LevelAudited},
		"fewer cosigners":               {digest(v, fewer, never, Expect{}), Yes, ExitCosigners, LevelLog},
		"fewer cosigners, too old":      {digest(v, fewer, never, old), Yes, ExitCosigners, LevelLog},
		"fewer cosigners, released":     {digest(v, fewerReleased, one, Expect{}), No, ExitCosigners, LevelLog},
		"nobody demanded":               {digest(none, absent, never, Expect{}), Yes, ExitCosigners, LevelLog},
		"nobody demanded, a dev folder": {digest(none, absent, never, Expect{Dev: true}), Yes, 0, LevelLog},
		"the key of an identity":        {digest(none, l.only(register.TypeDigest, key.String()), key, Expect{Dev: true}), Yes, 0, LevelLog},
		"nothing":                       {digest(v, nil, never, Expect{}), NoVerdict, ExitInvalid, ""},
		"its cosigners are of tomorrow": {digest(v, absent, never, Expect{Now: now - 3_600_000}), Yes, ExitCosigners, LevelLog},
	} {
		if c.got.Answer != c.answer || c.got.Exit != c.exit || c.got.Level != c.level {
			t.Errorf("%s: want %q, exit %d, %s, got\n%s", name, c.answer, c.exit, c.level, c.got.Full())
		}
		checkClaim(t, c.got)
	}
}

// checkClaim: text and JSON say the same, and what is left open.
func checkClaim(t *testing.T, c Claim) {
	t.Helper()
	var out struct {
		Claim, ID, Answer, Reason, Level string
		Exit                             int
		Size                             uint64
		NotChecked                       []string
		Checks                           []struct{ OK bool }
	}
	b, err := json.Marshal(c)
	if err != nil || json.Unmarshal(b, &out) != nil {
		t.Fatal(err)
	}
	if out.Claim != string(c.Name) || out.ID != c.ID || out.Answer != string(c.Answer) || out.Exit != c.Exit || out.Size != c.Size ||
		len(out.NotChecked) == 0 || len(out.Checks) != len(c.Checks) || out.Level != string(c.Level) {
		t.Errorf("%s", b)
	}
	text := c.String()
	if !strings.Contains(text, c.Reason) || !strings.Contains(text, fmt.Sprintf("exit code  %d\n", c.Exit)) || !strings.Contains(text, "not checked:\n") {
		t.Errorf("%s", text)
	}
}

// TestAbsenceRefuses: a register that is there, shown as absent.
func TestAbsenceRefuses(t *testing.T) {
	l := claimLog(t)
	v := l.verifier(testPolicyText())
	one := fileDigest("one")
	hidden := l.only(register.TypeDigest, one.String())
	hidden.Registers[0] = RegisterProof{Type: register.TypeDigest, ID: one.String(), Path: hidden.Registers[0].Path}
	renamed := l.only(register.TypeDigest, fileDigest("never").String())
	renamed.Registers[0].ID = one.String()
	twice := l.only(register.TypeDigest, fileDigest("never").String())
	twice.Registers = append(twice.Registers, twice.Registers[0])
	stranger := newWrittenLog(t)
	stranger.signer = newSigner("log.example", TypeEd25519, 97)
	for name, c := range map[string]struct {
		staple *Receipt
		digest statement.Digest
		check  CheckName
	}{
		"its value left out":       {hidden, one, CheckRegister},
		"the absence of another":   {renamed, one, CheckRegister},
		"shown twice":              {twice, fileDigest("never"), CheckRegister},
		"of another log":           {stranger.only(register.TypeDigest, one.String()), one, CheckCheckpoint},
		"of a log with this key":   {emptied(t), one, CheckGenesis},
		"a checkpoint without end": {&Receipt{Checkpoint: l.note()}, one, CheckSealForm},
	} {
		got := v.NeverReleased(c.staple, c.digest, Expect{})
		if last := got.Checks[len(got.Checks)-1]; got.Answer != NoVerdict || got.Exit != ExitInvalid || last.OK || last.Name != c.check {
			t.Errorf("%s: want the check %q to fail, got\n%s", name, c.check, got.Full())
		}
	}
}

// emptied is the staple of a log of the same key, begun anew.
func emptied(t *testing.T) *Receipt {
	l := emptyLog(t)
	l.time += 1000
	l.genesis()
	l.enroll("wl/publisher", 0)
	l.publish()
	return l.only(register.TypeDigest, fileDigest("one").String())
}

// TestClaimByteFlips: no byte of a staple can be changed so that a claim changes its
// answer to yes or no, or speaks of another tree.
func TestClaimByteFlips(t *testing.T) {
	l := claimLog(t)
	v, one, never := l.verifier(testPolicyText()), fileDigest("one"), fileDigest("never")
	for name, c := range map[string]struct {
		staple *Receipt
		judge  func(r *Receipt) Claim
	}{
		"absent digest":   {l.only(register.TypeDigest, never.String()), func(r *Receipt) Claim { return v.NeverReleased(r, never, Expect{}) }},
		"released":        {l.only(register.TypeDigest, one.String()), func(r *Receipt) Claim { return v.NeverReleased(r, one, Expect{}) }},
		"absent document": {l.only(register.TypeDocument, "contracts/9"), func(r *Receipt) Claim { return v.DocumentAbsent(r, "contracts/9", Expect{}) }},
	} {
		want, flipped := c.judge(c.staple), 0
		b := c.staple.Marshal()
		for i := range b {
			b[i] ^= 1
			r, err := ParseReceipt(b)
			b[i] ^= 1
			if err != nil {
				continue
			}
			flipped++
			got := c.judge(r)
			same := got.Answer == want.Answer && got.Size == want.Size && got.SealTime == want.SealTime && (got.Exit == want.Exit || got.Exit == ExitCosigners)
			if !same && got.Exit != ExitInvalid && got.Exit != ExitUnknown {
				t.Fatalf("%s: byte %d gives\n%s", name, i, got.Full())
			}
		}
		if flipped == 0 {
			t.Errorf("%s: no flip was parsed", name)
		}
	}
}

// TestRegistersAgree: under one checkpoint a register has one answer. Whatever proof
// of the tree is shown under another's name does not pass, be it a value or an absence.
func TestRegistersAgree(t *testing.T) {
	l := newRunLog(t)
	l.approved()
	seal, err := statement.ParseSeal(l.seal)
	if err != nil {
		t.Fatal(err)
	}
	names := []RegisterProof{{Type: register.TypeDocument, ID: "contracts/absent"}, {Type: register.TypeDigest, ID: fileDigest("never").String()}}
	for _, r := range l.shown {
		names = append(names, RegisterProof{Type: r.typ, ID: r.id})
	}
	passed := 0
	for _, name := range names {
		for _, other := range names {
			p := l.only(other.Type, other.ID).Registers[0]
			p.Type, p.ID = name.Type, name.ID
			for _, shown := range []RegisterProof{p, {Type: name.Type, ID: name.ID, Path: p.Path}} {
				h, err := newHistory(shown, seal)
				if err != nil || h.check() != nil {
					continue
				}
				own := l.only(name.Type, name.ID).Registers[0]
				if (own.Value == nil) != (shown.Value == nil) || own.Value != nil && *own.Value != *shown.Value {
					t.Fatalf("%v %q passes with the proof of %v %q", name.Type, name.ID, other.Type, other.ID)
				}
				passed++
			}
		}
	}
	if passed < len(names) {
		t.Errorf("%d of %d registers passed", passed, len(names))
	}
	if len(l.shown) < 10 {
		t.Errorf("only %d registers were tried", len(l.shown))
	}
}

// TestReceiptsAgree: receipts and staples of all entries under one checkpoint never
// contradict each other, and where they show one register they show one value.
func TestReceiptsAgree(t *testing.T) {
	l := newRunLog(t)
	l.approved()
	l.withdraw("contracts/9")
	l.publish()
	v := l.verifier(testPolicyText())
	var all []*Receipt
	for index := range l.entries {
		if index > 0 && l.entries[index].statement.Code.Kind() == "document" {
			all = append(all, l.receipt(index), l.staple(index))
		}
	}
	for _, r := range l.shown {
		all = append(all, l.only(r.typ, r.id))
	}
	values := make(map[string]register.Value)
	for i, a := range all {
		for _, p := range a.Registers {
			name := fmt.Sprint(p.Type, p.ID)
			if before, ok := values[name]; ok && before != *p.Value {
				t.Errorf("%s has two values", name)
			}
			values[name] = *p.Value
		}
		for _, b := range all[i+1:] {
			if found, err := v.Contradiction(a, b); err != nil || found != nil {
				t.Fatalf("%v, %v", found, err)
			}
		}
	}
}

// FuzzClaims: whatever is shown as a staple, a claim neither panics nor hangs, and one
// that is answered speaks of a tree that the log signed.
func FuzzClaims(f *testing.F) {
	l := claimLog(f)
	one := fileDigest("one")
	for _, r := range []*Receipt{l.only(register.TypeDigest, one.String()), l.only(register.TypeDocument, "contracts/9"), l.receipt(3), {}} {
		f.Add(r.Marshal())
	}
	v := l.verifier(testPolicyText())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReceipt(b)
		if err != nil {
			return
		}
		for _, c := range []Claim{v.NeverReleased(r, one, Expect{}), v.DocumentAbsent(r, "contracts/1", Expect{})} {
			if c.Answer == Yes || c.Answer != NoVerdict && c.Size != l.size {
				t.Fatalf("%s", c)
			}
		}
	})
}
