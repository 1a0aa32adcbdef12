package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// An Opener opens the store of a backup for reading, and writes nothing there.
type Opener func(dir string) (Store, error)

// A Store is what an Opener opens.
type Store interface {
	storage.Reader
	Close() error
}

// A Source is a log that can be copied.
type Source struct {
	Origin string
	Mode   log.Mode
	Log    string         // its folder: config.json is in it
	Store  storage.Copier // what is copied
	Open   Opener
	// Note returns the note that the log signed for a size, or log.ErrNotFound if
	// none was and none will be.
	Note func(ctx context.Context, size uint64) ([]byte, error)
	Now  func() time.Time // default time.Now
	Rate int64            // bytes per second; default DefaultRate
}

// Made is a backup that was made.
type Made struct {
	Folder  string // its name, in the folder that was given
	Size    uint64
	Bytes   int64
	Seconds float64
}

const stampForm = "20060102T150405Z"

// attempts bounds how often a store is copied whose last commit got no note of its
// own: of several that waited only the newest is signed.
const attempts = 3

// Make copies a log into a new folder below folder, which must be there. It has the
// name <time>-<size>, and only once it is whole and durable.
func Make(ctx context.Context, s Source, folder string) (Made, error) {
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Rate == 0 {
		s.Rate = DefaultRate
	}
	begun := time.Now()
	stamp := s.Now().UTC()
	part := filepath.Join(folder, stamp.Format(stampForm)+partSuffix(s.Origin))
	if err := clear(folder, s.Origin); err != nil {
		return Made{}, err
	}
	m, err := s.fill(ctx, part, stamp)
	if err != nil {
		return Made{}, errors.Join(fmt.Errorf("no backup was made: %w", err), os.RemoveAll(part))
	}
	made := Made{Folder: fmt.Sprintf("%s-%d", stamp.Format(stampForm), m.Size), Size: m.Size, Bytes: m.Bytes()}
	place := filepath.Join(folder, made.Folder)
	if _, err := os.Lstat(place); err == nil {
		return Made{}, errors.Join(fmt.Errorf("no backup was made: %s is there already, made in the same second", place), os.RemoveAll(part))
	}
	if err := errors.Join(os.Rename(part, place), storage.SyncFolder(folder)); err != nil {
		return Made{}, err
	}
	made.Seconds = time.Since(begun).Seconds()
	return made, nil
}

// fill makes the backup in the folder part.
func (s *Source) fill(ctx context.Context, part string, stamp time.Time) (*Manifest, error) {
	if err := os.MkdirAll(filepath.Join(part, "log"), 0o700); err != nil {
		return nil, err
	}
	c, err := s.copyStore(ctx, filepath.Join(part, filepath.FromSlash(StoreName)))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(writeFile(filepath.Join(part, NoteName), c.note), writeFile(filepath.Join(part, filepath.FromSlash(KeyName)), vkeys(c.keys))); err != nil {
		return nil, err
	}
	lists, err := keyLists(s.Log)
	if err != nil {
		return nil, err
	}
	for _, name := range append([]string{ConfigName}, lists...) {
		b, err := os.ReadFile(filepath.Join(s.Log, filepath.Base(name)))
		if err == nil {
			err = writeFile(filepath.Join(part, filepath.FromSlash(name)), b)
		}
		if err != nil {
			return nil, err
		}
	}
	m := &Manifest{
		Format: format, Origin: s.Origin, Mode: s.Mode, Keys: c.keys, Size: c.head.Size, Root: c.head.Root[:], Note: string(c.note),
		Made: stamp.Format(time.RFC3339), Files: []File{},
	}
	return m, s.finish(ctx, part, m)
}

// finish hashes all files, syncs all folders, and writes the manifest.
func (s *Source) finish(ctx context.Context, part string, m *Manifest) error {
	names, err := list(part)
	if err != nil {
		return err
	}
	h := &hasher{ctx: ctx, dir: part, rate: s.Rate, begun: time.Now()}
	for _, name := range names {
		f, err := h.hash(name)
		if err != nil {
			return err
		}
		m.Files = append(m.Files, f)
	}
	if err := errors.Join(storage.SyncFolder(filepath.Join(part, filepath.FromSlash(StoreName))), storage.SyncFolder(filepath.Join(part, "log"))); err != nil {
		return err
	}
	b := m.Marshal()
	if _, err := ParseManifest(b); err != nil {
		return err // a log that is not what its configuration says
	}
	temp := filepath.Join(part, ManifestName+".new")
	if err := writeFile(temp, b); err != nil {
		return err
	}
	return errors.Join(os.Rename(temp, filepath.Join(part, ManifestName)), storage.SyncFolder(part))
}

// A copied store, with what its rows and the log say of it.
type copied struct {
	head log.Head
	keys log.KeyTerms
	note []byte
}

// copyStore copies the store and gets the note of the size at which the copy ends.
func (s *Source) copyStore(ctx context.Context, dir string) (c copied, err error) {
	for range attempts {
		if err := ctx.Err(); err != nil {
			return c, err
		}
		if err := s.Store.CopyTo(dir); err != nil {
			return c, err
		}
		if c, err = s.look(dir); err != nil {
			return c, err
		}
		c.note, err = s.Note(ctx, c.head.Size)
		if err == nil {
			return c, s.check(&c)
		}
		if !errors.Is(err, log.ErrNotFound) {
			return c, err
		}
		if err := os.RemoveAll(dir); err != nil {
			return c, err
		}
	}
	return c, errors.New("the newest entries of the store are not signed: if the log is stopped start it once, which signs them; else try again")
}

// check demands that the note is that of the copy, and takes foreign lines from it.
func (s *Source) check(c *copied) error {
	cp, own, err := log.OpenAnchored(c.note, c.keys)
	if err != nil {
		return err
	}
	if cp != (proofs.Checkpoint{Origin: s.Origin, TreeHead: c.head.TreeHead}) {
		return fmt.Errorf("%w: the note of size %d says root %x, the copy has %x", log.ErrFork, c.head.Size, cp.Root, c.head.Root)
	}
	c.note = own
	return nil
}

// look reads where a copy ends, and which keys its log has.
func (s *Source) look(dir string) (c copied, err error) {
	rows, err := s.Open(dir)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if c.head, err = log.ReadHead(rows); err == nil {
		c.keys, err = log.ReadKeyTerms(rows)
	}
	return c, err
}
