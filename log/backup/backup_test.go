package backup_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/backup"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

var small = pebblestore.Options{CacheSize: 1 << 20, MemTableSize: 1 << 20}

func open(dir string) (backup.Store, error) { return pebblestore.OpenCopy(dir, small) }

// A place is a log on a disk.
type place struct {
	t       *testing.T
	w       *logtest.World
	dir     string
	backups string
	store   *pebblestore.Store
	anchor  *anchor.Anchor
	log     *log.Log
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, w: logtest.NewWorld(), dir: t.TempDir(), backups: t.TempDir()}
	var err error
	if p.store, err = pebblestore.Create(filepath.Join(p.dir, "store"), small); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.store.Close() })
	if p.anchor, err = anchor.Create(filepath.Join(t.TempDir(), "anchor")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.anchor.Close() })
	for name, text := range map[string]string{"config.json": "{}\n", "log.vkey": p.w.Signer.Key().String() + "\n", "log.key": "secret"} {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.log = p.w.Create(t, p.store, p.anchor)
	return p
}

func (p *place) release(first, n int) {
	for i := first; i < first+n; i++ {
		if r := logtest.Submit(p.t, p.log, p.w.Release(fmt.Sprintf("documents/%d", i), 1, nil, []byte{byte(i)}))[0]; r.Refusal != nil {
			p.t.Error(r.Refusal)
		}
	}
}

func (p *place) source() backup.Source {
	return backup.Source{
		Origin: p.w.Origin, Mode: log.Sealed, Log: p.dir, Store: p.store, Open: open, Note: backup.SignedBy(p.log),
	}
}

func (p *place) make() (backup.Made, string) { return p.makeOf(p.source()) }

func (p *place) makeOf(s backup.Source) (backup.Made, string) {
	p.t.Helper()
	made, err := backup.Make(p.t.Context(), s, p.backups)
	if err != nil {
		p.t.Fatal(err)
	}
	return made, filepath.Join(p.backups, made.Folder)
}

func verify(t *testing.T, dir string) (*backup.Manifest, fsck.Report, error) {
	t.Helper()
	return backup.Verify(t.Context(), dir, backup.VerifyOptions{Open: open})
}

// Backups of a log that takes statements all the time: each ends at a size that was
// signed, is whole, and begins with all that was answered before.
func TestMakeWhileSubmitting(t *testing.T) {
	p := newPlace(t)
	var group sync.WaitGroup
	stop := make(chan struct{})
	group.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				p.release(i, 1)
			}
		}
	})
	s := p.source()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for i := range 4 {
		v := p.log.View()
		before := v.Size()
		v.Release()
		s.Now = func() time.Time { return now.Add(time.Duration(i) * time.Second) }
		made, err := backup.Make(t.Context(), s, p.backups)
		if err != nil {
			t.Fatal(err)
		}
		m, report, err := verify(t, filepath.Join(p.backups, made.Folder))
		if err != nil || report.Damaged != 0 {
			t.Fatalf("%v %+v", err, report.Findings)
		}
		if m.Size < before || m.Size != report.Size || made.Size != m.Size || report.Unanchored || made.Bytes != m.Bytes() {
			t.Errorf("size %d of the note, %d of the store, %d before; %+v", m.Size, report.Size, before, made)
		}
		if want := fmt.Sprintf("20261122T10000%dZ-%d", i, m.Size); made.Folder != want {
			t.Errorf("%s, want %s", made.Folder, want)
		}
	}
	close(stop)
	group.Wait()
}

// A backup has no key, whatever lies beside the store; the lists of public keys it has.
func TestNoSecrets(t *testing.T) {
	p := newPlace(t)
	for name, text := range map[string]string{"keys.1": "list", "keys.x": "secret", "log.1.key": "secret", "key-password": "secret"} {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, dir := p.make()
	if b, err := os.ReadFile(filepath.Join(dir, "log", "keys.1")); err != nil || string(b) != "list" {
		t.Errorf("keys.1: %q, %v", b, err)
	}
	if _, _, err := verify(t, dir); err != nil {
		t.Error(err)
	}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "secret") || strings.HasSuffix(path, ".key") {
			t.Errorf("%s holds a secret", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Every file of a backup counts: flipped, cut, gone or strange.
func TestVerifyNoticesEveryFile(t *testing.T) {
	p := newPlace(t)
	p.release(0, 3)
	_, dir := p.make()
	m, _, err := verify(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{backup.ManifestName}
	for _, f := range m.Files {
		all = append(all, f.Name)
	}
	refused := func(how, name string) {
		t.Helper()
		_, report, err := verify(t, dir)
		if !errors.Is(err, backup.ErrChanged) && !errors.Is(err, backup.ErrIncomplete) {
			t.Errorf("%s of %s: %v, %+v", how, name, err, report)
		}
	}
	for _, name := range all {
		path := filepath.Join(dir, filepath.FromSlash(name))
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write := func(b []byte) {
			// A new file: the tables of a copy are links to those of the store.
			if err := errors.Join(os.Remove(path), os.WriteFile(path, b, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		if len(good) > 0 {
			bad := append([]byte{}, good...)
			bad[len(bad)/2] ^= 1
			write(bad)
			refused("a flipped bit", name)
			write(good[:len(good)-1])
			refused("a cut end", name)
		}
		if err := os.Rename(path, filepath.Join(p.dir, "away")); err != nil {
			t.Fatal(err)
		}
		refused("the loss", name)
		if err := os.Rename(filepath.Join(p.dir, "away"), path); err != nil {
			t.Fatal(err)
		}
		write(good)
	}
	strange := filepath.Join(dir, "log", "store", "999999.sst")
	if err := os.WriteFile(strange, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused("a file too many", strange)
	if err := errors.Join(os.Remove(strange), os.Symlink("/", strange)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := verify(t, dir); err == nil {
		t.Error("a link that leads out of the backup")
	}
	latest := filepath.Join(p.dir, "latest")
	if err := errors.Join(os.Remove(strange), os.Symlink(dir, latest)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := verify(t, latest); err != nil {
		t.Errorf("by a link to it: %v", err)
	}
	if _, _, err := verify(t, dir); err != nil {
		t.Errorf("after all was put back: %v", err)
	}
}

// A file log.vkey of other keys is noticed, whatever the manifest says of it: an operator
// publishes it after a restore, and verifiers pin what is in it.
func TestOtherVerifierKeys(t *testing.T) {
	p := newPlace(t)
	_, dir := p.make()
	m, _, err := verify(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	other := []byte("log.example+1cc758f9+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\n")
	for i := range m.Files {
		if f := &m.Files[i]; f.Name == backup.KeyName {
			f.Bytes, f.SHA256 = int64(len(other)), fmt.Sprintf("%x", sha256.Sum256(other))
		}
	}
	err = errors.Join(os.WriteFile(filepath.Join(dir, backup.KeyName), other, 0o600), os.WriteFile(filepath.Join(dir, backup.ManifestName), m.Marshal(), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := verify(t, dir); !errors.Is(err, backup.ErrChanged) || !strings.Contains(err.Error(), "names other keys than the store") {
		t.Errorf("%v", err)
	}
}

// What is cut off leaves no backup, and the next one clears it away; other folders
// it leaves alone.
func TestCutOff(t *testing.T) {
	p := newPlace(t)
	left, other := filepath.Join(p.backups, "20260101T000000Z-"+fmt.Sprintf("%x", sha256.Sum256([]byte(p.w.Origin)))[:8]+".part"), filepath.Join(p.backups, "photos.part")
	if err := errors.Join(os.MkdirAll(filepath.Join(left, "log"), 0o700), os.Mkdir(other, 0o700)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := verify(t, left); !errors.Is(err, backup.ErrIncomplete) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if made, err := backup.Make(ctx, p.source(), p.backups); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", made, err)
	}
	entries, err := os.ReadDir(p.backups)
	if err != nil || len(entries) != 1 || entries[0].Name() != "photos.part" {
		t.Errorf("%v, %v", entries, err)
	}
}

// Two logs have their backups in one folder: neither takes what the other one is making
// for something that was cut off.
func TestTwoLogsInOneFolder(t *testing.T) {
	p, q := newPlace(t), newPlace(t)
	q.release(0, 1)
	other := q.source()
	other.Origin = "other.example"
	s := p.source()
	note := s.Note
	s.Now = func() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }
	other.Now = s.Now
	s.Note = func(ctx context.Context, size uint64) ([]byte, error) {
		if made, err := backup.Make(ctx, other, p.backups); err == nil || !errors.Is(err, log.ErrFork) {
			t.Errorf("%+v, %v", made, err) // it has another name than its rows
		}
		return note(ctx, size)
	}
	_, dir := p.makeOf(s)
	if _, report, err := verify(t, dir); err != nil || report.Damaged > 0 {
		t.Errorf("%v, %+v", err, report.Findings)
	}
}

// A note that is not that of the copy is no note of it.
func TestNoteMustFit(t *testing.T) {
	p := newPlace(t)
	s := p.source()
	s.Note = func(context.Context, uint64) ([]byte, error) {
		v := p.log.View()
		defer v.Release()
		return p.w.Signer.Sign(proofs.Checkpoint{Origin: p.w.Origin, TreeHead: proofs.TreeHead{Size: v.Size(), Root: proofs.Hash{1}}})
	}
	if made, err := backup.Make(t.Context(), s, p.backups); !errors.Is(err, log.ErrFork) {
		t.Errorf("%+v, %v", made, err)
	}
	s.Note = func(context.Context, uint64) ([]byte, error) { return nil, log.ErrNotFound }
	if made, err := backup.Make(t.Context(), s, p.backups); err == nil || !strings.Contains(err.Error(), "start it once") {
		t.Errorf("%+v, %v", made, err)
	}
	text, err := p.anchor.Load()
	if err != nil {
		t.Fatal(err)
	}
	s.Note = backup.Anchored(text, log.NewKeyTerms(p.w.Signer.Keys()...))
	if _, err := backup.Make(t.Context(), s, p.backups); err != nil {
		t.Error(err)
	}
	if _, err := backup.Anchored(text, log.NewKeyTerms(p.w.Signer.Keys()...))(t.Context(), 1); !errors.Is(err, log.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
