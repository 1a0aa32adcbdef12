package proofs

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// everyHistory is that of each register of a log with a run, and of one that is absent.
func everyHistory(t testing.TB) (list []recordVector) {
	l := newRunLog(t)
	l.approved()
	l.outcome("R1")
	l.release("notes/1", "a note")
	l.publish()
	var all []writtenRegister
	for _, r := range l.shown {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b writtenRegister) int { return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(a.id, b.id)) })
	for _, r := range all {
		list = append(list, recordCase{comment: "full history of a " + r.typ.String(), claim: claimHistory, typ: r.typ, id: r.id}.vector(t, l))
	}
	for typ := register.TypeDocument; typ <= register.TypeActivity; typ++ {
		id := "x/absent"
		if typ == register.TypeDigest || typ == register.TypeGrant {
			id = fileDigest("absent").String()
		}
		list = append(list, recordCase{comment: "no such " + typ.String(), claim: claimHistory, typ: typ, id: id}.vector(t, l))
	}
	// All releases of a document stand in its history: other bytes were never released as it.
	l = newWrittenLog(t)
	l.third()
	l.withdraw("contracts/1")
	l.next("one")
	l.release("notes/1", "elsewhere")
	l.publish()
	for _, c := range []recordCase{
		{comment: "never released as D: five events", typ: register.TypeDocument, id: "contracts/1", released: []string{"one", "two", "three", "elsewhere", "never"}},
		{comment: "never released as D: there is no D", typ: register.TypeDocument, id: "contracts/7", released: []string{"one"}},
	} {
		c.claim = claimHistory
		list = append(list, c.vector(t, l))
	}
	return list
}

// changed writes the next event of an identity, by a statement of h/admin.
func (l *writtenLog) changed(id string, kind uint8, code statement.Code, body statement.Body, change func(s *register.IdentityState, e *writtenEntry)) {
	l.t.Helper()
	s, err := register.ParseIdentityState(l.registers[register.IdentityKey(id)].state)
	if err != nil {
		l.t.Fatal(err)
	}
	subject := statement.Digest(s.Key.Hash())
	if kind == register.IdentityRotate {
		subject = sha256.Sum256(keyOf(id + " 2").spki)
	}
	index, e := l.add(code, subject, "h/admin", body)
	change(&s, e)
	l.identity(index, e, id, kind, s)
}

// lifeVectors: an identity that was enrolled, rotated, suspended, resumed and revoked.
func lifeVectors(t testing.TB) (list []recordVector) {
	const id = "wl/other"
	l := newWrittenLog(t)
	enrolled := l.enroll(id, startTime+100*batchMillis)
	l.publish()
	key := keyOf(id + " 2")
	l.changed(id, register.IdentityRotate, statement.IdentityRotate, &statement.RotateIdentity{EnrollIdentity: statement.EnrollIdentity{
		ID: id, Class: "workload", Owner: "team/release", Roles: []string{}, SPKI: key.spki, Verbs: []string{}, Namespaces: []string{}, Custody: "file",
		Proof: key.sign(sha256.Sum256([]byte("proof"))),
	}}, func(s *register.IdentityState, e *writtenEntry) {
		s.Key, s.NotAfter, s.Terms = register.SPKIKey(key.spki), register.None, Hash(e.digest())
	})
	l.changed(id, register.IdentitySuspend, statement.IdentitySuspend, &statement.SuspendIdentity{ID: id, Reason: "absence"},
		func(s *register.IdentityState, _ *writtenEntry) { s.Status = register.IdentitySuspended })
	l.publish()
	l.changed(id, register.IdentityResume, statement.IdentityResume, &statement.ResumeIdentity{ID: id, Reason: "returned"},
		func(s *register.IdentityState, _ *writtenEntry) { s.Status = register.IdentityActive })
	l.revoke(id, startTime+batchMillis)
	l.changed("wl/publisher", register.IdentityRetire, statement.IdentityRetire, &statement.RetireIdentity{ID: "wl/publisher", Reason: "cessation"},
		func(s *register.IdentityState, _ *writtenEntry) { s.Status = register.IdentityRetired })
	l.publish()
	every := []uint64{0, 1, enrolled, enrolled + 1, enrolled + 2, enrolled + 3, enrolled + 4, enrolled + 5, enrolled + 6, enrolled + 7, enrolled + 8, l.size - 1, l.size, 1 << 40}
	for _, c := range []recordCase{
		{comment: "life of an identity: five changes, and its key at each entry", id: id, keyAt: every},
		{comment: "life of an identity: enrolled and retired", id: "wl/publisher", keyAt: every},
		{comment: "life of an identity of genesis, which speaks at entry 0", id: "h/admin", keyAt: []uint64{0, 1, 2, l.size - 1, l.size}},
		{comment: "life of an identity that was never enrolled", id: "wl/nobody", keyAt: []uint64{0, 5}},
	} {
		c.claim, c.typ = claimIdentity, register.TypeIdentity
		list = append(list, c.vector(t, l))
	}
	return list
}

// signedVectors: all that an identity signed, and in periods.
func signedVectors(t testing.TB) (list []recordVector) {
	l := newRunLog(t)
	l.approved()
	l.outcome("R1")
	l.publish()
	first, last := uint64(entryRelease), l.size-2
	for _, c := range []recordCase{
		{comment: "all that X signed"},
		{comment: "all that X signed, from the first to the last", from: first, to: last + 1},
		{comment: "all that X signed after the first", from: first + 1},
		{comment: "all that X signed before the last", to: last},
		{comment: "all that X signed after the last: nothing", from: last + 1},
		{comment: "all that X signed before the first: nothing", to: first},
		{comment: "all that X signed, a period that ends before it begins", from: last, to: first},
		{comment: "all that X signed: a grant, so no release among them", id: "h/legal"},
		{comment: "all that X signed: nothing at all", id: "wl/nobody"},
	} {
		if c.claim, c.typ = claimSigned, register.TypeActivity; c.id == "" {
			c.id = "wl/publisher"
		}
		list = append(list, c.vector(t, l))
	}
	return list
}

// grantVectors: open, spent, revoked, absent, and with what granted.
func grantVectors(t testing.TB) (list []recordVector) {
	add := func(l *writtenLog, comment string, grant statement.Digest, change func(r *Receipt, e []OpenedEvent) []OpenedEvent) {
		list = append(list, recordCase{comment: "grant: " + comment, claim: claimGrant, typ: register.TypeGrant, id: grant.String(), change: change}.vector(t, l))
	}
	l := newRunLog(t)
	receipt := l.usedTwice(nil)
	grant, err := statement.ParseDigest(receipt.Registers[atLegal].ID)
	if err != nil {
		t.Fatal(err)
	}
	stated := func(r *Receipt, e []OpenedEvent) []OpenedEvent {
		r.Registers[0].Envelope = withStatement(l, grant).Registers[0].Envelope
		return e
	}
	add(l, "two of three uses spent", grant, nil)
	add(l, "two of three uses spent, with the statement that granted", grant, stated)
	add(l, "the newest event in the history alone", grant, func(r *Receipt, e []OpenedEvent) []OpenedEvent { r.Registers[0].Events = nil; return e })
	add(l, "no opened state, which follows", grant, func(r *Receipt, e []OpenedEvent) []OpenedEvent { r.Registers[0].State = nil; return e })
	add(l, "none", fileDigest("never"), nil)
	index, e := l.add(statement.DecisionRevoke, grant, "h/risk", &statement.RevokeDecision{About: grant, Reason: "risk"})
	l.change(index, e, register.TypeGrant, grant.String(), register.GrantRevoked, register.RevokedBody{By: register.IdentityKey("h/risk"), Statement: Hash(e.digest())}.Marshal())
	l.publish()
	add(l, "revoked with a use left", grant, stated)
	used := newRunLog(t)
	once, _ := statement.ParseDigest(used.approved().Registers[atLegal].ID)
	add(used, "one use, spent once", once, nil)
	stead := newRunLog(t)
	given := stead.grant(inStead(stead.delegate(nil)))
	stead.publish()
	add(stead, "in another's stead, with the delegation", given, func(r *Receipt, e []OpenedEvent) []OpenedEvent {
		r.Registers[0].Envelope, r.Registers[0].Delegation = withStatement(stead, given).Registers[0].Envelope, stead.delegation(given)
		return e
	})
	add(stead, "in another's stead, without the delegation", given, func(r *Receipt, e []OpenedEvent) []OpenedEvent {
		r.Registers[0].Envelope = withStatement(stead, given).Registers[0].Envelope
		return e
	})
	return list
}

// runRecordVectors: runs that are open, closed, cancelled, denied, or none.
func runRecordVectors(t testing.TB) (list []recordVector) {
	add := func(l *writtenLog, comment, id string) {
		list = append(list, recordCase{comment: "run: " + comment, claim: claimRun, typ: register.TypeRun, id: id}.vector(t, l))
	}
	l := newRunLog(t)
	request := l.request("R1")
	l.publish()
	add(l, "asked for", "R1")
	l.step("R1", request, statement.StepIntent, 1, 1, "")
	l.step("R1", request, statement.StepDone, 1, 1, "error")
	l.publish()
	add(l, "a step that failed", "R1")
	l.step("R1", request, statement.StepIntent, 2, 1, "")
	l.step("R1", request, statement.StepDone, 2, 1, "skipped")
	l.publish()
	add(l, "a second attempt", "R1")
	l.cancel("R1")
	l.publish()
	add(l, "cancelled", "R1")
	add(l, "none", "R9")
	l = newRunLog(t)
	l.approved()
	l.outcome("R1")
	l.publish()
	add(l, "released with two grants, success", "R1")
	l = newRunLog(t)
	request = l.request("R2")
	index, e := l.inRun("R2", nil, statement.DecisionDeny, request, "h/legal", &statement.DenyDecision{About: request, Rule: "four-eyes", Reason: "risk"})
	l.runEvent(index, e, register.RunBody{Status: register.RunDenied})
	l.publish()
	add(l, "denied", "R2")
	return list
}

// step writes a step of a run; result empty: its intent.
func (l *writtenLog) step(run string, request statement.Digest, code statement.Code, attempt, seq uint32, result string) {
	l.t.Helper()
	step := statement.Step{
		Attempt: attempt, Seq: seq, Name: "translate", Tool: "mt", Target: "contracts/9", In: []statement.File{},
		Policy: statement.Verdict{ID: "p1", Digest: fileDigest("p1"), Verdict: "allow"}, Runner: fileDigest("runner"), Assurance: "producer-signed",
	}
	var body statement.Body = &statement.IntendStep{Step: step}
	event := register.RunBody{Status: register.RunOpen, Attempt: attempt, Seq: seq, Step: step.Name}
	if result != "" {
		done := &statement.FinishStep{Step: step, Out: []statement.File{}, Result: result, Changes: []statement.Change{}}
		if result == "error" {
			done.Cause = "internal"
		}
		body, event.Result = done, stepResults[result]
	}
	index, e := l.inRun(run, nil, code, request, "wl/publisher", body)
	l.runEvent(index, e, event)
}

// qualifiedRecords: who vouches for a record, and how old it is.
func qualifiedRecords(t testing.TB) (list []recordVector) {
	none, _, all, three := otherPolicies()
	l := newRunLog(t)
	l.approved()
	now, seal := (l.cosignAt+2)*1000, int64(l.time-batchMillis)
	cosigners, age := string(CheckCosigners), string(CheckAge)
	add := func(comment, policy string, e Expect, exit int, check string) {
		list = append(list, recordCase{comment: comment, claim: claimRun, typ: register.TypeRun, id: "R1", policy: policy, expect: e, exit: exit, check: check}.vector(t, l))
	}
	add("of the maximum age", "", Expect{Now: now + 7, MaxAge: 7}, 0, "")
	add("too old by 1 ms", "", Expect{Now: now + 8, MaxAge: 7}, ExitQualified, age)
	add("dated 300 s after the clock", "", Expect{Now: now - 300_000}, 0, "")
	add("cosigned more than 300 s after the clock", "", Expect{Now: now - 300_001}, ExitCosigners, cosigners)
	add("another quorum: three of four", three, Expect{}, 0, "")
	add("another quorum, that nobody met", all, Expect{}, ExitCosigners, cosigners)
	add("another quorum, that nobody met, too old", all, Expect{Now: now + 8, MaxAge: 7}, ExitCosigners, cosigners)
	add("no cosigner demanded", none, Expect{}, ExitCosigners, cosigners)
	add("no cosigner demanded, in a dev folder: its age is the log's", none, Expect{Dev: true, Now: seal + 7, MaxAge: 7}, 0, "")
	add("no cosigner demanded, in a dev folder: too old by 1 ms", none, Expect{Dev: true, Now: seal + 8, MaxAge: 7}, ExitQualified, age)
	add("no cosigner demanded, in a dev folder: sealed 300 s after the clock", none, Expect{Dev: true, Now: seal - 300_000}, 0, "")
	add("no cosigner demanded, in a dev folder: sealed more than 300 s after the clock", none, Expect{Dev: true, Now: seal - 300_001}, ExitQualified, age)
	l.cosigners = []testSigner{testWitness1, testAuditor, newSigner("witness.example/own", TypeEd25519Cosignature, 90)}
	add("fewer cosigners, and one that the policy does not know", "", Expect{}, ExitCosigners, cosigners)
	l.cosigners = nil
	add("no cosigners: the log's word", "", Expect{Now: seal + 5}, ExitCosigners, cosigners)
	return list
}
