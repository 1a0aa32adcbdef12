package client_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs"
)

// cosigner is a witness w of the client's policy.
func cosigner(t *testing.T, name string) (key proofs.VerifierKey, line func(cp proofs.Checkpoint) []byte) {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	private := ed25519.NewKeyFromSeed(seed[:])
	key, err := proofs.NewVerifierKey("witness.example/"+name, proofs.TypeEd25519Cosignature, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return key, func(cp proofs.Checkpoint) []byte {
		line, err := proofs.SignCosignatureLine(time.Now().Unix(), func(m []byte) ([]byte, error) { return ed25519.Sign(private, m), nil }, key, cp)
		if err != nil {
			t.Fatal(err)
		}
		return line
	}
}

// A receipt that the server calls final is final by the client's own policy or not
// at all, and may be older than what the client has seen, if it is of one history.
func TestFinalReceipts(t *testing.T) {
	s := newSite(t)
	old := s.fork() // what a second history begins with
	s.honest = server.NewWith(s.l, server.Options{Witnessed: true, FinalWait: 50 * time.Millisecond})
	key, line := cosigner(t, "w1")
	other, _ := cosigner(t, "w2")
	c := s.client()
	policy := *c.Verifier.Policy
	policy.Witnesses, policy.Quorum = []proofs.Witness{{Name: "w1", Key: key}, {Name: "w2", Key: other}}, "w1"
	c.Verifier.Policy = &policy

	e := s.release("contracts/1")
	var refused *client.Refused
	if _, _, err := c.SubmitFinal(t.Context(), e); !errors.As(err, &refused) || refused.Code != "not-final" || refused.Status != http.StatusServiceUnavailable {
		t.Fatalf("nobody cosigned: %v", err)
	}
	v := s.l.View()
	cp := proofs.Checkpoint{Origin: s.l.Origin(), TreeHead: v.TreeHead()}
	note := slices.Clone(v.Checkpoint())
	if err := s.l.SetFinal(v, append(slices.Clone(note), proofs.SignatureLine("x", 1, []byte("x"))...)); err != nil {
		t.Fatal(err)
	}
	var notFinal *client.NotFinalError
	if _, _, err := c.SubmitFinal(t.Context(), e); !errors.As(err, &notFinal) || !slices.Equal(notFinal.Missing, []string{"w1", "w2"}) {
		t.Errorf("a server that calls final what is not: %v", err)
	}
	if err := s.l.SetFinal(v, append(note, line(cp)...)); err != nil {
		t.Fatal(err)
	}
	v.Release()
	if _, duplicate, err := c.SubmitFinal(t.Context(), e); err != nil || !duplicate {
		t.Errorf("submitted again: %v, %v", duplicate, err)
	}

	// The log goes on; its newest checkpoint is larger, and the final one is no rollback.
	next := s.release("contracts/2")
	if _, _, err := c.Submit(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	r, err := c.FinalReceipt(t.Context(), s.w.Checked(e).Digest)
	if err != nil || !strings.Contains(string(r.Checkpoint), "witness.example/w1 ") {
		t.Errorf("a final receipt below the newest checkpoint: %v", err)
	}
	if _, err := c.FinalReceipt(t.Context(), s.w.Checked(next).Digest); !errors.As(err, &refused) || refused.Code != "not-final" {
		t.Errorf("an entry that the quorum does not cover: %v", err)
	}
	// Of another history it is a fork, final or not.
	fork := old.fork()
	fork.grow("contracts/3", "contracts/1", "contracts/4", "contracts/5")
	view := fork.l.View()
	defer view.Release()
	forked := proofs.Checkpoint{Origin: fork.l.Origin(), TreeHead: view.TreeHead()}
	if err := fork.l.SetFinal(view, append(slices.Clone(view.Checkpoint()), line(forked)...)); err != nil {
		t.Fatal(err)
	}
	s.honest = fork.honest
	var forkError *client.ForkError
	if _, err := c.FinalReceipt(t.Context(), fork.digest(6)); !errors.As(err, &forkError) {
		t.Errorf("a final receipt of another history: %v", err)
	}
}
