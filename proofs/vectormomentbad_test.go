package proofs

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs/statement"
)

// badStaples are of nothing, of another log, or of another entry.
func badStaples(t testing.TB) (list []momentCase) {
	x := newTimeline(t)
	stranger := newWrittenLog(t)
	stranger.signer = newSigner("log.example", TypeEd25519, 97)
	other := emptyLog(t)
	other.origin, other.signer = "other.example", newSigner("other.example", TypeEd25519, 96)
	other.genesis()
	other.enroll("wl/publisher", 0)
	other.publish()
	other.release("contracts/1", "one")
	other.publish()
	third := newTimeline(t).log
	third.release("contracts/1", "three")
	third.publish()
	both := strings.Replace(testPolicyText(), "\n", "\nlog "+other.signer.key.String()+"\n", 1)
	anew := emptyLog(t)
	anew.time += 1000
	anew.genesis()
	anew.enroll("wl/publisher", 0)
	anew.publish()
	anew.release("contracts/1", "one")
	anew.publish()
	for _, c := range []struct {
		comment string
		policy  string
		staple  *Receipt
		check   CheckName
	}{
		{"of nothing", "", &Receipt{}, CheckCheckpoint},
		{"of a log with another key", "", stranger.bare(), CheckCheckpoint},
		{"of another origin", "", other.staple(3), CheckCheckpoint},
		{"of another origin that the policy has too", both, other.staple(3), CheckGenesis},
		{"of a log of this key, begun anew", "", anew.staple(3), CheckGenesis},
		{"of a version after the next", "", third.staple(third.newestOf("contracts/1")), CheckRelease},
		{"of another document", "", x.log.staple(3), CheckRegisters},
		{"that is the receipt of another entry", "", x.log.receipt(x.log.newestOf("contracts/1")), CheckEntry},
	} {
		for _, at := range []*Moment{{Size: x.index + 1}, {Time: x.from}} {
			list = append(list, momentCase{
				comment: fmt.Sprintf("a staple %s, %s", c.comment, at), log: x.log, policy: c.policy, receipt: x.receipt, staples: []*Receipt{x.mid, c.staple}, at: at,
				kind: Invalid, exit: ExitInvalid, check: "staple " + string(c.check),
			})
		}
	}
	return list
}

// alteredStaples are wrong in one place: cut, spliced, swapped, of another register.
func alteredStaples(t testing.TB) (list []momentCase) {
	x := newTimeline(t)
	whole := x.log.receipt(x.index)
	own := newSigner("witness.example/own", TypeEd25519Cosignature, 90)
	line := fmt.Sprintf("\nwitness own %s\nquorum own\n", own.key)
	for _, c := range []struct {
		comment string
		of      *Receipt
		check   CheckName
		change  func(r *Receipt)
	}{
		{"without registers", x.mid, CheckRegisters, func(r *Receipt) { r.Registers = nil }},
		{"with a register too many", x.mid, CheckRegisters, func(r *Receipt) { r.Registers = append(r.Registers, r.Registers[1]) }},
		{"with its registers swapped", x.mid, CheckRegisters, func(r *Receipt) { r.Registers[0], r.Registers[1] = r.Registers[1], r.Registers[0] }},
		{"with a run that the statement does not name", x.mid, CheckDirect, func(r *Receipt) { r.Registers = append(r.Registers, x.log.runOf()) }},
		{"with the proof of another register", x.mid, CheckDocument, func(r *Receipt) { r.Registers[0].Path = r.Registers[1].Path }},
		{"with the register under another name", x.mid, CheckRegisters, func(r *Receipt) { r.Registers[0].ID = "contracts/2" }},
		{"with registers of a smaller tree", x.late, CheckDocument, func(r *Receipt) { r.Registers = x.log.copyOf(x.mid).Registers }},
		{"with registers of a larger tree", x.mid, CheckDocument, func(r *Receipt) { r.Registers = x.log.copyOf(x.late).Registers }},
		{"with the value of a smaller tree", x.late, CheckDocument, func(r *Receipt) { r.Registers[0].Value = x.log.copyOf(x.mid).Registers[0].Value }},
		{"with its history cut behind the release", x.late, CheckDocumentNext, func(r *Receipt) { r.Registers[0].Events = r.Registers[0].Events[:1] }},
		{"with its history cut, state and all", x.late, CheckDocument, func(r *Receipt) {
			d := x.log.copyOf(x.mid).Registers[0]
			d.Path = r.Registers[0].Path
			r.Registers[0] = d
		}},
		{"without the event of the release", x.late, CheckRelease, func(r *Receipt) { r.Registers[0].Events = r.Registers[0].Events[1:] }},
		{"with the ends swapped", x.late, CheckDocumentNext, func(r *Receipt) {
			e := r.Registers[0].Events
			e[0], e[1] = e[1], e[0]
		}},
		{"with the entries of the ends swapped", x.late, CheckDocumentEvents, func(r *Receipt) {
			e := r.Registers[0].Events
			e[0].Event.Index, e[1].Event.Index = e[1].Event.Index, e[0].Event.Index
		}},
		{"with an end that is earlier", x.late, CheckDocumentEvents, func(r *Receipt) { r.Registers[0].Events[1].Event.Time-- }},
		{"with an end of another kind", x.late, CheckDocumentEvents, func(r *Receipt) { r.Registers[0].Events[1].Event.Kind = 2 }},
		{"said to be absent", x.late, CheckDocument, func(r *Receipt) {
			r.Registers[0].Value, r.Registers[0].State, r.Registers[0].Events = nil, nil, nil
		}},
		{"without its seal", x.mid, CheckSealForm, func(r *Receipt) { r.Seal = nil }},
		{"with the seal of another tree", x.mid, CheckSealPosition, func(r *Receipt) { r.Seal, r.SealInclusion = x.late.Seal, x.late.SealInclusion }},
		{"with a seal that is not in the tree", x.mid, CheckSealInclusion, func(r *Receipt) { r.Seal = bytes.Replace(r.Seal, []byte("registers "), []byte("registers 1"), 1) }},
		{"with the checkpoint of another tree", x.mid, CheckSealPosition, func(r *Receipt) { r.Checkpoint = x.late.Checkpoint }},
		{"with a cosignature of another tree", x.mid, CheckCheckpoint, func(r *Receipt) {
			r.Checkpoint = append(bytes.Clone(r.Checkpoint[:bytes.Index(r.Checkpoint, []byte("— witness"))]), x.late.Checkpoint[bytes.Index(x.late.Checkpoint, []byte("— witness")):]...)
		}},
		{"with a policy behind its checkpoint", x.mid, CheckCheckpoint, func(r *Receipt) { r.Checkpoint = append(bytes.Clone(r.Checkpoint), line...) }},
		{"that is a receipt, with the inclusion of another entry", whole, CheckEntry, func(r *Receipt) { r.Inclusion = x.log.inclusion(9) }},
	} {
		r := x.log.copyOf(c.of)
		c.change(r)
		list = append(list, momentCase{
			comment: "a staple " + c.comment, log: x.log, receipt: x.receipt, staples: []*Receipt{r}, at: &Moment{Time: x.seen.Begun},
			kind: Invalid, exit: ExitInvalid, check: "staple " + string(c.check),
		})
	}
	return append(list, oldStaples(t, x, whole)...)
}

// oldStaples are smaller than the receipt, and wrong.
func oldStaples(t testing.TB, x *timeline, newest *Receipt) (list []momentCase) {
	for _, c := range []struct {
		comment string
		of      *Receipt
		check   CheckName
		change  func(r *Receipt)
	}{
		{"its event left out", x.mid, CheckRelease, func(r *Receipt) { r.Registers[0].Events = nil }},
		{"the identity left out", x.mid, CheckRegisters, func(r *Receipt) { r.Registers = r.Registers[:1] }},
		{"the path of the newest tree", x.mid, CheckDocument, func(r *Receipt) { r.Registers[0].Path = x.log.copyOf(x.late).Registers[0].Path }},
		{"without the entry, and without a seal", x.before, CheckSealForm, func(r *Receipt) { r.Seal = nil }},
		{"without the entry, its genesis altered", x.before, CheckGenesis, func(r *Receipt) { r.GenesisInclusion = r.GenesisInclusion[:1] }},
	} {
		r := x.log.copyOf(c.of)
		c.change(r)
		list = append(list, momentCase{
			comment: "a smaller staple: " + c.comment, log: x.log, receipt: newest, staples: []*Receipt{r}, at: &Moment{Time: x.seen.Begun},
			kind: Invalid, exit: ExitInvalid, check: "staple " + string(c.check),
		})
	}
	rules := newWrittenLog(t)
	receipt := rules.first()
	rules.release("notes/8", "eight")
	rules.onSeal = func(s *statement.Seal) { s.Rules = "docket/999" }
	rules.publish()
	list = append(list, momentCase{
		comment: "a staple by rules that nobody knows", log: rules, receipt: receipt, staples: []*Receipt{rules.staple(entryFirst)}, at: &Moment{Size: 4},
		kind: Invalid, exit: ExitInvalid, check: "staple " + string(CheckRules),
	})
	// What nobody can notice offline: a smaller tree of a second history, which the
	// same cosigners signed. The answer rests on it, and says so.
	fork := newWrittenLog(t)
	fork.release("contracts/1", "forged")
	fork.publish()
	return append(list, momentCase{
		comment: "cosigners that signed two histories: the smaller tree refutes", log: x.log, receipt: x.receipt, staples: []*Receipt{fork.bare()}, at: &Moment{Time: x.from},
		kind: Authoritative, exit: ExitEnded, answer: No, known: Refuted,
	})
}

// contradictedStaples exclude the receipt, or each other.
func contradictedStaples(t testing.TB) (list []momentCase) {
	x := newTimeline(t)
	fork := newWrittenLog(t)
	fork.release("contracts/1", "forged")
	fork.publish()
	fork.release("contracts/1", "again")
	fork.publish()
	contradiction := "staple " + string(CheckSameLog)
	for _, at := range []*Moment{{Size: x.index + 1}, {Time: x.from}, nil} {
		list = append(list, momentCase{
			comment: "a staple of a second history", log: x.log, receipt: x.receipt, staples: []*Receipt{x.late, fork.bare()}, at: at,
			kind: Contradicted, exit: ExitContradicted, check: contradiction,
		})
	}
	a, b := newWrittenLog(t), newWrittenLog(t)
	r := a.first()
	b.first()
	a.release("notes/8", "eight")
	b.release("notes/9", "nine")
	a.publish()
	b.publish()
	return append(list, momentCase{
		comment: "two staples that exclude each other, neither the receipt", log: a, receipt: r, staples: []*Receipt{a.staple(entryFirst), b.staple(entryFirst)}, at: &Moment{Size: 4},
		kind: Contradicted, exit: ExitContradicted, check: contradiction,
	})
}

// runOf is some register of type run.
func (l *writtenLog) runOf() RegisterProof {
	other := newRunLog(l.t)
	other.approved()
	return other.proveEvents(3, "R1", []int{0}, []bool{true})
}
