package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	if _, err := os.Stat(filepath.Join(a.log(), "config.json")); err == nil {
		return true, f.move(a)
	}
	for _, dir := range f.places() {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			return false, errors.Join(fmt.Errorf("%s exists: a log is never made over another one", dir), err)
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

// move brings what was made aside to its places.
func (f folders) move(a folders) error {
	from, to := a.places(), f.places()
	for i := range to {
		if _, err := os.Lstat(from[i]); errors.Is(err, fs.ErrNotExist) {
			continue // moved before the last run was cut off, or not of this set-up
		}
		if _, err := os.Lstat(to[i]); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("%s exists, but the set-up in %s was never finished: remove %s to give that set-up up, or move %s away to finish it", to[i], a.dir, a.dir, to[i]), err)
		}
		if err := moveFolder(from[i], to[i]); err != nil {
			return fmt.Errorf("%w\ndocket: the set-up is whole in %s: run the same command again to finish it", err, a.dir)
		}
	}
	return errors.Join(os.Remove(a.dir), syncFolder(f.dir))
}

// moveFolder renames a folder, durably.
func moveFolder(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return errors.Join(syncFolder(filepath.Dir(to)), syncFolder(filepath.Dir(from)))
}

// syncFolders makes the names in dir and below durable. Files are synced by
// whoever writes them.
func syncFolders(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return syncFolder(path)
	})
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
