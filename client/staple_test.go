package client_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// stapleCalls are the calls of a client that fetch a staple.
func stapleCalls(c *client.Client, digest statement.Digest) map[string]func() (*proofs.Receipt, error) {
	return map[string]func() (*proofs.Receipt, error){
		"statement": func() (*proofs.Receipt, error) { return c.Staple(ctx, digest, false) },
		"document":  func() (*proofs.Receipt, error) { return c.DocumentStaple(ctx, "contracts/1", 0, false) },
		"version":   func() (*proofs.Receipt, error) { return c.DocumentStaple(ctx, "contracts/1", 1, false) },
		"register":  func() (*proofs.Receipt, error) { return c.RegisterStaple(ctx, register.TypeDocument, "contracts/1") },
	}
}

// A staple carries a receipt on: the same entry, as of a newer tree.
func TestStaples(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1")
	c := s.client()
	digest := s.digest(5)
	r, err := c.Receipt(ctx, digest)
	if err != nil {
		t.Fatal(err)
	}
	s.grow("contracts/2")
	expect := proofs.Expect{File: s.subject(5), Document: "contracts/1", Dev: true}
	for name, call := range stapleCalls(c, digest) {
		staple, err := call()
		if err != nil || staple.Envelope != nil || staple.Inclusion != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if name == "register" {
			continue // of the register alone: it carries no receipt on
		}
		if again, err := proofs.ParseReceipt(staple.Marshal()); err != nil || !bytes.Equal(again.Marshal(), staple.Marshal()) {
			t.Errorf("%s: %v", name, err)
		}
		if v := c.Verifier.VerifyStapled(r, staple, expect); v.Kind != proofs.Authoritative || v.Exit != 0 || v.Size != s.size() {
			t.Errorf("%s: %s", name, v)
		}
		if n := len(staple.Marshal()); n > 6<<10 {
			t.Errorf("%s: the staple has %d bytes", name, n)
		}
	}
	absent, err := c.DocumentStaple(ctx, "contracts/9", 0, false)
	if err != nil {
		t.Fatal(err)
	}
	if claim := c.Verifier.DocumentAbsent(absent, "contracts/9", proofs.Expect{Dev: true}); claim.Answer != proofs.Yes || claim.Exit != 0 || claim.Size != s.size() {
		t.Errorf("%s", claim)
	}
	for name, version := range map[string]uint32{"contracts/1": 2, "contracts/9": 1} {
		if _, err := c.DocumentStaple(ctx, name, version, false); err == nil {
			t.Errorf("a staple of version %d of %s", version, name)
		}
	}
	never := logtest.FileOf([]byte("never")).Digest
	staple, err := c.RegisterStaple(ctx, register.TypeDigest, never.String())
	if err != nil {
		t.Fatal(err)
	}
	if claim := c.Verifier.NeverReleased(staple, never, proofs.Expect{Dev: true}); claim.Answer != proofs.Yes || claim.Exit != 0 {
		t.Errorf("%s", claim)
	}
}

// A server that lies to each call hands out nothing.
func TestStaplesOfALiar(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1", "contracts/2")
	mine := s.digest(5)
	other := s.get("/api/v1/receipts/" + s.digest(6).String()[7:])
	honest := s.get("/api/v1/receipts/" + mine.String()[7:])
	otherDocument := s.get("/api/v1/documents/contracts/2")
	absent := s.get("/api/v1/documents/contracts/9")
	flipped := bytes.Replace(honest, []byte(`"path":"AQ`), []byte(`"path":"AA`), 1)
	for name, lie := range map[string]struct {
		path  string
		with  []byte
		calls []string
	}{
		"another statement's receipt": {"/api/v1/receipts/", other, []string{"statement", "document", "version"}},
		"a staple for a receipt":      {"/api/v1/receipts/", otherDocument, []string{"statement", "document", "version"}},
		"a broken path":               {"/api/v1/receipts/", flipped, []string{"statement", "document", "version"}},
		"another document's register": {"/api/v1/documents/", otherDocument, []string{"document", "version", "register"}},
		"an absent document":          {"/api/v1/documents/", absent, []string{"document", "version", "register"}},
		"said to be absent":           {"/api/v1/documents/", bytes.Replace(absent, []byte("contracts/9"), []byte("contracts/1"), 1), []string{"document", "version", "register"}},
		"no events":                   {"/api/v1/histories/", []byte(`{"events":[]}`), []string{"version"}},
		"nothing":                     {"/api/v1/", []byte(`{}`), []string{"statement", "document", "version", "register"}},
	} {
		c := s.client()
		s.answerTo(lie.path, lie.with)
		calls := stapleCalls(c, mine)
		for _, call := range lie.calls {
			if r, err := calls[call](); err == nil || r != nil {
				t.Errorf("%s: the staple of a %s was handed out", name, call)
			}
		}
		s.lie = nil
	}
	// What was true once: the server goes back behind what this client has seen.
	s.lie = nil
	c := s.client()
	s.grow("contracts/3")
	see(t, c)
	for path, old := range map[string][]byte{"/api/v1/receipts/": honest, "/api/v1/documents/": otherDocument} {
		s.answerTo(path, old)
		var rollback *client.RollbackError
		var err error
		if path == "/api/v1/receipts/" {
			_, err = c.Staple(ctx, mine, false)
		} else {
			_, err = c.RegisterStaple(ctx, register.TypeDocument, "contracts/2")
		}
		if !errors.As(err, &rollback) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A final staple is final by the caller's own policy, whatever the server calls it.
func TestFinalStaple(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1")
	key, _ := cosigner(t, "w1")
	c := s.client()
	policy := *c.Verifier.Policy
	policy.Witnesses, policy.Quorum = []proofs.Witness{{Name: "w1", Key: key}}, "w1"
	c.Verifier.Policy = &policy
	s.answerTo("/api/v1/receipts/final/", s.get("/api/v1/receipts/"+s.digest(5).String()[7:]))
	var notFinal *client.NotFinalError
	if r, err := c.Staple(ctx, s.digest(5), true); !errors.As(err, &notFinal) || r != nil {
		t.Errorf("%v", err)
	}
}
