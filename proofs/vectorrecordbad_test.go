package proofs

import (
	"slices"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

type openedEvents = []OpenedEvent

// cutHistories: one event less, more, moved or changed, of each claim.
func cutHistories(t testing.TB) (list []recordVector) {
	l := newRunLog(t)
	l.approved()
	l.outcome("R1")
	l.publish()
	twice := newRunLog(t)
	grant := twice.usedTwice(nil).Registers[atLegal].ID
	life := newWrittenLog(t)
	life.first()
	life.revoke("wl/publisher", startTime)
	life.publish()
	add := func(l *writtenLog, claim string, typ register.Type, id, comment string, change func(e openedEvents) openedEvents) {
		list = append(list, recordCase{
			comment: claim + ": " + comment, claim: claim, typ: typ, id: id, exit: ExitInvalid, check: string(CheckHistory),
			change: func(_ *Receipt, e openedEvents) openedEvents { return change(e) },
		}.vector(t, l))
	}
	for _, c := range []struct {
		log   *writtenLog
		claim string
		typ   register.Type
		id    string
	}{
		{l, claimHistory, register.TypeDocument, "contracts/9"}, {l, claimRun, register.TypeRun, "R1"}, {twice, claimGrant, register.TypeGrant, grant},
		{life, claimIdentity, register.TypeIdentity, "wl/publisher"}, {l, claimSigned, register.TypeActivity, "wl/publisher"},
	} {
		add(c.log, c.claim, c.typ, c.id, "the newest event dropped", func(e openedEvents) openedEvents { return e[:len(e)-1] })
		add(c.log, c.claim, c.typ, c.id, "all events dropped", func(openedEvents) openedEvents { return nil })
		add(c.log, c.claim, c.typ, c.id, "the newest event twice", func(e openedEvents) openedEvents { return append(e, e[len(e)-1]) })
		add(c.log, c.claim, c.typ, c.id, "another body", func(e openedEvents) openedEvents {
			e[0].Body = slices.Clone(e[0].Body)
			e[0].Body[len(e[0].Body)-1] ^= 1
			return e
		})
		add(c.log, c.claim, c.typ, c.id, "another blind", func(e openedEvents) openedEvents { e[0].Blind[0] ^= 1; return e })
		add(c.log, c.claim, c.typ, c.id, "another leaf", func(e openedEvents) openedEvents { e[0].LeafHash[0] ^= 1; return e })
	}
	for _, c := range []struct {
		comment string
		change  func(e openedEvents) openedEvents
	}{
		{"the first event dropped", func(e openedEvents) openedEvents { return e[1:] }},
		{"an event in the middle dropped", func(e openedEvents) openedEvents { return slices.Delete(e, 2, 3) }},
		{"two events swapped", func(e openedEvents) openedEvents { e[1], e[2] = e[2], e[1]; return e }},
		{"the ends swapped", func(e openedEvents) openedEvents { n := len(e) - 1; e[0], e[n] = e[n], e[0]; return e }},
		{"an entry that is earlier", func(e openedEvents) openedEvents { e[1].Index--; return e }},
		{"a time after the seal", func(e openedEvents) openedEvents { e[4].Time++; return e }},
		{"another place in the history", func(e openedEvents) openedEvents { e[1].Seq = 2; return e }},
		{"another kind", func(e openedEvents) openedEvents { e[1].Kind = uint8(statement.DecisionDeny); return e }},
		{"another type", func(e openedEvents) openedEvents { e[1].Type = register.TypeActivity; return e }},
		{"a status that does not follow", func(e openedEvents) openedEvents {
			e[3].Body = append([]byte{register.RunPartial}, e[3].Body[1:]...)
			return e
		}},
	} {
		add(l, claimRun, register.TypeRun, "R1", c.comment, c.change)
	}
	return list
}

// splicedHistories: the staple is of another register, tree or log, or altered.
func splicedHistories(t testing.TB) (list []recordVector) {
	l := newRunLog(t)
	l.approved()
	older, _ := l.record(register.TypeRun, "R1")
	l.outcome("R1")
	l.publish()
	legal, _ := l.record(register.TypeGrant, l.grantID())
	stranger, anew := newWrittenLog(t), emptyLog(t)
	stranger.signer = newSigner("log.example", TypeEd25519, 97)
	anew.time += 1000
	anew.startRuns()
	anew.approved()
	again, _ := anew.record(register.TypeRun, "R1")
	for _, c := range []struct {
		comment string
		check   CheckName
		change  func(r *Receipt)
	}{
		{"of another register", CheckRegister, func(r *Receipt) { *r = *legal }},
		{"of another register, under this name", CheckRegister, func(r *Receipt) {
			r.Registers = slices.Clone(legal.Registers)
			r.Registers[0].ID, r.Registers[0].Type = "R1", register.TypeRun
		}},
		{"with the path of another register", CheckRegister, func(r *Receipt) { r.Registers[0].Path = legal.Registers[0].Path }},
		{"with the value of another register", CheckRegister, func(r *Receipt) { r.Registers[0].Value = legal.Registers[0].Value }},
		{"with the register of a smaller tree", CheckRegister, func(r *Receipt) { r.Registers = older.Registers }},
		{"with the value of a smaller tree", CheckRegister, func(r *Receipt) { r.Registers[0].Value = older.Registers[0].Value }},
		{"of a smaller tree, which has fewer events", CheckHistory, func(r *Receipt) { *r = *older }},
		{"with the checkpoint of a smaller tree", CheckSealPosition, func(r *Receipt) { r.Checkpoint = older.Checkpoint }},
		{"without registers", CheckRegister, func(r *Receipt) { r.Registers = nil }},
		{"with the register twice", CheckRegister, func(r *Receipt) { r.Registers = slices.Repeat(r.Registers, 2) }},
		{"without its value", CheckRegister, func(r *Receipt) { r.Registers[0].Value = nil }},
		{"said to be absent", CheckRegister, func(r *Receipt) {
			r.Registers[0] = RegisterProof{Type: register.TypeRun, ID: "R1", Path: r.Registers[0].Path}
		}},
		{"of an absence, with events", CheckHistory, func(r *Receipt) {
			r.Registers[0] = l.only(register.TypeRun, "R9").Registers[0]
		}},
		{"with a state that it does not bind", CheckRegister, func(r *Receipt) { r.Registers[0].State.State = append(slices.Clone(r.Registers[0].State.State), 0) }},
		{"of a log with another key", CheckCheckpoint, func(r *Receipt) { *r = *stranger.bare() }},
		{"of a log of this key, begun anew", CheckGenesis, func(r *Receipt) { *r = *again }},
		{"with a policy behind its checkpoint", CheckCheckpoint, func(r *Receipt) { r.Checkpoint = append(slices.Clone(r.Checkpoint), "\nquorum none\n"...) }},
		{"without its seal", CheckSealForm, func(r *Receipt) { r.Seal = nil }},
	} {
		id := "R1"
		if c.comment == "of an absence, with events" {
			id = "R9"
		}
		list = append(list, recordCase{
			comment: "a staple " + c.comment, claim: claimRun, typ: register.TypeRun, id: id, exit: ExitInvalid, check: string(c.check),
			change: func(r *Receipt, e openedEvents) openedEvents {
				if c.change(r); id == "R9" {
					_, e = l.record(register.TypeRun, "R1")
				}
				return e
			},
		}.vector(t, l))
	}
	return list
}

// grantStatements: what is shown as the statement that granted is not that.
func grantStatements(t testing.TB) (list []recordVector) {
	l := newRunLog(t)
	receipt := l.usedTwice(nil)
	grant, _ := statement.ParseDigest(receipt.Registers[atLegal].ID)
	stead := newRunLog(t)
	given := stead.grant(inStead(stead.delegate(nil)))
	other := stead.delegate(func(g *testGrant) { g.terms.Rule = "illness" })
	stead.publish()
	add := func(l *writtenLog, comment string, grant statement.Digest, check CheckName, change func(p *RegisterProof)) {
		list = append(list, recordCase{
			comment: "grant: " + comment, claim: claimGrant, typ: register.TypeGrant, id: grant.String(), exit: ExitInvalid, check: string(check),
			change: func(r *Receipt, e openedEvents) openedEvents {
				r.Registers[0].Envelope = withStatement(l, grant).Registers[0].Envelope
				change(&r.Registers[0])
				return e
			},
		}.vector(t, l))
	}
	add(l, "another statement beside it", grant, CheckRegister, func(p *RegisterProof) { p.Envelope = receipt.Envelope })
	add(l, "its statement signed otherwise", grant, CheckGranted, func(p *RegisterProof) { p.Envelope.Signature = malleate(p.Envelope.Signature) })
	add(l, "its statement with another key", grant, CheckGranted, func(p *RegisterProof) { p.Envelope.SPKI = keyOf("h/legal").spki })
	add(l, "a delegation that nothing names", grant, CheckGranted, func(p *RegisterProof) { p.Delegation = receipt.Envelope })
	add(stead, "in another's stead: another delegation", given, CheckGranted, func(p *RegisterProof) {
		_, d := stead.entryOf(other)
		envelope := d.envelope
		p.Delegation = &envelope
	})
	add(stead, "in another's stead: the delegation, without the statement", given, checkForm, func(p *RegisterProof) {
		p.Delegation, p.Envelope = stead.delegation(given), nil
	})
	add(stead, "in another's stead: the delegation, wrongly signed", given, CheckGranted, func(p *RegisterProof) {
		p.Delegation = stead.delegation(given)
		p.Delegation.Signature = keyOf("h/legal").sign(statement.DigestOf(p.Delegation.Payload))
	})
	return list
}

// lyingRecords: the log itself binds what its events do not lead to.
func lyingRecords(t testing.TB) (list []recordVector) {
	l := newRunLog(t)
	l.onState = func(r *writtenRegister) {
		if r.typ == register.TypeGrant && len(r.events) == 2 {
			s, _ := register.ParseGrantState(r.state)
			s.Status, s.Spender, s.Granted.Uses = register.GrantOpen, register.None, 1
			r.state = s.Marshal()
		}
	}
	grant := l.approved().Registers[atLegal].ID
	add := func(l *writtenLog, comment, grant string, change func(r *Receipt, e openedEvents) openedEvents) {
		list = append(list, recordCase{
			comment: "grant: " + comment, claim: claimGrant, typ: register.TypeGrant, id: grant, exit: ExitInvalid, check: string(CheckHistory), change: change,
		}.vector(t, l))
	}
	add(l, "the log binds a state that does not follow", grant, nil)
	add(l, "the log binds a state that does not follow, and does not open it", grant, func(r *Receipt, e openedEvents) openedEvents {
		r.Registers[0].State = nil
		return e
	})
	late := newRunLog(t)
	late.onEvent = func(r *writtenRegister, e *writtenEvent) {
		if r.typ == register.TypeGrant && e.Seq == 1 {
			e.Time++
		}
	}
	add(late, "an event later than the seal, in the history alone", late.approved().Registers[atLegal].ID, func(r *Receipt, e openedEvents) openedEvents {
		r.Registers[0].Events = nil
		return e
	})
	return list
}
