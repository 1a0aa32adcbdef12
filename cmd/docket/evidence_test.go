package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

// The evidence of a fork of two sizes holds the proof, readable by its owner alone.
func TestEvidenceHasTheProof(t *testing.T) {
	f := folders{dir: t.TempDir()}
	fork := &client.ForkError{Seen: []byte("seen"), Shown: []byte("shown"), Root: proofs.Hash{1, 2}, Proof: []proofs.Hash{{3}, {4, 5}}}
	for range 2 {
		if path, err := f.keepEvidence(errors.Join(errors.New("x"), fork)); err != nil || path != f.evidence() {
			t.Fatal(path, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(f.evidence(), "*"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%v, %v", files, err)
	}
	found, err := filepath.Glob(filepath.Join(f.evidence(), "*.proof.json"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	b, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Seen, Shown, Root string
		Hashes            []string
	}
	encoded := base64.StdEncoding.EncodeToString
	if err := json.Unmarshal(b, &p); err != nil || p.Seen != "seen" || p.Shown != "shown" || p.Root != encoded(fork.Root[:]) ||
		len(p.Hashes) != 2 || p.Hashes[0] != encoded(fork.Proof[0][:]) || p.Hashes[1] != encoded(fork.Proof[1][:]) {
		t.Errorf("%s, %v", b, err)
	}
	for _, path := range files {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}
