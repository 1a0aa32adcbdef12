package watch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

// maxNotes bounds the files of notes. Past it the oldest but the first go: they are
// prefixes of what stays, or kept as evidence.
const maxNotes = 4096

// notes are the signed notes that were seen, a file each, named by size and root.
type notes struct {
	folder string
	max    int      // how many are kept
	names  []string // rising
}

func (n *notes) open() error {
	if err := os.MkdirAll(n.folder, 0o700); err != nil {
		return err
	}
	files, err := os.ReadDir(n.folder) // sorted by name
	for _, f := range files {
		if filepath.Ext(f.Name()) == ".note" {
			n.names = append(n.names, f.Name())
		}
	}
	return err
}

// keep writes a verified note, unless one of its tree is there: then it is not new.
func (n *notes) keep(cp proofs.Checkpoint, note []byte) (isNew bool, err error) {
	name := fmt.Sprintf("%020d-%x.note", cp.Size, cp.Root[:8])
	at, found := slices.BinarySearch(n.names, name)
	if found {
		return false, nil
	}
	if err := client.WriteFile(filepath.Join(n.folder, name), note, 0o600); err != nil {
		return false, err
	}
	n.names = slices.Insert(n.names, at, name)
	for len(n.names) > n.max {
		if err := os.Remove(filepath.Join(n.folder, n.names[1])); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		n.names = slices.Delete(n.names, 1, 2)
	}
	return true, nil
}
