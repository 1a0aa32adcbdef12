// Package logtest makes logs for tests: keys and identities that everybody can
// derive, a clock that tests move, and a checker that rebuilds a log by other
// code than the log's own.
//
//	w := logtest.NewWorld()
//	l := w.Create(t, store, anchor)        // genesis, registrar, pipeline
//	results, view, err := l.Submit(...)
//	logtest.Check(t, w, store)             // after every step
package logtest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// Origin is the name of the logs of this package.
const Origin = "log.docket.example"

// A Clock is a wall clock that tests move.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time that the test set.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Add moves the clock, also back.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A World is everybody who takes part in a test log.
type World struct {
	Origin    string
	Clock     *Clock
	Signer    *log.Signer
	Admin     *client.Author
	Registrar *client.Author
	Pipeline  *client.Author // may release and withdraw everywhere
	Direct    []string       // prefixes of direct releases; nil: everywhere

	// Identity signs findings. It is nil unless a test sets it, as to Key("svc/log"):
	// then refusals are entries.
	Identity   log.Identity
	Quarantine log.Quarantine
}

// NewWorld returns a world at a fixed time. Its keys follow from their names.
func NewWorld() *World {
	seed := sha256.Sum256([]byte("docket test log key"))
	signer, err := signature.LoadSigner(ed25519.NewKeyFromSeed(seed[:]), 0)
	must(err)
	key, err := log.NewSignerFor(Origin, signer)
	must(err)
	w := &World{Origin: Origin, Signer: key, Clock: &Clock{now: time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC)}}
	w.Admin = w.Author("h/admin")
	w.Registrar = w.Author("svc/registrar")
	w.Pipeline = w.Author("wl/pipeline")
	return w
}

// Author returns the author with this id, whose key follows from the id.
func (w *World) Author(id string) *client.Author {
	return &client.Author{Log: w.Origin, ID: id, Signer: Key(id), Now: w.Clock.Now}
}

// Key returns the P-256 key with this name. It is no secret.
func Key(name string) client.Signer {
	scalar := sha256.Sum256([]byte("docket test key " + name))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	must(err)
	signer, err := client.NewSigner(key)
	must(err)
	return signer
}

// Policy is the genesis policy of the world but for its members: direct releases
// everywhere.
func Policy() statement.Policy {
	return statement.Policy{
		Admins:      statement.Admins{M: 1},
		SkewSeconds: 300, GrantMaxSeconds: 86400, AccessMaxSeconds: 14400, ContentMax: 65536,
		WitnessPolicy: sha256.Sum256([]byte("quorum none\n")),
		Overridable:   []string{}, OverrideRoles: []string{}, Direct: []string{"*"},
	}
}

// Genesis returns the checked genesis statement.
func (w *World) Genesis() *admission.Checked {
	policy := Policy()
	if w.Direct != nil {
		policy.Direct = w.Direct
	}
	e, err := w.Admin.Genesis(policy,
		[]client.Member{{ID: w.Admin.ID, Signer: w.Admin.Signer}},
		client.Member{ID: "svc/log", Signer: Key("svc/log")})
	must(err)
	return w.Checked(e)
}

// Checked checks an envelope that must pass.
func (w *World) Checked(e statement.Envelope) *admission.Checked {
	c, err := admission.CheckEnvelope(w.Origin, e)
	must(err)
	return c
}

// Config returns the configuration of the world's sealed log.
func (w *World) Config(store storage.Store, anchor storage.Anchor) log.Config {
	return log.Config{
		Origin: w.Origin, Mode: log.Sealed, Store: store, Anchor: anchor, Signer: w.Signer, Now: w.Clock.Now, MinFree: 1,
		Identity: w.Identity, Quarantine: w.Quarantine,
	}
}

// Enrollments returns the statements that enroll registrar and pipeline.
func (w *World) Enrollments() []*admission.Checked {
	registrar, err := w.Admin.Enroll(client.Enrollment{
		ID: w.Registrar.ID, Class: "workload", Owner: "team-registry", Roles: []string{"registrar"}, Custody: "file",
	}, w.Registrar.Signer)
	must(err)
	pipeline, err := w.Registrar.Enroll(client.Enrollment{
		ID: w.Pipeline.ID, Class: "workload", Owner: "team-release", Custody: "file",
		Verbs: []string{"document.release", "document.withdraw"}, Namespaces: []string{"*"},
	}, w.Pipeline.Signer)
	must(err)
	return []*admission.Checked{w.Checked(registrar), w.Checked(pipeline)}
}

// Create makes the log, opens it, and enrolls registrar and pipeline. The test
// closes it.
func (w *World) Create(t testing.TB, store storage.Store, anchor storage.Anchor) *log.Log {
	t.Helper()
	if err := log.Create(context.Background(), w.Config(store, anchor), w.Genesis()); err != nil {
		t.Fatal(err)
	}
	l := w.Open(t, store, anchor)
	for _, r := range Submit(t, l, w.Enrollments()...) {
		if r.Refusal != nil {
			t.Fatal(r.Refusal)
		}
	}
	return l
}

// Open opens the log.
func (w *World) Open(t testing.TB, store storage.Store, anchor storage.Anchor) *log.Log {
	t.Helper()
	l, err := log.Open(w.Config(store, anchor))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Submit submits statements as one submission.
func Submit(t testing.TB, l *log.Log, statements ...*admission.Checked) []log.Result {
	t.Helper()
	results, view, err := l.Submit(context.Background(), statements)
	if err != nil {
		t.Fatal(err)
	}
	view.Release()
	return results
}

// Release returns a checked release of these bytes by the pipeline.
func (w *World) Release(document string, version uint32, prev *admission.Checked, file []byte) *admission.Checked {
	var digest *statement.Digest
	if prev != nil {
		digest = &prev.Digest
	}
	e, err := w.Pipeline.Release(document, version, digest, FileOf(file))
	must(err)
	return w.Checked(e)
}

// Withdraw returns a checked withdrawal by the pipeline.
func (w *World) Withdraw(document string, version uint32, file []byte) *admission.Checked {
	e, err := w.Pipeline.Withdraw(document, version, sha256.Sum256(file), "error")
	must(err)
	return w.Checked(e)
}

// FileOf says about bytes what a release says.
func FileOf(file []byte) client.File {
	return client.File{Digest: sha256.Sum256(file), Size: uint64(len(file)), Media: "application/octet-stream"}
}

// Verifier returns a verifier that pins this log as it is now, with quorum none.
func (w *World) Verifier(t testing.TB, l *log.Log) proofs.Verifier {
	t.Helper()
	policy, err := proofs.ParsePolicy(bytes.NewBufferString("log " + w.Signer.Key().String() + "\nquorum none\n").Bytes())
	if err != nil {
		t.Fatal(err)
	}
	v := l.View()
	defer v.Release()
	leaf, err := v.Leaf(0)
	if err != nil {
		t.Fatal(err)
	}
	return proofs.Verifier{Policy: policy, Genesis: proofs.LeafHash(leaf)}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
