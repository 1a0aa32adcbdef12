package admission

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/docketlog/docket/proofs/statement"
)

const origin = "log.docket.example"

// noon is the clock of a test log when nothing else is said: 2026-11-10T12:00:00Z.
var noon = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC).UnixMilli()

// testKey is a P-256 key that everybody can derive from its name. Its signatures
// are deterministic (RFC 6979).
type testKey struct {
	private *ecdsa.PrivateKey
	spki    []byte
}

var (
	keysMu sync.Mutex
	keys   = make(map[string]testKey)
)

func keyOf(name string) testKey {
	keysMu.Lock()
	defer keysMu.Unlock()
	if k, ok := keys[name]; ok {
		return k
	}
	scalar := sha256.Sum256([]byte("docket test key " + name))
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	must(err)
	spki, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	must(err)
	keys[name] = testKey{private, spki}
	return keys[name]
}

func (k testKey) sign(digest [32]byte) []byte {
	der, err := k.private.Sign(nil, digest[:], crypto.SHA256)
	must(err)
	return der
}

func (k testKey) digest() statement.Digest { return sha256.Sum256(k.spki) }

// nonce is 16 bytes that follow from a text.
func nonce(text string) string {
	sum := sha256.Sum256([]byte("docket test nonce " + text))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// member is an identity of a genesis policy, with a proof over these lines.
func member(id, nonce string) statement.Member {
	key := keyOf(id)
	message := statement.ProofMessage(origin, "genesis", id, key.spki, nonce)
	return statement.Member{ID: id, SPKI: key.spki, Proof: key.sign(sha256.Sum256(message))}
}

// testPolicy is a policy of one admin, h/admin, with direct releases below
// claims/ and open/.
func testPolicy(nonce string, members ...string) *statement.Policy {
	p := &statement.Policy{
		Version: 1, Rules: statement.Rules, Admins: statement.Admins{M: 1}, Log: member("svc/log", nonce),
		Algorithms: []string{statement.Algorithm}, WitnessPolicy: sha256.Sum256([]byte("quorum none\n")),
		SkewSeconds: 300, GrantMaxSeconds: 86400, AccessMaxSeconds: 14400, ContentMax: 65536,
		Overridable: []string{}, OverrideRoles: []string{}, Direct: []string{"claims/", "open/"},
	}
	for _, id := range members {
		p.Admins.Members = append(p.Admins.Members, member(id, nonce))
	}
	return p
}

// newStatement is the common part of a statement at noon.
func newStatement(code statement.Code, by, nonceOf string) *statement.Statement {
	return &statement.Statement{Code: code, Log: origin, Nonce: nonce(nonceOf), At: noon, Issuer: by}
}

// setPolicy puts a policy into a policy.set.
func setPolicy(s *statement.Statement, p *statement.Policy) {
	text, err := p.Marshal()
	must(err)
	s.Subject, s.Body = sha256.Sum256(text), &statement.SetPolicy{Text: string(text)}
}

// enrollment is the body of an identity.enroll of a workload, its proof made by
// its key.
func enrollment(id, key, owner, nonce string) *statement.EnrollIdentity {
	k := keyOf(key)
	return &statement.EnrollIdentity{
		ID: id, Class: "workload", Owner: owner, Roles: []string{}, SPKI: k.spki, Verbs: []string{}, Namespaces: []string{},
		Custody: "file", Proof: k.sign(sha256.Sum256(statement.ProofMessage(origin, "enroll", id, k.spki, nonce))),
	}
}

// sealed signs a statement and checks it; it must pass.
func sealed(s *statement.Statement, key string) *Checked {
	c, err := CheckEnvelope(origin, signed(s, key))
	must(err)
	return c
}

func signed(s *statement.Statement, key string) statement.Envelope {
	payload, err := s.Marshal()
	must(err)
	k := keyOf(key)
	return statement.Envelope{Payload: payload, Signature: k.sign(statement.DigestOf(payload)), SPKI: k.spki}
}

// A small world, made without scripts: genesis by h/admin, the registrar svc/reg,
// and wl/p, which releases and withdraws everywhere.

func genesisStatement() *Checked {
	s := newStatement(statement.PolicySet, "h/admin", "genesis")
	setPolicy(s, testPolicy(s.Nonce, "h/admin"))
	return sealed(s, "h/admin")
}

func enrollStatement(by, id, key, owner string, roles []string) *Checked {
	s := newStatement(statement.IdentityEnroll, by, "enroll "+by+id+key)
	body := enrollment(id, key, owner, s.Nonce)
	body.Roles = roles
	body.Verbs = []string{"document.release", "document.withdraw"}
	body.Namespaces = []string{"*"}
	if len(roles) > 0 {
		body.Verbs, body.Namespaces = []string{}, []string{}
	}
	s.Subject, s.Body = keyOf(key).digest(), body
	return sealed(s, by)
}

func revokeStatement(by, id, key string) *Checked {
	s := newStatement(statement.IdentityRevoke, by, "revoke "+id+key)
	s.Subject, s.Body = keyOf(key).digest(), &statement.RevokeIdentity{ID: id, Reason: "cessation"}
	return sealed(s, by)
}

func releaseStatement(by, key, document string, version uint32, prev *statement.Digest) *Checked {
	s := newStatement(statement.DocumentRelease, by, fmt.Sprint("release ", by, document, version, prev))
	s.Subject = fileOf(document, version)
	s.Body = &statement.ReleaseDocument{Document: document, Version: version, Prev: prev, Size: 1, Media: "text/plain", To: []string{}}
	return sealed(s, key)
}

func withdrawStatement(by, key, document string, version uint32) *Checked {
	s := newStatement(statement.DocumentWithdraw, by, fmt.Sprint("withdraw ", by, document, version))
	s.Subject = fileOf(document, version)
	s.Body = &statement.WithdrawDocument{Document: document, Version: version, Reason: "error"}
	return sealed(s, key)
}

// fileOf is the digest of the bytes of a version.
func fileOf(document string, version uint32) statement.Digest {
	return sha256.Sum256(fmt.Appendf(nil, "%s version %d", document, version))
}

// world is the genesis and the two enrollments.
func world() []*Checked {
	return []*Checked{
		genesisStatement(),
		enrollStatement("h/admin", "svc/reg", "svc/reg", "team-registry", []string{roleRegistrar}),
		enrollStatement("svc/reg", "wl/p", "wl/p", "team-release", []string{}),
	}
}

// testLog is a log as a dishonest operator could make it: nothing is judged that
// the test does not ask for.
type testLog struct {
	t        testing.TB
	fold     *Fold
	state    *memory
	overlay  *Overlay
	leaves   [][]byte
	contents [][]byte // nil for seals
	prev     int64
	time     int64
}

func newTestLog(t testing.TB) *testLog {
	l := &testLog{t: t, fold: NewFold(origin), state: newMemory(), prev: -1, time: noon}
	l.overlay = NewOverlay(l.state)
	return l
}

func (l *testLog) index() uint64 { return uint64(len(l.leaves)) }

// admit appends a statement that the fold admits.
func (l *testLog) admit(statements ...*Checked) {
	l.t.Helper()
	for _, c := range statements {
		effects, err := l.fold.Apply(l.overlay, l.index(), l.time, c)
		if err != nil {
			l.t.Fatalf("entry %d: %v", l.index(), err)
		}
		l.write(c, effects)
	}
}

// write appends an entry with these effects, whatever the fold says.
func (l *testLog) write(c *Checked, effects []Effect) {
	l.t.Helper()
	if err := l.overlay.Write(l.index(), l.time, c, effects); err != nil {
		l.t.Fatal(err)
	}
	l.append(c.Leaf, c.Payload)
}

func (l *testLog) append(leaf, content []byte) {
	l.leaves, l.contents = append(l.leaves, leaf), append(l.contents, content)
}

// nextSeal is the seal that an honest log would write now. Its root is that of a
// naive tree.
func (l *testLog) nextSeal() statement.Seal {
	records := maps.Clone(l.state.records)
	maps.Copy(records, l.overlay.records)
	return statement.Seal{
		Index: l.index(), Prev: l.prev, Time: l.time, Rules: statement.Rules,
		Count: uint64(len(records)), Root: naiveRoot(records),
	}
}

// seal ends the batch.
func (l *testLog) seal() { l.sealWith(l.nextSeal()) }

func (l *testLog) sealWith(s statement.Seal) {
	l.append(s.Marshal(), nil)
	l.state.take(l.overlay)
	l.overlay = NewOverlay(l.state)
	l.prev, l.time = int64(s.Index), s.Time
}

// replay replays the log and returns the first error.
func (l *testLog) replay() (*Replay, error) {
	r := NewReplay(origin)
	for i, leaf := range l.leaves {
		if err := r.Add(leaf, l.contents[i]); err != nil {
			return r, err
		}
	}
	return r, nil
}

// replayChecked is replay by who checks the entries beforehand, in any order.
func (l *testLog) replayChecked() (*Replay, error) {
	checked := make([]*Checked, len(l.leaves))
	for i := len(l.leaves) - 1; i >= 0; i-- {
		if c, err := Check(origin, l.leaves[i], l.contents[i]); err == nil {
			checked[i] = c
		}
	}
	r := NewReplay(origin)
	for i, c := range checked {
		add := func() error { return r.AddChecked(c) }
		if c == nil {
			add = func() error { return r.Add(l.leaves[i], l.contents[i]) }
		}
		if err := add(); err != nil {
			return r, err
		}
	}
	return r, nil
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
