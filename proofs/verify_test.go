package proofs

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A verdictCase is an honest receipt and what is expected of it.
type verdictCase struct {
	name   string
	make   func(l *writtenLog) *Receipt
	expect func(e *Expect) // starts from the file and document of the receipt
	policy func() string   // nil: testPolicyText
	kind   Kind
	exit   int
	failed CheckName // the check that decides the exit code, if one does
}

const (
	firstSealTime = startTime + batchMillis
	// The quorum's time on the tree of size 6: the audit cosigner is the last.
	firstWitnessTime = (startTime/1000+1+2*batchMillis/1000)*1000 + 2000
)

var verdictCases = []verdictCase{
	{name: "current", make: (*writtenLog).first, kind: Authoritative},
	{name: "current, version 2", make: (*writtenLog).second, kind: Authoritative},
	{name: "current after a withdrawal", make: func(l *writtenLog) *Receipt { return l.revived(9, nil) }, kind: Authoritative},
	{name: "superseded", make: func(l *writtenLog) *Receipt {
		l.second()
		return l.receipt(entryFirst)
	}, kind: WasAuthoritative, exit: ExitEnded},
	{name: "superseded long ago", make: func(l *writtenLog) *Receipt {
		l.third()
		return l.receipt(entryFirst)
	}, kind: WasAuthoritative, exit: ExitEnded},
	{name: "superseded, state closed", make: func(l *writtenLog) *Receipt {
		l.third()
		r := l.receipt(entrySecond)
		r.Registers[0].State = nil
		return r
	}, kind: WasAuthoritative, exit: ExitEnded},
	{name: "withdrawn", make: func(l *writtenLog) *Receipt {
		l.first()
		l.withdraw("contracts/1")
		l.publish()
		return l.receipt(entryFirst)
	}, kind: Withdrawn, exit: ExitEnded},
	{name: "the withdrawal itself", make: func(l *writtenLog) *Receipt { return l.withdrawn(1, fileDigest("one"), nil) },
		kind: Withdrawn, exit: ExitEnded},
	{name: "a withdrawal with a release after it", make: func(l *writtenLog) *Receipt {
		l.withdrawn(1, fileDigest("one"), nil)
		l.next("two")
		return l.receipt(entrySecond)
	}, kind: Withdrawn, exit: ExitEnded},
	{name: "by an identity revoked since", make: func(l *writtenLog) *Receipt {
		l.first()
		l.revoke("wl/publisher", 0)
		l.publish()
		return l.receipt(entryFirst)
	}, kind: Authoritative},
	{name: "in the batch of the revocation, before it", make: func(l *writtenLog) *Receipt {
		i := l.release("contracts/1", "one")
		l.revoke("wl/publisher", 0)
		l.publish()
		return l.receipt(i)
	}, kind: Authoritative},
	{name: "by the key that expires one millisecond later", make: func(l *writtenLog) *Receipt {
		l = emptyLog(l.t)
		l.genesis()
		l.enroll("wl/publisher", firstSealTime+1)
		l.publish()
		return l.first()
	}, kind: Authoritative},

	{name: "identity that revokes itself", make: func(l *writtenLog) *Receipt {
		i := l.revoke("h/admin", 0)
		l.publish()
		return l.receipt(i)
	}, kind: Unknown, exit: ExitUnknown},
	{name: "genesis policy", make: func(l *writtenLog) *Receipt {
		l.first()
		return l.receipt(0)
	}, kind: Authoritative},
	{name: "genesis policy, in no namespace", make: func(l *writtenLog) *Receipt {
		l.first()
		return l.receipt(0)
	}, expect: func(e *Expect) { e.Document, e.Namespaces = "", []string{"*"} }, kind: Authoritative, exit: ExitQualified, failed: CheckExpected},
	{name: "superseded policy", make: func(l *writtenLog) *Receipt {
		l.nextPolicy(2)
		l.publish()
		return l.receipt(0)
	}, kind: WasAuthoritative, exit: ExitEnded},
	{name: "later policy", make: func(l *writtenLog) *Receipt {
		i := l.nextPolicy(2)
		l.publish()
		return l.receipt(i)
	}, kind: Authoritative},
	{name: "superseded in its own batch", make: func(l *writtenLog) *Receipt {
		i := l.release("contracts/1", "one")
		l.release("contracts/1", "two")
		l.publish()
		return l.receipt(i)
	}, kind: WasAuthoritative, exit: ExitEnded},

	{name: "another file", make: (*writtenLog).first, expect: func(e *Expect) { e.File = fileDigest("two") },
		kind: Unknown, exit: ExitUnknown, failed: CheckFile},
	{name: "no file", make: (*writtenLog).first, expect: func(e *Expect) { e.File = statement.Digest{} },
		kind: Unknown, exit: ExitUnknown, failed: CheckFile},
	{name: "no file, and a statement about zeros", make: func(l *writtenLog) *Receipt {
		l.onStatement = func(s *statement.Statement) { s.Subject = statement.Digest{} }
		l.onDocument(0, func(e *writtenEvent) {
			e.changeBody(func(b *register.DocumentBody) { b.Digest = register.SHA256Digest(Hash{}) })
		})
		l.onStateOf(register.TypeDocument, "contracts/1", 1, func(r *writtenRegister) { clear(r.state[6:38]) })
		return l.first()
	}, kind: Unknown, exit: ExitUnknown, failed: CheckFile},
	{name: "another file, compromised, no cosigners", make: func(l *writtenLog) *Receipt {
		l.cosigners = nil
		return l.compromised(startTime)
	}, expect: func(e *Expect) { e.File = fileDigest("two") }, kind: Unknown, exit: ExitUnknown, failed: CheckFile},
	{name: "statement about an identity", make: func(l *writtenLog) *Receipt {
		l.first()
		return l.receipt(1)
	}, kind: Unknown, exit: ExitUnknown},

	{name: "compromised long before", make: func(l *writtenLog) *Receipt { return l.compromised(1) },
		kind: Authoritative, exit: ExitCompromised, failed: CheckCompromise},
	{name: "compromised at that time", make: func(l *writtenLog) *Receipt { return l.compromised(firstSealTime) },
		kind: Authoritative, exit: ExitCompromised, failed: CheckCompromise},
	{name: "compromised a millisecond later", make: func(l *writtenLog) *Receipt { return l.compromised(firstSealTime + 1) },
		kind: Authoritative},
	{name: "compromised and ended", make: func(l *writtenLog) *Receipt {
		l.first()
		l.withdraw("contracts/1")
		l.publish()
		return l.compromisedSince(1)
	}, kind: Withdrawn, exit: ExitCompromised, failed: CheckCompromise},
	{name: "compromised and without cosigners", make: func(l *writtenLog) *Receipt {
		l.cosigners = nil
		return l.compromised(1)
	}, kind: Authoritative, exit: ExitCompromised, failed: CheckCompromise},

	{name: "one witness of two", make: func(l *writtenLog) *Receipt {
		l.cosigners = []testSigner{testWitness1, testAuditor}
		return l.first()
	}, kind: Authoritative, exit: ExitCosigners, failed: CheckCosigners},
	{name: "auditor missing", make: func(l *writtenLog) *Receipt {
		l.cosigners = []testSigner{testWitness1, testWitness2, testWitness3}
		return l.first()
	}, kind: Authoritative, exit: ExitCosigners, failed: CheckCosigners},
	{name: "one witness twice", make: func(l *writtenLog) *Receipt {
		l.cosigners = []testSigner{testWitness1, testWitness1, testAuditor}
		return l.first()
	}, kind: Authoritative, exit: ExitCosigners, failed: CheckCosigners},
	{name: "cosigners missing and ended", make: func(l *writtenLog) *Receipt {
		l.second()
		l.cosigners = nil
		return l.receipt(entryFirst)
	}, kind: WasAuthoritative, exit: ExitCosigners, failed: CheckCosigners},
	{name: "cosigners missing and unexpected", make: func(l *writtenLog) *Receipt {
		l.cosigners = nil
		return l.first()
	}, expect: func(e *Expect) { e.Document = "" }, kind: Authoritative, exit: ExitCosigners, failed: CheckCosigners},
	{name: "quorum none", make: (*writtenLog).first, policy: noQuorumText,
		kind: Authoritative, exit: ExitCosigners, failed: CheckCosigners},
	{name: "quorum none in a dev folder", make: (*writtenLog).first, policy: noQuorumText,
		expect: func(e *Expect) { e.Dev = true }, kind: Authoritative},
	{name: "a dev folder does not excuse missing cosigners", make: func(l *writtenLog) *Receipt {
		l.cosigners = nil
		return l.first()
	}, expect: func(e *Expect) { e.Dev = true }, kind: Authoritative, exit: ExitCosigners, failed: CheckCosigners},
	{name: "cosignatures from the future", make: (*writtenLog).first,
		expect: func(e *Expect) { e.Now = firstWitnessTime - ClockSkew - 1000 }, kind: Authoritative, exit: ExitCosigners, failed: CheckCosigners},
	{name: "cosignatures within the skew", make: (*writtenLog).first,
		expect: func(e *Expect) { e.Now = firstWitnessTime - ClockSkew }, kind: Authoritative},

	{name: "another document", make: (*writtenLog).first, expect: func(e *Expect) { e.Document = "contracts/2" },
		kind: Authoritative, exit: ExitQualified, failed: CheckExpected},
	{name: "another document, in an expected namespace", make: (*writtenLog).first,
		expect: func(e *Expect) { e.Document, e.Namespaces = "contracts/2", []string{"contracts/"} },
		kind:   Authoritative, exit: ExitQualified, failed: CheckExpected},
	{name: "another document in a dev folder", make: (*writtenLog).first,
		expect: func(e *Expect) { e.Document, e.Dev = "contracts/2", true }, kind: Authoritative, exit: ExitQualified, failed: CheckExpected},
	{name: "nothing expected", make: (*writtenLog).first, expect: func(e *Expect) { e.Document = "" },
		kind: Authoritative, exit: ExitQualified, failed: CheckExpected},
	{name: "nothing expected in a dev folder", make: (*writtenLog).first,
		expect: func(e *Expect) { e.Document, e.Dev = "", true }, kind: Authoritative},
	{name: "in an expected namespace", make: (*writtenLog).first,
		expect: func(e *Expect) { e.Document, e.Namespaces = "", []string{"notes/", "contracts/"} }, kind: Authoritative},
	{name: "in no expected namespace", make: (*writtenLog).first,
		expect: func(e *Expect) { e.Document, e.Namespaces = "", []string{"notes/", "contract", "contracts/1/"} },
		kind:   Authoritative, exit: ExitQualified, failed: CheckExpected},
	{name: "in no expected namespace of a dev folder", make: (*writtenLog).first,
		expect: func(e *Expect) { e.Document, e.Namespaces, e.Dev = "", []string{"notes/"}, true },
		kind:   Authoritative, exit: ExitQualified, failed: CheckExpected},
	{name: "ended and unexpected", make: func(l *writtenLog) *Receipt {
		l.second()
		return l.receipt(entryFirst)
	}, expect: func(e *Expect) { e.Document = "" }, kind: WasAuthoritative, exit: ExitEnded},

	{name: "as old as allowed", make: (*writtenLog).first,
		expect: func(e *Expect) { e.Now, e.MaxAge = firstWitnessTime+60_000, 60_000 }, kind: Authoritative},
	{name: "too old", make: (*writtenLog).first,
		expect: func(e *Expect) { e.Now, e.MaxAge = firstWitnessTime+60_001, 60_000 }, kind: Authoritative, exit: ExitQualified, failed: CheckAge},
	{name: "old, no maximum", make: (*writtenLog).first,
		expect: func(e *Expect) { e.Now = firstWitnessTime + 1e12 }, kind: Authoritative},
	{name: "ended and old", make: func(l *writtenLog) *Receipt {
		l.second()
		return l.receipt(entryFirst)
	}, expect: func(e *Expect) { e.Now, e.MaxAge = firstWitnessTime+1e12, 1 }, kind: WasAuthoritative, exit: ExitEnded},
	{name: "too old by the log's clock", make: (*writtenLog).first, policy: noQuorumText,
		expect: func(e *Expect) { e.Dev, e.Now, e.MaxAge = true, firstSealTime+60_001, 60_000 },
		kind:   Authoritative, exit: ExitQualified, failed: CheckAge},
	{name: "as old as allowed by the log's clock", make: (*writtenLog).first, policy: noQuorumText,
		expect: func(e *Expect) { e.Dev, e.Now, e.MaxAge = true, firstSealTime+60_000, 60_000 }, kind: Authoritative},
	{name: "the log's clock is ahead", make: (*writtenLog).first, policy: noQuorumText,
		expect: func(e *Expect) { e.Dev, e.Now = true, firstSealTime-ClockSkew-1 }, kind: Authoritative, exit: ExitQualified, failed: CheckAge},
	{name: "the log's clock is ahead by the skew", make: (*writtenLog).first, policy: noQuorumText,
		expect: func(e *Expect) { e.Dev, e.Now = true, firstSealTime-ClockSkew }, kind: Authoritative},
}

func noQuorumText() string {
	return "log " + testLog.key.String() + "\nwitness w1 " + testWitness1.key.String() + "\nquorum none\n"
}

// compromised is the receipt of version 1 after its signer was reported.
func (l *writtenLog) compromised(since int64) *Receipt {
	l.first()
	return l.compromisedSince(since)
}

func (l *writtenLog) compromisedSince(since int64) *Receipt {
	l.revoke("wl/publisher", since)
	l.publish()
	return l.receipt(entryFirst)
}

func TestVerdicts(t *testing.T) {
	for _, c := range verdictCases {
		t.Run(c.name, func(t *testing.T) {
			l := newWrittenLog(t)
			r := c.make(l)
			expect := expectationOf(r)
			if c.expect != nil {
				c.expect(&expect)
			}
			policy := testPolicyText
			if c.policy != nil {
				policy = c.policy
			}
			got := l.verifier(policy()).Verify(r, expect)
			failed, _ := got.Failed()
			if got.Kind != c.kind || got.Exit != c.exit || c.failed != "" && !failsBy(got, c.failed) || c.exit == 0 && failed.Name != "" {
				t.Fatalf("want %s %d by %q, got\n%s", c.kind, c.exit, c.failed, got)
			}
			if plain := c.exit == ExitAuthoritative || c.exit == ExitEnded; plain != (got.Reason == "") {
				t.Fatalf("exit %d with the reason %q", got.Exit, got.Reason)
			}
			checkComplete(t, got)
			// A receipt that was stored and read again gives the same verdict.
			again, err := ParseReceipt(r.Marshal())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, l.verifier(policy()).Verify(again, expect)); diff != "" {
				t.Fatalf("verdict differs after marshaling:\n%s", diff)
			}
		})
	}
}

// failsBy says whether the reason of the verdict is that check.
func failsBy(v Verdict, name CheckName) bool {
	return slices.ContainsFunc(v.Checks, func(c Check) bool {
		return c.Name == name && !c.OK && strings.Contains(v.Reason, c.Detail)
	})
}

// checkComplete demands what every verdict must say, in both renderings.
func checkComplete(t *testing.T, v Verdict) {
	t.Helper()
	if v.Size == 0 || v.SealTime == 0 || v.Rules == "" || v.Level == "" || len(v.NotChecked) == 0 || len(v.Checks) < 10 {
		t.Fatalf("verdict is not complete: %+v", v)
	}
	if first, _, _ := strings.Cut(v.String(), "\n"); !strings.HasPrefix(first, string(v.Kind)+": ") || !strings.HasSuffix(first, ".") {
		t.Fatalf("first line is no sentence: %q", first)
	}
	b, err := v.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if out["verdict"] != string(v.Kind) || out["exit"] != float64(v.Exit) {
		t.Fatalf("JSON has %v %v", out["verdict"], out["exit"])
	}
}

// TestVerdictFacts checks every field of one verdict.
func TestVerdictFacts(t *testing.T) {
	l := newWrittenLog(t)
	l.second()
	r := l.receipt(entryFirst)
	got := l.verifier(testPolicyText()).Verify(r, expectationOf(r))
	got.Checks, got.NotChecked = nil, nil
	cosigned := int64((startTime/1000 + 1 + 3*batchMillis/1000) * 1000)
	want := Verdict{
		Kind: WasAuthoritative, Exit: ExitEnded, Document: "contracts/1", Version: 1,
		Digest: fileDigest("one"), File: fileDigest("one"), Statement: l.entries[entryFirst].digest(),
		Issuer: "wl/publisher", SignedAt: firstSealTime - 250, Index: entryFirst,
		From: &Bound{Index: entryFirst, Time: firstSealTime}, Until: &Bound{Index: entrySecond, Time: firstSealTime + batchMillis},
		Origin: "log.example", Size: 8, SealTime: firstSealTime + batchMillis, WitnessTime: cosigned + 2000,
		Rules: statement.Rules, Level: LevelAudited, Tolerates: 1,
		Cosigners: []Cosigner{
			{Name: "w1", Group: "witnesses", Time: cosigned, Valid: true},
			{Name: "w2", Group: "witnesses", Time: cosigned + 1000, Valid: true},
			{Name: "w3", Group: "witnesses"},
			{Name: "audit", Group: "auditors", Time: cosigned + 2000, Valid: true},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("verdict (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"w1", "w2", "audit"}, got.Present()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"w3"}, got.Missing()); diff != "" {
		t.Error(diff)
	}
}

func TestLevels(t *testing.T) {
	head := strings.SplitAfter(testPolicyText(), "\n")
	keys := strings.Join(head[:5], "")
	for _, c := range []struct {
		name, groups string
		cosigners    []testSigner
		want         Level
	}{
		{"demanded auditors", strings.Join(head[5:], ""), nil, LevelAudited},
		{"auditors alone", "group auditors all audit\nquorum auditors\n", nil, LevelAudited},
		{"nested", "group auditors all audit\ngroup inner any auditors\ngroup all2 all inner w1\nquorum all2\n", nil, LevelAudited},
		{"witnesses alone", "group auditors any audit\ngroup witnesses 2 w1 w2 w3\nquorum witnesses\n", nil, LevelWitnessed},
		{"auditors in place of witnesses", "group auditors any audit\ngroup any2 any auditors w1\nquorum any2\n", nil, LevelWitnessed},
		{"a witness of that name", "group other any audit\ngroup all2 all other w1\nquorum all2\n", nil, LevelWitnessed},
		{"one witness", "quorum w1\n", nil, LevelWitnessed},
		{"quorum not met", strings.Join(head[5:], ""), []testSigner{testWitness1}, LevelLog},
		{"none", "quorum none\n", nil, LevelLog},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newWrittenLog(t)
			if c.cosigners != nil {
				l.cosigners = c.cosigners
			}
			r := l.first()
			got := l.verifier(keys+c.groups).Verify(r, expectationOf(r))
			if got.Level != c.want {
				t.Fatalf("level %s, want %s", got.Level, c.want)
			}
			if (got.WitnessTime != 0) != (c.want != LevelLog) {
				t.Fatalf("witness time %d at level %s", got.WitnessTime, got.Level)
			}
		})
	}
	witness := strings.ReplaceAll(keys, "witness w1 ", "witness auditors ") + "quorum auditors\n"
	l := newWrittenLog(t)
	r := l.first()
	if got := l.verifier(witness).Verify(r, expectationOf(r)); got.Level != LevelWitnessed {
		t.Fatalf("level %s for a witness named auditors, want %s", got.Level, LevelWitnessed)
	}
}

func TestVerifierIsNotTheLogs(t *testing.T) {
	l := newWrittenLog(t)
	r := l.first()
	good := l.verifier(testPolicyText())
	wantInvalid(t, Verifier{Genesis: good.Genesis}.Verify(r, expectationOf(r)), CheckCheckpoint)
	wantInvalid(t, Verifier{Policy: good.Policy}.Verify(r, expectationOf(r)), CheckGenesis)
	wantInvalid(t, Verifier{Policy: &Policy{}, Genesis: good.Genesis}.Verify(r, expectationOf(r)), CheckCheckpoint)

	other := *good.Policy
	other.Logs = []PolicyLog{{Key: newSigner("log.example", TypeEd25519, 98).key}}
	wantInvalid(t, Verifier{Policy: &other, Genesis: good.Genesis}.Verify(r, expectationOf(r)), CheckCheckpoint)
}

// TestRawLog: a log of raw leaves, even one whose key and genesis a verifier was
// made to pin and that holds the bytes of a commitment, has no registers.
func TestRawLog(t *testing.T) {
	docket := newWrittenLog(t)
	r := docket.first()
	raw := emptyLog(t)
	raw.leaves.add([]byte("any bytes"))
	raw.leaves.add([]byte("more bytes"))
	raw.publish()
	raw.leaves.add(docket.entries[entryFirst].leaf())
	raw.publish()
	if raw.leaves.head(4) == docket.leaves.head(4) {
		t.Fatal("the logs do not differ")
	}
	r.GenesisInclusion, r.Checkpoint = raw.inclusion(0), raw.note()
	r.Seal, r.SealInclusion, r.Inclusion = raw.seal, raw.inclusion(raw.size-1), raw.inclusion(3)
	wantInvalid(t, raw.verifier(testPolicyText()).Verify(r, expectationOf(r)), CheckDocument)
	wantInvalid(t, docket.verifier(testPolicyText()).Verify(r, expectationOf(r)), CheckGenesis)
}

// TestOriginIsAHost: a log of another project may have any C2SP origin; a docket
// log has a host name.
func TestOriginIsAHost(t *testing.T) {
	l := emptyLog(t)
	l.origin, l.signer = "Log.Example", newSigner("Log.Example", TypeEd25519, 1)
	l.onStatement = func(s *statement.Statement) { s.Log = "log.example" }
	l.genesis()
	l.enroll("wl/publisher", 0)
	l.publish()
	r := l.first()
	v := l.verifier(strings.ReplaceAll(testPolicyText(), testLog.key.String(), l.signer.key.String()))
	wantInvalid(t, v.Verify(r, expectationOf(r)), CheckCheckpoint)
}

// TestNotChecked: a verdict says what it leaves open, at its level.
func TestNotChecked(t *testing.T) {
	const (
		later    = "whether the log changed after size"
		noTime   = "the age: no time was given"
		noMax    = "the age: no maximum was given"
		expiry   = "whether the signer's key had expired"
		logOnly  = "that others see the same log"
		audit    = "that the registers follow from the entries"
		always   = "that no key was stolen"
		rest     = "everything after the check that failed"
		witness1 = "quorum w1\n"
	)
	l := newWrittenLog(t)
	first := l.first()
	enrolled := l.receipt(1)
	l.next("two")
	ended := l.receipt(entryFirst)
	broken := l.receipt(entryFirst)
	broken.Seal = nil
	l.onStatement = func(s *statement.Statement) { s.Run, s.Spends = "R1", []statement.Digest{{1}} }
	agreed := l.enroll("wl/agreed", 0)
	l.onStatement = nil
	l.publish()
	spending := l.receipt(agreed)
	head := strings.SplitAfter(testPolicyText(), "\n")
	audited, witnessed, alone := testPolicyText(), strings.Join(head[:2], "")+witness1, noQuorumText()
	for _, c := range []struct {
		name   string
		r      *Receipt
		policy string
		now    int64
		max    int64
		want   []string
	}{
		{"audited", first, audited, 0, 0, []string{later, noTime, always}},
		{"audited, with a time", first, audited, startTime + 1e6, 0, []string{later, noMax, always}},
		{"audited, with a maximum", first, audited, startTime + 1e6, 1, []string{later, always}},
		{"witnessed", first, witnessed, startTime + 1e6, 1, []string{later, audit, always}},
		{"alone", first, alone, startTime + 1e6, 1, []string{later, logOnly, always}},
		{"ended", ended, audited, 0, 0, []string{always}},
		{"no document", enrolled, audited, 0, 0, []string{expiry, always}},
		{"spends grants", spending, audited, 0, 0, []string{expiry, "the grants that it spends", always}},
		{"staple", l.staple(entryFirst), audited, 0, 0, []string{always}},
		{"invalid", broken, audited, 0, 0, []string{rest}},
	} {
		e := expectationOf(c.r)
		e.Now, e.MaxAge = c.now, c.max
		got := l.verifier(c.policy).Verify(c.r, e)
		ok := len(got.NotChecked) == len(c.want)
		for i := 0; ok && i < len(c.want); i++ {
			ok = strings.HasPrefix(got.NotChecked[i], c.want[i])
		}
		if !ok || len(got.Warnings) != 0 {
			t.Errorf("%s: not checked %q, warnings %q", c.name, got.NotChecked, got.Warnings)
		}
	}
	forged := newWrittenLog(t)
	forged.release("contracts/1", "forged")
	forged.publish()
	forged.next("two")
	got := l.verifier(audited).VerifyStapled(first, forged.staple(entryFirst), expectationOf(first))
	if len(got.NotChecked) != 1 || got.NotChecked[0] != rest {
		t.Errorf("contradicted: %q", got.NotChecked)
	}
}

func TestWarnsOfClock(t *testing.T) {
	for _, c := range []struct {
		ahead int64
		want  int
	}{{ClockSkew, 0}, {ClockSkew + 1, 1}} {
		l := newWrittenLog(t)
		l.time = firstWitnessTime + c.ahead
		r := l.first()
		got := l.verifier(testPolicyText()).Verify(r, expectationOf(r))
		if got.Kind != Authoritative || len(got.Warnings) != c.want {
			t.Errorf("%d ms ahead: %s, warnings %q", c.ahead, got.Kind, got.Warnings)
		}
	}
}

// TestGenesisSigner: at index 0 the identity's own event must be there, too.
func TestGenesisSigner(t *testing.T) {
	l := emptyLog(t)
	l.on(register.TypeIdentity, "h/admin", 0, func(e *writtenEvent) { e.Index = 1 })
	l.genesis()
	l.enroll("wl/publisher", 0)
	l.publish()
	r := l.receipt(0)
	wantInvalid(t, l.verifier(testPolicyText()).Verify(r, expectationOf(r)), CheckSigner)
}

// TestHugeTimes: a cosigner may sign any time up to 2^63-1 seconds.
func TestHugeTimes(t *testing.T) {
	l := newWrittenLog(t)
	l.cosignAt = math.MaxInt64 - 500
	r := l.first()
	e := expectationOf(r)
	if got := l.verifier(testPolicyText()).Verify(r, e); got.Exit != ExitAuthoritative || got.WitnessTime != math.MaxInt64 {
		t.Fatalf("exit %d, witness time %d", got.Exit, got.WitnessTime)
	}
	e.Now = startTime
	if got := l.verifier(testPolicyText()).Verify(r, e); got.Exit != ExitCosigners {
		t.Fatalf("exit %d, want %d", got.Exit, ExitCosigners)
	}
}
