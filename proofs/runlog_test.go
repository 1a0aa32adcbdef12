package proofs

import (
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// The entries of a run: 0 genesis, 1 the publisher, 2 and 3 the approvers, 4 seal, 5
// the request, 6 and 7 the grants, 8 seal, 9 the release, 10 seal.
const (
	entryLegal   = 6
	entryRisk    = 7
	entryRelease = 9
)

// What runs release.
const (
	runDocument = "contracts/9"
	runFile     = "nine"
)

// newRunLog writes a log with two humans who may approve.
func newRunLog(t testing.TB) *writtenLog {
	t.Helper()
	l := emptyLog(t)
	l.startRuns()
	return l
}

func (l *writtenLog) startRuns() {
	l.genesis()
	l.enroll("wl/publisher", 0)
	l.enrollHuman("h/legal", 0)
	l.enrollHuman("h/risk", 0)
	l.publish()
}

func (l *writtenLog) enrollHuman(id string, notAfter int64) {
	key := keyOf(id)
	index, e := l.add(statement.IdentityEnroll, sha256.Sum256(key.spki), "h/admin", &statement.EnrollIdentity{
		ID: id, Class: "human", Owner: id, Roles: []string{"legal"}, SPKI: key.spki, NotAfter: notAfter, Verbs: []string{},
		Namespaces: []string{"contracts/"}, Custody: "file", Proof: key.sign(sha256.Sum256([]byte("proof"))),
	})
	s := l.stateOf(id, e, notAfter)
	s.Class, s.Owner = register.ClassHuman, sha256.Sum256([]byte(id))
	l.identity(index, e, id, register.IdentityEnroll, s)
}

// inRun adds a statement that names a run and grants.
func (l *writtenLog) inRun(run string, spends []statement.Digest, code statement.Code, subject statement.Digest, issuer string, body statement.Body) (uint64, *writtenEntry) {
	l.t.Helper()
	hook := l.onStatement
	defer func() { l.onStatement = hook }()
	l.onStatement = func(s *statement.Statement) {
		s.Run, s.Spends = run, spends
		if hook != nil {
			hook(s)
		}
	}
	return l.add(code, subject, issuer, body)
}

// change is an event of an entry that leads a register to its next state.
func (l *writtenLog) change(index uint64, e *writtenEntry, typ register.Type, id string, kind uint8, body []byte) {
	l.t.Helper()
	key, err := registerKey(typ, id)
	if err != nil {
		l.t.Fatal(err)
	}
	var before []byte
	if r := l.registers[key]; r != nil {
		before = r.state
	}
	state, err := register.NextState(typ, before, kind, body, register.Entry{Index: index, Time: uint64(l.time)})
	if err != nil {
		l.t.Fatal(err)
	}
	l.event(index, e, typ, id, kind, body, state)
}

func (l *writtenLog) request(run string) statement.Digest {
	l.t.Helper()
	workflow := fileDigest("workflow text")
	index, e := l.inRun(run, nil, statement.RequestOpen, workflow, "h/admin", &statement.OpenRequest{
		Workflow: workflow, Trigger: statement.Trigger{Kind: "human"}, NoInputs: true, Executor: "wl/publisher",
		Want: statement.WantDocument{Document: runDocument},
	})
	body := register.RunBody{
		Status: register.RunOpen, Issuer: register.IdentityKey("h/admin"), Statement: e.digest(),
		Ref: register.WorkflowRef(register.SHA256Digest(workflow)),
	}
	l.change(index, e, register.TypeRun, run, uint8(statement.RequestOpen), body.Marshal())
	return e.digest()
}

// testGrant is what a test grants; zero fields are those of newGrant.
type testGrant struct {
	by, run string
	terms   statement.GrantDecision
	subject statement.Digest
}

// newGrant is a grant of version 1 of the document of the runs to the publisher.
func newGrant(by, role string) testGrant {
	return testGrant{by: by, subject: fileDigest(runFile), terms: statement.GrantDecision{
		For: statement.DocumentRelease, Object: statement.DocumentObject{Document: runDocument, Version: 1}, To: "wl/publisher",
		Meaning: "approval", Role: role, Rule: "four-eyes", Policy: fileDigest("policy"), NotAfter: startTime + 10*batchMillis, Uses: 1, Level: "direct",
	}}
}

func (g testGrant) about(run string, request statement.Digest) testGrant {
	g.run, g.terms.About = run, &request
	return g
}

func (g testGrant) with(change func(*testGrant)) testGrant {
	change(&g)
	return g
}

// grant signs the grant and writes its register.
func (l *writtenLog) grant(g testGrant) statement.Digest {
	l.t.Helper()
	terms := g.terms
	index, e := l.inRun(g.run, nil, statement.DecisionGrant, g.subject, g.by, &terms)
	body := register.GrantedBody{
		Object: Hash(terms.ObjectHash()), Subject: register.SHA256Digest(g.subject), To: register.IdentityKey(terms.To), Grantor: register.IdentityKey(g.by),
		NotBefore: uint64(terms.NotBefore), NotAfter: uint64(terms.NotAfter), Uses: terms.Uses,
	}
	if terms.About != nil {
		body.Request = Hash(*terms.About)
	}
	if terms.ActingFor != nil {
		_, delegation := l.entryOf(*terms.ActingFor)
		body.Delegator = register.IdentityKey(delegation.statement.Issuer)
	}
	l.change(index, e, register.TypeGrant, e.digest().String(), register.GrantGranted, body.Marshal())
	if g.run != "" {
		event := register.RunBody{
			Status: l.runState(g.run).Status, Issuer: register.IdentityKey(g.by), Statement: e.digest(), Ref: register.GrantRef(register.GrantKey(Hash(e.digest()))),
		}
		l.change(index, e, register.TypeRun, g.run, uint8(statement.DecisionGrant), event.Marshal())
	}
	return e.digest()
}

// delegate lets h/risk decide in the stead of h/chief.
func (l *writtenLog) delegate(change func(g *testGrant)) statement.Digest {
	l.t.Helper()
	l.enrollHuman("h/chief", 0)
	g := testGrant{by: "h/chief", subject: sha256.Sum256(keyOf("h/risk").spki), terms: statement.GrantDecision{
		For: statement.DecisionGrant, Object: statement.DelegationObject{Role: "risk", Namespaces: []string{"contracts/"}}, To: "h/risk",
		Meaning: "responsibility", Role: "risk", Rule: "holidays", Policy: fileDigest("policy"), NotAfter: startTime + 10*batchMillis, Uses: 9, Level: "direct",
	}}
	if change != nil {
		change(&g)
	}
	return l.grant(g)
}

// inStead is a grant by h/risk, by the delegation.
func inStead(delegation statement.Digest) testGrant {
	return newGrant("h/risk", "risk").with(func(g *testGrant) { g.terms.ActingFor = &delegation })
}

// spend writes the spending of grants by an entry.
func (l *writtenLog) spend(index uint64, e *writtenEntry, grants []statement.Digest) {
	l.t.Helper()
	for _, g := range grants {
		r := l.registers[register.GrantKey(Hash(g))]
		s, err := register.ParseGrantState(r.state)
		if err != nil {
			l.t.Fatal(err)
		}
		body := register.SpentBody{Left: s.Granted.Uses - 1, By: s.Granted.To, Statement: e.digest()}
		l.change(index, e, register.TypeGrant, g.String(), register.GrantSpent, body.Marshal())
	}
}

// releaseIn releases version 1 of the document of the runs in one, or in none.
func (l *writtenLog) releaseIn(run string, grants ...statement.Digest) uint64 {
	l.t.Helper()
	subject := fileDigest(runFile)
	index, e := l.inRun(run, grants, statement.DocumentRelease, subject, "wl/publisher", &statement.ReleaseDocument{
		Document: runDocument, Version: 1, Size: 4, Media: "text/plain", To: []string{},
	})
	l.spend(index, e, grants)
	l.releaseEvents(index, e)
	return index
}

// releaseEvents writes what a release in a run writes beside its grants.
func (l *writtenLog) releaseEvents(index uint64, e *writtenEntry) {
	body := register.DocumentBody{Version: 1, Digest: register.SHA256Digest(e.statement.Subject), Statement: e.digest(), Run: runKeyOf(e.statement)}
	l.change(index, e, register.TypeDocument, runDocument, register.DocumentRelease, body.Marshal())
	l.runEvent(index, e, register.RunBody{Status: register.RunSuccess, Result: register.ResultOK, Step: "publish"})
}

func (l *writtenLog) runEvent(index uint64, e *writtenEntry, body register.RunBody) {
	if s := e.statement; s.Run != "" {
		body.Issuer, body.Statement = register.IdentityKey(s.Issuer), e.digest()
		l.change(index, e, register.TypeRun, s.Run, uint8(s.Code), body.Marshal())
	}
}

// withdrawIn withdraws what releaseIn released.
func (l *writtenLog) withdrawIn(run string, grants ...statement.Digest) uint64 {
	l.t.Helper()
	subject := fileDigest(runFile)
	index, e := l.inRun(run, grants, statement.DocumentWithdraw, subject, "wl/publisher",
		&statement.WithdrawDocument{Document: runDocument, Version: 1, Reason: "error"})
	l.spend(index, e, grants)
	body := register.DocumentBody{Version: 1, Digest: register.SHA256Digest(subject), Statement: e.digest(), Run: runKeyOf(e.statement)}
	l.change(index, e, register.TypeDocument, runDocument, register.DocumentWithdraw, body.Marshal())
	l.runEvent(index, e, register.RunBody{Status: register.RunSuccess})
	return index
}

// outcome closes a run with a claim.
func (l *writtenLog) outcome(run string) {
	l.t.Helper()
	index, e := l.inRun(run, nil, statement.OutcomeClose, fileDigest(runFile), "wl/publisher", &statement.CloseOutcome{
		Attempt: 1, Status: "success", Missing: []string{}, Assurance: "producer-signed",
	})
	l.runEvent(index, e, register.RunBody{Status: register.RunSuccess, Attempt: 1, Result: register.RunSuccess})
}

// approved writes a release with two grants, about the request of its run, and
// returns its receipt.
func (l *writtenLog) approved() *Receipt {
	return l.approvedWith(newGrant("h/legal", "legal"), newGrant("h/risk", "risk"))
}

func (l *writtenLog) approvedWith(list ...testGrant) *Receipt {
	l.t.Helper()
	request := l.request("R1")
	var grants []statement.Digest
	for _, g := range list {
		grants = append(grants, l.grant(g.about("R1", request)))
	}
	l.publish()
	i := l.releaseIn("R1", grants...)
	l.publish()
	return l.receipt(i)
}

// proveEvents shows a register with some of its events, opened where open says so.
func (l *writtenLog) proveEvents(typ register.Type, id string, seqs []int, open []bool) RegisterProof {
	l.t.Helper()
	p := l.prove(typ, id, 0, 0, 0)
	key, _ := registerKey(typ, id)
	w := l.shown[key]
	for i, seq := range seqs {
		p.Events = append(p.Events, w.eventProof(l.t, seq, open[i]))
	}
	return p
}

// workflowProofs are the registers of run and grants that a statement names.
func (l *writtenLog) workflowProofs(index uint64) (list []RegisterProof) {
	l.t.Helper()
	s := l.entries[index].statement
	if s.Code.Kind() != "document" {
		return nil
	}
	seqOf := func(typ register.Type, id string) int {
		key, _ := registerKey(typ, id)
		return slices.IndexFunc(l.shown[key].events, func(e writtenEvent) bool { return e.Index == index })
	}
	if k := seqOf(register.TypeRun, s.Run); k >= 0 {
		list = append(list, l.proveEvents(register.TypeRun, s.Run, []int{0, k}, []bool{true, true}))
	}
	for _, g := range s.Spends {
		k := seqOf(register.TypeGrant, g.String())
		if k < 0 {
			continue // a statement that says so, and spends nothing
		}
		at, granted := l.entryOf(g)
		p := l.proveEvents(register.TypeGrant, g.String(), []int{0, k}, []bool{false, false})
		envelope := granted.envelope
		p.State, p.Envelope = nil, &envelope
		if terms, ok := granted.statement.Body.(*statement.GrantDecision); ok && terms.ActingFor != nil {
			_, d := l.entryOf(*terms.ActingFor)
			delegation := d.envelope
			p.Delegation = &delegation
		}
		by := l.identityProof(granted.statement.Issuer, at)
		if len(by.Events) == 1 {
			by.State = nil // derived
		}
		list = append(list, p, by)
	}
	return list
}

// entryOf returns the entry of a statement.
func (l *writtenLog) entryOf(digest statement.Digest) (uint64, *writtenEntry) {
	for index, e := range l.entries {
		if e.digest() == digest {
			return index, e
		}
	}
	l.t.Fatalf("no entry %s", digest)
	return 0, nil
}

// prevRelease returns the entry of the newest release of the document of the runs.
func (l *writtenLog) prevRelease() uint64 {
	events := l.registers[register.DocumentKey(runDocument)].events
	at := len(events) - 1
	for events[at].Kind != register.DocumentRelease {
		at--
	}
	return events[at].Index
}
