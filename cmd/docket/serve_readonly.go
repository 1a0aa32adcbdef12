package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/pebblestore"
)

// readOnlyNote is the note of a store that was restored for reading: the anchor has a
// larger one.
func (f folders) readOnlyNote() string { return filepath.Join(f.log(), "checkpoint") }

// serveReadOnly shows a log that signs and admits nothing: neither its key nor its
// anchor's lock is needed.
func (o *serveOptions) serveReadOnly(ctx context.Context, site *site, f folders, config serverConfig, ready func(url string, size uint64, sealed time.Time)) (err error) {
	if o.witnesses != "" || o.anchorLog.dir != "" {
		return usage("--read-only excludes --witnesses and --anchor-log: nothing is signed, so there is nothing to confirm")
	}
	store, err := pebblestore.Open(f.store(), pebblestore.Options{Event: storeEvents(site.logger)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	keys, err := log.ReadKeyTerms(store)
	if err != nil {
		return err
	}
	note, err := f.noteOfStore(store, keys)
	if err != nil {
		return err
	}
	c := log.Config{
		Origin: config.Origin, Mode: log.Mode(config.Mode), Store: store, Signer: log.VerifyOnly(keys.Current()...),
		Events: site.metrics.Events(logEvents(site.logger)),
	}
	if err := o.makesBackups(site, f, config, store); err != nil {
		return err
	}
	l, err := log.OpenReadOnly(c, note)
	if err != nil {
		return err
	}
	defer site.startScrub(ctx, l, store, o.scrub)()
	fmt.Fprintln(site.stderr, "read-only: nothing is signed, and submissions are refused")
	return site.listenAndServe(ctx, l, f, ready)
}

// noteOfStore finds the note that the log signed for exactly the size at which the
// store ends: the one that came with the backup, or one of the anchor.
func (f folders) noteOfStore(store storage.Reader, keys log.KeyTerms) ([]byte, error) {
	head, err := log.ReadHead(store)
	if err != nil {
		return nil, err
	}
	for _, path := range []string{f.readOnlyNote(), filepath.Join(f.anchor(), "checkpoint")} {
		text, err := readFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		notes, err := log.ParseAnchor(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, note := range notes {
			if cp, _, err := log.OpenAnchored(note, keys); err == nil && cp.Size == head.Size {
				return note, nil
			}
		}
	}
	return nil, fmt.Errorf("no checkpoint of size %d, where the store ends, is in %s or in the anchor: put the one there that the log signed for this size, such as that of the backup", head.Size, f.readOnlyNote())
}

// mayServe demands the flag for a log that was restored for reading.
func (o *serveOptions) mayServe(config serverConfig) error {
	if config.ReadOnly && !o.readOnly {
		return fmt.Errorf("log %s was restored for reading only, from a copy that is older than what it signed: start it with --read-only. It never signs again", config.Origin)
	}
	return nil
}
