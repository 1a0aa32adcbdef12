package anchor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/docketlog/docket/storage"
)

// lockFolder opens the lock file of dir and locks it. flag is os.O_CREATE or
// 0. The lock goes with the open file: closing the file, or the end of the
// process, releases it.
func lockFolder(dir string, flag int) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|flag, 0o644)
	if err != nil {
		return nil, fmt.Errorf("anchor: %w", err)
	}
	held, err := flock(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("anchor: lock %s: %w", dir, err), f.Close())
	}
	if !held {
		return nil, errors.Join(fmt.Errorf("anchor: %s: %w; stop the other process first", dir, storage.ErrLocked), f.Close())
	}
	return f, nil
}

func checkEmpty(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("anchor: create: %w", err)
	}
	for _, f := range files {
		if f.Name() != lockName {
			return fmt.Errorf("anchor: create %s: %w (%s); open the anchor that is there, or name an empty folder", dir, storage.ErrExists, f.Name())
		}
	}
	return nil
}

// Apart returns an error unless the two folders are apart: neither is the
// other one or below it, however their paths are written. An anchor that is
// copied and restored together with the store remembers nothing. The folders
// need not exist.
func Apart(anchor, store string) error {
	over, err := Overlap(anchor, store)
	if err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	if over {
		return fmt.Errorf("anchor: the folder %s is not apart from the store's, %s; name a folder beside it, best on another disk", anchor, store)
	}
	return nil
}

// Overlap says whether one of two folders is the other one or below it, however their
// paths are written. They need not exist.
func Overlap(one, other string) (bool, error) {
	a, err := resolve(one)
	if err != nil {
		return false, err
	}
	b, err := resolve(other)
	if err != nil {
		return false, err
	}
	return within(a, b) || within(b, a), nil
}

// resolve returns the absolute path without symbolic links of a folder that
// may not exist yet: of the part that exists, then the rest.
func resolve(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	rest := ""
	for {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir {
			return "", err
		}
		rest = filepath.Join(filepath.Base(dir), rest)
		dir = filepath.Dir(dir)
	}
}

// within reports whether dir is folder or below it.
func within(dir, folder string) bool {
	rel, err := filepath.Rel(folder, dir)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
