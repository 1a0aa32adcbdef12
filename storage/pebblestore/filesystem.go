package pebblestore

import (
	"errors"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// filesystem is the one that Pebble works on. It changes how two kinds of
// files are made.
//
// The name of a new manifest is durable before Pebble refers to it. Pebble
// syncs the manifest, but not the folder, before it writes the file that
// names it; and both names become durable by the same sync. Most filesystems
// keep the order of the two names, POSIX does not promise it: a loss of power
// could leave the second without the first, and a store that does not open.
//
// A table that is made after another one failed waits a moment. Pebble tries
// a failed flush again at once, and for ever: a full disk would cost a
// processor too.
type filesystem struct {
	vfs.FS
	monitor *monitor
	pause   time.Duration
}

// Create makes a file.
func (f filesystem) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	base := f.PathBase(name)
	if strings.HasSuffix(base, ".sst") && f.monitor.tablesFail() {
		time.Sleep(f.pause)
	}
	file, err := f.FS.Create(name, category)
	if err != nil || !strings.HasPrefix(base, "MANIFEST-") {
		return file, err
	}
	if err := syncFolder(f.FS, f.PathDir(name)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Unwrap returns the filesystem below, for Pebble.
func (f filesystem) Unwrap() vfs.FS { return f.FS }
