package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// The evidence of a fork of two sizes is one file with both notes and the proof,
// readable by its owner alone.
func TestEvidenceHasTheProof(t *testing.T) {
	f := folders{dir: t.TempDir()}
	fork := &client.ForkError{Seen: []byte("seen"), Shown: []byte("shown"), Root: proofs.Hash{1, 2}, Proof: []proofs.Hash{{3}, {4, 5}}, Genesis: proofs.Hash{6}}
	for range 2 {
		if path, err := f.keepEvidence(errors.Join(errors.New("x"), fork)); err != nil || path != f.evidence() {
			t.Fatal(path, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(f.evidence(), "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	e, err := evidence.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if e.Kind != evidence.Fork || e.Checkpoints[0] != "seen" || e.Checkpoints[1] != "shown" || proofs.Hash(e.Root) != fork.Root ||
		len(e.Consistency) != 2 || proofs.Hash(e.Consistency[1]) != fork.Proof[1] || proofs.Hash(e.Genesis) != fork.Genesis {
		t.Errorf("%s", text)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if path, err := f.keepEvidence(errors.New("nothing")); path != "" || err != nil {
		t.Errorf("%s, %v", path, err)
	}
}
