package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/storage"
)

// One sentinel for each way in which a folder is no backup.
var (
	// ErrIncomplete: there is no manifest, so making it did not come to its end, or it
	// is another folder.
	ErrIncomplete = errors.New("this is no complete backup")
	// ErrChanged: the folder is not as the manifest says.
	ErrChanged = errors.New("the backup is not as it was made")
)

// VerifyOptions say how to verify.
type VerifyOptions struct {
	Open Opener
	Fsck fsck.Options
	Rate int64 // bytes per second to hash at; 0: no bound
}

// Read reads and checks the manifest of a backup, and nothing else.
func Read(dir string) (*Manifest, error) {
	f, err := os.Open(filepath.Join(dir, ManifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w: it has no %s", dir, ErrIncomplete, ManifestName)
	}
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, MaxManifest+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	m, err := ParseManifest(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", dir, ErrChanged, err)
	}
	return m, nil
}

// Verify reads all of a backup and writes nothing: the files against the manifest,
// then every row of the store against the others and against the signed note. An
// error says that the folder is no backup as one was made; damage of rows, which
// only whoever wrote the manifest can have overlooked, is in the report.
func Verify(ctx context.Context, dir string, o VerifyOptions) (m *Manifest, report fsck.Report, err error) {
	if m, err = Read(dir); err != nil {
		return nil, report, err
	}
	if err := m.verifyFiles(ctx, dir, o.Rate); err != nil {
		return nil, report, err
	}
	rows, err := o.Open(filepath.Join(dir, filepath.FromSlash(StoreName)))
	if err != nil {
		return m, report, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if err := m.sameKeys(dir, rows); err != nil {
		return m, report, err
	}
	report, err = fsck.Check(ctx, fsck.Log{Origin: m.Origin, Mode: m.Mode, Key: m.Keys.Current()[0], Store: rows, Anchor: note(m.Note)}, o.Fsck)
	if err == nil && report.Damaged == 0 && report.Size != m.Size {
		err = fmt.Errorf("%s: %w: the store has %d leaves, the note is of %d", dir, ErrChanged, report.Size, m.Size)
	}
	return m, report, err
}

// note stands in for the anchor: the store must continue it.
type note string

// Load implements what fsck asks of an anchor.
func (n note) Load() ([]byte, error) { return []byte(n), nil }

// verifyFiles demands exactly the files of the manifest.
func (m *Manifest) verifyFiles(ctx context.Context, dir string, rate int64) error {
	names, err := list(dir)
	if err != nil {
		return err
	}
	h := &hasher{ctx: ctx, dir: dir, rate: rate, begun: time.Now()}
	for _, want := range m.Files {
		if _, found := slices.BinarySearch(names, want.Name); !found {
			return fmt.Errorf("%s: %w: %s is missing", dir, ErrChanged, want.Name)
		}
		got, err := h.hash(want.Name)
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s: %w: %s has %d bytes and SHA-256 %s; %d and %s were written", dir, ErrChanged, want.Name, got.Bytes, got.SHA256, want.Bytes, want.SHA256)
		}
	}
	if len(names) != len(m.Files)+1 {
		return fmt.Errorf("%s: %w: there are more files than %d: %s", dir, ErrChanged, len(m.Files)+1, m.strange(names))
	}
	return m.verifyCopies(dir)
}

// strange names a file that no backup has.
func (m *Manifest) strange(names []string) string {
	for _, name := range names {
		if name != ManifestName && !slices.ContainsFunc(m.Files, func(f File) bool { return f.Name == name }) {
			return name
		}
	}
	return ""
}

// verifyCopies demands that the note beside the store is that of the manifest.
func (m *Manifest) verifyCopies(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, NoteName))
	if err == nil && string(b) != m.Note {
		err = fmt.Errorf("%s: %w: %s is not that of the manifest", dir, ErrChanged, NoteName)
	}
	return err
}

// sameKeys demands that the keys of the manifest and of log.vkey are those in the store.
func (m *Manifest) sameKeys(dir string, rows storage.Reader) error {
	keys, err := log.ReadKeyTerms(rows)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(keys, m.Keys, func(a, b log.KeyTerm) bool {
		return a.Key.String() == b.Key.String() && a.From == b.From && a.Until == b.Until
	}) {
		return fmt.Errorf("%s: %w: the store has other keys than the manifest", dir, ErrChanged)
	}
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(KeyName)))
	if err == nil && !bytes.Equal(b, vkeys(keys)) {
		err = fmt.Errorf("%s: %w: %s names other keys than the store: whoever publishes it would publish them", dir, ErrChanged, KeyName)
	}
	return err
}
