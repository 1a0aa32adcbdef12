package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

func TestReleaseAndLookUp(t *testing.T) {
	s := newSite(t)
	c, path := s.clientWithFile()
	none, err := c.Document(ctx, "contracts/1")
	if err != nil || none.State != nil || none.Size != 5 {
		t.Fatalf("%+v, %v", none, err)
	}
	e := s.release("contracts/1")
	r, duplicate, err := c.Submit(ctx, e)
	if err != nil || duplicate || r.Index != 5 {
		t.Fatalf("%v, %v", duplicate, err)
	}
	again, duplicate, err := c.Submit(ctx, e)
	if err != nil || !duplicate || again.Index != 5 {
		t.Fatalf("%v, %v", duplicate, err)
	}
	fetched, err := c.Receipt(ctx, statement.DigestOf(e.Payload))
	if err != nil || !bytes.Equal(fetched.Marshal(), r.Marshal()) {
		t.Fatal(err)
	}
	d, err := c.Document(ctx, "contracts/1")
	if err != nil || d.State == nil || d.State.Version != 1 || d.State.Status != register.DocumentCurrent || d.Size != 7 || d.Staple == nil {
		t.Fatalf("%+v, %v", d, err)
	}
	verdict := c.Verifier.VerifyStapled(r, fetched, proofs.Expect{File: logtest.FileOf([]byte("contracts/1")).Digest, Document: "contracts/1", Dev: true})
	if verdict.Exit != 0 || verdict.Kind != proofs.Authoritative {
		t.Error(verdict)
	}
	cp, note, err := c.Checkpoint(ctx)
	kept, err2 := os.ReadFile(path)
	if err != nil || err2 != nil || cp.Size != 7 || !bytes.Equal(kept, note) {
		t.Errorf("size %d, %v, %v", cp.Size, err, err2)
	}
	// A server behind a slash, and a client that remembers nothing.
	plain := &client.Client{Server: s.url + "/", Verifier: c.Verifier}
	if _, err := plain.Document(ctx, "contracts/1"); err != nil {
		t.Error(err)
	}
}

func TestSubmitMany(t *testing.T) {
	s := newSite(t)
	c := s.client()
	var envelopes []statement.Envelope
	for i := range 20 {
		envelopes = append(envelopes, s.release(fmt.Sprint("contracts/", i)))
	}
	envelopes = append(envelopes, envelopes[3], s.release("contracts/3"))
	results, err := c.SubmitMany(ctx, envelopes)
	if err != nil || len(results) != 22 {
		t.Fatalf("%d, %v", len(results), err)
	}
	for i, r := range results[:20] {
		if r.Err != nil || r.Duplicate || r.Receipt.Index != uint64(5+i) {
			t.Errorf("%d: %+v", i, r)
		}
	}
	if r := results[20]; r.Err != nil || !r.Duplicate || r.Receipt.Index != 8 {
		t.Errorf("the same again: %+v", r)
	}
	var refused *client.Refused
	if r := results[21]; !errors.As(r.Err, &refused) || refused.Code != "E408" || refused.Status != 409 || r.Receipt != nil {
		t.Errorf("a clash: %+v", r)
	}
	if s.size() != 26 {
		t.Errorf("size %d", s.size())
	}
	before := s.requests.Load()
	if results, err := c.SubmitMany(ctx, nil); err != nil || results != nil || s.requests.Load() != before {
		t.Errorf("none: %v, %v", results, err)
	}
	if _, err := c.SubmitMany(ctx, make([]statement.Envelope, 1001)); !errors.As(err, &refused) || refused.Code != "too-many" {
		t.Errorf("1001: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	s := newSite(t)
	c := s.client()
	stranger, err := s.w.Author("wl/stranger").Release("a", 1, nil, logtest.FileOf(nil))
	if err != nil {
		t.Fatal(err)
	}
	var refused *client.Refused
	r, _, err := c.Submit(ctx, stranger)
	if !errors.As(err, &refused) || refused.Code != "E201" || refused.Status != 403 || refused.Field != "predicate.issuer" || r != nil {
		t.Errorf("%v", err)
	}
	if want := `refused: E201: predicate.issuer: identity "wl/stranger" is not enrolled`; refused.Error() != want {
		t.Errorf("%q, want %q", refused, want)
	}
	if r, err := c.Receipt(ctx, statement.Digest{}); !errors.As(err, &refused) || refused.Code != "not-found" || r != nil {
		t.Errorf("%v", err)
	}
	// An id that is none is not sent: it could name another resource.
	before := s.requests.Load()
	for _, id := range []string{"", "a b", "a?x=y", "../log", "a#b", "a%2fb", "docket:policy", "/a"} {
		if d, err := c.Document(ctx, id); err == nil || d != nil || errors.Is(err, client.ErrAnswer) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if s.requests.Load() != before {
		t.Error("a request was made")
	}
}

// The words of a refusal are the server's, and reach a terminal.
func TestRefusedCannotSteerATerminal(t *testing.T) {
	r := client.Refused{Code: "E1\x1b[2J", Field: "a\nb", Detail: "\x9b31m\rAUTHORITATIVE\u202e\a ä"}
	if got, want := r.Error(), "refused: E1�[2J: a�b: �31m�AUTHORITATIVE�� ä"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
