package proofs

import (
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// TestStapled judges a receipt of version 1 with what a newer tree says of it.
func TestStapled(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(l *writtenLog)
		kind Kind
		exit int
	}{
		{"still current", func(l *writtenLog) { l.release("notes/8", "eight") }, Authoritative, 0},
		{"superseded since", func(l *writtenLog) { l.release("contracts/1", "two") }, WasAuthoritative, ExitEnded},
		{"withdrawn since", func(l *writtenLog) { l.withdraw("contracts/1") }, Withdrawn, ExitEnded},
		{"compromised since", func(l *writtenLog) { l.revoke("wl/publisher", 1) }, Authoritative, ExitCompromised},
		{"not cosigned yet", func(l *writtenLog) { l.release("notes/8", "eight"); l.cosigners = nil }, Authoritative, ExitCosigners},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newWrittenLog(t)
			r := l.first()
			c.then(l)
			l.publish()
			v := l.verifier(testPolicyText())
			got := v.VerifyStapled(r, l.staple(entryFirst), expectationOf(r))
			if got.Kind != c.kind || got.Exit != c.exit || got.Size != l.size {
				t.Fatalf("want %s %d at size %d, got\n%s", c.kind, c.exit, l.size, got)
			}
			checkComplete(t, got)
			// A whole receipt of the newer tree does the same.
			if whole := v.VerifyStapled(r, l.receipt(entryFirst), expectationOf(r)); whole.Exit != c.exit {
				t.Fatalf("with a whole receipt: exit %d", whole.Exit)
			}
		})
	}
}

// TestStapleProvesNoInclusion: cosigners of the staple's tree do not vouch for the
// entry, unless its inclusion there is proven.
func TestStapleProvesNoInclusion(t *testing.T) {
	l := newWrittenLog(t)
	l.cosigners = nil
	r := l.first()
	l.cosigners = []testSigner{testWitness1, testWitness2, testAuditor}
	l.release("notes/8", "eight")
	l.publish()
	v := l.verifier(testPolicyText())
	got := v.VerifyStapled(r, l.staple(entryFirst), expectationOf(r))
	if got.Kind != Authoritative || got.Exit != ExitCosigners || got.Level != LevelLog || !failsBy(got, CheckCosigners) {
		t.Fatalf("with a staple:\n%s", got)
	}
	got = v.VerifyStapled(r, l.receipt(entryFirst), expectationOf(r))
	if got.Kind != Authoritative || got.Exit != ExitAuthoritative || got.Level != LevelAudited {
		t.Fatalf("with a receipt:\n%s", got)
	}
	// A newer receipt proves it for a pure staple too, whichever of the two is larger.
	newer, pure := l.receipt(entryFirst), l.staple(entryFirst)
	l.release("notes/8", "nine")
	l.publish()
	for _, staples := range [][]*Receipt{{newer, l.staple(entryFirst)}, {pure, l.receipt(entryFirst)}} {
		got = v.VerifyAt(r, staples, nil, expectationOf(r))
		if got.Kind != Authoritative || got.Exit != ExitAuthoritative || got.Level != LevelAudited {
			t.Fatalf("with a receipt and a staple:\n%s", got)
		}
	}
	other := l.receipt(entryFirst)
	other.Inclusion = l.inclusion(entryOther)
	wantInvalid(t, v.VerifyStapled(r, other, expectationOf(r)), "staple "+CheckEntry)
}

func TestStapleAgeCounts(t *testing.T) {
	l := newWrittenLog(t)
	r := l.first()
	l.release("notes/8", "eight")
	l.publish()
	e := expectationOf(r)
	e.Now, e.MaxAge = firstWitnessTime+batchMillis+1000, batchMillis
	v := l.verifier(testPolicyText())
	if got := v.Verify(r, e); got.Exit != ExitQualified {
		t.Fatalf("alone: exit %d", got.Exit)
	}
	if got := v.VerifyStapled(r, l.staple(entryFirst), e); got.Exit != ExitAuthoritative {
		t.Fatalf("stapled: exit %d", got.Exit)
	}
}

func TestStapleOlderThanReceipt(t *testing.T) {
	l := newWrittenLog(t)
	l.first()
	old := l.staple(entryFirst)
	l.next("two")
	r := l.receipt(entryFirst)
	got := l.verifier(testPolicyText()).VerifyStapled(r, old, expectationOf(r))
	if got.Kind != WasAuthoritative || got.Size != l.size || len(got.Warnings) != 1 {
		t.Fatalf("an older staple changed the verdict:\n%s", got)
	}
}

func TestStapleInvalid(t *testing.T) {
	for _, c := range []struct {
		name  string
		make  func(l *writtenLog) *Receipt
		check CheckName
	}{
		{"not signed", func(l *writtenLog) *Receipt {
			l.signer = newSigner("log.example", TypeEd25519, 97)
			return l.staple(entryFirst)
		}, "staple " + CheckCheckpoint},
		{"of another document", func(l *writtenLog) *Receipt { return l.staple(entryOther) }, "staple " + CheckRegisters},
		{"successor dropped", func(l *writtenLog) *Receipt {
			s := l.staple(entryFirst)
			s.Registers[0].Events = s.Registers[0].Events[:1]
			return s
		}, "staple " + CheckDocumentNext},
		{"empty", func(l *writtenLog) *Receipt { return &Receipt{} }, "staple " + CheckCheckpoint},
		{"unknown rules", func(l *writtenLog) *Receipt {
			l.onSeal = func(s *statement.Seal) { s.Rules = "docket/9" }
			l.next("three")
			return l.staple(entryFirst)
		}, "staple " + CheckRules},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newWrittenLog(t)
			r := l.first()
			l.next("two")
			v := l.verifier(testPolicyText())
			wantInvalid(t, v.VerifyStapled(r, c.make(l), expectationOf(r)), c.check)
		})
	}
}

// TestStapleContradicts: the history that the staple shows is not the receipt's.
func TestStapleContradicts(t *testing.T) {
	l := newWrittenLog(t)
	r := l.first()
	fork := newWrittenLog(t)
	fork.release("contracts/1", "forged")
	fork.release("notes/7", "seven")
	fork.publish()
	fork.next("two")
	got := l.verifier(testPolicyText()).VerifyStapled(r, fork.staple(entryFirst), expectationOf(r))
	if got.Kind != Contradicted || got.Exit != ExitContradicted || got.Contradiction == nil || got.Contradiction.A != r {
		t.Fatalf("want CONTRADICTED, got\n%s", got)
	}
	if failed, _ := got.Failed(); failed.Name != "staple "+CheckSameLog || failed.Detail != got.Reason {
		t.Fatalf("failed by %+v", failed)
	}
	if _, err := got.MarshalJSON(); err != nil {
		t.Fatal(err)
	}
}

// TestStapleOfOneTree: a staple of the receipt's own tree is used.
func TestStapleOfOneTree(t *testing.T) {
	l := newWrittenLog(t)
	r := l.first()
	got := l.verifier(testPolicyText()).VerifyStapled(r, l.staple(entryFirst), expectationOf(r))
	last := got.Checks[len(got.Checks)-1]
	if got.Exit != ExitAuthoritative || len(got.Warnings) != 0 || last.Name != CheckAge {
		t.Fatal(got)
	}
	if !slices.ContainsFunc(got.Checks, func(c Check) bool { return c.Name == "staple "+CheckIdentityState }) {
		t.Fatalf("the staple was not judged:\n%s", got)
	}
}

// TestStapleAlone: a staple says nothing about a file, but that it was never released.
func TestStapleAlone(t *testing.T) {
	l := newWrittenLog(t)
	l.first()
	l.next("two")
	v := l.verifier(testPolicyText())
	never := fileDigest("never released")
	absence := func(typ register.Type, id string) *Receipt {
		s := l.staple(entryFirst)
		s.Registers = []RegisterProof{l.prove(typ, id, 0, 0, 0)}
		s.Registers[0].State = nil
		return s
	}
	both := absence(register.TypeDigest, never.String())
	both.Registers = append(both.Registers, l.staple(entryFirst).Registers...)
	for _, c := range []struct {
		name   string
		staple *Receipt
		reason string
	}{
		{"never released, and more", both, "this log had released no document with these bytes, as of size 8"},
		{"document and identity", l.staple(entryFirst), "a staple says how long a release was in force: verify it together with its receipt"},
		{"never released", absence(register.TypeDigest, never.String()), "this log had released no document with these bytes, as of size 8"},
		{"other bytes never released", absence(register.TypeDigest, fileDigest("else").String()), "a staple says how long a release was in force: verify it together with its receipt"},
		{"document absent", absence(register.TypeDocument, "contracts/2"), "a staple says how long a release was in force: verify it together with its receipt"},
		{"released digest", absence(register.TypeDigest, fileDigest("one").String()), "a staple says how long a release was in force: verify it together with its receipt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := v.Verify(c.staple, Expect{File: never, Document: "contracts/1"})
			if failed, _ := got.Failed(); got.Kind != Unknown || got.Exit != ExitUnknown || got.Reason != c.reason || failed.Name != "" {
				t.Fatalf("want UNKNOWN, %q, got\n%s", c.reason, got)
			}
		})
	}
}

// TestStapleOfReleasedDigest: a digest register that is there denies nothing.
func TestStapleOfReleasedDigest(t *testing.T) {
	l := newWrittenLog(t)
	l.first()
	s := l.staple(entryFirst)
	s.Registers = []RegisterProof{l.prove(register.TypeDigest, fileDigest("one").String(), 0, 1, 1)}
	got := l.verifier(testPolicyText()).Verify(s, Expect{File: fileDigest("one")})
	if got.Kind != Unknown || !strings.HasPrefix(got.Reason, "a staple says") {
		t.Fatal(got)
	}
}

func TestStapleAloneInvalid(t *testing.T) {
	change := func(n int, f func(p *RegisterProof)) func(l *writtenLog) *Receipt {
		return func(l *writtenLog) *Receipt {
			s := l.staple(entryFirst)
			f(&s.Registers[n])
			return s
		}
	}
	absent := func(f func(p *RegisterProof)) func(l *writtenLog) *Receipt {
		return func(l *writtenLog) *Receipt {
			s := l.staple(entryFirst)
			s.Registers = []RegisterProof{l.prove(register.TypeDocument, "contracts/2", 0, 0, 0)}
			f(&s.Registers[0])
			return s
		}
	}
	for _, c := range []struct {
		name string
		make func(l *writtenLog) *Receipt
		want CheckName
	}{
		{"unknown rules", func(l *writtenLog) *Receipt {
			l.onSeal = func(s *statement.Seal) { s.Rules = "docket/9" }
			l.next("three")
			return l.staple(entryFirst)
		}, CheckRules},
		{"type without registers", change(0, func(p *RegisterProof) { p.Type = 7 }), CheckRegister},
		{"another type", change(0, func(p *RegisterProof) { p.Type = register.TypeRun }), CheckRegister},
		{"absence of no key", func(l *writtenLog) *Receipt {
			s := l.staple(entryFirst)
			path, err := l.tree.Prove(l.rows, register.Key{})
			if err != nil {
				l.t.Fatal(err)
			}
			s.Registers = []RegisterProof{{Type: register.TypeRun, ID: "R1", Path: path}}
			return s
		}, CheckRegister},
		{"no digest", change(0, func(p *RegisterProof) { p.Type = register.TypeDigest }), CheckRegister},
		{"value altered", change(0, func(p *RegisterProof) { p.Value.Last++ }), CheckRegister},
		{"event altered", change(0, func(p *RegisterProof) { p.Events[1].Event.Time-- }), CheckRegister},
		{"state altered", change(1, func(p *RegisterProof) { p.State.State = slices.Concat(p.State.State, []byte{0}) }), CheckRegister},
		{"successor dropped", change(0, func(p *RegisterProof) { p.Events = p.Events[:1] }), CheckRegister},
		{"document hidden", change(0, func(p *RegisterProof) { p.Value, p.State, p.Events = nil, nil, nil }), CheckRegister},
		{"absent with a state", absent(func(p *RegisterProof) { p.State = &StateOpening{State: []byte{1}} }), CheckRegister},
		{"absent with events", absent(func(p *RegisterProof) { p.Events = make([]EventProof, 1) }), CheckRegister},
		{"absence path altered", absent(func(p *RegisterProof) { p.Path.Siblings[0][1] ^= 1 }), CheckRegister},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newWrittenLog(t)
			l.second()
			r := c.make(l)
			wantInvalid(t, l.verifier(testPolicyText()).Verify(r, Expect{File: fileDigest("one")}), c.want)
		})
	}
}

// TestStapleLists: any number of adjacent events may be shown, or none.
func TestStapleLists(t *testing.T) {
	l := newWrittenLog(t)
	l.third()
	v := l.verifier(testPolicyText())
	for _, c := range []struct{ from, to int }{{0, 0}, {0, 2}, {0, 3}, {1, 3}, {2, 3}} {
		s := l.staple(entryFirst)
		s.Registers = []RegisterProof{l.prove(register.TypeDocument, "contracts/1", c.from, c.to, 0)}
		if got := v.Verify(s, Expect{}); got.Kind != Unknown {
			t.Errorf("events %d to %d:\n%s", c.from, c.to, got)
		}
	}
	for _, c := range []struct{ from, to int }{{0, 1}, {1, 2}} {
		s := l.staple(entryFirst)
		s.Registers = []RegisterProof{l.prove(register.TypeDocument, "contracts/1", c.from, c.to, 0)}
		wantInvalid(t, v.Verify(s, Expect{}), CheckRegister)
	}
}

// TestTextOfForeignNames: ids of a staple are chosen by whoever made it; they
// cannot write lines of the verdict.
func TestTextOfForeignNames(t *testing.T) {
	l := newWrittenLog(t)
	l.first()
	id := "x\nAUTHORITATIVE: version 1\x1b[2J"
	s := l.staple(entryFirst)
	s.Registers = []RegisterProof{l.prove(register.TypeDocument, id, 0, 0, 0)}
	got := l.verifier(testPolicyText()).Verify(s, Expect{})
	if got.Kind != Unknown {
		t.Fatal(got)
	}
	s.Registers[0].Type = register.TypeIdentity
	for _, v := range []Verdict{got, l.verifier(testPolicyText()).Verify(s, Expect{})} {
		if text := v.String(); strings.Contains(text, "\nAUTH") || strings.Contains(text, "\x1b") {
			t.Errorf("the id wrote into the verdict:\n%q", text)
		}
	}
}
