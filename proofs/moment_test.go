package proofs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/proofs/register"
)

// A timeline is version 1 of a document with evidence of four trees: before it, right
// after it, later, and after it was superseded. One batch follows another by a minute;
// cosigners sign about 62 seconds after the batch.
type timeline struct {
	log                      *writtenLog
	index                    uint64
	receipt                  *Receipt
	before, after, mid, late *Receipt
	from, until              int64 // the log's clock
	seen                     Seen
}

func newTimeline(t testing.TB) *timeline {
	l := newWrittenLog(t)
	l.release("notes/8", "eight")
	l.publish()
	x := &timeline{log: l, before: l.bare()}
	absent := l.cosignAt
	x.from = l.time
	x.index = l.release("contracts/1", "one")
	l.publish()
	x.receipt, x.after = l.receipt(x.index), l.staple(x.index)
	begun := l.cosignAt + 2
	l.release("notes/8", "nine")
	l.publish()
	x.mid = l.staple(x.index)
	still := l.cosignAt
	x.until = l.time
	l.release("contracts/1", "two")
	l.publish()
	x.late = l.staple(x.index)
	x.seen = Seen{absent * 1000, begun * 1000, still * 1000, (l.cosignAt + 2) * 1000}
	return x
}

// bare is the staple of a tree, with one register that any log has.
func (l *writtenLog) bare() *Receipt {
	r := l.staple(1)
	r.Registers = []RegisterProof{l.prove(register.TypeIdentity, "h/admin", 0, 1, 1)}
	return r
}

func (x *timeline) judge(policy string, at Moment, staples ...*Receipt) Verdict {
	return x.log.verifier(policy).VerifyAt(x.receipt, staples, &at, expectationOf(x.receipt))
}

// TestInForceByClocks asks right before, at and right after each bound of each clock.
func TestInForceByClocks(t *testing.T) {
	x := newTimeline(t)
	s := x.seen
	all := []*Receipt{x.late, x.before, x.mid}
	for _, c := range []struct {
		name   string
		time   int64
		answer Answer
		known  Knowledge
		log    Answer
		exit   int
	}{
		{"long before", x.from - 3_600_000, No, Refuted, No, ExitEnded},
		{"before the log's beginning", x.from - 1, No, Refuted, No, ExitEnded},
		{"the log's beginning, which the cosigners refute", x.from, No, Refuted, Yes, ExitEnded},
		{"right before the last sight without it", s.Absent - 1, No, Refuted, Yes, ExitEnded},
		{"at that sight", s.Absent, Yes, LogClock, Yes, 0},
		{"right after it", s.Absent + 1, Yes, LogClock, Yes, 0},
		{"right before the first sight of it", s.Begun - 1, Yes, LogClock, Yes, 0},
		{"at that sight", s.Begun, Yes, Proven, Yes, 0},
		{"right after it", s.Begun + 1, Yes, Proven, Yes, 0},
		{"before the log's end", x.until - 1, Yes, Proven, Yes, 0},
		{"the log's end, which the cosigners refute", x.until, Yes, Proven, No, 0},
		{"right before the last sight in force", s.Still - 1, Yes, Proven, No, 0},
		{"at that sight", s.Still, No, LogClock, No, ExitEnded},
		{"right before the first sight of the end", s.Ended - 1, No, LogClock, No, ExitEnded},
		{"at that sight", s.Ended, No, Refuted, No, ExitEnded},
		{"long after", s.Ended + 3_600_000_000, No, Refuted, No, ExitEnded},
	} {
		v := x.judge(testPolicyText(), Moment{Time: c.time}, all...)
		want := &InForce{At: Moment{Time: c.time}, Answer: c.answer, Known: c.known, Log: c.log, Seen: s}
		if diff := cmp.Diff(want, v.InForce); diff != "" || v.Exit != c.exit || v.Kind != WasAuthoritative {
			t.Errorf("%s: %s, exit %d\n%s", c.name, v.Kind, v.Exit, diff)
		}
		if doubtful := len(v.Warnings) > 0; doubtful != (c.log != c.answer) {
			t.Errorf("%s: warnings %q", c.name, v.Warnings)
		}
		checkMoment(t, v)
	}
}

// checkMoment: text and JSON say the answer, and what it leaves open.
func checkMoment(t *testing.T, v Verdict) {
	t.Helper()
	first, _, _ := strings.Cut(v.String(), "\n")
	if want := v.InForce.String() + "."; first != want || !strings.Contains(first, string(v.InForce.Known)) {
		t.Errorf("first line %q, want %q", first, want)
	}
	var out struct {
		Exit    int
		InForce struct {
			Time, Answer, Known, Log, Absent, Begun, Still, Ended string
			Size                                                  uint64
		}
	}
	b, err := v.MarshalJSON()
	if err != nil || json.Unmarshal(b, &out) != nil {
		t.Fatal(err)
	}
	f := v.InForce
	if out.Exit != v.Exit || out.InForce.Answer != string(f.Answer) || out.InForce.Known != string(f.Known) || out.InForce.Log != string(f.Log) ||
		out.InForce.Size != f.At.Size || (out.InForce.Time == "") != (f.At.Size != 0) || out.InForce.Begun != timeText(f.Seen.Begun) {
		t.Errorf("%s", b)
	}
	open := strings.Join(v.NotChecked, "\n")
	if strings.Contains(open, "by any clock but the log's") != (f.Known == LogClock) || strings.Contains(open, "same bytes") != (f.Answer == No) {
		t.Errorf("%s known by %s leaves open: %q", f.Answer, f.Known, open)
	}
}

// TestInForceBySize: the order of the entries decides, no clock.
func TestInForceBySize(t *testing.T) {
	x := newTimeline(t)
	end := uint64(9) // index of the next release
	for size, want := range map[uint64]Answer{1: No, x.index: No, x.index + 1: Yes, end: Yes, end + 1: No, end + 2: No, 1 << 40: No} {
		v := x.judge(testPolicyText(), Moment{Size: size}, x.late)
		if v.Until == nil || v.Until.Index != end {
			t.Fatalf("until %+v", v.Until)
		}
		known := map[Answer]Knowledge{Yes: Proven, No: Refuted}[want]
		if v.InForce.Answer != want || v.InForce.Known != known || v.Exit != map[Answer]int{Yes: 0, No: ExitEnded}[want] {
			t.Errorf("size %d: %+v, exit %d", size, v.InForce, v.Exit)
		}
		checkMoment(t, v)
	}
	v := x.judge(testPolicyText(), Moment{Size: x.index + 3})
	if v.InForce.Answer != NotKnown || v.InForce.Known != None || v.Exit != ExitUnknown || v.Kind != Authoritative || !strings.Contains(v.Reason, "fetch a newer") {
		t.Errorf("above what is known: %s", v)
	}
	checkMoment(t, v)
}

// TestInForceWithLess: what is missing makes the answer weaker, never another one.
func TestInForceWithLess(t *testing.T) {
	x := newTimeline(t)
	s := x.seen
	anyOne := strings.Replace(testPolicyText(), "group demanded all witnesses auditors\nquorum demanded", "group one any w3 audit\nquorum one", 1)
	anyOne = strings.NewReplacer("group witnesses 2 w1 w2 w3\n", "", "group auditors any audit\n", "").Replace(anyOne)
	none := strings.Replace(testPolicyText(), "quorum demanded", "quorum none", 1)
	later := Seen{Begun: s.Begun, Still: x.log.cosignAtOf(2) * 1000}
	for _, c := range []struct {
		name    string
		policy  string
		time    int64
		staples []*Receipt
		answer  Answer
		known   Knowledge
		exit    int
		seen    Seen
	}{
		{"the receipt alone, before its cosigners", testPolicyText(), x.from, nil, Yes, LogClock, 0, later},
		{"the receipt alone, after the log's time", testPolicyText(), s.Begun, nil, NotKnown, None, ExitUnknown, later},
		{"a later tree, right before its cosigners", testPolicyText(), s.Begun - 1, []*Receipt{x.mid}, Yes, LogClock, 0, Seen{Begun: s.Begun, Still: s.Still}},
		{"a later tree", testPolicyText(), s.Begun, []*Receipt{x.mid}, Yes, Proven, 0, Seen{Begun: s.Begun, Still: s.Still}},
		{"the same tree twice", testPolicyText(), x.from, []*Receipt{x.after, x.after}, Yes, LogClock, 0, later},
		{"the end alone", testPolicyText(), s.Begun, []*Receipt{x.late}, Yes, LogClock, 0, Seen{Begun: s.Begun, Still: later.Still, Ended: s.Ended}},
		{"no quorum demanded", none, s.Begun, []*Receipt{x.before, x.mid, x.late}, Yes, LogClock, ExitCosigners, Seen{}},
		{"quorums that share nobody", anyOne, x.from, []*Receipt{x.before, x.mid}, Yes, LogClock, 0, Seen{Begun: s.Begun}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := x.judge(c.policy, Moment{Time: c.time}, c.staples...)
			if v.InForce == nil || v.InForce.Answer != c.answer || v.InForce.Known != c.known || v.Exit != c.exit {
				t.Fatalf("want %s %s %d, got\n%s", c.answer, c.known, c.exit, v)
			}
			if diff := cmp.Diff(c.seen, v.InForce.Seen); diff != "" {
				t.Error(diff)
			}
			checkMoment(t, v)
		})
	}
}

// cosignAtOf is when the first cosigner signed the tree of a batch, counted from 0.
func (l *writtenLog) cosignAtOf(batch int64) int64 {
	return startTime/1000 + 1 + (batch+1)*batchMillis/1000
}

// TestInForceExits: the exit code in place of the answer's.
func TestInForceExits(t *testing.T) {
	x := newTimeline(t)
	in, out := Moment{Size: x.index + 1}, Moment{Size: 1}
	v := x.log.verifier(testPolicyText())
	bare := x.log.staple(x.index)
	x.log.cosigners = nil
	uncosigned := x.log.staple(x.index)
	x.log.revoke("wl/publisher", x.from)
	x.log.publish()
	stolen := x.log.staple(x.index)
	for _, c := range []struct {
		name   string
		staple *Receipt
		at     Moment
		change func(*Expect)
		exit   int
	}{
		{"in force", bare, in, nil, 0},
		{"not in force", bare, out, nil, ExitEnded},
		{"another document", bare, in, func(e *Expect) { e.Document = "contracts/2" }, ExitQualified},
		{"another document, not in force", bare, out, func(e *Expect) { e.Document = "contracts/2" }, ExitEnded},
		{"nothing expected", bare, in, func(e *Expect) { e.Document = "" }, ExitQualified},
		{"too old", bare, in, func(e *Expect) { e.Now, e.MaxAge = x.seen.Ended+5000, 1000 }, ExitQualified},
		{"fewer cosigners", uncosigned, in, nil, ExitCosigners},
		{"fewer cosigners, not in force", uncosigned, out, nil, ExitCosigners},
		{"reported compromised", stolen, in, nil, ExitCompromised},
		{"reported compromised, not in force", stolen, out, nil, ExitCompromised},
		{"not known", bare, Moment{Time: x.from}, func(e *Expect) { e.File = fileDigest("forged") }, ExitUnknown},
		{"reported compromised, not known", stolen, Moment{Size: 1 << 40}, nil, ExitEnded},
	} {
		e := expectationOf(x.receipt)
		if c.change != nil {
			c.change(&e)
		}
		if c.name == "reported compromised, not known" {
			c.exit = ExitCompromised // the end is known: a later size cannot change it
		}
		at := c.at
		if got := v.VerifyAt(x.receipt, []*Receipt{c.staple}, &at, e); got.Exit != c.exit {
			t.Errorf("%s: exit %d, want %d\n%s", c.name, got.Exit, c.exit, got)
		}
	}
}

// TestInForceRefuses: evidence that is wrong, of another release, or of another log.
func TestInForceRefuses(t *testing.T) {
	x := newTimeline(t)
	other := func(change func(r *Receipt)) *Receipt {
		r := *x.mid
		r.Registers = append([]RegisterProof{}, x.mid.Registers...)
		change(&r)
		return &r
	}
	fork := newWrittenLog(t)
	fork.release("contracts/1", "forged")
	fork.publish()
	small := fork.bare()
	fork.release("contracts/1", "again")
	fork.publish()
	stranger := newWrittenLog(t)
	stranger.signer = newSigner("log.example", TypeEd25519, 97)
	for _, c := range []struct {
		name    string
		staples []*Receipt
		kind    Kind
	}{
		{"of nothing", []*Receipt{{}}, Invalid},
		{"none", []*Receipt{nil}, Invalid},
		{"of another log", []*Receipt{x.late, stranger.bare()}, Invalid},
		{"an older one that is empty", []*Receipt{x.late, other(func(r *Receipt) { r.Registers = nil })}, Invalid},
		{"one of its registers is another's", []*Receipt{x.late, other(func(r *Receipt) { r.Registers[0].Path = r.Registers[1].Path })}, Invalid},
		{"of a second history", []*Receipt{fork.bare()}, Contradicted},
		{"of a second history, beside a good one", []*Receipt{x.late, fork.bare()}, Contradicted},
	} {
		for _, at := range []Moment{{Size: x.index + 1}, {Time: x.from}} {
			if v := x.judge(testPolicyText(), at, c.staples...); v.Kind != c.kind || v.InForce != nil || v.Exit == 0 {
				t.Errorf("%s, %s: want %s, got\n%s", c.name, at, c.kind, v)
			}
		}
	}
	// What nobody can notice here: a smaller tree of a second history, which the same
	// cosigners signed. The answer says what it rests on.
	v := x.judge(testPolicyText(), Moment{Time: x.from}, small)
	if v.InForce == nil || v.InForce.Known != Refuted || !strings.Contains(strings.Join(v.NotChecked, "\n"), "that the smaller trees begin this one") {
		t.Errorf("%s", v)
	}
}

// TestStaplesContradictEachOther: neither excludes the receipt, but one the other.
func TestStaplesContradictEachOther(t *testing.T) {
	a, b := newWrittenLog(t), newWrittenLog(t)
	r := a.first()
	b.first()
	a.release("notes/8", "eight")
	b.release("notes/9", "nine")
	a.publish()
	b.publish()
	v := a.verifier(testPolicyText()).VerifyAt(r, []*Receipt{a.staple(entryFirst), b.staple(entryFirst)}, nil, expectationOf(r))
	if v.Kind != Contradicted || v.Contradiction == nil || v.Contradiction.A == r || v.Contradiction.B == r {
		t.Errorf("%s", v)
	}
}

// TestInForceOfWithdrawal: the receipt of a withdrawal speaks of the same interval.
func TestInForceOfWithdrawal(t *testing.T) {
	l := newWrittenLog(t)
	l.first()
	old := l.staple(entryFirst)
	i := l.withdraw("contracts/1")
	l.publish()
	r := l.receipt(i)
	for size, want := range map[uint64]Answer{entryFirst: No, entryFirst + 1: Yes, i: Yes, i + 1: No} {
		at := Moment{Size: size}
		if v := l.verifier(testPolicyText()).VerifyAt(r, []*Receipt{old}, &at, expectationOf(r)); v.Kind != Withdrawn || v.InForce.Answer != want {
			t.Errorf("size %d: want %s\n%s", size, want, v)
		}
	}
}

// TestForgedFileAtNoMoment: other bytes, dressed up by a receipt that is valid in
// another namespace, are never in force.
func TestForgedFileAtNoMoment(t *testing.T) {
	l := newWrittenLog(t)
	l.first()
	forged := l.release("notes/forged", "forged")
	l.publish()
	r := l.receipt(forged)
	for _, expect := range []Expect{
		{File: fileDigest("forged"), Document: "contracts/1"},
		{File: fileDigest("forged"), Namespaces: []string{"contracts/"}},
		{File: fileDigest("forged")},
		{File: fileDigest("one"), Document: "contracts/1"},
	} {
		for _, at := range []*Moment{nil, {Size: forged + 1}, {Time: int64(l.time - batchMillis)}} {
			if v := l.verifier(testPolicyText()).VerifyAt(r, nil, at, expect); v.Exit == 0 {
				t.Errorf("%+v at %v:\n%s", expect, at, v)
			}
		}
	}
}

// TestMomentByteFlips: no byte of the evidence can be changed so that it says more.
func TestMomentByteFlips(t *testing.T) {
	x := newTimeline(t)
	at := Moment{Time: x.seen.Begun}
	v, expect := x.log.verifier(testPolicyText()), expectationOf(x.receipt)
	evidence := []*Receipt{x.receipt, x.before, x.mid, x.late}
	want := v.VerifyAt(x.receipt, evidence[1:], &at, expect)
	if want.InForce == nil || want.InForce.Known != Proven {
		t.Fatalf("%s", want)
	}
	for k := range evidence {
		flipped, b := 0, evidence[k].Marshal()
		for i := k; i < len(b); i += len(evidence) + 1 {
			b[i] ^= 1
			r, err := ParseReceipt(b)
			b[i] ^= 1
			if err != nil {
				continue
			}
			flipped++
			changed := append([]*Receipt{}, evidence...)
			changed[k] = r
			got := v.VerifyAt(changed[0], changed[1:], &at, expect)
			if !sameOrWorse(want, got) || got.InForce != nil && !weaker(want.InForce, got.InForce) {
				t.Fatalf("byte %d of evidence %d gives\n%s", i, k, got)
			}
		}
		if flipped == 0 {
			t.Errorf("evidence %d: no flip was parsed", k)
		}
	}
}

// weaker says whether an answer claims nothing that the other does not.
func weaker(want, got *InForce) bool {
	same := got.Answer == want.Answer && (got.Known == want.Known || got.Known == LogClock)
	return same || got.Known == LogClock && got.Answer == got.Log || got.Known == None
}

// TestPolicyInEvidence: whatever comes with a receipt, the verifier's policy decides.
// A receipt has no place for one, and a key that signed its checkpoint, with cosigners
// of its own, counts for nothing.
func TestPolicyInEvidence(t *testing.T) {
	l := newWrittenLog(t)
	r := l.first()
	for _, member := range []string{`"policy":"quorum none\n"`, `"genesis":"AA=="`, `"quorum":"none"`, `"witnesses":[]`} {
		b := append([]byte("{"+member+","), r.Marshal()[1:]...)
		if _, err := ParseReceipt(b); err == nil {
			t.Errorf("a receipt with %s was parsed", member)
		}
	}
	own := newSigner("witness.example/own", TypeEd25519Cosignature, 90)
	l.cosigners = []testSigner{own}
	mine := l.receipt(entryFirst)
	line := fmt.Sprintf("witness own %s\nquorum own\n", own.key)
	mine.Checkpoint = append(bytes.Clone(mine.Checkpoint), []byte("\n"+line)...)
	if v := l.verifier(testPolicyText()).Verify(mine, expectationOf(mine)); v.Kind != Invalid {
		t.Errorf("a policy behind the checkpoint: %s", v)
	}
	if v := l.verifier(testPolicyText()).Verify(l.receipt(entryFirst), expectationOf(mine)); v.Exit != ExitCosigners || v.Level != LevelLog {
		t.Errorf("cosigners of its own: %s", v)
	}
	lenient, err := ParsePolicy([]byte("log " + testLog.key.String() + "\n" + line))
	if err != nil {
		t.Fatal(err)
	}
	if v := (Verifier{Policy: lenient, Genesis: LeafHash(l.leaves.leaves[0])}).Verify(l.receipt(entryFirst), expectationOf(mine)); v.Exit != 0 {
		t.Errorf("the same receipt under a policy that has them: %s", v)
	}
}

// TestInForceInRun: a release in a run is judged with all its registers, run and
// grants, by each staple.
func TestInForceInRun(t *testing.T) {
	l := newRunLog(t)
	r := l.approved()
	l.outcome("R1")
	l.publish()
	mid := l.staple(entryRelease)
	l.release(runDocument, "ten")
	l.publish()
	late := l.staple(entryRelease)
	v, at := l.verifier(testPolicyText()), Moment{Size: entryRelease + 1}
	got := v.VerifyAt(r, []*Receipt{late, mid}, &at, expectationOf(r))
	if got.Exit != 0 || got.InForce.Known != Proven || got.Kind != WasAuthoritative || len(got.Approvals) != 2 || got.Run.ID != "R1" {
		t.Fatalf("%s", got)
	}
	mid.Registers = mid.Registers[:3]
	if got := v.VerifyAt(r, []*Receipt{late, mid}, &at, expectationOf(r)); got.Kind != Invalid {
		t.Errorf("a staple without the grants: %s", got)
	}
}

// TestInForceFromTheNewest: whoever has the newest receipt alone uses smaller trees as
// sightings, with every register judged.
func TestInForceFromTheNewest(t *testing.T) {
	x := newTimeline(t)
	newest := x.log.receipt(x.index)
	v, expect, at := x.log.verifier(testPolicyText()), expectationOf(newest), Moment{Time: x.seen.Begun}
	got := v.VerifyAt(newest, []*Receipt{x.mid, x.before, x.after}, &at, expect)
	if got.InForce == nil || got.InForce.Known != Proven || len(got.Warnings) != 0 || got.Size != x.log.size {
		t.Fatalf("%s", got)
	}
	if diff := cmp.Diff(x.seen, got.InForce.Seen); diff != "" {
		t.Error(diff)
	}
	if got = v.VerifyAt(newest, []*Receipt{x.mid}, nil, expect); got.InForce != nil || len(got.Warnings) != 1 {
		t.Errorf("no moment: %s", got)
	}
	for name, change := range map[string]func(r *Receipt){
		"its event left out":     func(r *Receipt) { r.Registers[0].Events = nil },
		"the identity left out":  func(r *Receipt) { r.Registers = r.Registers[:1] },
		"the newest tree's path": func(r *Receipt) { r.Registers[0].Path = x.late.Registers[0].Path },
		"without its seal":       func(r *Receipt) { r.Seal = nil },
	} {
		r := x.log.copyOf(x.mid)
		change(r)
		if got := v.VerifyAt(newest, []*Receipt{r}, &at, expect); got.Kind != Invalid || got.InForce != nil {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// copyOf is a receipt that can be changed.
func (l *writtenLog) copyOf(r *Receipt) *Receipt {
	l.t.Helper()
	c, err := ParseReceipt(r.Marshal())
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}
