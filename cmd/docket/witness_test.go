package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/docketlog/docket/log/witness"
)

// However much anybody makes of what proves nothing, a fork has its file.
func TestWitnessKeepsForks(t *testing.T) {
	w := witnessFolder(t.TempDir())
	for i := range maxEvidence + 1 {
		_, err := w.keep(witness.Evidence{Origin: "log.example", Held: []byte("held"), Offered: fmt.Append(nil, i)})
		if (err != nil) != (i == maxEvidence) {
			t.Fatalf("file %d: %v", i, err)
		}
	}
	fork := witness.Evidence{Origin: "log.example", Fork: true, Held: []byte("held"), Offered: []byte("offered")}
	for range 2 { // the same twice is one file
		if path, err := w.keep(fork); err != nil || filepath.Dir(path) != w.file("evidence") {
			t.Fatalf("%s, %v", path, err)
		}
	}
	files, err := os.ReadDir(w.file("evidence"))
	if err != nil || len(files) != maxEvidence+1 {
		t.Errorf("%d files, %v", len(files), err)
	}
}
