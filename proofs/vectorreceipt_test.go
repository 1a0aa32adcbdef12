package proofs

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A receiptVector is a receipt, what its verifier brings, and the verdict.
type receiptVector struct {
	Comment string `json:"comment"`
	Policy  string `json:"policy"`
	Genesis string `json:"genesis"` // leaf hash of entry 0, hex
	Receipt string `json:"receipt"`
	Staple  string `json:"staple,omitempty"`

	File       string   `json:"file"` // SHA-256 of the file in hand, hex
	Document   string   `json:"document,omitempty"`
	Namespaces []string `json:"namespaces,omitempty"`
	Dev        bool     `json:"dev,omitempty"`
	Now        int64    `json:"now,omitempty"`    // Unix milliseconds; 0: no clock
	MaxAge     int64    `json:"maxAge,omitempty"` // milliseconds; 0: none

	Verdict string       `json:"verdict"`
	Exit    int          `json:"exit"`
	Check   string       `json:"check,omitempty"` // that failed and decides; "form": the file is none
	Version uint32       `json:"version,omitempty"`
	Size    uint64       `json:"size,omitempty"` // that the verdict speaks for
	From    *vectorBound `json:"from,omitempty"` // where the authority began
	Until   *vectorBound `json:"until,omitempty"`
	Level   string       `json:"level,omitempty"`
}

// A vectorBound is an end of an interval: the entry, and the time of the log's clock.
type vectorBound struct {
	Index uint64 `json:"index"`
	Time  int64  `json:"time"`
}

func boundOf(b *Bound) *vectorBound {
	if b == nil {
		return nil
	}
	return &vectorBound{b.Index, b.Time}
}

// checkForm names what is no check of a verdict: the file is not in its one form.
const checkForm = "form"

func newReceiptVector(comment string, l *writtenLog, policy string, r *Receipt, e Expect) receiptVector {
	genesis := LeafHash(l.leaves.leaves[0])
	return receiptVector{
		Comment: comment, Policy: policy, Genesis: hex.EncodeToString(genesis[:]), Receipt: string(r.Marshal()),
		File: hex.EncodeToString(e.File[:]), Document: e.Document, Namespaces: e.Namespaces, Dev: e.Dev, Now: e.Now, MaxAge: e.MaxAge,
	}
}

// judge is the verdict of this package on a vector.
func (v receiptVector) judge(t testing.TB) (Verdict, string) {
	t.Helper()
	policy, err := ParsePolicy([]byte(v.Policy))
	if err != nil {
		t.Fatal(err)
	}
	genesis, err := hex.DecodeString(v.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	file, err := hex.DecodeString(v.File)
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := ParseReceipt([]byte(v.Receipt))
	if err != nil {
		return Verdict{Kind: Invalid, Exit: ExitInvalid}, checkForm
	}
	var staple *Receipt
	if v.Staple != "" {
		if staple, err = ParseReceipt([]byte(v.Staple)); err != nil {
			return Verdict{Kind: Invalid, Exit: ExitInvalid}, checkForm
		}
	}
	e := Expect{File: statement.Digest(file), Document: v.Document, Namespaces: v.Namespaces, Dev: v.Dev, Now: v.Now, MaxAge: v.MaxAge}
	got := Verifier{Policy: policy, Genesis: Hash(genesis)}.VerifyStapled(receipt, staple, e)
	return got, decidedBy(got.Checks, got.Reason)
}

// withFacts adds what a verdict says of a version, besides its kind.
func (v receiptVector) withFacts(t testing.TB) receiptVector {
	got, _ := v.judge(t)
	v.Version, v.Size, v.From, v.Until, v.Level = got.Version, got.Size, boundOf(got.From), boundOf(got.Until), string(got.Level)
	return v
}

func receiptVectors(t testing.TB) [][]byte {
	var list []receiptVector
	for _, c := range verdictCases {
		l := newWrittenLog(t)
		r := c.make(l)
		e, policy := expectationOf(r), testPolicyText
		if c.expect != nil {
			c.expect(&e)
		}
		if c.policy != nil {
			policy = c.policy
		}
		v := newReceiptVector(c.name, l, policy(), r, e)
		v.Verdict, v.Exit, v.Check = string(c.kind), c.exit, string(c.failed)
		list = append(list, v.withFacts(t))
	}
	list = append(list, runVectors(t)...)
	list = append(list, stapleVectors(t)...)
	return lines(list)
}

// runVectors are receipts of what runs released and withdrew.
func runVectors(t testing.TB) (list []receiptVector) {
	for _, c := range []struct {
		name  string
		make  func(l *writtenLog) *Receipt
		kind  Kind
		exit  int
		check CheckName
	}{
		{"in a run, two grants", (*writtenLog).approved, Authoritative, 0, ""},
		{"in a run, no grant", func(l *writtenLog) *Receipt { return l.approvedWith() }, Authoritative, 0, ""},
		{"in a run, in the stead of another", func(l *writtenLog) *Receipt { return l.approvedWith(inStead(l.delegate(nil))) }, Authoritative, 0, ""},
		{"in a run, the second of three uses", func(l *writtenLog) *Receipt { return l.usedTwice(nil) }, Authoritative, 0, ""},
		{"in a run that closed since", func(l *writtenLog) *Receipt {
			l.approvedWith()
			l.outcome("R1")
			l.publish()
			return l.receipt(7)
		}, Authoritative, 0, ""},
		{"in a run that was cancelled since", func(l *writtenLog) *Receipt {
			l.approvedWith()
			l.cancel("R1")
			l.publish()
			return l.receipt(7)
		}, Authoritative, 0, ""},
		{"in a run, withdrawn in it", func(l *writtenLog) *Receipt {
			l.approvedWith()
			l.withdrawIn("R1")
			l.publish()
			return l.receipt(7)
		}, Withdrawn, ExitEnded, ""},
		{"in a run, the withdrawal with a grant of its own", func(l *writtenLog) *Receipt {
			l.approvedWith()
			g := newGrant("h/risk", "risk")
			g.terms.For = statement.DocumentWithdraw
			i := l.withdrawIn("R1", l.grant(g.about("R1", statement.Digest(l.runState("R1").Request))))
			l.publish()
			return l.receipt(i)
		}, Withdrawn, ExitEnded, ""},
		{"in a run, the withdrawal with a grant and no run", func(l *writtenLog) *Receipt {
			l.approvedWith()
			g := newGrant("h/risk", "risk")
			g.terms.For = statement.DocumentWithdraw
			i := l.withdrawIn("", l.grant(g))
			l.publish()
			return l.receipt(i)
		}, Withdrawn, ExitEnded, ""},
		{"in a run, brought by a bridge, setting a rule aside", func(l *writtenLog) *Receipt {
			return l.approvedWith(newGrant("h/risk", "risk").with(func(g *testGrant) {
				ticket := fileDigest("ticket")
				g.terms.Level, g.terms.By, g.terms.Source = "bridged", "h/lena", &ticket
				g.terms.Override = &statement.Override{Rule: "approval", Reason: "outage", ReviewBy: startTime}
			}))
		}, Authoritative, 0, ""},
		{"in a run, in the first and last millisecond of the grant", func(l *writtenLog) *Receipt {
			return l.approvedWith(newGrant("h/risk", "risk").with(func(g *testGrant) { g.terms.NotBefore, g.terms.NotAfter = releaseTime, releaseTime+1 }))
		}, Authoritative, 0, ""},
		{"in a run, granted by one who left since", func(l *writtenLog) *Receipt {
			l.approvedWith(newGrant("h/risk", "risk"))
			l.revoke("h/risk", startTime+batchMillis+1)
			l.publish()
			return l.receipt(8)
		}, Authoritative, 0, ""},
		{"in a run, granted by a stolen key", func(l *writtenLog) *Receipt {
			l.approved()
			l.revoke("h/risk", startTime+batchMillis)
			l.publish()
			return l.receipt(entryRelease)
		}, Authoritative, ExitCompromised, CheckCompromise},
		{"in a run, without cosigners", func(l *writtenLog) *Receipt { l.cosigners = nil; return l.approved() }, Authoritative, ExitCosigners, CheckCosigners},
		{"a grant itself", func(l *writtenLog) *Receipt { l.approved(); return l.receipt(entryLegal) }, Unknown, ExitUnknown, ""},
		{"a request itself", func(l *writtenLog) *Receipt { l.approved(); return l.receipt(5) }, Unknown, ExitUnknown, ""},
	} {
		l := newRunLog(t)
		r := c.make(l)
		v := newReceiptVector(c.name, l, testPolicyText(), r, expectationOf(r))
		v.Verdict, v.Exit, v.Check = string(c.kind), c.exit, string(c.check)
		list = append(list, v.withFacts(t))
	}
	return list
}

// stapleVectors are receipts of version 1 with what a newer tree says of it, and
// staples alone.
func stapleVectors(t testing.TB) (list []receiptVector) {
	for _, c := range []struct {
		name  string
		then  func(l *writtenLog)
		kind  Kind
		exit  int
		check CheckName
	}{
		{"stapled, still current", func(l *writtenLog) { l.release("notes/8", "eight") }, Authoritative, 0, ""},
		{"stapled, superseded since", func(l *writtenLog) { l.release("contracts/1", "two") }, WasAuthoritative, ExitEnded, ""},
		{"stapled, withdrawn since", func(l *writtenLog) { l.withdraw("contracts/1") }, Withdrawn, ExitEnded, ""},
		{"stapled, compromised since", func(l *writtenLog) { l.revoke("wl/publisher", 1) }, Authoritative, ExitCompromised, CheckCompromise},
		{"stapled, not cosigned yet", func(l *writtenLog) { l.release("notes/8", "eight"); l.cosigners = nil }, Authoritative, ExitCosigners, CheckCosigners},
	} {
		l := newWrittenLog(t)
		r := l.first()
		c.then(l)
		l.publish()
		for _, whole := range []bool{false, true} {
			v := newReceiptVector(c.name, l, testPolicyText(), r, expectationOf(r))
			v.Verdict, v.Exit, v.Check, v.Staple = string(c.kind), c.exit, string(c.check), string(l.staple(entryFirst).Marshal())
			if whole {
				v.Comment, v.Staple = c.name+", by a newer receipt", string(l.receipt(entryFirst).Marshal())
			}
			list = append(list, v.withFacts(t))
		}
	}
	return append(list, otherStapleVectors(t)...)
}

func otherStapleVectors(t testing.TB) (list []receiptVector) {
	add := func(comment string, l *writtenLog, r, staple *Receipt, kind Kind, exit int, check string, e Expect) {
		v := newReceiptVector(comment, l, testPolicyText(), r, e)
		if v.Verdict, v.Exit, v.Check = string(kind), exit, check; staple != nil {
			v.Staple = string(staple.Marshal())
		}
		if exit < ExitContradicted {
			v = v.withFacts(t)
		}
		list = append(list, v)
	}
	l := newWrittenLog(t)
	l.first()
	old := l.staple(entryFirst)
	l.next("two")
	r := l.receipt(entryFirst)
	add("stapled by an older staple, which is not used", l, r, old, WasAuthoritative, ExitEnded, "", expectationOf(r))
	add("a staple alone", l, l.staple(entryFirst), nil, Unknown, ExitUnknown, "", expectationOf(r))
	absent := l.staple(entryFirst)
	absent.Registers = []RegisterProof{l.prove(register.TypeDigest, fileDigest("never").String(), 0, 0, 0)}
	add("never released", l, absent, nil, Unknown, ExitUnknown, "", Expect{File: fileDigest("never")})
	claimed := l.staple(entryFirst)
	claimed.Registers = []RegisterProof{l.prove(register.TypeDigest, fileDigest("two").String(), 0, 0, 0)}
	claimed.Registers[0].Value, claimed.Registers[0].State = nil, nil
	add("said to be never released", l, claimed, nil, Invalid, ExitInvalid, string(CheckRegister), Expect{File: fileDigest("two")})

	l = newRunLog(t)
	r = l.approved()
	l.release("notes/8", "eight")
	l.publish()
	staple := l.staple(entryRelease)
	add("stapled, in a run", l, r, staple, Authoritative, 0, "", expectationOf(r))
	short := l.staple(entryRelease)
	short.Registers = short.Registers[:len(short.Registers)-2]
	add("stapled, in a run, a grant dropped from the staple", l, r, short, Invalid, ExitInvalid, "staple "+string(CheckRegisters), expectationOf(r))

	l = newWrittenLog(t)
	l.cosigners = nil
	r = l.first()
	l.cosigners = []testSigner{testWitness1, testWitness2, testAuditor}
	l.release("notes/8", "eight")
	l.publish()
	add("a cosigned staple does not vouch for the entry", l, r, l.staple(entryFirst), Authoritative, ExitCosigners, string(CheckCosigners), expectationOf(r))

	l = newWrittenLog(t)
	r = l.first()
	other := newWrittenLog(t)
	other.next("another one")
	add("two histories: other roots at one size", l, r, other.staple(3), Contradicted, ExitContradicted, "staple "+string(CheckSameLog), expectationOf(r))
	return list
}

// invalidVectors are receipts, each wrong in one place and right in all others.
func invalidVectors(t testing.TB) [][]byte {
	var list []receiptVector
	add := func(comment string, l *writtenLog, r *Receipt, check CheckName) {
		if r == nil {
			return
		}
		v := newReceiptVector(comment, l, testPolicyText(), r, expectationOf(r))
		v.Verdict, v.Exit, v.Check = string(Invalid), ExitInvalid, string(check)
		if _, err := ParseReceipt([]byte(v.Receipt)); err != nil {
			v.Check = checkForm
		}
		list = append(list, v)
	}
	for _, group := range [][]invalidCase{viewCases, entryCases, registerCases, documentCases, versionCases, identityCases} {
		for _, c := range group {
			l := newWrittenLog(t)
			add(string(c.check)+": "+c.name, l, c.make(l), c.check)
		}
	}
	for _, group := range [][]runCase{shownCases, grantCases, delegationCases, spentCases, grantorCases, runsCases} {
		for _, c := range group {
			l := newRunLog(t)
			add(string(c.check)+": "+c.name, l, c.make(l), c.check)
		}
	}
	return lines(list)
}

// formVectors are files that are no receipt in its one form.
func formVectors(t testing.TB) [][]byte {
	l := newWrittenLog(t)
	r := l.first()
	good := newReceiptVector("", l, testPolicyText(), r, expectationOf(r))
	hash := encodeBase64(make([]byte, 32))
	many := strings.TrimSuffix(strings.Repeat(`"`+hash+`",`, 65), ",")
	var list []receiptVector
	for _, c := range []struct{ comment, old, new string }{
		{"a newline at the end", "", ""},
		{"white space", `,"envelope"`, `, "envelope"`},
		{"an unknown name", `"mediaType"`, `"media":1,"mediaType"`},
		{"a name twice", `"index":3`, `"index":3,"index":3`},
		{"another letter case", `"index":`, `"Index":`},
		{"another media type", "receipt.v1", "receipt.v2"},
		{"index with a fraction", `"index":3`, `"index":3.0`},
		{"index as text", `"index":3`, `"index":"3"`},
		{"index above 2^53-1", `"index":3`, `"index":9007199254740992`},
		{"no index", `"index":3,`, ``},
		{"index null", `"index":3`, `"index":null`},
		{"65 hashes", `"inclusion":[`, `"inclusion":[` + many + `,`},
		{"hash of 31 bytes", `"inclusion":["`, `"inclusion":["` + base64.StdEncoding.EncodeToString(make([]byte, 31)) + `","`},
		{"envelope with a key ID", `"sig":`, `"keyid":"","sig":`},
		{"envelope of another type", "in-toto+json", "in-toto+jsom"},
		{"unknown type of register", `"type":"document"`, `"type":"paper"`},
		{"empty id", `"id":"contracts/1"`, `"id":""`},
		{"id of 256 bytes", `"id":"contracts/1"`, `"id":"` + strings.Repeat("a", 256) + `"`},
		{"escaped solidus", `"id":"contracts/1"`, `"id":"contracts\/1"`},
		{"a document with an envelope", `"type":"document"`, `"type":"document","vals":""`},
		{"base64 without padding", `=="},{"events"`, `"},{"events"`},
		{"above 1 MiB", `"registers":[`, strings.Repeat(" ", 1<<20) + `"registers":[`},
	} {
		v := good
		v.Comment, v.Verdict, v.Exit, v.Check = c.comment, string(Invalid), ExitInvalid, checkForm
		if c.old == "" {
			v.Receipt += "\n"
		} else if !strings.Contains(v.Receipt, c.old) {
			t.Fatalf("%q is not in the receipt", c.old)
		} else {
			v.Receipt = strings.Replace(v.Receipt, c.old, c.new, 1)
		}
		if len(v.Receipt) > MaxReceipt {
			continue // the vectors stay small
		}
		list = append(list, v)
	}
	return lines(list)
}

func TestVectorsReceipt(t *testing.T) {
	for _, name := range []string{"receipt.jsonl", "invalid.jsonl", "form.jsonl"} {
		for _, v := range vectors[receiptVector](t, name) {
			got, check := v.judge(t)
			if string(got.Kind) != v.Verdict || got.Exit != v.Exit || check != v.Check {
				t.Errorf("%s: %s: want %s %d by %q, got by %q\n%s", name, v.Comment, v.Verdict, v.Exit, v.Check, check, got)
			}
			if facts := v.withFacts(t); name == "receipt.jsonl" && v.Exit < ExitContradicted && string(marshalJSON(facts, "")) != string(marshalJSON(v, "")) {
				t.Errorf("%s: %s: facts %s", name, v.Comment, marshalJSON(facts, ""))
			}
		}
	}
}
