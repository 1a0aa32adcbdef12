package restore

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/docketlog/docket/storage"
)

// inOrder does one thing after the other, up to the first error.
func inOrder(all ...func() error) error {
	for _, do := range all {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// makeFolder makes a folder and its missing parents, durably.
func makeFolder(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return storage.SyncFolder(filepath.Dir(dir))
}

// replaceFile writes a file so that after a crash it has the old bytes or the new
// ones.
func replaceFile(path string, b []byte) error {
	temp := path + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return storage.Rename(temp, path)
}
