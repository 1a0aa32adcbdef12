package anchor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docketlog/docket/storage"
)

// write makes text the content of the anchor:
//
//  1. create checkpoint.new and write it   crash: old text, leftover
//  2. sync it                              crash: old text, leftover
//  3. rename it over checkpoint            crash: old or new text
//  4. sync the folder                      done: new text
//
// After an error it cleans nothing up: the anchor is of no more use, and Open
// does it.
func (a *Anchor) write(text []byte) error {
	temp := filepath.Join(a.dir, tempName)
	if err := a.step("create"); err != nil {
		return err
	}
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if err := errors.Join(a.fill(f, text), f.Close()); err != nil {
		return err
	}
	if err := a.step("rename"); err != nil {
		return err
	}
	if err := os.Rename(temp, filepath.Join(a.dir, fileName)); err != nil {
		return err
	}
	if err := a.step("sync folder"); err != nil {
		return err
	}
	return storage.SyncFolder(a.dir)
}

// fill writes text into f and syncs it.
func (a *Anchor) fill(f *os.File, text []byte) error {
	if err := a.step("write"); err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	if err := a.step("sync"); err != nil {
		return err
	}
	return f.Sync()
}

func (a *Anchor) step(name string) error {
	if a.before == nil {
		return nil
	}
	return a.before(name)
}

// makeFolder makes dir and its missing parents, durably, and returns its
// absolute path.
func makeFolder(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	var parents []string // of the folders that are missing
	for d := dir; ; d = filepath.Dir(d) {
		_, err := os.Stat(d)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		parents = append(parents, filepath.Dir(d))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	for _, p := range parents {
		if err := storage.SyncFolder(p); err != nil {
			return "", err
		}
	}
	return dir, nil
}
