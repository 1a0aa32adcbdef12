package proofs

import (
	"testing"

	"github.com/docketlog/docket/proofs/statement"
)

// momentExits: which exit code speaks, where several apply.
func momentExits(t testing.TB) (list []momentCase) {
	x := newTimeline(t)
	in, out, far := &Moment{Size: x.index + 1}, &Moment{Size: 1}, &Moment{Time: x.seen.Ended + 3_600_000}
	good := x.log.staple(x.index)
	witnessed := x.seen.Ended
	x.log.cosigners = nil
	fewer := x.log.staple(x.index)
	none, _, _, _ := otherPolicies()
	another := func(e *Expect) { e.Document = "contracts/2" }
	nothing := func(e *Expect) { e.Document = "" }
	aged := func(age, most int64) func(*Expect) {
		return func(e *Expect) { e.Now, e.MaxAge = witnessed+age, most }
	}
	add := func(comment string, policy string, staple *Receipt, at *Moment, expect func(*Expect), kind Kind, exit int, check CheckName, answer Answer, known Knowledge) {
		list = append(list, momentCase{
			comment: "exit: " + comment, log: x.log, policy: policy, receipt: x.receipt, staples: []*Receipt{staple}, at: at, expect: expect,
			kind: kind, exit: exit, check: string(check), answer: answer, known: known,
		})
	}
	was := WasAuthoritative
	add("in force", "", good, in, nil, was, 0, "", Yes, Proven)
	add("not in force", "", good, out, nil, was, ExitEnded, "", No, Refuted)
	add("another document", "", good, in, another, was, ExitQualified, CheckExpected, Yes, Proven)
	add("in an expected namespace", "", good, in, func(e *Expect) { e.Document, e.Namespaces = "", []string{"contracts/"} }, was, 0, "", Yes, Proven)
	add("nothing expected", "", good, in, nothing, was, ExitQualified, CheckExpected, Yes, Proven)
	add("another document, not in force", "", good, out, another, was, ExitEnded, "", No, Refuted)
	add("of the maximum age", "", good, in, aged(5000, 5000), was, 0, "", Yes, Proven)
	add("too old by 1 ms", "", good, in, aged(5001, 5000), was, ExitQualified, CheckAge, Yes, Proven)
	add("too old, not in force", "", good, out, aged(5001, 5000), was, ExitEnded, "", No, Refuted)
	add("too old, nothing expected", "", good, in, func(e *Expect) { nothing(e); aged(5001, 5000)(e) }, was, ExitQualified, CheckExpected, Yes, Proven)
	add("fewer cosigners", "", fewer, in, nil, was, ExitCosigners, CheckCosigners, Yes, Proven)
	add("fewer cosigners, not in force", "", fewer, out, nil, was, ExitCosigners, CheckCosigners, No, Refuted)
	add("fewer cosigners, nothing expected", "", fewer, in, nothing, was, ExitCosigners, CheckCosigners, Yes, Proven)
	add("no cosigner demanded", none, good, in, nil, was, ExitCosigners, CheckCosigners, Yes, Proven)
	add("no cosigner demanded, in a dev folder", none, good, in, func(e *Expect) { e.Dev = true }, was, 0, "", Yes, Proven)
	add("other bytes", "", good, in, func(e *Expect) { e.File = fileDigest("forged") }, Unknown, ExitUnknown, CheckFile, "", "")
	add("no file in hand", "", good, in, func(e *Expect) { e.File = statement.Digest{} }, Unknown, ExitUnknown, CheckFile, "", "")
	add("the log's clock ends before, fewer cosigners", "", x.after, &Moment{Time: x.seen.Begun}, nothing, Authoritative, ExitUnknown, "", NotKnown, None)
	x.log.revoke("wl/publisher", x.from)
	x.log.publish()
	stolenFewer := x.log.staple(x.index)
	x.log.cosigners = []testSigner{testWitness1, testWitness2, testAuditor}
	stolen := x.log.staple(x.index)
	add("reported compromised", "", stolen, in, nil, was, ExitCompromised, CheckCompromise, Yes, Proven)
	add("reported compromised, not in force", "", stolen, out, nil, was, ExitCompromised, CheckCompromise, No, Refuted)
	add("reported compromised, fewer cosigners, nothing expected", "", stolenFewer, in, nothing, was, ExitCompromised, CheckCompromise, Yes, Proven)
	add("reported compromised, after the end", "", stolen, far, nil, was, ExitCompromised, CheckCompromise, No, Refuted)
	return append(list, withdrawnMoments(t)...)
}

// withdrawnMoments: the receipt of a withdrawal speaks of the same interval, and an
// unknown moment comes before a compromised key.
func withdrawnMoments(t testing.TB) (list []momentCase) {
	l := newWrittenLog(t)
	l.first()
	old := l.staple(entryFirst)
	i := l.withdraw("contracts/1")
	l.publish()
	r := l.receipt(i)
	for _, c := range []struct {
		size   uint64
		exit   int
		answer Answer
		known  Knowledge
	}{{entryFirst, ExitEnded, No, Refuted}, {entryFirst + 1, 0, Yes, Proven}, {i, 0, Yes, Proven}, {i + 1, ExitEnded, No, Refuted}} {
		list = append(list, momentCase{
			comment: "the receipt of a withdrawal, at a size", log: l, receipt: r, staples: []*Receipt{old}, at: &Moment{Size: c.size},
			kind: Withdrawn, exit: c.exit, answer: c.answer, known: c.known,
		})
	}
	// The registers of a tree without the entry are not checked for it: it says neither
	// that the release was there nor that it was not.
	list = append(list, momentCase{
		comment: "the receipt of a withdrawal, and a tree between the release and it", log: l, receipt: r, staples: []*Receipt{old}, at: &Moment{Time: firstWitnessTime},
		kind: Withdrawn, exit: ExitEnded, answer: No, known: LogClock,
	})
	l = newWrittenLog(t)
	r = l.first()
	l.revoke("wl/publisher", 1)
	l.publish()
	list = append(list, momentCase{
		comment: "reported compromised, at a size above all evidence", log: l, receipt: r, staples: []*Receipt{l.staple(entryFirst)}, at: &Moment{Size: 1 << 40},
		kind: Authoritative, exit: ExitUnknown, answer: NotKnown, known: None,
	})
	alone := l.staple(entryFirst)
	return append(list, momentCase{
		comment: "a staple in place of the receipt", log: l, receipt: alone, at: &Moment{Size: 4},
		expect: func(e *Expect) { e.File, e.Document = fileDigest("one"), "contracts/1" }, kind: Unknown, exit: ExitUnknown,
	})
}

// momentRuns: run and grants are judged by each staple.
func momentRuns(t testing.TB) (list []momentCase) {
	l := newRunLog(t)
	r := l.approved()
	l.outcome("R1")
	l.publish()
	mid := l.staple(entryRelease)
	l.release(runDocument, "ten")
	l.publish()
	late, at := l.staple(entryRelease), &Moment{Size: entryRelease + 1}
	cut := l.copyOf(mid)
	cut.Registers = cut.Registers[:3]
	list = []momentCase{
		{comment: "in a run: at a size", log: l, receipt: r, staples: []*Receipt{late, mid}, at: at, kind: WasAuthoritative, answer: Yes, known: Proven},
		{comment: "in a run: a staple without the grants", log: l, receipt: r, staples: []*Receipt{late, cut}, at: at,
			kind: Invalid, exit: ExitInvalid, check: "staple " + string(CheckRegisters)},
	}
	l = newRunLog(t)
	r = l.approved()
	l.revoke("h/risk", startTime+batchMillis)
	l.publish()
	return append(list, momentCase{
		comment: "in a run: who granted was reported compromised", log: l, receipt: r, staples: []*Receipt{l.staple(entryRelease)}, at: at,
		kind: Authoritative, exit: ExitCompromised, check: string(CheckCompromise), answer: Yes, known: Proven,
	})
}

// stapleOrders: which tree the verdict speaks for, and who vouches for the entry.
func stapleOrders(t testing.TB) (list []momentCase) {
	x := newTimeline(t)
	newest, at := x.log.receipt(x.index), &Moment{Time: x.seen.Begun}
	was := WasAuthoritative
	list = []momentCase{
		{comment: "the newest receipt, with smaller staples", log: x.log, receipt: newest, staples: []*Receipt{x.mid, x.before, x.after}, at: at, kind: was, answer: Yes, known: Proven},
		{comment: "smaller staples without a moment are not used", log: x.log, receipt: newest, staples: []*Receipt{x.mid, x.before}, kind: was, exit: ExitEnded},
		{comment: "staples in rising order, no moment", log: x.log, receipt: x.receipt, staples: []*Receipt{x.mid, x.late}, kind: was, exit: ExitEnded},
		{comment: "staples in falling order, no moment", log: x.log, receipt: x.receipt, staples: []*Receipt{x.late, x.mid}, kind: was, exit: ExitEnded},
	}
	list = append(list, momentCase{
		comment: "the staple of the next version has the same registers", log: x.log, receipt: x.receipt, staples: []*Receipt{x.log.staple(x.log.newestOf("contracts/1"))},
		at: &Moment{Size: x.index + 1}, kind: was, answer: Yes, known: Proven,
	})
	l := newWrittenLog(t)
	l.cosigners = nil
	r := l.first()
	l.cosigners = []testSigner{testWitness1, testWitness2, testAuditor}
	l.release("notes/8", "eight")
	l.publish()
	staple, whole := l.staple(entryFirst), l.receipt(entryFirst)
	l.release("notes/8", "nine")
	l.publish()
	at = &Moment{Size: entryFirst + 1}
	return append(list,
		momentCase{comment: "no cosigner of the receipt: a staple does not vouch for the entry", log: l, receipt: r, staples: []*Receipt{staple}, at: at,
			kind: Authoritative, exit: ExitCosigners, check: string(CheckCosigners), answer: Yes, known: Proven},
		momentCase{comment: "no cosigner of the receipt: a newer receipt does", log: l, receipt: r, staples: []*Receipt{whole}, at: at, kind: Authoritative, answer: Yes, known: Proven},
		momentCase{comment: "no cosigner of the receipt: a staple, and a newer receipt, which does", log: l, receipt: r, staples: []*Receipt{l.receipt(entryFirst), staple}, at: at,
			kind: Authoritative, answer: Yes, known: Proven},
		momentCase{comment: "no cosigner of the receipt: a newer receipt, and a larger staple, for which it vouches", log: l, receipt: r, staples: []*Receipt{l.staple(entryFirst), whole}, at: at,
			kind: Authoritative, answer: Yes, known: Proven},
	)
}
