package proofs

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs/statement"
)

// A momentVector is a receipt with any number of staples, and a moment.
type momentVector struct {
	receiptVector
	Staples []string      `json:"staples,omitempty"`
	At      *vectorMoment `json:"at,omitempty"` // absent: none is asked for

	InForce *inForceJSON `json:"inForce,omitempty"`
}

// A vectorMoment is a size or a time in Unix milliseconds.
type vectorMoment struct {
	Size uint64 `json:"size,omitempty"`
	Time int64  `json:"time,omitempty"`
}

// judge is what this package says of a vector, and the check that decided.
func (v momentVector) judge(t testing.TB) (Verdict, string) {
	t.Helper()
	verifier := vectorVerifier(t, v.Policy, v.Genesis)
	receipt, err := ParseReceipt([]byte(v.Receipt))
	staples, stapleErr := parseStaples(v.Staples)
	if err != nil || stapleErr != nil {
		return Verdict{Kind: Invalid, Exit: ExitInvalid}, checkForm
	}
	file, err := hex.DecodeString(v.File)
	if err != nil {
		t.Fatal(err)
	}
	var at *Moment
	if v.At != nil {
		at = &Moment{Size: v.At.Size, Time: v.At.Time}
	}
	e := Expect{File: statement.Digest(file), Document: v.Document, Namespaces: v.Namespaces, Dev: v.Dev, Now: v.Now, MaxAge: v.MaxAge}
	got := verifier.VerifyAt(receipt, staples, at, e)
	return got, decidedBy(got.Checks, got.Reason)
}

func parseStaples(texts []string) (list []*Receipt, err error) {
	for _, s := range texts {
		r, err := ParseReceipt([]byte(s))
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// decidedBy names the first check that failed and is the reason.
func decidedBy(checks []Check, reason string) string {
	for _, c := range checks {
		if !c.OK && strings.Contains(reason, c.Detail) {
			return string(c.Name)
		}
	}
	return ""
}

func vectorVerifier(t testing.TB, policy, genesis string) Verifier {
	t.Helper()
	p, err := ParsePolicy([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	hash, err := hex.DecodeString(genesis)
	if err != nil {
		t.Fatal(err)
	}
	return Verifier{Policy: p, Genesis: Hash(hash)}
}

// withFacts adds what the answer says besides verdict and exit code.
func (v momentVector) withFacts(t testing.TB) momentVector {
	got, _ := v.judge(t)
	v.Version, v.Size, v.From, v.Until, v.Level = got.Version, got.Size, boundOf(got.From), boundOf(got.Until), string(got.Level)
	v.InForce = got.InForce.wire()
	return v
}

// A momentCase is one vector, with what the tests expect of it.
type momentCase struct {
	comment string
	log     *writtenLog
	policy  string // empty: testPolicyText
	receipt *Receipt
	staples []*Receipt
	at      *Moment
	expect  func(*Expect)

	kind   Kind
	exit   int
	check  string
	answer Answer // empty: there is none
	known  Knowledge
}

func (c momentCase) vector(t testing.TB) momentVector {
	t.Helper()
	if c.policy == "" {
		c.policy = testPolicyText()
	}
	e := expectationOf(c.receipt)
	if c.expect != nil {
		c.expect(&e)
	}
	v := momentVector{receiptVector: newReceiptVector(c.comment, c.log, c.policy, c.receipt, e)}
	for _, s := range c.staples {
		v.Staples = append(v.Staples, string(s.Marshal()))
	}
	if c.at != nil {
		v.At = &vectorMoment{c.at.Size, c.at.Time}
	}
	v.Verdict, v.Exit, v.Check = string(c.kind), c.exit, c.check
	if c.exit < ExitContradicted {
		v = v.withFacts(t)
	}
	answer, known := Answer(""), Knowledge("")
	if v.InForce != nil {
		answer, known = v.InForce.Answer, v.InForce.Known
	}
	if answer != c.answer || known != c.known {
		t.Errorf("%s: answer %q, %q, want %q, %q", c.comment, answer, known, c.answer, c.known)
	}
	return v
}

func momentVectors(t testing.TB) [][]byte {
	var list []momentVector
	for _, cases := range [][]momentCase{
		clockCases(t), sizeCases(t), sightingCases(t), momentExits(t), momentRuns(t), stapleOrders(t),
		mldsaMoments(t), badStaples(t), alteredStaples(t), contradictedStaples(t),
	} {
		for _, c := range cases {
			list = append(list, c.vector(t))
		}
	}
	for _, c := range []struct{ comment, old, new string }{
		{"a policy inside a staple", `{"checkpoint"`, `{"policy":"quorum none\n","checkpoint"`},
		{"a genesis inside a staple", `"genesisInclusion"`, `"genesis":"AA==","genesisInclusion"`},
		{"a staple with a newline at its end", "", ""},
		{"no staple at all", "{", "none{"},
	} {
		x := newTimeline(t)
		v := momentCase{comment: c.comment, log: x.log, receipt: x.receipt, staples: []*Receipt{x.mid}, at: &Moment{Size: x.index + 1}, kind: Invalid, exit: ExitInvalid, check: checkForm}.vector(t)
		if v.Staples[0] = strings.Replace(v.Staples[0], c.old, c.new, 1); c.old == "" {
			v.Staples[0] += "\n"
		}
		list = append(list, v)
	}
	return lines(list)
}

func TestVectorsMoment(t *testing.T) {
	for _, v := range vectors[momentVector](t, "moment.jsonl") {
		got, check := v.judge(t)
		if string(got.Kind) != v.Verdict || got.Exit != v.Exit || check != v.Check {
			t.Errorf("%s: want %s %d by %q, got by %q\n%s", v.Comment, v.Verdict, v.Exit, v.Check, check, got)
		}
		if facts := v.withFacts(t); v.Exit < ExitContradicted && string(marshalJSON(facts, "")) != string(marshalJSON(v, "")) {
			t.Errorf("%s: facts %s", v.Comment, marshalJSON(facts, ""))
		}
	}
}
