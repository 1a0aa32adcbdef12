package watch

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/docketlog/docket/proofs"
)

// Past the bound the oldest notes but the first go; one tree is one file, over restarts.
func TestNotesAreBounded(t *testing.T) {
	n := notes{folder: filepath.Join(t.TempDir(), "notes"), max: 5}
	if err := n.open(); err != nil {
		t.Fatal(err)
	}
	for _, size := range []uint64{3, 5, 7, 7, 9, 11, 1000, 6} {
		cp := proofs.Checkpoint{TreeHead: proofs.TreeHead{Size: size, Root: proofs.Hash{byte(size)}}}
		if _, err := n.keep(cp, []byte("note")); err != nil {
			t.Fatal(err)
		}
	}
	again := notes{folder: n.folder, max: 5}
	if err := again.open(); err != nil {
		t.Fatal(err)
	}
	var sizes []string
	for _, name := range again.names {
		sizes = append(sizes, name[15:20])
		if _, err := os.Stat(filepath.Join(n.folder, name)); err != nil {
			t.Error(err)
		}
	}
	if len(sizes) != 5 || sizes[0] != "00003" || sizes[4] != "01000" || len(n.names) != 5 {
		t.Errorf("%v", sizes)
	}
	if isNew, err := again.keep(proofs.Checkpoint{TreeHead: proofs.TreeHead{Size: 1000, Root: proofs.Hash{232}}}, nil); isNew || err != nil {
		t.Errorf("a known one: %t, %v", isNew, err)
	}
}
