package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docketlog/docket/storage"
)

// A set-up is made aside, in DIR/setup.new and, if the anchor is elsewhere, in
// ANCHOR.setup.new. Only when all of it is durable do its folders move to their
// places: the anchor first, the log last. So nothing in place is ever half made,
// what is found aside was never used, and a set-up that was cut off while its
// folders moved is finished by the next run.
const asideName = "setup.new"

// aside is where the folders of f are made.
func (f folders) aside() folders {
	a := folders{dir: filepath.Join(f.dir, asideName)}
	if f.anchorDir != "" {
		a.anchorDir = filepath.Clean(f.anchorDir) + "." + asideName
	}
	return a
}

// places are the folders of a set-up, in the order in which they move.
func (f folders) places() [3]string { return [3]string{f.anchor(), f.client(), f.log()} }

// setUp makes a set-up aside and moves it into place. make writes the server's
// configuration last: with it the set-up is whole. One that an earlier run made
// whole is moved only; resumed says so.
func (f folders) setUp(make func(aside folders) error) (resumed bool, err error) {
	a := f.aside()
	switch whole, err := exists(filepath.Join(a.log(), "config.json")); {
	case err != nil:
		return false, err
	case whole:
		return true, f.finish(a)
	}
	for _, dir := range f.places() {
		if err := vacant(dir); err != nil {
			return false, err
		}
	}
	clear := func() error { return errors.Join(os.RemoveAll(a.anchor()), os.RemoveAll(a.dir)) }
	if err := errors.Join(clear(), os.MkdirAll(a.dir, 0o700)); err != nil { // what was cut off was never used
		return false, err
	}
	if err := errors.Join(make(a), syncFolders(a.dir)); err != nil {
		return false, errors.Join(err, clear())
	}
	return false, f.move(a)
}

// vacant demands that nothing is at a place. A folder is moved there whole, by one
// rename, so not even an empty one may be there, such as the root of a volume.
func vacant(dir string) error {
	there, err := exists(dir)
	if err != nil || !there {
		return err
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) == 0 {
		return fmt.Errorf("%s is an empty folder: a set-up makes its folders itself, so name one below it that does not exist, such as %s", dir, filepath.Join(dir, "docket"))
	}
	return fmt.Errorf("%s exists: a log is never made over another one", dir)
}

// exists says whether something is at path; an error says that nobody can tell.
func exists(path string) (bool, error) {
	switch _, err := os.Lstat(path); {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	default:
		return false, fmt.Errorf("it cannot be told whether a log is there: %w", err)
	}
}

// finish moves a set-up that was cut off. Before it moves anything, all of it must
// be found: without its anchor, say, a log is of no use.
func (f folders) finish(a folders) error {
	if err := f.complete(a); err != nil {
		return err
	}
	return f.move(a)
}

// move brings what was made aside, and is not in place yet, to its places.
func (f folders) move(a folders) error {
	from, to := a.places(), f.places()
	for i := range to {
		switch aside, err := exists(from[i]); {
		case err != nil:
			return err
		case !aside:
			continue // moved before the last run was cut off, or not of this set-up
		}
		if err := moveFolder(from[i], to[i]); err != nil {
			return fmt.Errorf("%w\ndocket: the set-up is whole in %s: run the same command again to finish it", err, a.dir)
		}
	}
	return errors.Join(os.Remove(a.dir), storage.SyncFolder(f.dir))
}

// moveFolder renames a folder, durably.
func moveFolder(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return storage.Rename(from, to)
}

// syncFolders makes the names in dir and below durable. Files are synced by
// whoever writes them.
func syncFolders(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return storage.SyncFolder(path)
	})
}
