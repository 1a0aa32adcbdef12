package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
)

// offered is evidence of a checkpoint with this root.
func offered(n int, fork bool) witness.Evidence {
	head := proofs.Checkpoint{Origin: "log.example", TreeHead: proofs.TreeHead{Size: 7, Root: proofs.Hash{1}}}
	other := head
	other.Root = proofs.LeafHash(fmt.Append(nil, n))
	return witness.Evidence{Origin: head.Origin, Fork: fork, Held: head, Offered: other, HeldNote: []byte("held"), OfferedNote: []byte("offered")}
}

// However much anybody makes of what proves nothing, a fork has its file; what finds
// no place is in the operator's lines.
func TestEvidenceShelf(t *testing.T) {
	var lines bytes.Buffer
	s := evidenceShelf{filepath.Join(t.TempDir(), "evidence"), slog.New(slog.NewTextHandler(&lines, nil))}
	for i := range maxEvidence + 1 {
		s.contradicted(offered(i, false))
		if full := strings.Contains(lines.String(), "not kept"); full != (i == maxEvidence) {
			t.Fatalf("file %d: %s", i, lines.String())
		}
	}
	if !strings.Contains(lines.String(), `\"checkpoints\"`) {
		t.Error("what was not kept is lost")
	}
	lines.Reset()
	fork := offered(0, true)
	s.contradicted(fork)
	fork.HeldNote = append(fork.HeldNote, " with a newer cosignature"...)
	s.contradicted(fork) // the same two trees are one file
	files, err := os.ReadDir(s.dir)
	if err != nil || len(files) != maxEvidence+1 || strings.Contains(lines.String(), "not kept") {
		t.Errorf("%d files, %v: %s", len(files), err, lines.String())
	}
	if info, err := os.Stat(s.dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
}

// A key that was added and lost can be given up: the first key's file is no obstacle, and
// stays.
func TestWitnessGivesUpALostKey(t *testing.T) {
	w := witnessFolder(filepath.Join(t.TempDir(), "witness"))
	log, err := newCosignerKey("log.example.com", proofs.TypeMLDSA44)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.create("witness.example.com/w1", []string{log.cosigner.Key().String()}, false); err != nil {
		t.Fatal(err)
	}
	keys, err := w.addKey(proofs.TypeEd25519Cosignature)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(w.namedKeyFile(keys[1])); err != nil {
		t.Fatal(err)
	}
	if _, err := w.cosigners(); err == nil {
		t.Error("it starts without a key that it names")
	}
	if left, err := w.removeKey(keys[1]); err != nil || len(left) != 1 || left[0].String() != keys[0].String() {
		t.Errorf("%v, %v", left, err)
	}
	if all, err := w.cosigners(); err != nil || len(all) != 1 {
		t.Errorf("%d keys, %v", len(all), err)
	}
}
