package watch

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// What does not convict by the judgement that anybody comes to is no conviction here.
func TestConvictsByJudgementAlone(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	pinned, err := proofs.NewVerifierKey("log.example", proofs.TypeEd25519, key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	note := func(size uint64) []byte {
		body := proofs.Checkpoint{Origin: "log.example", TreeHead: proofs.TreeHead{Size: size, Root: proofs.Hash{byte(size)}}}.Marshal()
		line, err := proofs.SignLogLine("log.example", func(m []byte) ([]byte, error) { return ed25519.Sign(key, m), nil }, pinned, body)
		if err != nil {
			t.Fatal(err)
		}
		return append(append(body, '\n'), line...)
	}
	policy, err := proofs.ParsePolicy([]byte("log " + pinned.String() + "\nquorum none\n"))
	if err != nil {
		t.Fatal(err)
	}
	w := &Watch{Config: Config{Client: &client.Client{Verifier: proofs.Verifier{Policy: policy}}, Folder: t.TempDir()}, round: &Round{}}
	e := evidence.OfNotes(evidence.Fork, "", proofs.Hash{}, note(5), note(7), proofs.Hash{}, nil)
	if err := w.convict("fork", e); err != nil || len(w.state.Convictions) != 0 || len(w.round.Files) != 0 || len(w.round.Failed) != 1 {
		t.Errorf("%v, %+v", err, w.round)
	}

	// What convicts and finds no place is told at once, and kept when there is one.
	other := bytes.Replace(note(6), []byte("\n6\n"), []byte("\n5\n"), 1)
	body, _, _ := bytes.Cut(other, []byte("\n\n"))
	line, err := proofs.SignLogLine("log.example", func(m []byte) ([]byte, error) { return ed25519.Sign(key, m), nil }, pinned, append(body, '\n'))
	if err != nil {
		t.Fatal(err)
	}
	fork := evidence.OfNotes(evidence.Fork, "", proofs.Hash{}, note(5), append(append(body, "\n\n"...), line...), proofs.Hash{}, nil)
	dir := filepath.Join(w.Folder, "evidence")
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // in its way
		t.Fatal(err)
	}
	for i, want := range []struct{ alerts, files, failed int }{{1, 0, 1}, {0, 0, 1}, {0, 1, 0}, {0, 0, 0}} {
		if i == 2 {
			if err := os.Remove(dir); err != nil {
				t.Fatal(err)
			}
		}
		w.round = &Round{}
		if err := w.convict("fork", fork); err != nil || len(w.round.Alerts) != want.alerts || len(w.round.Files) != want.files || len(w.round.Failed) != want.failed {
			t.Errorf("%d: %v, %+v", i, err, w.round)
		}
	}
}
