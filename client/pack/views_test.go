package pack_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	gather "github.com/docketlog/docket/client/pack"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
)

// A witness cosigns while the pack is made: what all parts show is the cosigned note.
func TestCosigned(t *testing.T) {
	x := newWorld(t)
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	vkey, err := proofs.NewVerifierKey("w.example", proofs.TypeEd25519Cosignature, key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	verifier := x.verifier()
	policy, err := proofs.ParsePolicy([]byte("log " + verifier.Policy.Logs[0].Key.String() + "\nwitness w " + vkey.String() + "\nquorum w\n"))
	if err != nil {
		t.Fatal(err)
	}
	verifier.Policy = policy
	now := x.w.Clock.Now()
	honest := server.New(x.l)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/checkpoint" {
			honest.ServeHTTP(w, r)
			return
		}
		record := httptest.NewRecorder()
		honest.ServeHTTP(record, r)
		cp, _, err := proofs.OpenCheckpoint(record.Body.Bytes(), policy.LogKeys())
		if err != nil {
			t.Error(err)
		}
		line, err := proofs.SignCosignatureLine(now.Unix(), func(m []byte) ([]byte, error) { return ed25519.Sign(key, m), nil }, vkey, cp)
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(append(record.Body.Bytes(), line...))
	}))
	defer s.Close()
	g := gather.Gatherer{Client: &client.Client{Server: s.URL, Verifier: verifier, Memory: &client.Memory{}}, Wait: time.Second}
	b, err := g.Gather(ctx, pack.Name{Type: register.TypeRun, ID: "R1"})
	if err != nil {
		t.Fatal(err)
	}
	v := pack.Verify(verifier, b, pack.Expect{Document: "claims/1", Now: now.UnixMilli()})
	if v.Exit != 0 || v.Level != proofs.LevelWitnessed || v.WitnessTime != now.Unix()*1000 || len(v.Cosigners) != 1 || !v.Cosigners[0].Valid {
		t.Errorf("%s", v)
	}
	// By the same policy, the pack without the cosignature is the log's word alone.
	v = pack.Verify(verifier, x.pack(register.TypeRun, "R1"), pack.Expect{Document: "claims/1"})
	if v.Exit != proofs.ExitCosigners || v.Kind != proofs.Authoritative || !strings.Contains(v.Reason, "w missing") {
		t.Errorf("%s", v)
	}
	// A cosignature from the verifier's future does not count.
	v = pack.Verify(verifier, b, pack.Expect{Document: "claims/1", Now: now.Add(-time.Hour).UnixMilli()})
	if v.Exit != proofs.ExitCosigners {
		t.Errorf("%s", v)
	}
}

// The verifier saw another tree of the same size, signed by the same log.
func TestContradicted(t *testing.T) {
	x := newWorld(t)
	b := x.pack(register.TypeRun, "R1")
	note, err := pack.Checkpoint(b)
	if err != nil {
		t.Fatal(err)
	}
	cp, _, err := proofs.OpenCheckpoint(note, x.verifier().Policy.LogKeys())
	if err != nil {
		t.Fatal(err)
	}
	cp.Root = sha256.Sum256([]byte("another tree"))
	fork, err := x.w.Signer.Sign(cp)
	if err != nil {
		t.Fatal(err)
	}
	smaller := cp
	smaller.Size--
	older, err := x.w.Signer.Sign(smaller)
	if err != nil {
		t.Fatal(err)
	}
	for _, seen := range [][]byte{note, older, []byte("nothing")} { // these say nothing against it
		if v := pack.Verify(x.verifier(), b, pack.Expect{Dev: true, Seen: [][]byte{seen}}); v.Exit != 0 {
			t.Errorf("%s", v)
		}
	}
	v := pack.Verify(x.verifier(), b, pack.Expect{Dev: true, Seen: [][]byte{note, fork}})
	if v.Kind != proofs.Contradicted || v.Exit != proofs.ExitContradicted || len(v.Notes) != 2 || !bytes.Equal(v.Notes[0], fork) || !bytes.Equal(v.Notes[1], note) {
		t.Errorf("%s", v)
	}
}
