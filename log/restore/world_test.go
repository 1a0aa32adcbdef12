package restore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/backup"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/restore"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

var small = pebblestore.Options{CacheSize: 1 << 20, MemTableSize: 1 << 20}

func open(dir string) (backup.Store, error) { return pebblestore.OpenCopy(dir, small) }

// A place is a log on a disk, that a test runs and stops.
type place struct {
	t       *testing.T
	w       *logtest.World
	base    string
	log     string // DIR/log
	anchor  string
	backups string

	witnesses []witness.Answer // what they answer; nil: no policy is given
	confirmed bool
}

func newPlace(t *testing.T) *place {
	t.Helper()
	base := t.TempDir()
	p := &place{t: t, w: logtest.NewWorld(), base: base, log: filepath.Join(base, "docket", "log"), anchor: filepath.Join(base, "anchor"), backups: filepath.Join(base, "backups")}
	must(t, os.MkdirAll(p.log, 0o700), os.Mkdir(p.backups, 0o700),
		os.WriteFile(filepath.Join(p.log, "config.json"), fmt.Appendf(nil, "{\"origin\": %q, \"mode\": \"sealed\", \"dev\": false}\n", logtest.Origin), 0o600),
		os.WriteFile(filepath.Join(p.log, "log.vkey"), []byte(p.w.Signer.Key().String()+"\n"), 0o600))
	store, err := pebblestore.Create(p.store(), small)
	must(t, err)
	a, err := anchor.Create(p.anchor)
	must(t, err)
	must(t, p.w.Create(t, store, a).Close(), store.Close(), a.Close())
	return p
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func (p *place) store() string { return filepath.Join(p.log, "store") }

// run opens the log, as a start does, and stops it.
func (p *place) run(do func(*log.Log)) error {
	p.t.Helper()
	store, err := pebblestore.Open(p.store(), small)
	if err != nil {
		return err
	}
	defer store.Close()
	a, err := anchor.Open(p.anchor)
	if err != nil {
		return err
	}
	defer a.Close()
	l, err := log.Open(p.w.Config(store, a))
	if err != nil {
		return err
	}
	do(l)
	return l.Close()
}

// release runs the log and adds releases of new documents.
func (p *place) release(documents ...string) {
	p.t.Helper()
	must(p.t, p.run(func(l *log.Log) {
		for _, d := range documents {
			if r := logtest.Submit(p.t, l, p.w.Release(d, 1, nil, []byte(d)))[0]; r.Refusal != nil {
				p.t.Fatal(r.Refusal)
			}
		}
	}))
}

// backup makes one of the stopped log.
func (p *place) backup() string {
	p.t.Helper()
	store, err := pebblestore.Open(p.store(), small)
	must(p.t, err)
	defer store.Close()
	made, err := backup.Make(p.t.Context(), backup.Source{
		Origin: p.w.Origin, Mode: log.Sealed, Log: p.log, Store: store, Open: open, Note: backup.Anchored(p.anchored(), log.NewKeyTerms(p.w.Signer.Keys()...)),
	}, p.backups)
	must(p.t, err)
	return filepath.Join(p.backups, made.Folder)
}

func (p *place) anchored() []byte {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.anchor, "checkpoint"))
	must(p.t, err)
	return text
}

// newest writes the newest checkpoint as a client holds it into a file.
func (p *place) newest(name string) string {
	p.t.Helper()
	notes, err := log.ParseAnchor(p.anchored())
	must(p.t, err)
	path := filepath.Join(p.base, name)
	must(p.t, os.WriteFile(path, notes[0], 0o600))
	return path
}

func (p *place) tools() restore.Tools {
	return restore.Tools{Open: open, Ask: func(_ context.Context, _ *proofs.Policy, newest witness.Head) ([]witness.Answer, bool, error) {
		answers := append([]witness.Answer{}, p.witnesses...)
		for i := range answers {
			switch a := &answers[i]; {
			case a.Size > newest.Size:
				a.Err = fmt.Errorf("%w: %d leaves", witness.ErrAhead, a.Size)
			case a.Err == nil && a.Size > 0 && a.Size < newest.Size:
				proof, err := newest.Prove(a.Size)
				if err != nil || len(proof) == 0 {
					a.Err = fmt.Errorf("no proof from %d: %v", a.Size, err)
				}
			}
		}
		return answers, p.confirmed, nil
	}}
}

func (p *place) inputs(from string, checkpoints ...string) restore.Inputs {
	in := restore.Inputs{Backup: from, Log: p.log, Anchor: p.anchor, Checkpoints: append([]string{}, checkpoints...)}
	if p.witnesses != nil {
		in.Policy = filepath.Join(p.base, "policy")
		must(p.t, os.WriteFile(in.Policy, []byte("quorum none\n"), 0o600))
	}
	return in
}

// plan makes a plan, and demands that nothing changed by that.
func (p *place) plan(from string, checkpoints ...string) *restore.Plan {
	p.t.Helper()
	before := tree(p.t, p.base)
	plan, err := restore.Make(p.t.Context(), p.inputs(from, checkpoints...), p.tools(), time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
	must(p.t, err)
	if after := tree(p.t, p.base); p.witnesses == nil && after != before {
		p.t.Errorf("making a plan changed the disk:\n%s\n%s", before, after)
	}
	again, err := restore.ParsePlan(plan.Marshal())
	must(p.t, err)
	if again.ID() != plan.ID() || again.Text() != plan.Text() {
		p.t.Error("a plan that was written and read is another one")
	}
	return again
}

// decides demands what a plan comes to.
func (p *place) decides(plan *restore.Plan, kind string) *restore.Plan {
	p.t.Helper()
	if plan.Decision.Kind != kind {
		p.t.Fatalf("%s, want %s:\n%s", plan.Decision.Kind, kind, plan.Text())
	}
	return plan
}

func (p *place) runner(plan *restore.Plan) *restore.Runner {
	return &restore.Runner{Plan: plan, Tools: p.tools(), Confirm: p.w.Origin, Now: time.Now, Out: io.Discard}
}

// restore has a plan done.
func (p *place) restore(plan *restore.Plan) {
	p.t.Helper()
	record, err := p.runner(plan).Run(p.t.Context())
	must(p.t, err)
	if b, err := os.ReadFile(record); err != nil || len(b) < len(plan.Marshal()) {
		p.t.Errorf("the record has %d bytes: %v", len(b), err)
	}
}

// tree is a folder in words: names, lengths and hashes.
func tree(t *testing.T, dir string) (out string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		out += fmt.Sprintf("%s %d %x\n", path, len(b), proofs.LeafHash(b))
		return err
	}))
	return out
}

func count(t *testing.T, pattern string) int {
	t.Helper()
	found, err := filepath.Glob(pattern)
	must(t, err)
	return len(found)
}
