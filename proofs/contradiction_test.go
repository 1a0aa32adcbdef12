package proofs

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A contradictionCase is a pair of receipts that are each consistent, and that one log
// cannot both have signed honestly.
type contradictionCase struct {
	name   string
	honest func(l *writtenLog) *Receipt
	other  func(l *writtenLog) *Receipt // written by another log with the same key and genesis
	reason string
}

func olderReceipt(l *writtenLog) *Receipt { return l.first() }

var contradictionCases = []contradictionCase{
	{"two trees of one size", olderReceipt, func(l *writtenLog) *Receipt {
		l.release("contracts/1", "forged")
		l.release("notes/7", "seven")
		l.publish()
		return l.receipt(entryFirst)
	}, "two trees of size 6"},
	{"two leaves at one index", olderReceipt, func(l *writtenLog) *Receipt {
		l.release("contracts/1", "forged")
		l.release("notes/7", "seven")
		l.publish()
		l.next("two")
		return l.receipt(entryFirst)
	}, "two leaves stand at index 3"},
	{"two leaves at one index, shown without registers", func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers = nil
		return r
	}, func(l *writtenLog) *Receipt {
		l.release("contracts/1", "forged")
		l.release("notes/7", "seven")
		l.publish()
		l.next("two")
		r := l.receipt(entryFirst)
		r.Registers = nil
		return r
	}, "two leaves stand at index 3"},
	{"two leaves at one index, one that no key signed", olderReceipt, func(l *writtenLog) *Receipt {
		l.onEnvelope = func(e *statement.Envelope) { e.Signature = keyOf("wl/publisher").sign(fileDigest("else")) }
		l.release("contracts/1", "forged")
		l.onEnvelope = nil
		l.release("notes/7", "seven")
		l.publish()
		l.next("two")
		r := l.receipt(entryFirst)
		r.Registers = nil
		return r
	}, "two leaves stand at index 3"},
	{"an entry where the seal stood", olderReceipt, func(l *writtenLog) *Receipt {
		l.release("contracts/1", "one")
		l.release("notes/7", "seven")
		l.release("notes/8", "eight")
		l.publish()
		return l.receipt(5)
	}, "two leaves stand at index 5"},
	{"phantom event of the same entry", olderReceipt, func(l *writtenLog) *Receipt {
		l.onDocument(0, func(e *writtenEvent) { e.LeafHash[0] ^= 1 })
		l.first()
		l.next("two")
		r := l.receipt(entrySecond)
		return r
	}, "two leaves stand at index 3"},
	{"two times for one entry", func(l *writtenLog) *Receipt {
		l.first()
		l.next("two")
		return l.receipt(entryFirst)
	}, func(l *writtenLog) *Receipt {
		l.onDocument(0, func(e *writtenEvent) { e.Time = startTime + 1 })
		l.first()
		l.next("two")
		l.next("three")
		return l.receipt(entryFirst)
	}, "the entry at index 3 has two times"},
	{"time falls", func(l *writtenLog) *Receipt {
		l.time += 1_000_000
		return l.first()
	}, func(l *writtenLog) *Receipt {
		l.first()
		l.release("notes/8", "eight")
		l.publish()
		r := l.receipt(6)
		r.Registers = nil
		return r
	}, "time falls between index 5 and index 7"},
	{"a seal passed over", olderReceipt, func(l *writtenLog) *Receipt {
		l.first()
		l.onSeal = func(s *statement.Seal) { s.Prev = 2 }
		l.onEvent = func(_ *writtenRegister, e *writtenEvent) { e.Time = firstSealTime }
		l.next("two")
		r := l.receipt(entrySecond)
		r.Registers = nil
		return r
	}, "the seal at 7 passes over the seal at 5"},
	{"two events at one place", func(l *writtenLog) *Receipt {
		l.second()
		return l.receipt(entryFirst)
	}, func(l *writtenLog) *Receipt {
		l.onDocument(1, func(e *writtenEvent) { e.setBody(e.blind, []byte("else")) })
		l.second()
		l.next("three")
		return l.receipt(entryFirst)
	}, `document "contracts/1" has two events 1`},
	{"register shrank", func(l *writtenLog) *Receipt { return l.second() }, func(l *writtenLog) *Receipt {
		l.second()
		delete(l.registers, register.DocumentKey("contracts/1"))
		l.release("contracts/1", "one again")
		l.publish()
		return l.receipt(8)
	}, `document "contracts/1" had 2 events under the seal at 7, and 1 under a later one`},
	{"register vanished", func(l *writtenLog) *Receipt { return l.second() }, func(l *writtenLog) *Receipt {
		l.second()
		delete(l.registers, register.DocumentKey("contracts/1"))
		l.release("notes/8", "eight")
		l.publish()
		s := l.staple(8)
		s.Registers = []RegisterProof{l.prove(register.TypeDocument, "contracts/1", 0, 0, 0)}
		return s
	}, `document "contracts/1" had 2 events under the seal at 7, and 0 under a later one`},
	{"release hidden, then repaired", func(l *writtenLog) *Receipt {
		l.release("contracts/1", "one")
		l.release("notes/7", "seven")
		l.publish()
		hidden := *l.registers[register.DocumentKey("contracts/1")]
		l.release("contracts/1", "two")
		l.registers[register.DocumentKey("contracts/1")] = &hidden
		l.publish()
		return l.receipt(entryFirst) // says AUTHORITATIVE
	}, func(l *writtenLog) *Receipt {
		l.second()
		l.next("three")
		return l.receipt(entryFirst)
	}, `document "contracts/1" has event 1 of entry 6, which the seal at 7 leaves out`},
	{"release hidden, then shown as the newest one alone", func(l *writtenLog) *Receipt {
		l.release("contracts/1", "one")
		l.release("notes/7", "seven")
		l.publish()
		hidden := *l.registers[register.DocumentKey("contracts/1")]
		l.release("contracts/1", "two")
		l.registers[register.DocumentKey("contracts/1")] = &hidden
		l.publish()
		return l.receipt(entryFirst)
	}, func(l *writtenLog) *Receipt {
		l.second()
		l.release("notes/8", "eight")
		l.publish()
		s := l.staple(8)
		s.Registers = []RegisterProof{l.prove(register.TypeDocument, "contracts/1", 0, 0, 0)}
		return s
	}, `document "contracts/1" has 2 events by entry 6, and the seal at 7, which covers it, shows 1`},
	{"register hidden, then repaired", func(l *writtenLog) *Receipt {
		l.first()
		r := l.registers[register.DocumentKey("contracts/1")]
		delete(l.registers, register.DocumentKey("contracts/1"))
		l.release("notes/8", "eight")
		l.publish()
		l.registers[register.DocumentKey("contracts/1")] = r
		s := l.staple(6)
		s.Registers = []RegisterProof{l.prove(register.TypeDocument, "contracts/1", 0, 0, 0)}
		return s
	}, func(l *writtenLog) *Receipt {
		l.first()
		l.release("notes/8", "eight")
		l.publish()
		l.release("notes/9", "nine")
		l.publish()
		return l.receipt(entryFirst)
	}, `document "contracts/1" has event 0 of entry 3, which the seal at 7 leaves out`},
	{"history backfilled", func(l *writtenLog) *Receipt {
		l.second()
		s := l.staple(entryFirst)
		s.Registers = []RegisterProof{l.prove(register.TypeDocument, "contracts/1", 0, 0, 0)}
		s.Registers[0].State = nil
		return s
	}, func(l *writtenLog) *Receipt {
		l.onDocument(1, func(e *writtenEvent) { e.Index, e.Time = 8, firstSealTime+2*batchMillis })
		l.first()
		l.next("two")
		l.next("three")
		l.next("four")
		s := l.staple(entryThird)
		s.Registers = []RegisterProof{l.prove(register.TypeDocument, "contracts/1", 1, 2, 0)}
		return s
	}, `document "contracts/1" had 2 events by entry 6, and event 1 of entry 8 under a later seal`},
}

// TestContradiction finds what excludes what, whichever receipt is first.
func TestContradiction(t *testing.T) {
	for _, c := range contradictionCases {
		t.Run(c.name, func(t *testing.T) {
			l := newWrittenLog(t)
			a, b := c.honest(l), c.other(newWrittenLog(t))
			v := l.verifier(testPolicyText())
			for _, pair := range [][2]*Receipt{{a, b}, {b, a}} {
				found, err := v.Contradiction(pair[0], pair[1])
				if err != nil {
					t.Fatal(err)
				}
				if found == nil || !strings.Contains(found.Reason, c.reason) {
					t.Fatalf("want %q, got %+v", c.reason, found)
				}
				if !slices.Contains([]string{ClassFork, ClassPhantom, ClassRewrite, ClassTime}, found.Class) {
					t.Fatalf("class %q", found.Class)
				}
				if found.A != pair[0] || found.B != pair[1] {
					t.Fatal("the evidence is not what was handed in")
				}
				checkEvidence(t, v, found)
			}
		})
	}
}

// checkEvidence reads the receipts out of the verdict's JSON and finds the same.
func checkEvidence(t *testing.T, v Verifier, c *Contradiction) {
	t.Helper()
	verdict := c.Verdict()
	if verdict.Kind != Contradicted || verdict.Exit != ExitContradicted {
		t.Fatalf("verdict %s %d", verdict.Kind, verdict.Exit)
	}
	b, err := json.Marshal(verdict)
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		Contradiction struct {
			Reason   string
			Receipts []json.RawMessage
		}
	}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	var again [2]*Receipt
	for i := range again {
		if again[i], err = ParseReceipt(out.Contradiction.Receipts[i]); err != nil {
			t.Fatal(err)
		}
	}
	found, err := v.Contradiction(again[0], again[1])
	if err != nil || found == nil || found.Reason != out.Contradiction.Reason {
		t.Fatalf("evidence does not verify again: %+v, %v", found, err)
	}
}

// TestNoContradiction: all receipts and staples of one honest log agree.
func TestNoContradiction(t *testing.T) {
	l := newWrittenLog(t)
	var all []*Receipt
	add := func() {
		l.publish()
		for i := range l.size {
			if e, ok := l.entries[i]; ok {
				r := l.receipt(i)
				all = append(all, r)
				if d, _ := documentEventOf(e.statement); d != nil {
					s := l.staple(i)
					s.Registers = append(s.Registers,
						l.prove(register.TypeDigest, fileDigest("never").String(), 0, 0, 0),
						l.prove(register.TypeDocument, "contracts/9", 0, 0, 0))
					all = append(all, s)
				}
			}
		}
	}
	l.release("contracts/1", "one")
	add()
	l.release("contracts/1", "two")
	l.release("notes/7", "seven")
	add()
	l.withdraw("contracts/1")
	add()
	l.revoke("wl/publisher", 5)
	l.release("contracts/9", "nine")
	add()
	v := l.verifier(testPolicyText())
	for i, a := range all {
		for k, b := range all {
			if c, err := v.Contradiction(a, b); c != nil || err != nil {
				t.Fatalf("receipts %d and %d: %+v, %v", i, k, c, err)
			}
		}
	}
}

// TestContradictionNeedsSignatures: what the log did not sign is no evidence.
func TestContradictionNeedsSignatures(t *testing.T) {
	l := newWrittenLog(t)
	r := l.first()
	forged := newWrittenLog(t)
	forged.signer = newSigner("log.example", TypeEd25519, 96)
	other := forged.second()
	v := l.verifier(testPolicyText())
	for _, pair := range [][2]*Receipt{{r, other}, {other, r}, {r, nil}} {
		c, err := v.Contradiction(pair[0], pair[1])
		var failed *CheckError
		if c != nil || !errors.As(err, &failed) || failed.Name != CheckCheckpoint {
			t.Fatalf("got %+v, %v", c, err)
		}
	}
}

// TestContradictionIgnoresUnproven: a part that does not verify under its own
// signed tree accuses nobody.
func TestContradictionIgnoresUnproven(t *testing.T) {
	l := newWrittenLog(t)
	a := l.first()
	fork := newWrittenLog(t)
	fork.release("contracts/1", "forged")
	fork.publish()
	forged := fork.receipt(entryFirst)
	l.next("two")
	v := l.verifier(testPolicyText())
	for name, splice := range map[string]func(b *Receipt){
		"envelope": func(b *Receipt) { b.Envelope, b.Inclusion = forged.Envelope, forged.Inclusion },
		"seal":     func(b *Receipt) { b.Seal = forged.Seal },
		"seal time": func(b *Receipt) {
			seal, err := statement.ParseSeal(b.Seal)
			if err != nil {
				t.Fatal(err)
			}
			seal.Time = 1
			b.Seal = seal.Marshal()
		},
		"seal position": func(b *Receipt) { b.Seal, b.SealInclusion = a.Seal, l.inclusion(5) },
		"registers":     func(b *Receipt) { b.Registers = forged.Registers },
		"value":         func(b *Receipt) { b.Registers[0].Value.Size = 1 },
		"event":         func(b *Receipt) { b.Registers[0].Events[0].Event.LeafHash[0] ^= 1 },
		"absence":       func(b *Receipt) { b.Registers[0].Value, b.Registers[0].State, b.Registers[0].Events = nil, nil, nil },
		"register type": func(b *Receipt) { b.Registers[0].Type = register.TypeRun },
		"everything":    func(b *Receipt) { *b = Receipt{Checkpoint: b.Checkpoint} },
	} {
		b := l.receipt(entryFirst)
		splice(b)
		if c, err := v.Contradiction(a, b); c != nil || err != nil {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

// TestContradictionNeedsSeals: what a tree without a proper seal, or under rules
// that are not known, says of registers is not compared.
func TestContradictionNeedsSeals(t *testing.T) {
	l := newWrittenLog(t)
	early := l.receipt(1)
	unsealed := l.receipt(1)
	unsealed.Seal = []byte("none")
	honest := l.second()
	other := newWrittenLog(t)
	other.second()
	delete(other.registers, register.DocumentKey("contracts/1"))
	other.onSeal = func(s *statement.Seal) { s.Rules = "docket/9" }
	other.release("contracts/1", "one again")
	other.publish()
	shrunk := other.receipt(8)
	bad := newWrittenLog(t)
	bad.first()
	bad.onSeal = func(s *statement.Seal) { s.Index = 5 } // stands at 7
	bad.next("two")
	misplaced := bad.receipt(entrySecond)
	v := l.verifier(testPolicyText())
	for _, pair := range [][2]*Receipt{{unsealed, early}, {early, unsealed}, {honest, shrunk}, {early, misplaced}, {newWrittenLog(t).first(), misplaced}} {
		if c, err := v.Contradiction(pair[0], pair[1]); c != nil || err != nil {
			t.Errorf("%+v, %v", c, err)
		}
	}
}

// TestContradictionOfOneLog: two logs of one policy may say what they like.
func TestContradictionOfOneLog(t *testing.T) {
	l := newWrittenLog(t)
	a := l.first()
	other := emptyLog(t)
	other.origin, other.signer = "other.example", newSigner("other.example", TypeEd25519, 95)
	other.genesis()
	other.enroll("wl/publisher", 0)
	other.publish()
	b := other.first()
	v := l.verifier("log " + other.signer.key.String() + "\n" + testPolicyText())
	if c, err := v.Contradiction(a, b); c != nil || err != nil {
		t.Fatalf("%+v, %v", c, err)
	}
}
