package restore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/docketlog/docket/log/backup"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/anchor"
)

func (r *Runner) text(s Step) string {
	return strings.ReplaceAll(s.Text, "<id of the plan>", r.Plan.ID())
}

// away is where what is in the way goes.
func (r *Runner) away(path string) string { return path + ".before-" + r.Plan.ID() }

// copy copies the backup's store beside the place of the log's, and compares each
// file with the manifest. One that was cut off begins anew: it was never used.
func (r *Runner) copy(ctx context.Context) error {
	m, err := backup.Read(r.Plan.Inputs.Backup)
	if err != nil {
		return err
	}
	to := copyName(r.Plan.Inputs)
	if err := inOrder(func() error { return os.RemoveAll(to) }, func() error { return makeFolder(to) }); err != nil {
		return err
	}
	for _, f := range m.Files {
		name, ok := strings.CutPrefix(f.Name, backup.StoreName+"/")
		if !ok {
			continue
		}
		err := inOrder(ctx.Err, r.at("copy "+name), func() error {
			return copyFile(filepath.Join(r.Plan.Inputs.Backup, filepath.FromSlash(f.Name)), filepath.Join(to, filepath.FromSlash(name)), f)
		})
		if err != nil {
			return err
		}
	}
	return errors.Join(storage.SyncFolder(to), storage.SyncFolder(r.Plan.Inputs.Log))
}

// copyFile copies one file and reads the copy back.
func copyFile(from, to string, want backup.File) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync()); err != nil {
		return errors.Join(err, out.Close())
	}
	sum := sha256.New()
	_, err = out.Seek(0, io.SeekStart)
	if err == nil {
		_, err = io.Copy(sum, out)
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want.SHA256 {
		return fmt.Errorf("%s: what was written reads as SHA-256 %s, not %s", to, got, want.SHA256)
	}
	return nil
}

// config puts the backup's config.json, log.vkey and lists of keys where none are.
func (r *Runner) config(context.Context) error {
	m, err := backup.Read(r.Plan.Inputs.Backup)
	if err != nil {
		return err
	}
	names := []string{backup.ConfigName, backup.KeyName}
	for _, f := range m.Files {
		if backup.IsKeyList(f.Name) {
			names = append(names, f.Name)
		}
	}
	for _, name := range names {
		to := filepath.Join(r.Plan.Inputs.Log, filepath.Base(name))
		if _, err := os.Stat(to); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		b, err := os.ReadFile(filepath.Join(r.Plan.Inputs.Backup, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if err := inOrder(r.at("config "+name), func() error { return replaceFile(to, b) }); err != nil {
			return err
		}
	}
	return nil
}

// note puts the checkpoint there under which the store is shown: that of the size at
// which the store will end.
func (r *Runner) note(context.Context) error {
	f := &r.Plan.Facts
	size := f.Store.Size
	for _, s := range r.Plan.Decision.Steps {
		if s.Name == StepPlace {
			size = f.Backup.Size
		}
	}
	return replaceFile(filepath.Join(r.Plan.Inputs.Log, "checkpoint"), []byte(f.noteOf(size).Note))
}

// mark makes the log one for reading only: without it, nothing but the anchor would
// keep a server from signing.
func (r *Runner) mark(context.Context) error {
	path := filepath.Join(r.Plan.Inputs.Log, "config.json")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	config := make(map[string]any)
	if err := json.Unmarshal(b, &config); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	config["readOnly"] = true
	if b, err = json.MarshalIndent(config, "", "  "); err != nil {
		return err
	}
	return replaceFile(path, append(b, '\n'))
}

// anchor makes the anchor again, with the newest checkpoint that anybody knows. What
// is in its place moves aside.
func (r *Runner) anchor(context.Context) error {
	place, note := r.Plan.Inputs.Anchor, r.Plan.Facts.newest().Note
	if b, err := os.ReadFile(filepath.Join(place, "checkpoint")); err == nil && string(b) == note {
		return nil // it was made before this was cut off
	}
	made := place + ".restore"
	return inOrder(
		func() error { return os.RemoveAll(made) }, func() error { return makeFolder(filepath.Dir(place)) },
		func() error { return makeAnchor(made, note) }, r.at("anchor made"),
		func() error { return r.moveAway(place) }, r.at("anchor aside"),
		func() error { return storage.Rename(made, place) })
}

func makeAnchor(dir, note string) error {
	a, err := anchor.Create(dir)
	if err != nil {
		return err
	}
	return errors.Join(a.Replace(nil, []byte(note)), a.Close())
}

// aside moves the old store out of the way.
func (r *Runner) aside(context.Context) error {
	store := filepath.Join(r.Plan.Inputs.Log, "store")
	rows, err := r.Tools.Open(store)
	if errors.Is(err, storage.ErrLocked) {
		return fmt.Errorf("%w: the server was started meanwhile; stop it", err)
	}
	if err == nil { // of a damaged store nothing may be readable
		if err := rows.Close(); err != nil {
			return err
		}
	}
	return r.moveAway(store)
}

// moveAway moves what is at path, if there is something; it moved before if not.
func (r *Runner) moveAway(path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	to := r.away(path)
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%s and %s are both there: somebody else works here", path, to)
	}
	return storage.Rename(path, to)
}

// place makes the copy the log's store.
func (r *Runner) place(context.Context) error {
	from, to := copyName(r.Plan.Inputs), filepath.Join(r.Plan.Inputs.Log, "store")
	if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
		_, err := os.Lstat(to)
		return err // it moved before this was cut off
	}
	if _, err := os.Lstat(to); err == nil {
		if err := os.Remove(to); err != nil { // an empty folder alone
			return fmt.Errorf("%s came there meanwhile: %w", to, err)
		}
	}
	return storage.Rename(from, to)
}
