package proofs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An absenceVector is a staple that answers whether there was no such document, or no
// release of a digest.
type absenceVector struct {
	Comment string    `json:"comment"`
	Claim   ClaimName `json:"claim"`
	ID      string    `json:"id"`
	Policy  string    `json:"policy"`
	Genesis string    `json:"genesis"` // leaf hash of entry 0, hex
	Staple  string    `json:"staple"`
	Dev     bool      `json:"dev,omitempty"`
	Now     int64     `json:"now,omitempty"`
	MaxAge  int64     `json:"maxAge,omitempty"`

	Result string    `json:"result"` // refuse: INVALID
	Answer Answer    `json:"answer,omitempty"`
	Exit   int       `json:"exit"`
	Check  string    `json:"check,omitempty"` // that decides
	AsOf   *asOfJSON `json:"asOf,omitempty"`
}

// judge is what this package says of a vector, and the check that decided.
func (v absenceVector) judge(t testing.TB) (Claim, string) {
	t.Helper()
	verifier := vectorVerifier(t, v.Policy, v.Genesis)
	staple, err := ParseReceipt([]byte(v.Staple))
	if err != nil {
		return Claim{Exit: ExitInvalid}, checkForm
	}
	e := Expect{Dev: v.Dev, Now: v.Now, MaxAge: v.MaxAge}
	var got Claim
	if v.Claim == ClaimNoDocument {
		got = verifier.DocumentAbsent(staple, v.ID, e)
	} else {
		digest, err := statement.ParseDigest(v.ID)
		if err != nil {
			t.Fatal(err)
		}
		got = verifier.NeverReleased(staple, digest, e)
	}
	return got, decidedBy(got.Checks, got.Reason)
}

func (v absenceVector) withFacts(t testing.TB) absenceVector {
	if got, _ := v.judge(t); got.Answer != NoVerdict {
		as := got.AsOf.wire()
		v.AsOf = &as
	}
	return v
}

// An absenceCase is one vector, with what the tests expect of it.
type absenceCase struct {
	comment string
	staple  *Receipt
	document, digest,
	policy string // one of the first two; no policy: testPolicyText
	expect Expect

	answer Answer // empty: invalid
	exit   int
	check  string
}

func (c absenceCase) vector(t testing.TB, l *writtenLog) absenceVector {
	t.Helper()
	if c.policy == "" {
		c.policy = testPolicyText()
	}
	v := absenceVector{
		Comment: c.comment, Claim: ClaimNoDocument, ID: c.document, Policy: c.policy, Genesis: fmt.Sprintf("%x", LeafHash(l.leaves.leaves[0])),
		Staple: string(c.staple.Marshal()), Dev: c.expect.Dev, Now: c.expect.Now, MaxAge: c.expect.MaxAge,
		Result: vectorAccept, Answer: c.answer, Exit: c.exit, Check: c.check,
	}
	if c.digest != "" {
		v.Claim, v.ID = ClaimNeverReleased, fileDigest(c.digest).String()
	}
	if c.answer == NoVerdict {
		v.Result = vectorRefuse
	}
	return v.withFacts(t)
}

func absenceVectors(t testing.TB) [][]byte {
	l := claimLog(t)
	var list []absenceVector
	for _, c := range append(answeredAbsences(l), refusedAbsences(t, l)...) {
		list = append(list, c.vector(t, l))
	}
	member := absenceCase{comment: "a policy inside the staple", staple: l.onlyDigest("never"), digest: "never", exit: ExitInvalid, check: checkForm}.vector(t, l)
	member.Staple, member.AsOf = strings.Replace(member.Staple, "{", `{"policy":"quorum none\n",`, 1), nil
	return lines(append(list, member))
}

// onlyDigest is the staple of the digest of some bytes.
func (l *writtenLog) onlyDigest(content string) *Receipt {
	return l.only(register.TypeDigest, fileDigest(content).String())
}

// answeredAbsences are yes, no or unknown, as a policy, a clock and an age qualify it.
func answeredAbsences(l *writtenLog) []absenceCase {
	none, _, all, _ := otherPolicies()
	key := string(keyOf("wl/other").spki)
	one, never, document := l.onlyDigest("one"), l.onlyDigest("never"), l.only(register.TypeDocument, "contracts/9")
	closed := l.onlyDigest("one")
	closed.Registers[0].State = nil
	two := l.onlyDigest("never")
	two.Registers = append(two.Registers, document.Registers[0])
	now, seal := (l.cosignAt+2)*1000+5000, int64(l.time-batchMillis)
	there, alone := l.only(register.TypeDocument, "contracts/1"), l.staple(entryFirst)
	receipt := l.receipt(entryFirst)
	receipt.Registers = never.Registers
	signers := l.cosigners
	l.cosigners = signers[:1]
	fewer, fewerOne := l.onlyDigest("never"), l.onlyDigest("one")
	l.cosigners = signers
	cosigners, age := string(CheckCosigners), string(CheckAge)
	return []absenceCase{
		{"no such document", document, "contracts/9", "", "", Expect{}, Yes, 0, ""},
		{"no such document: it has one", there, "contracts/1", "", "", Expect{}, No, ExitEnded, ""},
		{"no such document: by the registers of a release", alone, "contracts/1", "", "", Expect{}, No, ExitEnded, ""},
		{"no such document: the staple is of another", document, "contracts/8", "", "", Expect{}, NotKnown, ExitUnknown, ""},
		{"no such document: the staple is of the digest", never, "contracts/9", "", "", Expect{}, NotKnown, ExitUnknown, ""},
		{"no such document: beside another register", two, "contracts/9", "", "", Expect{}, Yes, 0, ""},
		{"never released", never, "", "never", "", Expect{}, Yes, 0, ""},
		{"never released: in a receipt of another entry", receipt, "", "never", "", Expect{}, Yes, 0, ""},
		{"never released: it was", one, "", "one", "", Expect{}, No, ExitEnded, ""},
		{"never released: the staple is of another digest", never, "", "one", "", Expect{}, NotKnown, ExitUnknown, ""},
		{"never released: its state is not shown", closed, "", "one", "", Expect{}, NotKnown, ExitUnknown, ""},
		{"never released: its state is not shown, too old", closed, "", "one", "", Expect{Now: now, MaxAge: 1}, NotKnown, ExitUnknown, ""},
		{"never released: the key of an identity", l.onlyDigest(key), "", key, "", Expect{}, Yes, 0, ""},
		{"of the maximum age", never, "", "never", "", Expect{Now: now, MaxAge: 5000}, Yes, 0, ""},
		{"too old by 1 ms", never, "", "never", "", Expect{Now: now + 1, MaxAge: 5000}, Yes, ExitQualified, age},
		{"too old, released", one, "", "one", "", Expect{Now: now, MaxAge: 1000}, No, ExitEnded, ""},
		{"a clock, and no maximum", never, "", "never", "", Expect{Now: now + 1<<40}, Yes, 0, ""},
		{"fewer cosigners", fewer, "", "never", "", Expect{}, Yes, ExitCosigners, cosigners},
		{"fewer cosigners, too old", fewer, "", "never", "", Expect{Now: now, MaxAge: 1000}, Yes, ExitCosigners, cosigners},
		{"fewer cosigners, released", fewerOne, "", "one", "", Expect{}, No, ExitCosigners, cosigners},
		{"fewer cosigners, another digest", fewer, "", "one", "", Expect{}, NotKnown, ExitUnknown, ""},
		{"another quorum, that nobody met", never, "", "never", all, Expect{}, Yes, ExitCosigners, cosigners},
		{"no cosigner demanded", never, "", "never", none, Expect{}, Yes, ExitCosigners, cosigners},
		{"no cosigner demanded, in a dev folder", never, "", "never", none, Expect{Dev: true}, Yes, 0, ""},
		{"no cosigner demanded, in a dev folder, its age is the log's", never, "", "never", none, Expect{Dev: true, Now: seal + 7, MaxAge: 7}, Yes, 0, ""},
		{"no cosigner demanded, in a dev folder, too old by 1 ms", never, "", "never", none, Expect{Dev: true, Now: seal + 8, MaxAge: 7}, Yes, ExitQualified, age},
		{"no cosigner demanded, in a dev folder, sealed more than 300 s after the clock", never, "", "never", none, Expect{Dev: true, Now: seal - 300_001}, Yes, ExitQualified, age},
		{"a dev folder with a quorum that nobody met", never, "", "never", all, Expect{Dev: true}, Yes, ExitCosigners, cosigners},
		{"cosignatures later than the clock and its skew", never, "", "never", "", Expect{Now: now - 3_600_000}, Yes, ExitCosigners, cosigners},
	}
}

// refusedAbsences show what is there as absent, or are of another log.
func refusedAbsences(t testing.TB, l *writtenLog) (list []absenceCase) {
	stranger, anew := newWrittenLog(t), emptyLog(t)
	stranger.signer = newSigner("log.example", TypeEd25519, 97)
	anew.time += 1000
	anew.genesis()
	anew.enroll("wl/publisher", 0)
	anew.publish()
	older := newWrittenLog(t) // the same log, before the release
	one := fileDigest("one").String()
	for _, c := range []struct {
		comment string
		staple  *Receipt
		check   CheckName
		change  func(r *Receipt)
	}{
		{"its value left out", l.onlyDigest("one"), CheckRegister, func(r *Receipt) {
			r.Registers[0] = RegisterProof{Type: register.TypeDigest, ID: one, Path: r.Registers[0].Path}
		}},
		{"the absence of another digest", l.onlyDigest("never"), CheckRegister, func(r *Receipt) { r.Registers[0].ID = one }},
		{"the absence from a smaller tree", l.onlyDigest("one"), CheckRegister, func(r *Receipt) { r.Registers = older.onlyDigest("one").Registers }},
		{"the checkpoint of a smaller tree", l.onlyDigest("one"), CheckSealPosition, func(r *Receipt) { r.Checkpoint = older.note() }},
		{"shown twice", l.onlyDigest("one"), CheckRegister, func(r *Receipt) { r.Registers = append(r.Registers, r.Registers[0]) }},
		{"absent and present", l.onlyDigest("one"), CheckRegister, func(r *Receipt) {
			r.Registers = append(r.Registers, RegisterProof{Type: register.TypeDigest, ID: one, Path: r.Registers[0].Path})
		}},
		{"absent, with events", l.onlyDigest("never"), CheckRegister, func(r *Receipt) {
			r.Registers[0].ID, r.Registers[0].Events = one, l.onlyDigest("one").Registers[0].Events
		}},
		{"absent, with a state", l.onlyDigest("never"), CheckRegister, func(r *Receipt) {
			r.Registers[0].ID, r.Registers[0].State = one, l.onlyDigest("one").Registers[0].State
		}},
		{"another state", l.onlyDigest("one"), CheckRegister, func(r *Receipt) { r.Registers[0].State.State = register.DigestState{Releases: 2}.Marshal() }},
		{"an event of another register", l.onlyDigest("one"), CheckRegister, func(r *Receipt) {
			r.Registers[0].Events = l.only(register.TypeDigest, fileDigest(string(keyOf("wl/other").spki)).String()).Registers[0].Events
		}},
		{"of a log with another key", stranger.onlyDigest("one"), CheckCheckpoint, nil},
		{"of a log of this key, begun anew", anew.onlyDigest("one"), CheckGenesis, nil},
		{"a checkpoint, and nothing else", &Receipt{Checkpoint: l.note()}, CheckSealForm, nil},
		{"a policy behind its checkpoint", l.onlyDigest("one"), CheckCheckpoint, func(r *Receipt) { r.Checkpoint = append(r.Checkpoint, "\nquorum none\n"...) }},
	} {
		r := l.copyOf(c.staple)
		if c.change != nil {
			c.change(r)
		}
		list = append(list, absenceCase{comment: "never released: " + c.comment, staple: r, digest: "one", exit: ExitInvalid, check: string(c.check)})
	}
	there := l.only(register.TypeDocument, "contracts/1")
	there.Registers[0] = RegisterProof{Type: register.TypeDocument, ID: "contracts/1", Path: there.Registers[0].Path}
	return append(list, absenceCase{comment: "no such document: its value left out", staple: there, document: "contracts/1", exit: ExitInvalid, check: string(CheckRegister)})
}

func TestVectorsAbsence(t *testing.T) {
	for _, v := range vectors[absenceVector](t, "absence.jsonl") {
		got, check := v.judge(t)
		if got.Answer != v.Answer || got.Exit != v.Exit || check != v.Check || (v.Result == vectorRefuse) != (got.Exit == ExitInvalid) {
			t.Errorf("%s: want %q %d by %q, got by %q\n%s", v.Comment, v.Answer, v.Exit, v.Check, check, got)
		}
		if facts := v.withFacts(t); string(marshalJSON(facts, "")) != string(marshalJSON(v, "")) {
			t.Errorf("%s: facts %s", v.Comment, marshalJSON(facts, ""))
		}
	}
}
