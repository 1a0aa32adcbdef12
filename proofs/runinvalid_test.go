package proofs

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A runCase is an invalidCase over a log with runs. reason stands in the verdict.
type runCase struct {
	name   string
	check  CheckName
	make   func(l *writtenLog) *Receipt
	reason string
}

// Where the registers stand in the receipt of the release with two grants.
const (
	atRun   = 2
	atLegal = 3 // the grant; the identity follows
	atRisk  = 5
)

// altered is the receipt of the release with two grants, changed.
func altered(change func(r *Receipt)) func(l *writtenLog) *Receipt {
	return func(l *writtenLog) *Receipt {
		r := l.approved()
		change(r)
		return r
	}
}

// lied is that receipt from a log that wrote one event of the register in another way.
func lied(typ register.Type, seq uint64, change func(l *writtenLog, r *writtenRegister, e *writtenEvent)) func(l *writtenLog) *Receipt {
	return func(l *writtenLog) *Receipt {
		l.onEvent = func(r *writtenRegister, e *writtenEvent) {
			if r.typ == typ && e.Seq == seq {
				change(l, r, e)
			}
		}
		return l.approved()
	}
}

// granting is the receipt of a release with one grant that is not like it.
func granting(change func(g *testGrant)) func(l *writtenLog) *Receipt {
	return func(l *writtenLog) *Receipt { return l.approvedWith(newGrant("h/risk", "risk").with(change)) }
}

// signing changes the envelope of each grant before it is in the log.
func signing(change func(e *statement.Envelope)) func(l *writtenLog) *Receipt {
	return func(l *writtenLog) *Receipt {
		l.onEnvelope = func(e *statement.Envelope) {
			if s, err := statement.Parse(e.Payload); err == nil && s.Code == statement.DecisionGrant {
				change(e)
			}
		}
		return l.approved()
	}
}

func withoutStatement(r *Receipt) { r.Registers[atLegal].Envelope = nil }

var shownCases = []runCase{
	{"one grant dropped", CheckRegisters, altered(func(r *Receipt) { r.Registers = r.Registers[:atRisk] }), "5 registers, a document.release (in run \"R1\", 2 grants) needs 7"},
	{"all grants and the run dropped", CheckDirect, altered(func(r *Receipt) { r.Registers = r.Registers[:atRun] }), "the receipt shows none"},
	{"the run dropped", CheckRegisters, altered(func(r *Receipt) { r.Registers = append(r.Registers[:atRun], r.Registers[atLegal:]...) }), "6 registers"},
	{"a grantor dropped", CheckRegisters, altered(func(r *Receipt) { r.Registers = r.Registers[:atRisk+1] }), "6 registers"},
	{"a grant too many", CheckRegisters, altered(func(r *Receipt) { r.Registers = append(r.Registers, r.Registers[atRisk:]...) }), "9 registers"},
	{"a grant twice, the other not", CheckRegisters, altered(func(r *Receipt) { copy(r.Registers[atLegal:], r.Registers[atRisk:]) }), "register 3 is grant"},
	{"grants swapped", CheckRegisters, altered(func(r *Receipt) {
		r.Registers[atLegal], r.Registers[atRisk] = r.Registers[atRisk], r.Registers[atLegal]
	}), "register 3 is grant"},
	{"another run", CheckRegisters, altered(func(r *Receipt) { r.Registers[atRun].ID = "R2" }), `register 2 is run "R2", want run "R1"`},
	{"no identity after the grant", CheckRegisters, altered(func(r *Receipt) { r.Registers[atLegal+1] = r.Registers[atRun] }), "register 4 is run"},
	{"a release with grants in no run", CheckDirect, func(l *writtenLog) *Receipt {
		i := l.releaseIn("", l.grant(newGrant("h/risk", "risk")))
		l.publish()
		return l.receipt(i)
	}, "in no run"},
	{"a run with a direct release", CheckDirect, func(l *writtenLog) *Receipt {
		l.request("R1")
		i := l.release("contracts/1", "one")
		l.publish()
		r := l.receipt(i)
		r.Registers = append(r.Registers, l.proveEvents(register.TypeRun, "R1", []int{0}, []bool{true}))
		return r
	}, "the statement names none"},
	{"a grant with a policy", CheckDirect, func(l *writtenLog) *Receipt {
		r := l.approved()
		policy := l.receipt(0)
		policy.Registers = append(policy.Registers, r.Registers[atLegal])
		return policy
	}, "the statement names none"},
}

var grantCases = []runCase{
	{"no statement", CheckGrant, altered(withoutStatement), "the statement that granted is not shown"},
	{"the grant of another release under this name", CheckGrant, altered(func(r *Receipt) {
		id := r.Registers[atLegal].ID
		r.Registers[atLegal] = r.Registers[atRisk]
		r.Registers[atLegal].ID = id
	}), "the entry spends"},
	{"another statement", CheckGrant, altered(func(r *Receipt) { r.Registers[atLegal].Envelope = r.Registers[atRisk].Envelope }), "the entry spends"},
	{"not a statement", CheckGrant, func(l *writtenLog) *Receipt {
		l.onPayload = func(b []byte) []byte {
			if s, err := statement.Parse(b); err == nil && s.Code == statement.DecisionGrant {
				return append(b, ' ')
			}
			return b
		}
		return l.approved()
	}, ""},
	{"not a grant", CheckGrant, func(l *writtenLog) *Receipt {
		request := l.request("R1")
		g := newGrant("h/admin", "legal")
		key := register.GrantKey(Hash(request))
		body := register.GrantedBody{Subject: register.SHA256Digest(g.subject), To: register.IdentityKey("wl/publisher"), Grantor: key, NotAfter: 1, Uses: 1}
		l.change(5, l.entries[5], register.TypeGrant, request.String(), register.GrantGranted, body.Marshal())
		l.publish()
		index, e := l.inRun("R1", []statement.Digest{request}, statement.DocumentRelease, g.subject, "wl/publisher", &statement.ReleaseDocument{
			Document: runDocument, Version: 1, Size: 4, Media: "text/plain", To: []string{},
		})
		l.spend(index, e, []statement.Digest{request})
		l.releaseEvents(index, e)
		l.publish()
		r := l.receipt(index)
		return r
	}, "not a decision.grant"},
	{"for another log", CheckGrant, func(l *writtenLog) *Receipt {
		l.onStatement = func(s *statement.Statement) {
			if s.Code == statement.DecisionGrant {
				s.Log = "other.example"
			}
		}
		return l.approved()
	}, "other.example"},
	{"another's identity", CheckGrant, altered(func(r *Receipt) { r.Registers[atLegal+1] = r.Registers[atRisk+1] }), `the grant is by "h/legal", the identity "h/risk" is shown`},
	{"signature of something else", CheckGrant, signing(func(e *statement.Envelope) { e.Signature = keyOf("h/legal").sign(fileDigest("x")) }), ""},

	{"for a withdrawal", CheckGrantTerms, granting(func(g *testGrant) { g.terms.For = statement.DocumentWithdraw }), "for a document.withdraw"},
	{"for another version", CheckGrantTerms, granting(func(g *testGrant) { g.terms.Object = statement.DocumentObject{Document: runDocument, Version: 2} }), "not for version 1"},
	{"for another document", CheckGrantTerms, granting(func(g *testGrant) { g.terms.Object = statement.DocumentObject{Document: "contracts/8", Version: 1} }), "not for version 1 of contracts/9"},
	{"for other bytes", CheckGrantTerms, granting(func(g *testGrant) { g.subject = fileDigest("ten") }), "the grant is for the bytes"},
	{"to another", CheckGrantTerms, granting(func(g *testGrant) { g.terms.To = "wl/other" }), `the grant is to "wl/other"`},
	{"about another request", CheckGrantTerms, func(l *writtenLog) *Receipt {
		other := l.request("R2")
		l.onStatement = func(s *statement.Statement) {
			if g, ok := s.Body.(*statement.GrantDecision); ok {
				g.About = &other
			}
		}
		return l.approved()
	}, "the grant is about the request"},
	{"about a request, spent in no run", CheckGrantTerms, func(l *writtenLog) *Receipt {
		l.approvedWith()
		g := newGrant("h/risk", "risk").about("R1", statement.Digest(l.runState("R1").Request))
		g.terms.For = statement.DocumentWithdraw
		i := l.withdrawIn("", l.grant(g))
		l.publish()
		return l.receipt(i)
	}, "the entry is about no request"},
	{"about no request", CheckGrantTerms, func(l *writtenLog) *Receipt {
		l.request("R1")
		g := l.grant(newGrant("h/risk", "risk"))
		l.publish()
		i := l.releaseIn("R1", g)
		l.publish()
		return l.receipt(i)
	}, "the grant is about no request"},
	{"too early", CheckGrantTerms, granting(func(g *testGrant) { g.terms.NotBefore = releaseTime + 1 }), "the entry is of"},
	{"too late", CheckGrantTerms, granting(func(g *testGrant) { g.terms.NotAfter = releaseTime }), "the entry is of"},

	{"value altered", CheckGrantRegister, altered(func(r *Receipt) { r.Registers[atLegal].Value.Last++ }), ""},
	{"grant absent", CheckGrantRegister, altered(func(r *Receipt) { r.Registers[atLegal].Value = nil }), ""},
	{"spending not shown", CheckGrantEvents, altered(func(r *Receipt) { r.Registers[atLegal].Events = r.Registers[atLegal].Events[:1] }), "1 events are shown, want 2"},
	{"events swapped", CheckGrantEvents, altered(func(r *Receipt) {
		e := r.Registers[atLegal].Events
		e[0], e[1] = e[1], e[0]
	}), "not later"},
	{"event altered", CheckGrantEvents, altered(func(r *Receipt) { r.Registers[atLegal].Events[1].Event.Index-- }), ""},
	{"wrong opening", CheckGrantEvents, altered(func(r *Receipt) { r.Registers[atLegal].Events[1].Opening = &EventOpening{Body: []byte{1}} }), ""},
}

// instead is the receipt of a release that was granted in another's stead, changed.
func instead(change func(r *Receipt)) func(l *writtenLog) *Receipt {
	return func(l *writtenLog) *Receipt {
		r := l.approvedWith(inStead(l.delegate(nil)))
		change(r)
		return r
	}
}

// delegating is that receipt with a delegation that is not like it.
func delegating(change func(g *testGrant)) func(l *writtenLog) *Receipt {
	return func(l *writtenLog) *Receipt { return l.approvedWith(inStead(l.delegate(change))) }
}

var delegationCases = []runCase{
	{"delegation not shown", CheckGrant, instead(func(r *Receipt) { r.Registers[atLegal].Delegation = nil }), "which is not shown"},
	{"another delegation", CheckGrant, instead(func(r *Receipt) { r.Registers[atLegal].Delegation = r.Registers[atLegal].Envelope }), "the delegation shown is"},
	{"a delegation too many", CheckGrant, altered(func(r *Receipt) { r.Registers[atLegal].Delegation = r.Registers[atRisk].Envelope }), "in nobody's stead"},
	{"delegation to another", CheckGrant, delegating(func(g *testGrant) { g.terms.To = "h/legal" }), `the delegation is to "h/legal"`},
	{"delegation of another role", CheckGrant, delegating(func(g *testGrant) {
		g.terms.Object = statement.DelegationObject{Role: "legal", Namespaces: []string{}}
	}), `in the role "legal"`},
	{"a grant for a release as delegation", CheckGrant, func(l *writtenLog) *Receipt {
		return l.approvedWith(inStead(l.grant(newGrant("h/legal", "risk"))))
	}, "is no delegation"},
	{"a statement as delegation", CheckGrant, func(l *writtenLog) *Receipt {
		return l.approvedWith(inStead(l.entries[1].digest()))
	}, "is no delegation"},
	{"delegation for another log", CheckGrant, func(l *writtenLog) *Receipt {
		l.onStatement = func(s *statement.Statement) {
			if s.Issuer == "h/chief" {
				s.Log = "other.example"
			}
		}
		return l.approvedWith(inStead(l.delegate(nil)))
	}, "other.example"},
	{"delegation to another key", CheckGrant, delegating(func(g *testGrant) { g.subject = sha256.Sum256(keyOf("h/legal").spki) }), "the delegation is to the key"},
	{"delegation of other documents", CheckGrant, delegating(func(g *testGrant) {
		g.terms.Object = statement.DelegationObject{Role: "risk", Namespaces: []string{"claims/"}}
	}), `within ["claims/"]`},
	{"delegation that is over", CheckGranted, delegating(func(g *testGrant) { g.terms.NotAfter = startTime + batchMillis }), "the delegation is for"},
	{"delegation for later", CheckGranted, delegating(func(g *testGrant) { g.terms.NotBefore = startTime + 9*batchMillis }), "the delegation is for"},
	{"delegation with another signature", CheckGrant, instead(func(r *Receipt) {
		e := *r.Registers[atLegal].Delegation
		e.Signature = r.Envelope.Signature
		r.Registers[atLegal].Delegation = &e
	}), ""},
}

var spentCases = []runCase{
	{"first event is no grant", CheckGranted, lied(register.TypeGrant, 0, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) { e.Kind = register.GrantRevoked }), "want 0x01"},
	{"granted by another leaf", CheckGranted, lied(register.TypeGrant, 0, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) { e.LeafHash[0] ^= 1 }), "another leaf"},
	{"another signature than in the log", CheckGranted, altered(func(r *Receipt) {
		e := *r.Registers[atLegal].Envelope
		e.Signature = malleate(e.Signature)
		r.Registers[atLegal].Envelope = &e
	}), "another leaf"},
	{"granted other terms", CheckGranted, lied(register.TypeGrant, 0, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) {
		body, _ := register.ParseGrantedBody(e.body)
		body.Uses++
		e.setBody(e.blind, body.Marshal())
	}), ""},
	{"granted in nobody's stead", CheckGranted, func(l *writtenLog) *Receipt {
		delegation := l.delegate(nil)
		l.onEvent = func(r *writtenRegister, e *writtenEvent) {
			if r.typ == register.TypeGrant && e.Seq == 0 {
				body, _ := register.ParseGrantedBody(e.body)
				body.Delegator = register.Key{}
				e.setBody(e.blind, body.Marshal())
			}
		}
		return l.approvedWith(inStead(delegation))
	}, ""},
	{"granted under another blind", CheckGranted, lied(register.TypeGrant, 0, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) {
		e.setBody(sha256.Sum256(nil), e.body)
	}), ""},
	{"not the first event", CheckGranted, func(l *writtenLog) *Receipt {
		request := l.request("R1")
		g := newGrant("h/risk", "risk").about("R1", request)
		terms := g.terms
		index, e := l.inRun("R1", nil, statement.DecisionGrant, g.subject, g.by, &terms)
		body := register.GrantedBody{
			Object: Hash(terms.ObjectHash()), Subject: register.SHA256Digest(g.subject), To: register.IdentityKey(terms.To),
			Grantor: register.IdentityKey(g.by), Request: Hash(request), NotAfter: uint64(terms.NotAfter), Uses: 1,
		}
		state := register.GrantState{Status: register.GrantOpen, Spender: register.None, Granted: body}
		l.event(5, l.entries[5], register.TypeGrant, e.digest().String(), register.GrantRevoked, []byte{0}, []byte{0})
		l.event(index, e, register.TypeGrant, e.digest().String(), register.GrantGranted, body.Marshal(), state.Marshal())
		l.publish()
		i := l.releaseIn("R1", e.digest())
		l.publish()
		r := l.receipt(i)
		r.Registers[atLegal].Events = l.proveEvents(register.TypeGrant, e.digest().String(), []int{1, 2}, []bool{false, false}).Events
		return r
	}, "event 1 is not the first"},

	{"spent by another entry", CheckSpent, func(l *writtenLog) *Receipt {
		r := l.usedTwice(nil)
		key, _ := registerKey(register.TypeGrant, r.Registers[atLegal].ID)
		shown := l.shown[key]
		r.Registers[atLegal].Events[1] = shown.eventProof(l.t, 1, false)
		return r
	}, "event 1 is of entry 8, not of entry 10"},
	{"revoked, not spent", CheckSpent, lied(register.TypeGrant, 1, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) { e.Kind = register.GrantRevoked }), "want 0x02"},
	{"spent by another leaf", CheckSpent, lied(register.TypeGrant, 1, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) { e.LeafHash[0] ^= 1 }), "another leaf"},
	{"spent without using it", CheckSpent, lied(register.TypeGrant, 1, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) { e.body[3]++; e.setBody(e.blind, e.body) }), ""},
	{"spent by another identity", CheckSpent, lied(register.TypeGrant, 1, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) { e.body[4]++; e.setBody(e.blind, e.body) }), ""},
	{"spent on another statement", CheckSpent, lied(register.TypeGrant, 1, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) { e.body[36]++; e.setBody(e.blind, e.body) }), ""},
	{"spent once too often", CheckSpent, func(l *writtenLog) *Receipt {
		g := l.grant(newGrant("h/risk", "risk").about("R1", l.request("R1")))
		l.publish()
		index := l.enroll("wl/other", 0)
		l.spend(index, l.entries[index], []statement.Digest{g})
		index, e := l.inRun("R1", []statement.Digest{g}, statement.DocumentRelease, fileDigest(runFile), "wl/publisher", &statement.ReleaseDocument{
			Document: runDocument, Version: 1, Size: 4, Media: "text/plain", To: []string{},
		})
		body := register.SpentBody{Left: 1<<32 - 1, By: register.IdentityKey("wl/publisher"), Statement: e.digest()}
		l.event(index, e, register.TypeGrant, g.String(), register.GrantSpent, body.Marshal(), l.registers[register.GrantKey(Hash(g))].state)
		l.releaseEvents(index, e)
		l.publish()
		return l.receipt(index)
	}, "event 2 spends a grant of 1 uses"},
	{"state altered", CheckSpent, altered(func(r *Receipt) { r.Registers[atLegal].State = &StateOpening{State: []byte{1}} }), ""},
	{"state of a grant not spent", CheckSpent, func(l *writtenLog) *Receipt {
		l.onState = func(r *writtenRegister) {
			if r.typ == register.TypeGrant && len(r.events) == 2 {
				s, _ := register.ParseGrantState(r.state)
				s.Status, s.Spender, s.Granted.Uses = register.GrantOpen, register.None, 1
				r.state = s.Marshal()
			}
		}
		return l.approved()
	}, ""},
}

var grantorCases = []runCase{
	{"left before", "grantor signer", func(l *writtenLog) *Receipt {
		l.revoke("h/risk", 0)
		return l.approved()
	}, "not active"},
	{"another's key", "grantor signer", signing(func(e *statement.Envelope) {
		*e = statement.Envelope{Payload: e.Payload, SPKI: keyOf("h/x").spki, Signature: keyOf("h/x").sign(statement.DigestOf(e.Payload))}
	}), "the key in the leaf is not the identity's"},
	{"key expired", "grantor key expiry", func(l *writtenLog) *Receipt {
		l = emptyLog(l.t)
		l.genesis()
		l.enroll("wl/publisher", 0)
		l.enrollHuman("h/legal", 0)
		l.enrollHuman("h/risk", startTime+batchMillis)
		l.publish()
		return l.approved()
	}, "the key expired"},
	{"what followed not shown", "grantor identity neighbours", func(l *writtenLog) *Receipt {
		l.approved()
		l.revoke("h/risk", 1)
		l.publish()
		r := l.receipt(entryRelease)
		r.Registers[atRisk+1].Events = r.Registers[atRisk+1].Events[:1]
		return r
	}, "without its successor"},
	{"newest state not opened", "grantor identity state", func(l *writtenLog) *Receipt {
		l.approved()
		l.revoke("h/risk", 1)
		l.publish()
		r := l.receipt(entryRelease)
		r.Registers[atRisk+1].State = nil
		return r
	}, "not opened"},
	{"of one owner", "grantor apart", func(l *writtenLog) *Receipt {
		l.enroll("wl/friend", 0)
		return l.approvedWith(newGrant("wl/friend", "legal"))
	}, "has the owner of"},
	{"by who asked", "grantor apart", lied(register.TypeRun, 0, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) {
		e.changeRun(func(b *register.RunBody) { b.Issuer = register.IdentityKey("h/legal") })
	}), `by the word of "h/legal", who asked for the run`},
	{"in the stead of who spends", "grantor apart", func(l *writtenLog) *Receipt {
		return l.approvedWith(inStead(l.delegate(func(g *testGrant) { g.by = "wl/publisher" })))
	}, `by the word of "wl/publisher", who spent it`},
	{"in the stead of who asked", "grantor apart", func(l *writtenLog) *Receipt {
		return l.approvedWith(inStead(l.delegate(func(g *testGrant) { g.by = "h/admin" })))
	}, `by the word of "h/admin", who asked`},
	{"brought from who asked", "grantor apart", granting(func(g *testGrant) {
		source := fileDigest("ticket")
		g.terms.Level, g.terms.By, g.terms.Source = "bridged", "h/admin", &source
	}), `by the word of "h/admin", who asked`},
	{"gone when it was spent", "grantor apart", func(l *writtenLog) *Receipt { return l.goneBefore(nil) }, "when it was spent"},
	{"gone when it was spent, and reported again later", "grantor apart", func(l *writtenLog) *Receipt {
		return l.goneBefore(func() { l.revoke("h/risk", startTime); l.publish() })
	}, "when it was spent"},
	{"granted to itself", "grantor apart", func(l *writtenLog) *Receipt { return l.approvedWith(newGrant("wl/publisher", "legal")) }, "has the owner of"},
}

// goneBefore is the receipt of a release with the grant of one who was revoked
// between the two, and what came after that.
func (l *writtenLog) goneBefore(after func()) *Receipt {
	g := l.grant(newGrant("h/risk", "risk").about("R1", l.request("R1")))
	l.revoke("h/risk", 0)
	l.publish()
	i := l.releaseIn("R1", g)
	l.publish()
	if after != nil {
		after()
	}
	return l.receipt(i)
}

var runsCases = []runCase{
	{"in a run that was denied", CheckInRun, lied(register.TypeRun, 3, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) {
		e.changeRun(func(b *register.RunBody) { b.Status = register.RunDenied })
	}), "the run was denied"},
	{"run that the document does not have", CheckRelease, lied(register.TypeDocument, 0, func(_ *writtenLog, r *writtenRegister, e *writtenEvent) {
		if r.id == runDocument {
			e.changeBody(func(b *register.DocumentBody) { b.Run = register.Key{} })
		}
	}), ""},
	{"value altered", CheckRun, altered(func(r *Receipt) { r.Registers[atRun].Value.Size++ }), ""},
	{"run absent", CheckRun, altered(func(r *Receipt) { r.Registers[atRun].Value = nil }), ""},
	{"request not shown", CheckRunEvents, altered(func(r *Receipt) { r.Registers[atRun].Events = r.Registers[atRun].Events[1:] }), "1 events are shown, want 2"},
	{"event altered", CheckRunEvents, altered(func(r *Receipt) { r.Registers[atRun].Events[0].Event.Time-- }), ""},
	{"events swapped", CheckRunEvents, altered(func(r *Receipt) {
		e := r.Registers[atRun].Events
		e[0], e[1] = e[1], e[0]
	}), "not later"},
	{"request not opened", CheckRequest, altered(func(r *Receipt) { r.Registers[atRun].Events[0].Opening = nil }), "not opened"},
	{"another event first", CheckRequest, func(l *writtenLog) *Receipt {
		r := l.approved()
		r.Registers[atRun] = l.proveEvents(register.TypeRun, "R1", []int{1, 3}, []bool{true, true})
		return r
	}, "event 1 of kind 0x51"},
	{"opened by no request", CheckRequest, lied(register.TypeRun, 0, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) { e.Kind = uint8(statement.RequestCancel) }), "event 0 of kind 0x42"},
	{"request not readable", CheckRequest, lied(register.TypeRun, 0, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) { e.setBody(e.blind, []byte{1}) }), ""},
	{"request that opens nothing", CheckRequest, lied(register.TypeRun, 0, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) {
		e.changeRun(func(b *register.RunBody) { b.Ref = [33]byte{} })
	}), ""},
	{"entry not shown", CheckInRun, func(l *writtenLog) *Receipt {
		r := l.approved()
		r.Registers[atRun] = l.proveEvents(register.TypeRun, "R1", []int{0, 2}, []bool{true, true})
		return r
	}, "event 2 is of entry 7, not of entry 9"},
	{"entry's event not opened", CheckInRun, altered(func(r *Receipt) { r.Registers[atRun].Events[1].Opening = nil }), "not opened"},
	{"by another leaf", CheckInRun, lied(register.TypeRun, 3, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) { e.LeafHash[0] ^= 1 }), "another leaf"},
	{"of another kind", CheckInRun, lied(register.TypeRun, 3, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) { e.Kind = uint8(statement.DocumentWithdraw) }), "want 0x81"},
	{"under another blind", CheckInRun, lied(register.TypeRun, 3, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) {
		e.setBody(sha256.Sum256(nil), e.body)
	}), "the blind of another statement"},
	{"entry's event not readable", CheckInRun, lied(register.TypeRun, 3, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) { e.setBody(e.blind, []byte{1}) }), ""},
	{"of another statement", CheckInRun, lied(register.TypeRun, 3, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) {
		e.changeRun(func(b *register.RunBody) { b.Statement[0] ^= 1 })
	}), "not that of the statement"},
	{"of another issuer", CheckInRun, lied(register.TypeRun, 3, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) {
		e.changeRun(func(b *register.RunBody) { b.Issuer[0] ^= 1 })
	}), "not that of the statement"},
	{"with a reference", CheckInRun, lied(register.TypeRun, 3, func(_ *writtenLog, _ *writtenRegister, e *writtenEvent) {
		e.changeRun(func(b *register.RunBody) { b.Ref[32] ^= 1 })
	}), "not that of the statement"},
	{"state not opened", CheckRunState, altered(func(r *Receipt) { r.Registers[atRun].State = nil }), "not opened"},
	{"state altered", CheckRunState, altered(func(r *Receipt) { r.Registers[atRun].State.Blind[0] ^= 1 }), ""},
	{"state not readable", CheckRunState, runState(func(r *writtenRegister, _ *register.RunState) { r.state = []byte{1} }), ""},
	{"state of another request", CheckRunState, runState(func(_ *writtenRegister, s *register.RunState) { s.Request[0] ^= 1 }), "another request"},
	{"state of another workflow", CheckRunState, runState(func(_ *writtenRegister, s *register.RunState) { s.Workflow[1] ^= 1 }), "another request"},
	{"state opened at another time", CheckRunState, runState(func(_ *writtenRegister, s *register.RunState) { s.Opened++ }), "another request"},
	{"state with another status", CheckRunState, runState(func(_ *writtenRegister, s *register.RunState) { s.Status = register.RunPartial }), "the newest event left"},
	{"state under another blind", CheckRunState, runState(func(r *writtenRegister, _ *register.RunState) { r.blind = sha256.Sum256(nil) }), "the newest event left"},
}

// runState changes the state that the release leaves.
func runState(change func(r *writtenRegister, s *register.RunState)) func(l *writtenLog) *Receipt {
	return func(l *writtenLog) *Receipt {
		l.onState = func(r *writtenRegister) {
			if r.typ != register.TypeRun || len(r.events) != 4 {
				return
			}
			s, err := register.ParseRunState(r.state)
			if err != nil {
				l.t.Fatal(err)
			}
			before := r.state
			if change(r, &s); string(before) == string(r.state) {
				r.state = s.Marshal()
			}
		}
		return l.approved()
	}
}

func (e *writtenEvent) changeRun(change func(*register.RunBody)) {
	body, err := register.ParseRunBody(e.body)
	if err != nil {
		panic(err)
	}
	change(&body)
	e.setBody(e.blind, body.Marshal())
}

func TestInvalidRuns(t *testing.T) {
	for _, group := range [][]runCase{shownCases, grantCases, delegationCases, spentCases, grantorCases, runsCases} {
		for _, c := range group {
			t.Run(string(c.check)+"/"+c.name, func(t *testing.T) {
				l := newRunLog(t)
				r := c.make(l)
				got := l.verifier(testPolicyText()).Verify(r, expectationOf(r))
				wantInvalid(t, got, c.check)
				if !strings.Contains(got.Reason, c.reason) {
					t.Errorf("the reason %q does not say %q", got.Reason, c.reason)
				}
			})
		}
	}
}
