package interop

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"filippo.io/mldsa"
	formatslog "github.com/transparency-dev/formats/log"
	formatsnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"github.com/docketlog/docket/interop/site"
	"github.com/docketlog/docket/proofs"
)

// TestNoteOpensCheckpoints: x/mod and formats open every checkpoint that a log
// serves and read what we wrote.
func TestNoteOpensCheckpoints(t *testing.T) {
	each := func(s *site.Site) {
		text := get(t, s.URL+"/checkpoint")
		opened, err := note.Open(text, note.VerifierList(logVerifier(t, s)))
		if err != nil {
			t.Fatal(err)
		}
		if len(opened.Sigs) != 1 || len(opened.UnverifiedSigs) != 0 {
			t.Errorf("%d signatures verify, %d are unknown", len(opened.Sigs), len(opened.UnverifiedSigs))
		}
		c, rest, _, err := formatslog.ParseCheckpoint(text, s.Log.Origin(), logVerifier(t, s))
		if err != nil {
			t.Fatal(err)
		}
		now := head(s)
		if c.Origin != s.Log.Origin() || c.Size != now.Size || !bytes.Equal(c.Hash, now.Root[:]) || len(rest) != 0 {
			t.Errorf("formats reads %+v and %q beyond it; the log is at %v", c, rest, now)
		}
		if !bytes.HasPrefix(text, append(c.Marshal(), '\n')) {
			t.Errorf("formats writes %q\nwe wrote %q", c.Marshal(), text)
		}
	}
	each(newRaw(t, 0))
	each(newRaw(t, 10))
	newSealed(t, 20, each)
}

// TestNoteRefusesChangedCheckpoint changes every byte of the body.
func TestNoteRefusesChangedCheckpoint(t *testing.T) {
	s := newRaw(t, 10)
	text := get(t, s.URL+"/checkpoint")
	for i := range bytes.Index(text, []byte("\n\n")) {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		if _, err := note.Open(changed, note.VerifierList(logVerifier(t, s))); err == nil {
			t.Errorf("byte %d can be changed", i)
		}
	}
}

// A cosigner is a witness whose key both sides know.
type cosigner struct {
	key    proofs.VerifierKey
	sign   func([]byte) ([]byte, error)
	theirs note.Signer // the same key in formats/note; its clock is the machine's
}

// cosigners are one of each type, with fixed keys.
func cosigners(t *testing.T) map[string]cosigner {
	t.Helper()
	const name = "witness.example"
	seed := bytes.Repeat([]byte{7}, 32)
	private := func(key proofs.VerifierKey) string {
		secret := base64.StdEncoding.EncodeToString(append([]byte{key.Type}, seed...))
		return fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", key.Name, key.ID, secret)
	}
	ed := ed25519.NewKeyFromSeed(seed)
	edKey, err := proofs.NewVerifierKey(name, proofs.TypeEd25519Cosignature, ed.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	edSigner, err := formatsnote.NewSignerForCosignatureV1(private(edKey))
	if err != nil {
		t.Fatal(err)
	}
	pq, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), seed)
	if err != nil {
		t.Fatal(err)
	}
	pqKey, err := proofs.NewVerifierKey(name, proofs.TypeMLDSA44, pq.PublicKey().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	pqSigner, err := formatsnote.NewMLDSASigner(private(pqKey))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]cosigner{
		"Ed25519": {edKey, func(m []byte) ([]byte, error) { return ed25519.Sign(ed, m), nil }, edSigner},
		"ML-DSA-44": {pqKey, func(m []byte) ([]byte, error) {
			return pq.Sign(nil, m, nil)
		}, pqSigner},
	}
}

// TestCosignaturesAgree: formats verifies the cosignature lines that we make,
// and we those that it makes, over the checkpoint of a running log.
func TestCosignaturesAgree(t *testing.T) {
	_, s := newSealed(t, 10, nil)
	text := get(t, s.URL+"/checkpoint")
	c, _, err := proofs.OpenCheckpoint(text, []proofs.VerifierKey{s.Log.Key()})
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range cosigners(t) {
		t.Run(name, func(t *testing.T) {
			verifier, err := formatsnote.NewVerifierForCosignatureV1(w.key.String())
			if err != nil {
				t.Fatal(err)
			}
			if verifier.Name() != w.key.Name || verifier.KeyHash() != w.key.ID || w.theirs.KeyHash() != w.key.ID {
				t.Errorf("key IDs %08x, %08x, ours %08x", verifier.KeyHash(), w.theirs.KeyHash(), w.key.ID)
			}
			theyVerifyOurs(t, text, c, w, verifier, logVerifier(t, s))
			weVerifyTheirs(t, text, c, w)
		})
	}
}

func theyVerifyOurs(t *testing.T, text []byte, c proofs.Checkpoint, w cosigner, verifier, logKey note.Verifier) {
	t.Helper()
	const seconds = 1_790_000_000
	line, err := proofs.SignCosignatureLine(seconds, w.sign, w.key, c)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := note.Open(append(bytes.Clone(text), line...), note.VerifierList(logKey, verifier))
	if err != nil {
		t.Fatal(err)
	}
	if len(opened.Sigs) != 2 {
		t.Fatalf("%d signatures verify, want 2", len(opened.Sigs))
	}
	if at, err := formatsnote.CoSigV1Timestamp(opened.Sigs[1]); err != nil || at.Unix() != seconds {
		t.Errorf("formats reads the time %v, %v", at, err)
	}
	// The same line below the next size must not verify.
	c.Size++
	other := append(c.Marshal(), '\n')
	if _, err := note.Open(append(other, line...), note.VerifierList(verifier)); err == nil {
		t.Error("formats takes the line below another checkpoint")
	}
}

func weVerifyTheirs(t *testing.T, text []byte, c proofs.Checkpoint, w cosigner) {
	t.Helper()
	before := time.Now().Unix()
	cosigned, err := note.Sign(&note.Note{Text: string(c.Marshal())}, w.theirs)
	if err != nil {
		t.Fatal(err)
	}
	line := cosigned[len(c.Marshal())+1:]
	n, err := proofs.ParseNote(append(bytes.Clone(text), line...))
	if err != nil {
		t.Fatal(err)
	}
	at, err := proofs.VerifyCosignature(w.key, n, c)
	if err != nil || at < before || at > time.Now().Unix() {
		t.Errorf("we read the time %d, %v", at, err)
	}
	c.Size++
	n.Body = c.Marshal()
	if _, err := proofs.VerifyCosignature(w.key, n, c); err == nil {
		t.Error("we take the line below another checkpoint")
	}
}
