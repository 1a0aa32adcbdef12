package client_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/statement"
)

func TestSignerTakesP256Only(t *testing.T) {
	good, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	signer, err := client.NewSigner(good)
	if err != nil {
		t.Fatal(err)
	}
	public, err := statement.ParsePublicKey(signer.SPKI())
	if err != nil || !public.Equal(good.Public()) {
		t.Fatal(err)
	}
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	p224, _ := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	_, edwards, _ := ed25519.GenerateKey(rand.Reader)
	big, _ := rsa.GenerateKey(rand.Reader, 2048)
	for name, key := range map[string]crypto.Signer{"P-384": p384, "P-224": p224, "Ed25519": edwards, "RSA": big} {
		if _, err := client.NewSigner(key); err == nil {
			t.Errorf("%s accepted", name)
		}
	}
}

// parsed verifies an envelope and returns its statement.
func parsed(t *testing.T, a *client.Author, e statement.Envelope, err error) *statement.Statement {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	public, err := statement.ParsePublicKey(e.SPKI)
	if err != nil {
		t.Fatal(err)
	}
	if err := statement.Verify(public, statement.DigestOf(e.Payload), e.Signature); err != nil {
		t.Fatal(err)
	}
	s, err := statement.Parse(e.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if s.Log != a.Log || s.Issuer != a.ID || s.At != a.Now().UnixMilli() || len(s.Nonce) != 22 {
		t.Errorf("common part: %+v", s)
	}
	return s
}

func TestAuthorSaysWhatWasAsked(t *testing.T) {
	w := logtest.NewWorld()
	a, file := w.Pipeline, logtest.FileOf([]byte("bytes"))
	prev := statement.Digest(sha256.Sum256([]byte("prev")))

	e, err := a.Release("contracts/1", 2, &prev, file)
	s := parsed(t, a, e, err)
	if diff := cmp.Diff(&statement.ReleaseDocument{Document: "contracts/1", Version: 2, Prev: &prev, Size: 5, Media: "application/octet-stream", To: []string{}}, s.Body); diff != "" || s.Subject != file.Digest || s.Code != statement.DocumentRelease {
		t.Error(diff)
	}
	e, err = a.Withdraw("contracts/1", 2, file.Digest, "error")
	s = parsed(t, a, e, err)
	if diff := cmp.Diff(&statement.WithdrawDocument{Document: "contracts/1", Version: 2, Reason: "error"}, s.Body); diff != "" || s.Subject != file.Digest {
		t.Error(diff)
	}
	since := w.Clock.Now().Add(-time.Hour)
	key := statement.Digest(sha256.Sum256(a.Signer.SPKI()))
	e, err = w.Registrar.Revoke(a.ID, key, "keyCompromise", since)
	s = parsed(t, w.Registrar, e, err)
	if diff := cmp.Diff(&statement.RevokeIdentity{ID: a.ID, Reason: "keyCompromise", CompromisedSince: since.UnixMilli()}, s.Body); diff != "" || s.Subject != key {
		t.Error(diff)
	}
	e, err = w.Registrar.Revoke(a.ID, key, "cessation", time.Time{})
	if body := parsed(t, w.Registrar, e, err).Body.(*statement.RevokeIdentity); body.CompromisedSince != 0 {
		t.Errorf("%+v", body)
	}
}

// The new key signs its proof of possession, for this log, id and statement.
func TestEnrollProvesPossession(t *testing.T) {
	w := logtest.NewWorld()
	until := w.Clock.Now().Add(24 * time.Hour)
	key := logtest.Key("wl/new")
	e, err := w.Registrar.Enroll(client.Enrollment{
		ID: "wl/new", Class: "workload", Owner: "team-a", Verbs: []string{"document.release"}, Namespaces: []string{"a/"}, NotAfter: until, Custody: "kms",
	}, key)
	s := parsed(t, w.Registrar, e, err)
	body := s.Body.(*statement.EnrollIdentity)
	if body.NotAfter != until.UnixMilli() || body.Roles == nil || s.Subject != sha256.Sum256(key.SPKI()) {
		t.Errorf("%+v", body)
	}
	public, err := statement.ParsePublicKey(body.SPKI)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bool{"wl/new": true, "wl/other": false} {
		message := sha256.Sum256(statement.ProofMessage(w.Origin, "enroll", id, body.SPKI, s.Nonce))
		if got := ecdsa.VerifyASN1(public, message[:], body.Proof); got != want {
			t.Errorf("proof for %s: %v", id, got)
		}
	}
}

// The caller's policy is not changed by making a genesis of it.
func TestGenesisFillsInThePolicy(t *testing.T) {
	w := logtest.NewWorld()
	p := logtest.Policy()
	e, err := w.Admin.Genesis(p, []client.Member{{ID: "h/admin", Signer: w.Admin.Signer}}, client.Member{ID: "svc/log", Signer: logtest.Key("svc/log")})
	s := parsed(t, w.Admin, e, err)
	text := s.Body.(*statement.SetPolicy).Text
	got, err := statement.ParsePolicy([]byte(text))
	if err != nil || got.Version != 1 || got.Rules != statement.Rules || len(got.Admins.Members) != 1 || got.Log.ID != "svc/log" || s.Subject != sha256.Sum256([]byte(text)) {
		t.Errorf("%+v, %v", got, err)
	}
	if p.Version != 0 || p.Admins.Members != nil || p.Log.ID != "" {
		t.Errorf("the caller's policy became %+v", p)
	}
	if _, err := w.Admin.Genesis(statement.Policy{}, nil, client.Member{ID: "svc/log", Signer: logtest.Key("svc/log")}); err == nil || !strings.HasPrefix(err.Error(), "policy: ") {
		t.Errorf("a policy without members: %v", err)
	}
}

// Two statements never have one nonce, so never one digest.
func TestNoncesDiffer(t *testing.T) {
	w := logtest.NewWorld()
	seen := make(map[statement.Digest]bool)
	for range 100 {
		e, err := w.Pipeline.Release("contracts/1", 1, nil, logtest.FileOf(nil))
		if err != nil {
			t.Fatal(err)
		}
		seen[statement.DigestOf(e.Payload)] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d digests of 100 statements", len(seen))
	}
}

// What the log would refuse for its form is not signed at all.
func TestAuthorSignsNoMalformedStatement(t *testing.T) {
	w := logtest.NewWorld()
	file := logtest.FileOf([]byte("x"))
	asked := 0
	a := *w.Pipeline
	a.Signer = counting{w.Pipeline.Signer, &asked}
	for name, id := range map[string]string{"empty": "", "dots": "a/../b", "slash": "/a", "reserved": "docket:policy", "long": strings.Repeat("x", 256)} {
		if _, err := a.Release(id, 1, nil, file); err == nil {
			t.Errorf("document id %s accepted", name)
		}
	}
	if _, err := a.Release("a", 0, nil, file); err == nil {
		t.Error("version 0 accepted")
	}
	if _, err := a.Withdraw("a", 1, file.Digest, "because"); err == nil {
		t.Error("an unknown reason accepted")
	}
	if asked != 0 {
		t.Errorf("the key was used %d times", asked)
	}
	a.Signer = broken{w.Pipeline.Signer}
	if _, err := a.Release("a", 1, nil, file); !errors.Is(err, errToken) || !strings.Contains(err.Error(), "wl/pipeline") {
		t.Errorf("a key that cannot sign: %v", err)
	}
}

type counting struct {
	client.Signer
	n *int
}

func (c counting) Sign(m []byte) ([]byte, error) { *c.n++; return c.Signer.Sign(m) }

var errToken = errors.New("token removed")

type broken struct{ client.Signer }

func (broken) Sign([]byte) ([]byte, error) { return nil, errToken }

// Sign completes what the caller leaves open, and nothing else.
func TestAuthorSignsEveryKind(t *testing.T) {
	w := logtest.NewWorld()
	a, about := w.Pipeline, statement.Digest(sha256.Sum256([]byte("grant")))
	draft := statement.Statement{Subject: about, Run: "R1", Body: &statement.RevokeDecision{About: about, Reason: "error"}}
	e, err := a.Sign(draft)
	s := parsed(t, a, e, err)
	if s.Code != statement.DecisionRevoke || s.Subject != about || s.Run != "R1" {
		t.Errorf("%+v", s)
	}
	draft.Nonce, draft.At = s.Nonce, a.Now().Add(-time.Minute).UnixMilli()
	again, err := a.Sign(draft)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := statement.Parse(again.Payload); err != nil || second.Nonce != s.Nonce || second.At != draft.At {
		t.Errorf("the caller's nonce and time: %+v, %v", second, err)
	}
	if _, err := a.Sign(statement.Statement{Subject: about}); err == nil {
		t.Error("a statement without a body is signed")
	}
}
