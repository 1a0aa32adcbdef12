package main

import (
	"context"
	"fmt"
	"os"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/backup"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

// backupMemory are the options of a copy that is looked at beside a running log.
var backupMemory = pebblestore.Options{CacheSize: 8 << 20, MemTableSize: 4 << 20}

// openCopy opens the store of a backup for reading.
func openCopy(dir string) (backup.Store, error) { return pebblestore.OpenCopy(dir, backupMemory) }

// backupFolder demands that backups go to a folder that is there and is neither the
// store's nor the anchor's.
func (f folders) backupFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder", dir)
	}
	for what, other := range map[string]string{"store": f.store(), "anchor": f.anchor()} {
		over, err := anchor.Overlap(dir, other)
		if err != nil {
			return err
		}
		if over {
			return fmt.Errorf("backups cannot go to %s: it is not apart from the folder of the %s, %s; name another one, best on another disk", dir, what, other)
		}
	}
	return nil
}

// makesBackups lets the server make backups below --backups, while the store's disk has
// the room that admission demands: a copy beside the store keeps tables that it gives back.
func (o *serveOptions) makesBackups(s *site, f folders, config serverConfig, store *pebblestore.Store) error {
	if o.backups == "" {
		return nil
	}
	if err := f.backupFolder(o.backups); err != nil {
		return err
	}
	s.backup = func(l *log.Log) server.BackupFunc {
		source := backup.Source{
			Origin: config.Origin, Mode: log.Mode(config.Mode), Log: f.log(), Store: store, Open: openCopy, Note: backup.SignedBy(l),
		}
		return func(ctx context.Context) (backup.Made, error) {
			if err := l.Room(); err != nil {
				return backup.Made{}, err
			}
			return backup.Make(ctx, source, o.backups)
		}
	}
	return nil
}
