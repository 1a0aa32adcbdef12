package backup_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/backup"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
)

// FuzzParseManifest: what is parsed prints itself again, its note is the log's, and no
// name of a file leaves the folder.
func FuzzParseManifest(f *testing.F) {
	w := logtest.NewWorld()
	head := proofs.TreeHead{Size: 2, Root: proofs.Hash{1}}
	note, err := w.Signer.Sign(proofs.Checkpoint{Origin: w.Origin, TreeHead: head})
	if err != nil {
		f.Fatal(err)
	}
	m := &backup.Manifest{
		Format: "docket/backup/1", Origin: w.Origin, Mode: log.Sealed, Keys: log.NewKeyTerms(w.Signer.Keys()...),
		Size: head.Size, Root: head.Root[:], Note: string(note), Made: "2026-11-22T10:00:00Z",
	}
	for _, name := range []string{backup.NoteName, backup.ConfigName, backup.KeyName, backup.StoreName + "/000001.sst"} {
		m.Files = append(m.Files, backup.File{Name: name, Bytes: 1, SHA256: "0000000000000000000000000000000000000000000000000000000000000000"})
	}
	if _, err := backup.ParseManifest(m.Marshal()); err != nil {
		f.Fatal(err)
	}
	f.Add(m.Marshal())
	m.Files[3].Name = backup.StoreName + "/../../x"
	f.Add(m.Marshal())
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := backup.ParseManifest(b)
		if err != nil {
			return
		}
		if !bytes.Equal(m.Marshal(), b) {
			t.Fatal("it does not print itself")
		}
		if _, _, err := log.OpenAnchored([]byte(m.Note), m.Keys); err != nil {
			t.Fatal(err)
		}
		for _, file := range m.Files {
			if !filepath.IsLocal(filepath.FromSlash(file.Name)) {
				t.Fatalf("%q", file.Name)
			}
		}
	})
}
