package restore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/backup"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// Sources of known checkpoints that are no files.
const (
	fromBackup = "backup"
	fromStore  = "store"
	fromAnchor = "anchor"
)

// gatherer holds what is read while facts are gathered.
type gatherer struct {
	Inputs
	Tools
	context.Context
	facts    Facts
	manifest *backup.Manifest
	copied   backup.Store // of the backup
	store    backup.Store // what is left; nil: nothing that can be read
}

// Gather reads all there is to know, and changes nothing. An error says that it could
// not: a backup that is not whole, a server that runs, a file that is no checkpoint.
func Gather(ctx context.Context, in Inputs, t Tools) (f *Facts, err error) {
	g := &gatherer{Inputs: in, Tools: t, Context: ctx}
	defer func() {
		for _, s := range []backup.Store{g.copied, g.store} {
			if s != nil {
				err = errors.Join(err, s.Close())
			}
		}
	}()
	for _, step := range []func() error{g.readBackup, g.readConfig, g.readStore, g.readAnchor, g.readFiles, g.compare, g.ask} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return &g.facts, nil
}

// readBackup verifies the backup, every row of it.
func (g *gatherer) readBackup() error {
	m, report, err := backup.Verify(g, g.Inputs.Backup, backup.VerifyOptions{Open: g.Open})
	if err != nil {
		return err
	}
	if report.Damaged > 0 {
		return fmt.Errorf("%s: %w: docket backup verify says what is damaged: %s", g.Inputs.Backup, backup.ErrChanged, report.Findings[0])
	}
	g.manifest = m
	g.facts.Origin, g.facts.Mode, g.facts.Keys = m.Origin, m.Mode, m.Keys
	g.facts.Backup = BackupFact{Manifest: m.Digest(), Made: m.Made, Size: m.Size, Root: m.Root}
	g.know(fromBackup, []byte(m.Note))
	g.copied, err = g.Open(filepath.Join(g.Inputs.Backup, filepath.FromSlash(backup.StoreName)))
	return err
}

// readConfig compares what the log was configured as with the backup.
func (g *gatherer) readConfig() error {
	g.facts.Config = None
	config, err := os.ReadFile(filepath.Join(g.Inputs.Backup, filepath.FromSlash(backup.ConfigName)))
	if err != nil {
		return err
	}
	if _, g.facts.Ended, err = sameLog(config, config); err != nil {
		return fmt.Errorf("%s of the backup: %w", backup.ConfigName, err)
	}
	for _, name := range []string{backup.ConfigName, backup.KeyName} {
		mine, err := os.ReadFile(filepath.Join(g.Log, filepath.Base(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		other, err := os.ReadFile(filepath.Join(g.Inputs.Backup, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		same := bytes.Equal(mine, other)
		if name == backup.ConfigName {
			if same, g.facts.ReadOnly, err = sameLog(mine, other); err != nil {
				return fmt.Errorf("%s: %w", filepath.Join(g.Log, "config.json"), err)
			}
		}
		switch {
		case same:
			g.facts.Config = Same
		case name == backup.KeyName:
			g.facts.Config = Rekeyed
			return nil
		default:
			g.facts.Config = Other
			return nil
		}
	}
	return nil
}

// sameLog says whether two configurations are of one log, and whether the first one
// is marked as for reading only.
func sameLog(mine, other []byte) (same, readOnly bool, err error) {
	var a, b struct {
		Origin, Mode string
		ReadOnly     bool
	}
	err = errors.Join(json.Unmarshal(mine, &a), json.Unmarshal(other, &b))
	return a.Origin == b.Origin && a.Mode == b.Mode, a.ReadOnly, err
}

// readStore looks at what is left of the store.
func (g *gatherer) readStore() error {
	f := &g.facts.Store
	dir := filepath.Join(g.Log, "store")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		f.State = None
		return nil
	}
	if err != nil {
		return err
	}
	f.State = Damaged
	rows, err := g.Open(dir)
	if errors.Is(err, storage.ErrLocked) {
		return fmt.Errorf("%w: a log that runs needs no restore; stop it first", err)
	}
	if err != nil {
		f.Detail = line(err)
		return nil
	}
	g.store = rows
	if head, err := log.ReadHead(rows); err == nil {
		f.Size, f.Root = head.Size, head.Root[:]
	}
	report, err := fsck.Check(g, fsck.Log{Origin: g.manifest.Origin, Mode: g.manifest.Mode, Key: g.manifest.Keys.Current()[0], Store: rows}, fsck.Options{})
	switch {
	case g.Err() != nil:
		return g.Err()
	case err != nil:
		f.Detail = line(err)
	case report.Damaged > 0:
		f.Detail = fmt.Sprintf("%d findings, the first: %s", report.Damaged, report.Findings[0])
	default:
		f.State = Whole
	}
	g.knowRows(rows)
	return nil
}

// lastNotes is how many of the newest notes of a store are tried: rows of a damaged
// store may not be what was written.
const lastNotes = 16

// knowRows adds the newest signed checkpoint among rows that may be damaged.
func (g *gatherer) knowRows(rows storage.Reader) {
	var last [][]byte
	start, end := storage.CheckpointSpace.Range()
	err := rows.Scan(start, end, func(_, note []byte) bool {
		last = append(last, bytes.Clone(note))
		if len(last) > 2*lastNotes {
			last = slices.Clone(last[lastNotes:])
		}
		return true
	})
	for _, note := range slices.Backward(last) {
		if g.know(fromStore, note) == nil {
			break
		}
	}
	if err != nil && g.facts.Store.State == Whole {
		g.facts.Store.State, g.facts.Store.Detail = Damaged, line(err)
	}
}

// readAnchor reads the anchor's file, without its lock: whoever holds the store's has
// both, and nobody does.
func (g *gatherer) readAnchor() error {
	f := &g.facts.Anchor
	text, err := os.ReadFile(filepath.Join(g.Anchor, "checkpoint"))
	if errors.Is(err, fs.ErrNotExist) {
		f.State = None
		return nil
	}
	if err != nil {
		return err
	}
	f.SHA256, f.State = digest(text), Damaged
	notes, err := log.ParseAnchor(text)
	if err != nil {
		f.Detail = line(err)
		return nil
	}
	for _, note := range notes {
		origin, size := saysOf(note)
		f.Claims = max(f.Claims, size)
		if err := g.know(fromAnchor, note); err != nil {
			f.Detail = line(err)
			if origin != "" && origin != g.manifest.Origin {
				f.State, f.Claims = Other, 0
			}
			return nil
		}
	}
	f.State = Whole
	return nil
}

// saysOf is the log and the size that a note names, verified or not; "" and 0 if it is
// no checkpoint.
func saysOf(text []byte) (origin string, size uint64) {
	note, err := proofs.ParseNote(text)
	if err != nil {
		return "", 0
	}
	cp, err := proofs.ParseCheckpoint(note.Body)
	if err != nil {
		return "", 0
	}
	return cp.Origin, cp.Size
}
