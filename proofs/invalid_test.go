package proofs

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// The entries of the histories below: 0 genesis, 1 enrolment, 2 seal, 3 release
// of version 1, 4 a release of another document, 5 seal, 6 version 2, 7 seal,
// 8 version 3, 9 seal.
const (
	entryFirst  = 3
	entryOther  = 4
	entrySecond = 6
	entryThird  = 8
)

// first, second and third write the history up to that version and return its
// receipt. The receipt of an entry whose event was moved is not theirs to make.
func (l *writtenLog) first() *Receipt {
	l.release("contracts/1", "one")
	l.release("notes/7", "seven")
	l.publish()
	return l.receipt(entryFirst)
}

func (l *writtenLog) second() *Receipt {
	l.first()
	l.next("two")
	return l.receipt(entrySecond)
}

func (l *writtenLog) third() *Receipt {
	l.second()
	l.next("three")
	return l.receipt(entryThird)
}

// next releases another version in a batch of its own.
func (l *writtenLog) next(content string) {
	l.release("contracts/1", content)
	l.publish()
}

// movedEvent is the receipt of version 1 where one later event was moved.
func (l *writtenLog) movedEvent(seq uint64, change func(*writtenEvent)) *Receipt {
	l.onDocument(seq, change)
	l.first()
	l.next("two")
	l.next("three")
	return l.receipt(entryFirst)
}

// onDocument changes one event of contracts/1 as it is written.
func (l *writtenLog) onDocument(seq uint64, change func(*writtenEvent)) {
	l.on(register.TypeDocument, "contracts/1", seq, change)
}

// onIdentity changes one event of the publisher as it is written.
func (l *writtenLog) onIdentity(seq uint64, change func(*writtenEvent)) {
	l.on(register.TypeIdentity, "wl/publisher", seq, change)
}

func (l *writtenLog) on(typ register.Type, id string, seq uint64, change func(*writtenEvent)) {
	l.onEvent = func(r *writtenRegister, e *writtenEvent) {
		if r.typ == typ && r.id == id && e.Seq == seq {
			change(e)
		}
	}
}

// onDocumentValue changes the value of contracts/1 under later seals.
func (l *writtenLog) onDocumentValue(change func(*register.Value)) {
	l.onValue = func(r *writtenRegister, v *register.Value) {
		if r.typ == register.TypeDocument && r.id == "contracts/1" {
			change(v)
		}
	}
}

// onStateOf changes the state of a register whenever it has n events.
func (l *writtenLog) onStateOf(typ register.Type, id string, n int, change func(*writtenRegister)) {
	l.onState = func(r *writtenRegister) {
		if r.typ == typ && r.id == id && len(r.events) == n {
			change(r)
		}
	}
}

// setBody gives an event another body, opened consistently.
func (e *writtenEvent) setBody(blind Hash, body []byte) {
	e.blind, e.body, e.BodyHash = blind, body, register.BodyHash(blind, body)
}

func (e *writtenEvent) changeBody(change func(*register.DocumentBody)) {
	body, err := register.ParseDocumentBody(e.body)
	if err != nil {
		panic(err)
	}
	change(&body)
	e.setBody(e.blind, body.Marshal())
}

// An invalidCase is a receipt that is wrong in one place and consistent in every
// other. For each condition of each check there is one that only it catches.
type invalidCase struct {
	name  string
	check CheckName
	make  func(l *writtenLog) *Receipt
}

var viewCases = []invalidCase{
	{"no receipt", CheckCheckpoint, func(l *writtenLog) *Receipt { return nil }},
	{"signed by another key", CheckCheckpoint, func(l *writtenLog) *Receipt {
		l.signer = newSigner("log.example", TypeEd25519, 99)
		return l.first()
	}},
	{"one cosignature is wrong", CheckCheckpoint, func(l *writtenLog) *Receipt {
		r := l.first()
		n, err := ParseNote(r.Checkpoint)
		if err != nil {
			l.t.Fatal(err)
		}
		n.Signatures[1].Signature[20] ^= 1
		r.Checkpoint = n.Marshal()
		return r
	}},
	{"size relabelled", CheckCheckpoint, func(l *writtenLog) *Receipt {
		r := l.second()
		cp := l.checkpoint()
		cp.Size--
		n, _ := ParseNote(r.Checkpoint)
		n.Body = cp.Marshal()
		r.Checkpoint = n.Marshal()
		return r
	}},
	{"seal with a byte too many", CheckSealForm, func(l *writtenLog) *Receipt {
		l.onSealLeaf = func(leaf []byte) []byte { return append(leaf, '\n') }
		return l.first()
	}},
	{"no seal at the end", CheckSealForm, func(l *writtenLog) *Receipt {
		l.onSealLeaf = func([]byte) []byte { return l.entries[entryFirst].leaf() }
		return l.first()
	}},
	{"seal names another index", CheckSealPosition, func(l *writtenLog) *Receipt {
		l.onSeal = func(s *statement.Seal) { s.Index++ }
		return l.first()
	}},
	{"seal of another index", CheckSealPosition, func(l *writtenLog) *Receipt {
		l.first()
		old := l.seal
		l.release("notes/8", "eight")
		l.publish()
		r := l.receipt(entryFirst)
		r.Seal, r.SealInclusion = old, l.inclusion(5)
		return r
	}},
	{"seal right after a seal", CheckSealPosition, func(l *writtenLog) *Receipt {
		l.onSeal = func(s *statement.Seal) { s.Prev = int64(s.Index) - 1 }
		return l.first()
	}},
	{"seal altered", CheckSealInclusion, func(l *writtenLog) *Receipt {
		r := l.first()
		seal, err := statement.ParseSeal(r.Seal)
		if err != nil {
			l.t.Fatal(err)
		}
		seal.Count++
		r.Seal = seal.Marshal()
		return r
	}},
	{"genesis proof altered", CheckGenesis, func(l *writtenLog) *Receipt {
		r := l.first()
		r.GenesisInclusion[1][5] ^= 4
		return r
	}},
}

var entryCases = []invalidCase{
	{"statement is not canonical", CheckStatement, func(l *writtenLog) *Receipt {
		l.onPayload = func(b []byte) []byte { return append(b, ' ') }
		return l.first()
	}},
	{"of a kind that the rules do not admit", CheckStatement, func(l *writtenLog) *Receipt {
		l.onPayload = func(b []byte) []byte {
			return bytes.Replace(b, []byte("document.release/v1"), []byte("erase.erase/v1"), 1)
		}
		return l.first()
	}},
	{"signature by another key", CheckSignature, func(l *writtenLog) *Receipt {
		l.onEnvelope = func(e *statement.Envelope) {
			e.Signature = keyOf("wl/mallory").sign(statement.DigestOf(e.Payload))
		}
		return l.first()
	}},
	{"no key", CheckSignature, func(l *writtenLog) *Receipt {
		l.onEnvelope = func(e *statement.Envelope) { e.SPKI = nil }
		return l.first()
	}},
	{"key is no point", CheckSignature, func(l *writtenLog) *Receipt {
		l.onEnvelope = func(e *statement.Envelope) {
			e.SPKI = slices.Clone(e.SPKI)
			e.SPKI[90] ^= 1
		}
		return l.first()
	}},
	{"made for another log", CheckLog, func(l *writtenLog) *Receipt {
		l.onStatement = func(s *statement.Statement) { s.Log = "other.example" }
		return l.first()
	}},
	{"another index", CheckEntry, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Index = entryOther
		return r
	}},
	{"inclusion altered", CheckEntry, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Inclusion[0][0] ^= 1
		return r
	}},
	{"inclusion of the seal", CheckEntry, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Index, r.Inclusion = l.size-1, r.SealInclusion
		return r
	}},
	{"another valid signature of the statement", CheckEntry, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Envelope.Signature = malleate(r.Envelope.Signature)
		return r
	}},
	{"unknown rules", CheckRules, func(l *writtenLog) *Receipt {
		l.onSeal = func(s *statement.Seal) { s.Rules = "docket/9" }
		return l.first()
	}},
	{"names a run", CheckDirect, func(l *writtenLog) *Receipt {
		l.onStatement = func(s *statement.Statement) { s.Run = "R1" }
		return l.first()
	}},
	{"spends grants", CheckDirect, func(l *writtenLog) *Receipt {
		l.onStatement = func(s *statement.Statement) { s.Spends = []statement.Digest{{1}} }
		return l.first()
	}},
	{"identity register missing", CheckRegisters, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers = r.Registers[:1]
		return r
	}},
	{"a register too many", CheckRegisters, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers = append(r.Registers, r.Registers[1])
		return r
	}},
	{"registers in another order", CheckRegisters, func(l *writtenLog) *Receipt {
		r := l.first()
		slices.Reverse(r.Registers)
		return r
	}},
	{"register of another document", CheckRegisters, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers[0] = l.documentProof("notes/7", entryOther)
		return r
	}},
	{"register of another type", CheckRegisters, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers[0] = l.prove(register.TypeActivity, "contracts/1", 0, 0, 0)
		return r
	}},
	{"register of another identity", CheckRegisters, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers[1] = l.identityProof("h/admin", entryFirst)
		return r
	}},
}

var registerCases = []invalidCase{
	{"no value", CheckDocument, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers[0].Value = nil
		return r
	}},
	{"value of another type", CheckDocument, func(l *writtenLog) *Receipt {
		l.onDocumentValue(func(v *register.Value) { v.Type = register.TypeIdentity })
		return l.first()
	}},
	{"no events", CheckDocument, func(l *writtenLog) *Receipt {
		l.onDocumentValue(func(v *register.Value) { v.Size = 0 })
		return l.first()
	}},
	{"path altered", CheckDocument, func(l *writtenLog) *Receipt {
		r := l.first()
		siblings := r.Registers[0].Path.Siblings
		siblings[len(siblings)-1][3] ^= 1
		return r
	}},
	{"spliced: value and path of another document", CheckDocument, func(l *writtenLog) *Receipt {
		r := l.first()
		other := l.documentProof("notes/7", entryOther)
		other.ID = "contracts/1"
		r.Registers[0] = other
		return r
	}},
	{"old register under a new checkpoint", CheckDocument, func(l *writtenLog) *Receipt {
		old := l.first().Registers
		l.release("contracts/1", "two")
		l.publish()
		r := l.receipt(entryFirst)
		r.Registers = old
		return r
	}},
	{"value altered", CheckDocument, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers[0].Value.StateHash[0] ^= 1
		return r
	}},
	{"newest event at the seal", CheckIdentity, func(l *writtenLog) *Receipt {
		l.onIdentity(1, func(e *writtenEvent) { e.Index = 6 })
		l.release("contracts/1", "one")
		l.release("notes/7", "seven")
		l.revoke("wl/publisher", 0) // at 5; its event says 6, where the seal stands
		l.publish()
		return l.receipt(entryFirst)
	}},
	{"event of another type", CheckDocumentEvents, func(l *writtenLog) *Receipt {
		l.onDocument(0, func(e *writtenEvent) { e.Type = register.TypeIdentity })
		return l.first()
	}},
	{"event proof altered", CheckDocumentEvents, func(l *writtenLog) *Receipt {
		r := l.second()
		r.Registers[0].Events[0].Proof[0][0] ^= 1
		return r
	}},
	{"spliced: event of another document", CheckDocumentEvents, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers[0].Events = l.documentProof("notes/7", entryOther).Events
		return r
	}},
	{"newest event is not of the last entry", CheckDocumentEvents, func(l *writtenLog) *Receipt {
		l.onDocumentValue(func(v *register.Value) { v.Last = entryOther })
		return l.first()
	}},
	{"older event at the last entry", CheckDocumentEvents, func(l *writtenLog) *Receipt {
		return l.movedEvent(2, func(e *writtenEvent) { e.Index = entrySecond })
	}},
	{"time after the seal", CheckDocumentEvents, func(l *writtenLog) *Receipt {
		l.onDocument(0, func(e *writtenEvent) { e.Time += 1e12 })
		l.first()
		l.release("notes/8", "eight")
		l.publish()
		return l.receipt(entryFirst)
	}},
	{"time before the seal of the same batch", CheckDocumentEvents, func(l *writtenLog) *Receipt {
		l.onDocument(0, func(e *writtenEvent) { e.Time-- })
		return l.first()
	}},
	{"opening altered", CheckDocumentEvents, func(l *writtenLog) *Receipt {
		r := l.second()
		o := *r.Registers[0].Events[0].Opening
		o.Body = slices.Clone(o.Body)
		o.Body[len(o.Body)-1] ^= 1 // the run, which no claim reads
		r.Registers[0].Events[0].Opening = &o
		return r
	}},
}

var documentCases = []invalidCase{
	{"event of the entry not shown", CheckRelease, func(l *writtenLog) *Receipt {
		r := l.second()
		r.Registers[0].Events = r.Registers[0].Events[:1]
		return r
	}},
	{"no event shown", CheckRelease, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers[0].Events = nil
		return r
	}},
	{"a withdrawal written for a release", CheckRelease, func(l *writtenLog) *Receipt {
		l.onDocument(0, func(e *writtenEvent) { e.Kind = register.DocumentWithdraw })
		return l.first()
	}},
	{"event names another leaf", CheckRelease, func(l *writtenLog) *Receipt {
		l.onDocument(0, func(e *writtenEvent) { e.LeafHash[0] ^= 1 })
		return l.first()
	}},
	{"event with another digest", CheckRelease, func(l *writtenLog) *Receipt {
		l.onDocument(0, func(e *writtenEvent) {
			e.changeBody(func(b *register.DocumentBody) { b.Digest = register.SHA256Digest(fileDigest("forged")) })
		})
		return l.first()
	}},
	{"event under another blind", CheckRelease, func(l *writtenLog) *Receipt {
		l.onDocument(0, func(e *writtenEvent) { e.setBody(Hash{1}, e.body) })
		return l.first()
	}},
	{"successor dropped", CheckDocumentNext, func(l *writtenLog) *Receipt {
		l.second()
		r := l.receipt(entryFirst)
		r.Registers[0].Events = r.Registers[0].Events[:1]
		return r
	}},
	{"successor skipped", CheckDocumentNext, func(l *writtenLog) *Receipt {
		l.third()
		r := l.receipt(entryFirst)
		w := l.shown[register.DocumentKey("contracts/1")]
		r.Registers[0].Events[1] = w.eventProof(l.t, 2, false)
		return r
	}},
	{"successor at a lower index", CheckDocumentNext, func(l *writtenLog) *Receipt {
		return l.movedEvent(1, func(e *writtenEvent) { e.Index = 2 })
	}},
	{"successor at the same index", CheckDocumentNext, func(l *writtenLog) *Receipt {
		return l.movedEvent(1, func(e *writtenEvent) { e.Index = entryFirst })
	}},
	{"successor at an earlier time", CheckDocumentNext, func(l *writtenLog) *Receipt {
		return l.movedEvent(1, func(e *writtenEvent) { e.Time = startTime })
	}},
	{"two events after", CheckDocumentNext, func(l *writtenLog) *Receipt {
		l.third()
		r := l.receipt(entryFirst)
		r.Registers[0] = l.prove(register.TypeDocument, "contracts/1", 0, 3, 1)
		return r
	}},
	{"document state altered", CheckDocumentState, func(l *writtenLog) *Receipt {
		l.second()
		r := l.receipt(entryFirst)
		s := *r.Registers[0].State
		s.Blind[0] ^= 1
		r.Registers[0].State = &s
		return r
	}},
	{"document state is not what the release sets", CheckDocumentState, func(l *writtenLog) *Receipt {
		l.onStateOf(register.TypeDocument, "contracts/1", 1, func(r *writtenRegister) { r.state[0] = register.DocumentWithdrawn })
		return l.first()
	}},
	{"document state is not what the withdrawal sets", CheckDocumentState, func(l *writtenLog) *Receipt {
		l.onStateOf(register.TypeDocument, "contracts/1", 2, func(r *writtenRegister) { r.state[0] = register.DocumentCurrent })
		l.first()
		i := l.withdraw("contracts/1")
		l.publish()
		return l.receipt(i)
	}},
}

var versionCases = []invalidCase{
	{"first release has version 2", CheckVersion, func(l *writtenLog) *Receipt {
		i := l.releaseAs("contracts/1", "one", 2, nil)
		l.publish()
		return l.receipt(i)
	}},
	{"first release has a prev", CheckVersion, func(l *writtenLog) *Receipt {
		i := l.releaseAs("contracts/1", "one", 1, &statement.Digest{7})
		l.publish()
		return l.receipt(i)
	}},
	{"release before not shown", CheckVersion, func(l *writtenLog) *Receipt {
		r := l.second()
		r.Registers[0].Events = r.Registers[0].Events[1:]
		return r
	}},
	{"release before not opened", CheckVersion, func(l *writtenLog) *Receipt {
		r := l.second()
		r.Registers[0].Events[0].Opening = nil
		return r
	}},
	{"release before has no body", CheckVersion, func(l *writtenLog) *Receipt {
		l.onDocument(0, func(e *writtenEvent) { e.setBody(e.blind, []byte("no body")) })
		l.first()
		i := l.releaseAs("contracts/1", "two", 1, &statement.Digest{}) // continues a body of zeros
		l.publish()
		return l.receipt(i)
	}},
	{"version skipped", CheckVersion, func(l *writtenLog) *Receipt { return l.secondAs(3, l.firstDigest) }},
	{"policy version skipped", CheckVersion, func(l *writtenLog) *Receipt {
		i := l.nextPolicy(3)
		l.publish()
		return l.receipt(i)
	}},
	{"prev null", CheckVersion, func(l *writtenLog) *Receipt {
		return l.secondAs(2, func() *statement.Digest { return nil })
	}},
	{"prev of another statement", CheckVersion, func(l *writtenLog) *Receipt {
		return l.secondAs(2, func() *statement.Digest { return &statement.Digest{9} })
	}},
	{"an event too many before", CheckVersion, func(l *writtenLog) *Receipt {
		r := l.third()
		r.Registers[0] = l.prove(register.TypeDocument, "contracts/1", 0, 3, 3)
		return r
	}},
	{"withdrawal before not opened", CheckVersion, func(l *writtenLog) *Receipt {
		r := l.revived(1, nil)
		r.Registers[0].Events[1].Opening = nil
		return r
	}},
	{"release before the withdrawal not shown", CheckVersion, func(l *writtenLog) *Receipt {
		r := l.revived(1, nil)
		r.Registers[0].Events = r.Registers[0].Events[1:]
		return r
	}},
	{"two withdrawals before", CheckVersion, func(l *writtenLog) *Receipt {
		return l.revived(0, func(e *writtenEvent) { e.Kind = register.DocumentWithdraw })
	}},
	{"withdrawal before of another version", CheckVersion, func(l *writtenLog) *Receipt {
		return l.revived(1, func(e *writtenEvent) { e.changeBody(func(b *register.DocumentBody) { b.Version = 9 }) })
	}},
	{"withdrawal before of another digest", CheckVersion, func(l *writtenLog) *Receipt {
		return l.revived(1, func(e *writtenEvent) { e.changeBody(func(b *register.DocumentBody) { b.Digest[9] ^= 1 }) })
	}},
	{"withdrawal: release before not shown", CheckVersion, func(l *writtenLog) *Receipt {
		r := l.withdrawn(1, fileDigest("one"), nil)
		r.Registers[0].Events = r.Registers[0].Events[1:]
		return r
	}},
	{"withdrawal: an event too many before", CheckVersion, func(l *writtenLog) *Receipt {
		l.second()
		i := l.withdraw("contracts/1")
		l.publish()
		r := l.receipt(i)
		r.Registers[0] = l.prove(register.TypeDocument, "contracts/1", 0, 3, 3)
		return r
	}},
	{"withdrawal after a withdrawal", CheckVersion, func(l *writtenLog) *Receipt {
		return l.withdrawn(1, fileDigest("one"), func(e *writtenEvent) { e.Kind = register.DocumentWithdraw })
	}},
	{"withdrawal of another version", CheckVersion, func(l *writtenLog) *Receipt {
		return l.withdrawn(2, fileDigest("one"), nil)
	}},
	{"withdrawal of another digest", CheckVersion, func(l *writtenLog) *Receipt {
		return l.withdrawn(1, fileDigest("two"), nil)
	}},
}

// secondAs releases a second version with these fields.
func (l *writtenLog) secondAs(version uint32, prev func() *statement.Digest) *Receipt {
	l.first()
	i := l.releaseAs("contracts/1", "two", version, prev())
	l.publish()
	return l.receipt(i)
}

func (l *writtenLog) firstDigest() *statement.Digest {
	d := l.entries[entryFirst].digest()
	return &d
}

// revived is a release after a withdrawal; change applies to one event.
func (l *writtenLog) revived(seq uint64, change func(*writtenEvent)) *Receipt {
	if change != nil {
		l.onDocument(seq, change)
	}
	l.first()
	l.withdraw("contracts/1")
	l.publish()
	i := l.release("contracts/1", "two")
	l.publish()
	r := l.receipt(i)
	r.Registers[0] = l.prove(register.TypeDocument, "contracts/1", 0, 3, 3)
	return r
}

// withdrawn is the receipt of a withdrawal with these fields; change applies to
// the release before.
func (l *writtenLog) withdrawn(version uint32, subject statement.Digest, change func(*writtenEvent)) *Receipt {
	if change != nil {
		l.onDocument(0, change)
	}
	l.first()
	i := l.withdrawAs("contracts/1", version, subject)
	l.publish()
	r := l.receipt(i)
	r.Registers[0] = l.prove(register.TypeDocument, "contracts/1", 0, 2, 2)
	return r
}

var identityCases = []invalidCase{
	{"identity path altered", CheckIdentity, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers[1].Path.Siblings[0][0] ^= 1
		return r
	}},
	{"identity opening altered", CheckIdentityEvents, func(l *writtenLog) *Receipt {
		r := l.first()
		o := *r.Registers[1].Events[0].Opening
		o.Blind[0] ^= 1
		r.Registers[1].Events[0].Opening = &o
		return r
	}},
	{"no identity event", CheckIdentityNext, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers[1].Events = nil
		return r
	}},
	{"revocation dropped", CheckIdentityNext, func(l *writtenLog) *Receipt {
		l.first()
		l.revoke("wl/publisher", 0)
		l.publish()
		r := l.receipt(entryFirst)
		r.Registers[1].Events = r.Registers[1].Events[:1]
		return r
	}},
	{"enrolled after the entry", CheckSigner, func(l *writtenLog) *Receipt { return l.enrolledAt(entryOther) }},
	{"enrolled by the entry", CheckSigner, func(l *writtenLog) *Receipt { return l.enrolledAt(entryFirst) }},
	{"revoked before the entry", CheckSigner, func(l *writtenLog) *Receipt {
		l.revoke("wl/publisher", 0)
		i := l.release("contracts/1", "one")
		l.publish()
		r := l.receipt(i)
		r.Registers[1] = l.prove(register.TypeIdentity, "wl/publisher", 0, 2, 1)
		return r
	}},
	{"revoked, as shown", CheckSigner, func(l *writtenLog) *Receipt {
		l.revoke("wl/publisher", 0)
		i := l.release("contracts/1", "one")
		l.publish()
		return l.receipt(i)
	}},
	{"identity event not opened", CheckSigner, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers[1].Events[0].Opening = nil
		return r
	}},
	{"identity event has no body", CheckSigner, func(l *writtenLog) *Receipt {
		l = emptyLog(l.t)
		l.onIdentity(0, func(e *writtenEvent) { e.setBody(e.blind, []byte("no body")) })
		l.genesis()
		l.enroll("wl/publisher", 0)
		l.publish()
		return l.first()
	}},
	{"signed by another key", CheckSigner, func(l *writtenLog) *Receipt {
		l.onEnvelope = func(e *statement.Envelope) {
			key := keyOf("wl/mallory")
			e.SPKI, e.Signature = key.spki, key.sign(statement.DigestOf(e.Payload))
		}
		return l.first()
	}},
	{"key expired at the entry", CheckKeyExpiry, func(l *writtenLog) *Receipt {
		l = emptyLog(l.t)
		l.genesis()
		l.enroll("wl/publisher", startTime+batchMillis)
		l.publish()
		return l.first()
	}},
	{"newest identity state not opened", CheckIdentityState, func(l *writtenLog) *Receipt {
		r := l.first()
		r.Registers[1].State = nil
		return r
	}},
	{"identity state altered", CheckIdentityState, func(l *writtenLog) *Receipt {
		l.first()
		l.revoke("wl/publisher", startTime)
		l.publish()
		r := l.receipt(entryFirst)
		s, _ := register.ParseIdentityState(r.Registers[1].State.State)
		s.CompromisedSince = register.None
		r.Registers[1].State = &StateOpening{Blind: r.Registers[1].State.Blind, State: s.Marshal()}
		return r
	}},
	{"identity state is none", CheckIdentityState, func(l *writtenLog) *Receipt {
		l.onStateOf(register.TypeIdentity, "wl/publisher", 2, func(r *writtenRegister) { r.state = []byte("none") })
		l.first()
		l.revoke("wl/publisher", 0)
		l.publish()
		return l.receipt(entryFirst)
	}},
	{"identity state is not what the event sets", CheckIdentityState, func(l *writtenLog) *Receipt {
		return l.withIdentityState(func(r *writtenRegister) { r.state[2] ^= 1 })
	}},
	{"identity state under another blind", CheckIdentityState, func(l *writtenLog) *Receipt {
		return l.withIdentityState(func(r *writtenRegister) { r.blind = sha256.Sum256(nil) })
	}},
}

// enrolledAt is a release by an identity whose enrolment names a later entry.
func (l *writtenLog) enrolledAt(index uint64) *Receipt {
	l = emptyLog(l.t)
	l.onIdentity(0, func(e *writtenEvent) { e.Index, e.Time = index, startTime+batchMillis })
	l.genesis()
	l.enroll("wl/publisher", 0)
	l.publish()
	return l.first()
}

func (l *writtenLog) withIdentityState(change func(*writtenRegister)) *Receipt {
	l = emptyLog(l.t)
	l.onStateOf(register.TypeIdentity, "wl/publisher", 1, change)
	l.genesis()
	l.enroll("wl/publisher", 0)
	l.publish()
	return l.first()
}

func TestInvalid(t *testing.T) {
	for _, group := range [][]invalidCase{viewCases, entryCases, registerCases, documentCases, versionCases, identityCases} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				l := newWrittenLog(t)
				r := c.make(l)
				// The verifier expects what the receipt claims: only the check may object.
				v := l.verifier(testPolicyText())
				wantInvalid(t, v.Verify(r, expectationOf(r)), c.check)
			})
		}
	}
}

// expectationOf has the file and the document that the receipt speaks of.
func expectationOf(r *Receipt) Expect {
	if r == nil || r.Envelope == nil {
		return Expect{}
	}
	s, err := statement.Parse(r.Envelope.Payload)
	if err != nil {
		return Expect{}
	}
	e := Expect{File: s.Subject}
	if d, err := documentEventOf(s); err == nil && d != nil {
		e.Document = d.id
	}
	return e
}

func wantInvalid(t *testing.T, got Verdict, check CheckName) {
	t.Helper()
	failed, ok := got.Failed()
	if got.Kind != Invalid || got.Exit != ExitInvalid || !ok || failed.Name != check {
		t.Fatalf("want INVALID by the check %q, got\n%s", check, got)
	}
	if last := got.Checks[len(got.Checks)-1]; last != failed {
		t.Fatalf("checks went on after %q:\n%s", check, got)
	}
}

// malleate turns an ECDSA signature (r, s) into the equally valid (r, n-s).
func malleate(der []byte) []byte {
	r, s := splitSignature(der)
	return joinSignature(r, s.Sub(keyOf("x").private.Params().N, s))
}
