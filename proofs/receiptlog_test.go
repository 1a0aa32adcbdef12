package proofs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A writtenLog is a log written by the tests alone: naive trees, no admission
// rules, and hooks that make it lie in exactly one place and stay consistent
// everywhere else. Statements are signed deterministically.
type writtenLog struct {
	t      testing.TB
	origin string
	signer testSigner
	leaves *testTree
	prev   int64
	time   int64 // of the batch that is open, Unix milliseconds

	registers map[register.Key]*writtenRegister
	entries   map[uint64]*writtenEntry

	// The newest signed tree.
	size  uint64
	seal  []byte
	tree  *register.Tree
	rows  sortedLeaves
	shown map[register.Key]writtenRegister // values and event counts under it

	cosigners []testSigner
	cosignAt  int64 // POSIX seconds; each next cosigner is one second later

	// Hooks, called before anything is hashed; nil: nothing is changed.
	onStatement func(*statement.Statement)
	onPayload   func([]byte) []byte
	onEnvelope  func(*statement.Envelope)
	onEvent     func(*writtenRegister, *writtenEvent)
	onValue     func(*writtenRegister, *register.Value)
	onState     func(*writtenRegister)
	onSeal      func(*statement.Seal)
	onSealLeaf  func([]byte) []byte
}

type writtenRegister struct {
	typ     register.Type
	id      string
	key     register.Key
	events  []writtenEvent
	history *testTree
	state   []byte
	blind   Hash // of the state
	value   register.Value
}

type writtenEvent struct {
	register.Event
	blind Hash
	body  []byte
}

type writtenEntry struct {
	envelope  statement.Envelope
	statement *statement.Statement
}

const (
	startTime   = 1794319331004 // 2026-11-10T14:02:11.004Z
	batchMillis = 60_000
)

// newWrittenLog writes genesis, the enrolment of the publisher, and a seal.
func newWrittenLog(t testing.TB) *writtenLog {
	t.Helper()
	l := emptyLog(t)
	l.genesis()
	l.enroll("wl/publisher", 0)
	l.publish()
	return l
}

func emptyLog(t testing.TB) *writtenLog {
	return &writtenLog{
		t: t, origin: "log.example", signer: testLog, leaves: newTestTree(0), prev: -1, time: startTime,
		registers: make(map[register.Key]*writtenRegister),
		entries:   make(map[uint64]*writtenEntry),
		cosigners: []testSigner{testWitness1, testWitness2, testAuditor}, cosignAt: startTime/1000 + 1,
	}
}

var (
	testWitness1 = newSigner("witness.example/w1", TypeEd25519Cosignature, 11)
	testWitness2 = newSigner("witness.example/w2", TypeEd25519Cosignature, 12)
	testWitness3 = newSigner("witness.example/w3", TypeEd25519Cosignature, 13)
	testAuditor  = newSigner("audit.example", TypeEd25519Cosignature, 14)
)

// testPolicyText demands two of three witnesses and the audit cosigner.
func testPolicyText() string {
	return "log " + testLog.key.String() + "\n" +
		"witness w1 " + testWitness1.key.String() + "\n" +
		"witness w2 " + testWitness2.key.String() + "\n" +
		"witness w3 " + testWitness3.key.String() + "\n" +
		"witness audit " + testAuditor.key.String() + "\n" +
		"group witnesses 2 w1 w2 w3\n" +
		"group auditors any audit\n" +
		"group demanded all witnesses auditors\n" +
		"quorum demanded\n"
}

// verifier pins the log's key and genesis under a policy file.
func (l *writtenLog) verifier(policy string) Verifier {
	l.t.Helper()
	p, err := ParsePolicy([]byte(policy))
	if err != nil {
		l.t.Fatal(err)
	}
	return Verifier{Policy: p, Genesis: LeafHash(l.leaves.leaves[0])}
}

type statementKey struct {
	private *ecdsa.PrivateKey
	spki    []byte
}

// keyOf returns the P-256 key of a name.
func keyOf(name string) statementKey {
	scalar := sha256.Sum256([]byte("docket test key " + name))
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	if err != nil {
		panic(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		panic(err)
	}
	return statementKey{private, spki}
}

func (k statementKey) sign(digest statement.Digest) []byte {
	der, err := k.private.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		panic(err)
	}
	return der
}

func fileDigest(content string) statement.Digest { return sha256.Sum256([]byte(content)) }

// add signs a statement by the issuer's key, appends its leaf, and returns its
// index. The events are the caller's to write.
func (l *writtenLog) add(code statement.Code, subject statement.Digest, issuer string, body statement.Body) (uint64, *writtenEntry) {
	l.t.Helper()
	index := uint64(len(l.leaves.leaves))
	nonce := sha256.Sum256([]byte(fmt.Sprintf("nonce %d", index)))
	s := &statement.Statement{
		Code: code, Subject: subject, Log: l.origin, Nonce: base64.RawURLEncoding.EncodeToString(nonce[:16]),
		At: l.time - 250, Issuer: issuer, Body: body,
	}
	if l.onStatement != nil {
		l.onStatement(s)
	}
	payload, err := s.Marshal()
	if err != nil {
		l.t.Fatal(err)
	}
	if l.onPayload != nil {
		payload = l.onPayload(payload)
	}
	key := keyOf(s.Issuer)
	e := &writtenEntry{statement: s, envelope: statement.Envelope{Payload: payload, Signature: key.sign(statement.DigestOf(payload)), SPKI: key.spki}}
	if l.onEnvelope != nil {
		l.onEnvelope(&e.envelope)
	}
	l.leaves.add(e.leaf())
	l.entries[index] = e
	l.event(index, e, register.TypeActivity, s.Issuer, uint8(code), register.ActivityBody{Statement: e.digest()}.Marshal(), nil)
	return index, e
}

func (e *writtenEntry) digest() statement.Digest { return statement.DigestOf(e.envelope.Payload) }

func (e *writtenEntry) leaf() []byte {
	return statement.Commitment{Digest: e.digest(), Signature: e.envelope.Signature, SPKI: e.envelope.SPKI}.Leaf()
}

// event appends one event of an entry to a register; state nil: the count.
func (l *writtenLog) event(index uint64, e *writtenEntry, typ register.Type, id string, kind uint8, body, state []byte) {
	l.t.Helper()
	key, err := registerKey(typ, id)
	if err != nil {
		l.t.Fatal(err)
	}
	r := l.registers[key]
	if r == nil {
		r = &writtenRegister{typ: typ, id: id, key: key, history: newTestTree(0)}
		l.registers[key] = r
	}
	seq := uint64(len(r.events))
	blind := register.EventBlind(key, seq, e.envelope.Payload)
	w := writtenEvent{
		Event: register.Event{
			Type: typ, Kind: kind, Seq: seq, Index: index, LeafHash: LeafHash(l.leaves.leaves[index]),
			Time: uint64(l.time), BodyHash: register.BodyHash(blind, body),
		},
		blind: blind, body: body,
	}
	if l.onEvent != nil {
		l.onEvent(r, &w)
	}
	r.events = append(r.events, w)
	r.history.add(w.Marshal())
	if state == nil {
		state = register.ActivityState{Count: seq + 1}.Marshal()
	}
	r.state, r.blind = state, register.StateBlind(w.blind)
	if l.onState != nil {
		l.onState(r)
	}
	r.value = register.Value{Type: typ, Size: seq + 1, Root: r.history.root(0, seq+1), Last: w.Index, StateHash: register.StateHash(r.blind, r.state)}
}

func (l *writtenLog) genesis() {
	member := func(id string) statement.Member {
		key := keyOf(id)
		message := statement.ProofMessage(l.origin, "genesis", id, key.spki, "x")
		return statement.Member{ID: id, SPKI: key.spki, Proof: key.sign(sha256.Sum256(message))}
	}
	l.setPolicy(statement.Policy{
		Version: 1, Rules: statement.Rules, Admins: statement.Admins{M: 1, Members: []statement.Member{member("h/admin")}},
		Log: member("svc/log"), Algorithms: []string{statement.Algorithm}, SkewSeconds: 300, GrantMaxSeconds: 86400,
		AccessMaxSeconds: 14400, ContentMax: 65536, Direct: []string{"contracts/", "notes/"},
	}, "h/admin", "svc/log")
}

// setPolicy releases a policy text and enrolls identities.
func (l *writtenLog) setPolicy(p statement.Policy, ids ...string) uint64 {
	l.t.Helper()
	text, err := p.Marshal()
	if err != nil {
		l.t.Fatal(err)
	}
	index, e := l.add(statement.PolicySet, sha256.Sum256(text), "h/admin", &statement.SetPolicy{Text: string(text)})
	body := register.DocumentBody{Version: p.Version, Digest: register.SHA256Digest(e.statement.Subject), Statement: e.digest()}
	state := register.DocumentState{Status: register.DocumentCurrent, Version: p.Version, Digest: body.Digest, Statement: body.Statement}
	l.event(index, e, register.TypeDocument, statement.PolicyDocument, register.DocumentRelease, body.Marshal(), state.Marshal())
	for _, id := range ids {
		l.identity(index, e, id, register.IdentityEnroll, l.stateOf(id, e, 0))
	}
	return index
}

// nextPolicy releases a later version of the policy, by identities without keys.
func (l *writtenLog) nextPolicy(version uint32) uint64 {
	return l.setPolicy(statement.Policy{
		Version: version, Rules: statement.Rules, Admins: statement.Admins{M: 1, Members: []statement.Member{{ID: "h/admin"}}},
		Log: statement.Member{ID: "svc/log"}, Algorithms: []string{statement.Algorithm}, SkewSeconds: 300, GrantMaxSeconds: 86400,
		AccessMaxSeconds: 14400, ContentMax: 65536, Direct: []string{"contracts/"},
	})
}

// stateOf is the state of an identity that the entry enrolled.
func (l *writtenLog) stateOf(id string, e *writtenEntry, notAfter int64) register.IdentityState {
	s := register.IdentityState{
		Status: register.IdentityActive, Class: register.ClassWorkload, Owner: sha256.Sum256([]byte("team/release")),
		Key: register.SPKIKey(keyOf(id).spki), NotAfter: register.None, CompromisedSince: register.None, Terms: e.digest(),
	}
	if notAfter != 0 {
		s.NotAfter = uint64(notAfter)
	}
	return s
}

func (l *writtenLog) identity(index uint64, e *writtenEntry, id string, kind uint8, s register.IdentityState) {
	body := register.IdentityBody{State: s, Statement: e.digest()}
	l.event(index, e, register.TypeIdentity, id, kind, body.Marshal(), s.Marshal())
}

func (l *writtenLog) enroll(id string, notAfter int64) uint64 {
	key := keyOf(id)
	index, e := l.add(statement.IdentityEnroll, sha256.Sum256(key.spki), "h/admin", &statement.EnrollIdentity{
		ID: id, Class: "workload", Owner: "team/release", Roles: []string{}, SPKI: key.spki, NotAfter: notAfter,
		Verbs: []string{"document.release", "document.withdraw"}, Namespaces: []string{"contracts/", "notes/"},
		Custody: "file", Proof: key.sign(sha256.Sum256([]byte("proof"))),
	})
	l.identity(index, e, id, register.IdentityEnroll, l.stateOf(id, e, notAfter))
	return index
}

// revoke ends an identity; compromisedSince 0: not compromised.
func (l *writtenLog) revoke(id string, compromisedSince int64) uint64 {
	index, e := l.add(statement.IdentityRevoke, sha256.Sum256(keyOf(id).spki), "h/admin",
		&statement.RevokeIdentity{ID: id, Reason: "keyCompromise", CompromisedSince: compromisedSince})
	s, err := register.ParseIdentityState(l.registers[register.IdentityKey(id)].state)
	if err != nil {
		l.t.Fatal(err)
	}
	s.Status = register.IdentityRevoked
	if compromisedSince != 0 {
		s.CompromisedSince = uint64(compromisedSince)
	}
	l.identity(index, e, id, register.IdentityRevoke, s)
	return index
}

// release releases the content as the next version of the document.
func (l *writtenLog) release(document, content string) uint64 {
	l.t.Helper()
	version, prev := uint32(1), (*statement.Digest)(nil)
	if r := l.registers[register.DocumentKey(document)]; r != nil {
		s, err := register.ParseDocumentState(r.state)
		if err != nil {
			l.t.Fatal(err)
		}
		d := statement.Digest(s.Statement)
		version, prev = s.Version+1, &d
	}
	return l.releaseAs(document, content, version, prev)
}

func (l *writtenLog) releaseAs(document, content string, version uint32, prev *statement.Digest) uint64 {
	l.t.Helper()
	subject := fileDigest(content)
	index, e := l.add(statement.DocumentRelease, subject, "wl/publisher", &statement.ReleaseDocument{
		Document: document, Version: version, Prev: prev, Size: uint64(len(content)), Media: "text/plain", To: []string{},
	})
	body := register.DocumentBody{Version: version, Digest: register.SHA256Digest(subject), Statement: e.digest()}
	state := register.DocumentState{Status: register.DocumentCurrent, Version: version, Digest: body.Digest, Statement: body.Statement}
	l.event(index, e, register.TypeDocument, document, register.DocumentRelease, body.Marshal(), state.Marshal())
	released := register.ReleasedBody{Document: register.DocumentKey(document), Version: version}
	digest := register.DigestState{Releases: 1}
	l.event(index, e, register.TypeDigest, subject.String(), register.DigestReleased, released.Marshal(), digest.Marshal())
	return index
}

// withdraw withdraws the current version of the document.
func (l *writtenLog) withdraw(document string) uint64 {
	s, err := register.ParseDocumentState(l.registers[register.DocumentKey(document)].state)
	if err != nil {
		l.t.Fatal(err)
	}
	return l.withdrawAs(document, s.Version, statement.Digest(s.Digest.Hash()))
}

func (l *writtenLog) withdrawAs(document string, version uint32, subject statement.Digest) uint64 {
	l.t.Helper()
	s, err := register.ParseDocumentState(l.registers[register.DocumentKey(document)].state)
	if err != nil {
		l.t.Fatal(err)
	}
	index, e := l.add(statement.DocumentWithdraw, subject, "wl/publisher",
		&statement.WithdrawDocument{Document: document, Version: version, Reason: "error"})
	body := register.DocumentBody{Version: version, Digest: register.SHA256Digest(subject), Statement: e.digest()}
	state := register.DocumentState{Status: register.DocumentWithdrawn, Version: version, Digest: body.Digest, Statement: s.Statement}
	l.event(index, e, register.TypeDocument, document, register.DocumentWithdraw, body.Marshal(), state.Marshal())
	return index
}

// publish closes the batch: seal, register tree, signed tree.
func (l *writtenLog) publish() {
	l.t.Helper()
	l.rows, l.shown = nil, make(map[register.Key]writtenRegister)
	for key, r := range l.registers {
		shown := *r
		if l.onValue != nil {
			l.onValue(r, &shown.value)
		}
		shown.history = newTestTree(0)
		for _, e := range r.events {
			shown.history.add(e.Marshal())
		}
		l.shown[key] = shown
		l.rows = append(l.rows, register.Leaf{Key: key, ValueHash: shown.value.Hash()})
	}
	slices.SortFunc(l.rows, func(a, b register.Leaf) int { return a.Key.Compare(b.Key) })
	tree, _, err := register.New(8).Update(sortedLeaves(nil), l.rows)
	if err != nil {
		l.t.Fatal(err)
	}
	l.tree = tree
	index := uint64(len(l.leaves.leaves))
	seal := statement.Seal{Index: index, Prev: l.prev, Time: l.time, Rules: statement.Rules, Count: tree.Count(), Root: tree.Root()}
	if l.onSeal != nil {
		l.onSeal(&seal)
	}
	l.seal = seal.Marshal()
	if l.onSealLeaf != nil {
		l.seal = l.onSealLeaf(l.seal)
	}
	l.leaves.add(l.seal)
	l.size, l.prev = index+1, int64(index)
	l.time += batchMillis
	l.cosignAt += batchMillis / 1000
}

func (l *writtenLog) checkpoint() Checkpoint {
	return Checkpoint{Origin: l.origin, TreeHead: l.leaves.head(l.size)}
}

// note signs the newest tree and has it cosigned.
func (l *writtenLog) note() []byte {
	cp := l.checkpoint()
	lines := [][]byte{l.signer.line(l.t, cp, 0)}
	for i, c := range l.cosigners {
		lines = append(lines, c.line(l.t, cp, l.cosignAt+int64(i)))
	}
	return signedNote(cp.Marshal(), lines...)
}

func (l *writtenLog) inclusion(index uint64) []Hash {
	l.t.Helper()
	proof, err := ProveInclusion(index, l.size, l.leaves.node)
	if err != nil {
		l.t.Fatal(err)
	}
	return proof
}

// receipt makes the receipt of an entry under the newest tree.
func (l *writtenLog) receipt(index uint64) *Receipt {
	l.t.Helper()
	e := l.entries[index]
	envelope := e.envelope
	r := l.staple(index)
	r.Envelope, r.Index, r.Inclusion = &envelope, index, l.inclusion(index)
	return r
}

// staple makes the part of a receipt that speaks of registers.
func (l *writtenLog) staple(index uint64) *Receipt {
	l.t.Helper()
	r := &Receipt{
		GenesisInclusion: l.inclusion(0), Checkpoint: l.note(),
		Seal: l.seal, SealInclusion: l.inclusion(l.size - 1),
	}
	s := l.entries[index].statement
	if d, err := documentEventOf(s); err != nil {
		l.t.Fatal(err)
	} else if d != nil {
		r.Registers = append(r.Registers, l.documentProof(d.id, index))
	}
	r.Registers = append(r.Registers, l.identityProof(s.Issuer, index))
	r.Registers = append(r.Registers, l.workflowProofs(index)...)
	return r
}

// prove shows a register with the events [from, to), the first opened ones opened.
func (l *writtenLog) prove(typ register.Type, id string, from, to, opened int) RegisterProof {
	l.t.Helper()
	key, err := registerKey(typ, id)
	if err != nil {
		l.t.Fatal(err)
	}
	path, err := l.tree.Prove(l.rows, key)
	if err != nil {
		l.t.Fatal(err)
	}
	p := RegisterProof{Type: typ, ID: id, Path: path}
	w, ok := l.shown[key]
	if !ok {
		return p
	}
	value := w.value
	p.Value, p.State = &value, &StateOpening{Blind: w.blind, State: w.state}
	for i := from; i < to; i++ {
		p.Events = append(p.Events, w.eventProof(l.t, i, i-from < opened))
	}
	return p
}

func (w *writtenRegister) eventProof(t testing.TB, seq int, open bool) EventProof {
	t.Helper()
	proof, err := ProveInclusion(uint64(seq), uint64(len(w.events)), w.history.node)
	if err != nil {
		t.Fatal(err)
	}
	e := EventProof{Event: w.events[seq].Event, Proof: proof}
	if open {
		e.Opening = &EventOpening{Blind: w.events[seq].blind, Body: w.events[seq].body}
	}
	return e
}

// documentProof shows the event of the entry, those back to the release before
// it, and its successor.
func (l *writtenLog) documentProof(id string, index uint64) RegisterProof {
	l.t.Helper()
	events := l.shown[register.DocumentKey(id)].events
	at := slices.IndexFunc(events, func(e writtenEvent) bool { return e.Index == index })
	if at < 0 {
		l.t.Fatalf("no event of entry %d", index)
	}
	from := max(0, at-1)
	for from > 0 && from < at && events[from].Kind == register.DocumentWithdraw {
		from--
	}
	return l.prove(register.TypeDocument, id, from, min(at+2, len(events)), at-from+1)
}

// identityProof shows the event in force at the entry and its successor.
func (l *writtenLog) identityProof(id string, index uint64) RegisterProof {
	events := l.shown[register.IdentityKey(id)].events
	at := 0
	for i, e := range events {
		if e.Index < index {
			at = i
		}
	}
	return l.prove(register.TypeIdentity, id, at, min(at+2, len(events)), 1)
}

// sortedLeaves are the rows of a register tree, sorted by key.
type sortedLeaves []register.Leaf

func (s sortedLeaves) Leaves(prefix register.Key, depth int, yield func(register.Leaf) bool) error {
	for _, leaf := range s {
		same := true
		for bit := range depth {
			same = same && leaf.Key[bit/8]>>(7-bit%8)&1 == prefix[bit/8]>>(7-bit%8)&1
		}
		if same && !yield(leaf) {
			return nil
		}
	}
	return nil
}
