package proofs

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// clockCases ask right before, at and right after each bound of each clock.
func clockCases(t testing.TB) (list []momentCase) {
	x := newTimeline(t)
	s := x.seen
	for _, c := range []struct {
		name   string
		time   int64
		answer Answer
		known  Knowledge
	}{
		{"an hour before the release", x.from - 3_600_000, No, Refuted},
		{"right before the log's beginning", x.from - 1, No, Refuted},
		{"at the log's beginning, which the cosigners refute", x.from, No, Refuted},
		{"right before the last sight without it", s.Absent - 1, No, Refuted},
		{"at the last sight without it", s.Absent, Yes, LogClock},
		{"right after the last sight without it", s.Absent + 1, Yes, LogClock},
		{"right before the first sight of it", s.Begun - 1, Yes, LogClock},
		{"at the first sight of it", s.Begun, Yes, Proven},
		{"right after the first sight of it", s.Begun + 1, Yes, Proven},
		{"right before the log's end", x.until - 1, Yes, Proven},
		{"at the log's end, which the cosigners refute", x.until, Yes, Proven},
		{"right before the last sight in force", s.Still - 1, Yes, Proven},
		{"at the last sight in force", s.Still, No, LogClock},
		{"right before the first sight of the end", s.Ended - 1, No, LogClock},
		{"at the first sight of the end", s.Ended, No, Refuted},
		{"years after the end", s.Ended + 3_600_000_000, No, Refuted},
	} {
		exit := map[Answer]int{Yes: 0, No: ExitEnded}[c.answer]
		list = append(list, momentCase{
			comment: "at a time: " + c.name, log: x.log, receipt: x.receipt, staples: []*Receipt{x.late, x.before, x.mid}, at: &Moment{Time: c.time},
			kind: WasAuthoritative, exit: exit, answer: c.answer, known: c.known,
		})
	}
	return list
}

// sizeCases: the order of the entries decides, no clock.
func sizeCases(t testing.TB) (list []momentCase) {
	x := newTimeline(t)
	end := x.log.newestOf("contracts/1")
	add := func(comment string, size uint64, kind Kind, exit int, answer Answer, known Knowledge, staples ...*Receipt) {
		list = append(list, momentCase{
			comment: "at a size: " + comment, log: x.log, receipt: x.receipt, staples: staples, at: &Moment{Size: size},
			kind: kind, exit: exit, answer: answer, known: known,
		})
	}
	add("the first entry alone", 1, WasAuthoritative, ExitEnded, No, Refuted, x.late)
	add("all before the release", x.index, WasAuthoritative, ExitEnded, No, Refuted, x.late)
	add("with the release", x.index+1, WasAuthoritative, 0, Yes, Proven, x.late)
	add("all before the next release", end, WasAuthoritative, 0, Yes, Proven, x.late)
	add("with the next release", end+1, WasAuthoritative, ExitEnded, No, Refuted, x.late)
	add("above all evidence, after the end", 1<<40, WasAuthoritative, ExitEnded, No, Refuted, x.late)
	add("of the receipt itself", x.index+2, Authoritative, 0, Yes, Proven)
	add("above all evidence, without an end", x.index+3, Authoritative, ExitUnknown, NotKnown, None)
	add("above all evidence, under a staple", x.index+5, Authoritative, ExitUnknown, NotKnown, None, x.mid)
	return list
}

// newestOf is the entry of the newest event of a document.
func (l *writtenLog) newestOf(document string) uint64 {
	for _, r := range l.registers {
		if r.id == document {
			return r.events[len(r.events)-1].Index
		}
	}
	l.t.Fatalf("no document %s", document)
	return 0
}

// otherPolicies are the tests' policy with other quorums.
func otherPolicies() (none, anyOne, all, threeOf string) {
	text := testPolicyText()
	quorum := func(lines string) string {
		before, _, _ := strings.Cut(text, "group ")
		return before + lines
	}
	return quorum("quorum none\n"), quorum("group one any w3 audit\nquorum one\n"), quorum("group every all w1 w2 w3 audit\nquorum every\n"),
		quorum("group three 3 w1 w2 w3 audit\nquorum three\n")
}

// sightingCases: what is missing makes the answer weaker, never another one.
func sightingCases(t testing.TB) (list []momentCase) {
	x := newTimeline(t)
	s := x.seen
	none, anyOne, all, three := otherPolicies()
	for _, c := range []struct {
		name    string
		policy  string
		time    int64
		staples []*Receipt
		kind    Kind
		exit    int
		check   CheckName
		answer  Answer
		known   Knowledge
	}{
		{"the receipt alone, before its cosigners", "", x.from, nil, Authoritative, 0, "", Yes, LogClock},
		{"the receipt alone, the seal's time", "", x.from, []*Receipt{x.after}, Authoritative, 0, "", Yes, LogClock},
		{"the receipt alone, right after the seal's time", "", x.from + 1, nil, Authoritative, 0, "", Yes, LogClock},
		{"the receipt alone, after its cosigners", "", s.Begun, nil, Authoritative, ExitUnknown, "", NotKnown, None},
		{"a later tree, right before its cosigners", "", s.Begun - 1, []*Receipt{x.mid}, Authoritative, 0, "", Yes, LogClock},
		{"a later tree, after the log's clock", "", s.Begun, []*Receipt{x.mid}, Authoritative, 0, "", Yes, Proven},
		{"a later tree, at its latest", "", s.Still, []*Receipt{x.mid}, Authoritative, ExitUnknown, "", NotKnown, None},
		{"the same tree twice", "", x.from, []*Receipt{x.after, x.after}, Authoritative, 0, "", Yes, LogClock},
		{"the end alone", "", s.Begun, []*Receipt{x.late}, WasAuthoritative, 0, "", Yes, LogClock},
		{"no tree before it", "", x.from - 1, []*Receipt{x.late}, WasAuthoritative, ExitEnded, "", No, LogClock},
		{"no tree before it, before 1970", "", -1, []*Receipt{x.late}, WasAuthoritative, ExitEnded, "", No, LogClock},
		{"no quorum demanded", none, s.Begun, []*Receipt{x.before, x.mid, x.late}, WasAuthoritative, ExitCosigners, CheckCosigners, Yes, LogClock},
		{"another quorum, that nobody met", all, s.Begun, []*Receipt{x.before, x.mid, x.late}, WasAuthoritative, ExitCosigners, CheckCosigners, Yes, LogClock},
		{"another quorum, three of four", three, s.Begun, []*Receipt{x.before, x.mid, x.late}, WasAuthoritative, 0, "", Yes, Proven},
		{"quorums that share nobody: absence and duration prove nothing", anyOne, x.from, []*Receipt{x.before, x.mid}, Authoritative, 0, "", Yes, LogClock},
		{"quorums that share nobody: the end is proven all the same", anyOne, s.Ended, []*Receipt{x.before, x.mid, x.late}, WasAuthoritative, ExitEnded, "", No, Refuted},
	} {
		list = append(list, momentCase{
			comment: "sightings: " + c.name, log: x.log, policy: c.policy, receipt: x.receipt, staples: c.staples, at: &Moment{Time: c.time},
			kind: c.kind, exit: c.exit, check: string(c.check), answer: c.answer, known: c.known,
		})
	}
	return append(list, mirrorCases(t)...)
}

// mirrorCases: all three witnesses signed, so the quorum is met early and holds long.
func mirrorCases(t testing.TB) (list []momentCase) {
	l := newWrittenLog(t)
	l.cosigners = []testSigner{testWitness1, testWitness2, testWitness3, testAuditor}
	r := l.first()
	begun := (l.cosignAt + 3) * 1000 // the auditor is last
	l.release("notes/8", "eight")
	l.publish()
	still := (l.cosignAt + 1) * 1000 // two of three: the second largest
	mid := l.staple(entryFirst)
	for _, c := range []struct {
		time   int64
		exit   int
		answer Answer
		known  Knowledge
	}{{begun - 1, 0, Yes, LogClock}, {begun, 0, Yes, Proven}, {still - 1, 0, Yes, Proven}, {still, ExitUnknown, NotKnown, None}} {
		list = append(list, momentCase{
			comment: fmt.Sprintf("two of three witnesses by their smallest and largest times: %+d ms, %+d ms", c.time-begun, c.time-still),
			log:     l, receipt: r, staples: []*Receipt{mid}, at: &Moment{Time: c.time}, kind: Authoritative, exit: c.exit, answer: c.answer, known: c.known,
		})
	}
	// A cosignature from the future does not count: its tree is no sighting.
	list = append(list, momentCase{
		comment: "cosignatures later than the clock and its skew are no sighting", log: l, receipt: r, staples: []*Receipt{mid}, at: &Moment{Time: begun},
		expect: func(e *Expect) { e.Now = begun - 300_000 + batchMillis - 2001 }, kind: Authoritative, exit: ExitUnknown, answer: NotKnown, known: None,
	})
	return list
}

// mldsaMoments: the log or the audit cosigner signs with ML-DSA-44.
func mldsaMoments(t testing.TB) (list []momentCase) {
	auditor := newSigner("audit.example", TypeMLDSA44, 14)
	policy := strings.Replace(testPolicyText(), testAuditor.key.String(), auditor.key.String(), 1)
	add := func(comment string, signer testSigner, policy string, change func(r *Receipt), kind Kind, exit int, check string, answer Answer, known Knowledge) {
		l := newWrittenLog(t)
		l.signer, l.cosigners = signer, []testSigner{testWitness1, testWitness2, auditor}
		r := l.first()
		begun := (l.cosignAt + 2) * 1000
		l.release("notes/8", "eight")
		l.publish()
		staple := l.staple(entryFirst)
		if change != nil {
			change(staple)
		}
		list = append(list, momentCase{
			comment: "ML-DSA-44: " + comment, log: l, policy: policy, receipt: r, staples: []*Receipt{staple}, at: &Moment{Time: begun},
			kind: kind, exit: exit, check: check, answer: answer, known: known,
		})
	}
	last := func(r *Receipt) (line []byte) { return r.Checkpoint[bytes.LastIndex(r.Checkpoint, []byte("— ")):] }
	replace := func(r *Receipt, change func(blob []byte) []byte) {
		line := last(r)
		name, text, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" audit.example "))
		blob, err := base64.StdEncoding.DecodeString(string(text))
		if err != nil {
			t.Fatal(err)
		}
		changed := fmt.Sprintf("%s audit.example %s\n", name, base64.StdEncoding.EncodeToString(change(blob)))
		r.Checkpoint = append(bytes.Clone(r.Checkpoint[:len(r.Checkpoint)-len(line)]), changed...)
	}
	spoiled := "staple " + string(CheckCheckpoint)
	add("the audit cosigner", testLog, policy, nil, Authoritative, 0, "", Yes, Proven)
	add("the log itself", newSigner("log.example", TypeMLDSA44, 1), strings.Replace(policy, testLog.key.String(), newSigner("log.example", TypeMLDSA44, 1).key.String(), 1),
		nil, Authoritative, 0, "", Yes, Proven)
	add("the audit cosigner is missing from the staple", testLog, policy, func(r *Receipt) { r.Checkpoint = bytes.TrimSuffix(r.Checkpoint, last(r)) },
		Authoritative, ExitUnknown, "", NotKnown, None)
	add("a cosignature of another time", testLog, policy, func(r *Receipt) { replace(r, func(b []byte) []byte { b[11]++; return b }) }, Invalid, ExitInvalid, spoiled, "", "")
	add("a cosignature of 2,419 bytes", testLog, policy, func(r *Receipt) { replace(r, func(b []byte) []byte { return b[:len(b)-1] }) }, Invalid, ExitInvalid, spoiled, "", "")
	add("a cosignature of 2,421 bytes", testLog, policy, func(r *Receipt) { replace(r, func(b []byte) []byte { return append(b, 0) }) }, Invalid, ExitInvalid, spoiled, "", "")
	return list
}
