package pebblestore

import "github.com/cockroachdb/pebble/v2/vfs"

// nosyncFS is a filesystem that does not wait for the disk: what a process
// wrote is there when it ends, and no test of that needs more.
type nosyncFS struct{ vfs.FS }

func (f nosyncFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return nosync(f.FS.Create(name, c))
}

func (f nosyncFS) OpenDir(name string) (vfs.File, error) { return nosync(f.FS.OpenDir(name)) }

func (f nosyncFS) ReuseForWrite(old, new string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return nosync(f.FS.ReuseForWrite(old, new, c))
}

func (f nosyncFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return nosync(f.FS.OpenReadWrite(name, c, o...))
}

func (f nosyncFS) Unwrap() vfs.FS { return f.FS }

type nosyncFile struct{ vfs.File }

func nosync(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return nosyncFile{f}, nil
}

func (nosyncFile) Sync() error                { return nil }
func (nosyncFile) SyncData() error            { return nil }
func (nosyncFile) SyncTo(int64) (bool, error) { return true, nil }
