package interop

import (
	"bytes"
	"encoding/hex"
	"testing"

	formatslog "github.com/transparency-dev/formats/log"
	formatsnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"github.com/docketlog/docket/interop/site"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
)

// newTwoKeyed serves a sealed log that signs with Ed25519 and ML-DSA-44, and has one
// release.
func newTwoKeyed(t *testing.T) (*logtest.World, *site.Site, *admission.Checked) {
	t.Helper()
	w, dir := logtest.NewWorld(), t.TempDir()
	pq, err := log.NewMLDSASigner(w.Origin, bytes.Repeat([]byte{5}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w.Signer = log.Join(w.Signer, pq)
	if err := site.Create(dir, w.Config(nil, nil), w.Genesis()); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, w.Config(nil, nil), nil)
	release := w.Release("contracts/1", 1, nil, []byte("one"))
	submit(t, s, append(w.Enrollments(), release)...)
	return w, s, release
}

// TestNoteOpensTwoLines: x/mod and formats open a checkpoint with a line of each type,
// each by its own key and by both, and read the seal's time in that of ML-DSA-44.
func TestNoteOpensTwoLines(t *testing.T) {
	w, s, _ := newTwoKeyed(t)
	text := get(t, s.URL+"/checkpoint")
	ed := logVerifier(t, s)
	pq, err := formatsnote.NewVerifierForCosignatureV1(w.Signer.Keys()[1].String())
	if err != nil {
		t.Fatal(err)
	}
	for name, verifiers := range map[string][]note.Verifier{"Ed25519": {ed}, "ML-DSA-44": {pq}, "both": {ed, pq}} {
		opened, err := note.Open(text, note.VerifierList(verifiers...))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(opened.Sigs) != len(verifiers) || len(opened.Sigs)+len(opened.UnverifiedSigs) != 2 {
			t.Errorf("%s: %d signatures verify, %d are unknown", name, len(opened.Sigs), len(opened.UnverifiedSigs))
		}
		for _, sig := range opened.Sigs {
			if sig.Hash != pq.KeyHash() {
				continue
			}
			if at, err := formatsnote.CoSigV1Timestamp(sig); err != nil || at.Unix() != w.Clock.Now().Unix() {
				t.Errorf("%s: formats reads the time %v, %v; the seal's is %v", name, at, err, w.Clock.Now())
			}
		}
	}
	c, rest, _, err := formatslog.ParseCheckpoint(text, s.Log.Origin(), ed)
	if err != nil || len(rest) != 0 || c.Size != head(s).Size {
		t.Errorf("formats reads %+v, %v", c, err)
	}
	for i := range bytes.Index(text, []byte("\n\n")) {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		if _, err := note.Open(changed, note.VerifierList(pq)); err == nil {
			t.Errorf("byte %d can be changed under ML-DSA-44", i)
		}
	}
}

// TestJSJudgesTwoLines: the verifier in JavaScript and package proofs agree on a receipt
// whose checkpoint has two lines, under policies that pin either key, both or neither.
func TestJSJudgesTwoLines(t *testing.T) {
	nodeProgram(t)
	w, s, release := newTwoKeyed(t)
	other, err := log.NewMLDSASigner(w.Origin, bytes.Repeat([]byte{6}, 32))
	if err != nil {
		t.Fatal(err)
	}
	ed, pq := w.Signer.Keys()[0], w.Signer.Keys()[1]
	r := receiptOf(t, s, release)
	digest := logtest.FileOf([]byte("one")).Digest
	genesis := w.Verifier(t, s.Log).Genesis
	var list []vector
	for name, c := range map[string]struct {
		pins []proofs.VerifierKey
		exit int
	}{
		"Ed25519":              {[]proofs.VerifierKey{ed}, 0},
		"ML-DSA-44":            {[]proofs.VerifierKey{pq}, 0},
		"both":                 {[]proofs.VerifierKey{ed, pq}, 0},
		"another ML-DSA-44":    {[]proofs.VerifierKey{other.Key()}, 40},
		"Ed25519, and another": {[]proofs.VerifierKey{ed, other.Key()}, 0},
	} {
		policy := ""
		for _, key := range c.pins {
			policy += "log " + key.String() + "\n"
		}
		line := judged(t, vector{"comment": name, "policy": policy + "quorum none\n", "genesis": hex.EncodeToString(genesis[:]),
			"receipt": string(r.Marshal()), "file": hex.EncodeToString(digest[:]), "dev": true})
		if line["exit"] != c.exit {
			t.Errorf("%s: exit %v, want %d", name, line["exit"], c.exit)
		}
		list = append(list, line)
	}
	agree(t, "receipt", list)
}

// TestSigstoreTakesTwoLines: sigstore-go verifies the export of a receipt whose
// checkpoint has a line of ML-DSA-44 beside that of Ed25519, which names the log.
func TestSigstoreTakesTwoLines(t *testing.T) {
	_, s, release := newTwoKeyed(t)
	exported := export(t, s, receipt(t, s, release.Digest))
	if err := sigstoreVerify(s.Log.Key(), exported, []byte("one")); err != nil {
		t.Error(err)
	}
	if err := sigstoreVerify(s.Log.Key(), exported, []byte("two")); err == nil {
		t.Error("it verifies another file")
	}
}
