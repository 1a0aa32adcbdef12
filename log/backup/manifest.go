package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
)

// Names in a backup.
const (
	ManifestName = "manifest.json"
	NoteName     = "checkpoint"
	ConfigName   = "log/config.json"
	KeyName      = "log/log.vkey"
	StoreName    = "log/store"
)

// format names the form of the manifest and of the folder.
const format = "docket/backup/1"

// MaxManifest is the size of the largest manifest that is read, in bytes.
const MaxManifest = 64 << 20

// A Manifest says what a backup holds.
type Manifest struct {
	Format string       `json:"format"`
	Origin string       `json:"origin"`
	Mode   log.Mode     `json:"mode"`
	Keys   log.KeyTerms `json:"keys"` // all that the log ever signed with, and which sizes
	Size   uint64       `json:"size"` // leaves of the store, and of the note
	Root   []byte       `json:"root"`
	Note   string       `json:"note"` // as the log signed it; the file checkpoint has the same
	Made   string       `json:"made"` // RFC 3339, UTC, by the clock of the machine that made it
	Files  []File       `json:"files"`
}

// A File is one file of a backup.
type File struct {
	Name   string `json:"name"` // below the backup, with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // lower-case hex
}

// Bytes are those of all its files.
func (m *Manifest) Bytes() (sum int64) {
	for _, f := range m.Files {
		sum += f.Bytes
	}
	return sum
}

// Head is what the note says.
func (m *Manifest) Head() proofs.TreeHead {
	return proofs.TreeHead{Size: m.Size, Root: proofs.Hash(m.Root)}
}

// Digest is the SHA-256 of the manifest's bytes, in hex: it names the backup.
func (m *Manifest) Digest() string {
	sum := sha256.Sum256(m.Marshal())
	return hex.EncodeToString(sum[:])
}

// vkeys is the file of the keys that sign next, as people publish it: a line each.
func vkeys(keys log.KeyTerms) []byte {
	var b []byte
	for _, key := range keys.Current() {
		b = append(b, key.String()+"\n"...)
	}
	return b
}

// Marshal returns the one form of a manifest.
func (m *Manifest) Marshal() []byte {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic("backup: manifest: " + err.Error()) // strings and numbers
	}
	return append(b, '\n')
}

// ParseManifest reads a manifest in its one form, whose note is signed by its key
// and says its size and root.
func ParseManifest(b []byte) (*Manifest, error) {
	m := new(Manifest)
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("%s: %w", ManifestName, err)
	}
	if m.Format != format {
		return nil, fmt.Errorf("%s is of the form %q, and this program knows %q only; use the program that wrote it", ManifestName, m.Format, format)
	}
	if len(m.Root) != len(proofs.Hash{}) {
		return nil, fmt.Errorf("%s: the root has %d bytes", ManifestName, len(m.Root))
	}
	if !bytes.Equal(m.Marshal(), b) {
		return nil, fmt.Errorf("%s is not in the form in which it is written", ManifestName)
	}
	if err := errors.Join(m.check(), m.checkFiles()); err != nil {
		return nil, fmt.Errorf("%s: %w", ManifestName, err)
	}
	return m, nil
}

// check holds the note to the rest.
func (m *Manifest) check() error {
	if m.Mode != log.Sealed && m.Mode != log.Raw {
		return fmt.Errorf("unknown mode %q", m.Mode)
	}
	if _, err := time.Parse(time.RFC3339, m.Made); err != nil {
		return err
	}
	if len(m.Keys) == 0 || len(m.Keys.Current()) == 0 {
		return errors.New("there is no key that signs")
	}
	cp, own, err := log.OpenAnchored([]byte(m.Note), m.Keys)
	if err != nil {
		return fmt.Errorf("the note: %w", err)
	}
	if string(own) != m.Note {
		return errors.New("the note is not as the log signed it")
	}
	if cp != (proofs.Checkpoint{Origin: m.Origin, TreeHead: m.Head()}) {
		return fmt.Errorf("the note is of %s, size %d, root %x; the rest of the manifest says another one", cp.Origin, cp.Size, cp.Root)
	}
	return nil
}

// checkFiles demands names that stay in the folder, in order, with what a log needs.
func (m *Manifest) checkFiles() error {
	last, found := "", 0
	for _, f := range m.Files {
		sum, err := hex.DecodeString(f.SHA256)
		if path.Clean(f.Name) != f.Name || path.IsAbs(f.Name) || strings.HasPrefix(f.Name, ".") || strings.ContainsAny(f.Name, "\\\x00") || f.Name <= last {
			return fmt.Errorf("the file %q has no place there", f.Name)
		}
		if err != nil || len(sum) != sha256.Size || hex.EncodeToString(sum) != f.SHA256 || f.Bytes < 0 {
			return fmt.Errorf("the file %q has no length and hash", f.Name)
		}
		switch {
		case f.Name == NoteName || f.Name == ConfigName || f.Name == KeyName:
			found++
		case !strings.HasPrefix(f.Name, StoreName+"/") && !IsKeyList(f.Name):
			return fmt.Errorf("the file %q is no part of a backup", f.Name)
		}
		last = f.Name
	}
	if found != 3 {
		return fmt.Errorf("want the files %s, %s and %s", NoteName, ConfigName, KeyName)
	}
	return nil
}
