package pebblestore

import (
	"errors"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// durableNames is a filesystem on which the name of a new manifest is durable
// before Pebble refers to it.
//
// Pebble syncs the manifest, but not the folder, before it writes the file
// that names it; and both names become durable by the same sync. Most
// filesystems keep the order of the two names, POSIX does not promise it: a
// loss of power could leave the second without the first, and a store that
// does not open.
type durableNames struct{ vfs.FS }

// Create makes a file; that of a manifest with a durable name.
func (f durableNames) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, category)
	if err != nil || !strings.HasPrefix(f.PathBase(name), "MANIFEST-") {
		return file, err
	}
	if err := syncFolder(f.FS, f.PathDir(name)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Unwrap returns the filesystem below, for Pebble.
func (f durableNames) Unwrap() vfs.FS { return f.FS }
