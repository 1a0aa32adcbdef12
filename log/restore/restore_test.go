package restore_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/backup"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/restore"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

// The disk of the store died, and the backup is of the size that the anchor holds:
// the log goes on.
func TestGoOn(t *testing.T) {
	p := newPlace(t)
	p.release("a", "b")
	b := p.backup()
	must(t, os.RemoveAll(p.store()))
	plan := p.decides(p.plan(b), restore.GoOn)
	p.restore(plan)
	p.release("c")
	if n := count(t, p.log+"/restored/*.json"); n != 1 {
		t.Errorf("%d records", n)
	}
	if n := count(t, p.log+"/restore*"); n != 1 {
		t.Errorf("%d things are left over", n-1)
	}
	// Once more the same plan: it was done.
	if record, err := p.runner(plan).Run(t.Context()); err != nil || !strings.HasSuffix(record, plan.ID()+".json") {
		t.Errorf("%s, %v", record, err)
	}
}

// What is in the way moves aside.
func TestDamagedStoreMovesAside(t *testing.T) {
	p := newPlace(t)
	p.release("a")
	b := p.backup()
	damageStore(t, p.store())
	plan := p.decides(p.plan(b), restore.GoOn)
	if plan.Facts.Store.State != restore.Damaged || plan.Facts.Store.Detail == "" {
		t.Errorf("%+v", plan.Facts.Store)
	}
	p.restore(plan)
	if n := count(t, p.store()+".before-"+plan.ID()+"/*"); n == 0 {
		t.Error("the damaged store is gone")
	}
	p.release("b")
}

func damageStore(t *testing.T, dir string) {
	t.Helper()
	s, err := pebblestore.Open(dir, small)
	must(t, err)
	n, err := s.Sequence()
	must(t, err)
	var b storage.Batch
	b.Set(storage.Leaf(0), []byte("damage"))
	must(t, s.Commit(n+1, &b), s.Close())
}

// The old store is whole and has more: no restore.
func TestUseStore(t *testing.T) {
	p := newPlace(t)
	b := p.backup()
	p.release("a")
	plan := p.decides(p.plan(b), restore.UseStore)
	if _, err := p.runner(plan).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "nothing is restored") {
		t.Errorf("%v", err)
	}
	// Its anchor is lost, and a client holds the newest checkpoint.
	note := p.newest("client.checkpoint")
	must(t, os.RemoveAll(p.anchor))
	p.decides(p.plan(b), restore.Refuse)
	plan = p.decides(p.plan(b, note), restore.UseStore)
	p.restore(plan)
	p.release("b")
}

// Old backups do not sign: by the anchor alone, by a client's checkpoint alone, by a
// witness alone. Each time the plan says which entries are gone.
func TestOldBackupDoesNotSign(t *testing.T) {
	ended := func(p *place, b string, checkpoints ...string) {
		t.Helper()
		plan := p.decides(p.plan(b, checkpoints...), restore.ReadOnly)
		if l := plan.Decision.Lost; l == nil || l.To-l.From != 4 || !strings.Contains(plan.Text(), "lost: entries 5 to 8, 4 of them") {
			t.Errorf("%s", plan.Text())
		}
		anchored := tree(t, p.anchor)
		p.restore(plan)
		if tree(t, p.anchor) != anchored {
			t.Error("the anchor was touched")
		}
		p.demandReadOnly(b)
	}
	t.Run("by the anchor", func(t *testing.T) {
		p := newPlace(t)
		b := p.backup()
		p.release("a", "b")
		must(t, os.RemoveAll(p.store()))
		ended(p, b)
		if err := p.run(func(*log.Log) {}); !errors.Is(err, log.ErrBehindAnchor) {
			t.Errorf("a start that signs: %v", err)
		}
	})
	t.Run("by a client", func(t *testing.T) {
		p := newPlace(t)
		b := p.backup()
		old := p.anchored()
		p.release("a", "b")
		note := p.newest("client.checkpoint")
		must(t, os.RemoveAll(p.store()), os.WriteFile(filepath.Join(p.anchor, "checkpoint"), old, 0o600))
		ended(p, b, note)
	})
	t.Run("by a witness", func(t *testing.T) {
		p := newPlace(t)
		b := p.backup()
		old := p.anchored()
		p.release("a", "b")
		p.witnesses, p.confirmed = []witness.Answer{{URL: "https://witness.example", Size: 9}}, false
		must(t, os.RemoveAll(p.store()), os.WriteFile(filepath.Join(p.anchor, "checkpoint"), old, 0o600))
		ended(p, b)
	})
	t.Run("by the damaged store", func(t *testing.T) {
		p := newPlace(t)
		b := p.backup()
		p.release("a", "b", "c") // the note of size 9 is a row since the third
		damageStore(t, p.store())
		must(t, os.RemoveAll(p.anchor))
		plan := p.decides(p.plan(b), restore.ReadOnly)
		if plan.Decision.Lost.To != 9 {
			t.Errorf("%s", plan.Text())
		}
	})
}

// demandReadOnly demands that a restored log is shown as the backup was, and marked.
func (p *place) demandReadOnly(from string) {
	p.t.Helper()
	m, err := backup.Read(from)
	must(p.t, err)
	config, err := os.ReadFile(filepath.Join(p.log, "config.json"))
	must(p.t, err)
	if !bytes.Contains(config, []byte(`"readOnly": true`)) {
		p.t.Errorf("%s", config)
	}
	note, err := os.ReadFile(filepath.Join(p.log, "checkpoint"))
	must(p.t, err)
	store, err := pebblestore.Open(p.store(), small)
	must(p.t, err)
	defer store.Close()
	l, err := log.OpenReadOnly(p.w.Config(store, nil), note)
	must(p.t, err)
	defer l.Close()
	v := l.View()
	defer v.Release()
	if v.TreeHead() != m.Head() || string(v.Checkpoint()) != m.Note {
		p.t.Errorf("size %d is shown, the backup is of size %d", v.Size(), m.Size)
	}
	if _, _, err := l.Submit(p.t.Context(), nil); err == nil {
		p.t.Error("a submission of nothing")
	}
}

// In doubt the plan refuses, and a plan that refuses is not run.
func TestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(p *place) []string
		want    string
	}{
		"anchor lost, nobody asked": {func(p *place) []string { return []string{} }, "the anchor is lost, and nobody else was asked"},
		"anchor lost, a client that knows less": {func(p *place) []string {
			note, err := os.ReadFile(filepath.Join(p.base, "older"))
			must(p.t, err, os.WriteFile(filepath.Join(p.base, "client.checkpoint"), note, 0o600))
			return []string{filepath.Join(p.base, "client.checkpoint")}
		}, "what was brought is older than size 7"},
		"too few witnesses": {func(p *place) []string {
			p.witnesses = []witness.Answer{{URL: "https://w1", Err: errors.New("down")}}
			return nil
		}, "too few witnesses"},
		"a witness with another history": {func(p *place) []string {
			p.witnesses = []witness.Answer{{URL: "https://w1", Err: witness.ErrForked}}
			return nil
		}, "holds another history"},
		"another history": {func(p *place) []string {
			note, err := p.w.Signer.Sign(proofs.Checkpoint{Origin: p.w.Origin, TreeHead: proofs.TreeHead{Size: 4, Root: proofs.Hash{1}}})
			must(p.t, err)
			path := filepath.Join(p.base, "other.checkpoint")
			must(p.t, os.WriteFile(path, note, 0o600))
			return []string{path}
		}, "is of another history than the backup"},
		"two notes of a size that is gone": {func(p *place) (paths []string) {
			for i := range 2 {
				note, err := p.w.Signer.Sign(proofs.Checkpoint{Origin: p.w.Origin, TreeHead: proofs.TreeHead{Size: 400, Root: proofs.Hash{byte(i)}}})
				must(p.t, err)
				paths = append(paths, filepath.Join(p.base, string(rune('a'+i))))
				must(p.t, os.WriteFile(paths[i], note, 0o600))
			}
			return paths
		}, "have different roots"},
		"another log's folder": {func(p *place) []string {
			must(p.t, os.WriteFile(filepath.Join(p.log, "config.json"), []byte(`{"origin":"other.example","mode":"sealed"}`), 0o600))
			return nil
		}, "that of another log"},
		"other keys since": {func(p *place) []string {
			must(p.t, os.WriteFile(filepath.Join(p.log, "log.vkey"), []byte("log.example+1cc758f9+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\n"), 0o600))
			return nil
		}, "the log's keys changed after it was made"},
		"a log that was ended before": {func(p *place) []string {
			must(p.t, os.WriteFile(filepath.Join(p.log, "config.json"), []byte(`{"origin":"`+p.w.Origin+`","mode":"sealed","readOnly":true}`), 0o600))
			return nil
		}, "it never signs again"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.newest("older")
			p.release("a")
			b := p.backup()
			must(t, os.RemoveAll(p.store()))
			files := c.prepare(p)
			if files != nil {
				must(t, os.RemoveAll(p.anchor))
			}
			plan := p.decides(p.plan(b, files...), restore.Refuse)
			if !strings.Contains(plan.Decision.Why, c.want) {
				t.Errorf("%s", plan.Decision.Why)
			}
			before := tree(t, p.base)
			if _, err := p.runner(plan).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "the plan refuses") {
				t.Errorf("%v", err)
			}
			if tree(t, p.base) != before {
				t.Error("a refused plan changed the disk")
			}
		})
	}
}

// The anchor of another log is never moved.
func TestAnchorOfAnotherLog(t *testing.T) {
	p := newPlace(t)
	b := p.backup()
	must(t, os.WriteFile(filepath.Join(p.anchor, "checkpoint"), []byte("other.example\n5\n1Pksj7uJcg6ztVZ3x9fvrd/rENEaGoSguo8aIzN/qpU=\n\n— other.example AAAAAAA=\n"), 0o600))
	plan := p.decides(p.plan(b), restore.Refuse)
	if plan.Decision.Why != "the anchor is another log's: name the right folder" {
		t.Errorf("%s", plan.Text())
	}
}

// What cannot be undone needs the origin, typed.
func TestConfirm(t *testing.T) {
	p := newPlace(t)
	b := p.backup()
	must(t, os.RemoveAll(p.store()))
	r := p.runner(p.decides(p.plan(b), restore.GoOn))
	before := tree(t, p.base)
	for _, word := range []string{"", "yes", p.w.Origin + " "} {
		r.Confirm = word
		if _, err := r.Run(t.Context()); !errors.Is(err, restore.ErrUnconfirmed) {
			t.Errorf("%q: %v", word, err)
		}
	}
	if tree(t, p.base) != before {
		t.Error("something was done without the word")
	}
}

// A plan rests on what was there: if any of it changed, nothing is done.
func TestChangedSince(t *testing.T) {
	for name, change := range map[string]func(p *place, backup, note string){
		"the anchor moved": func(p *place, _, note string) {
			must(p.t, os.RemoveAll(p.anchor))
			a, err := anchor.Create(p.anchor)
			must(p.t, err, a.Replace(nil, bytes.Replace(p.read(note), []byte("\n"), []byte("\n"), 1)), a.Close(), os.WriteFile(filepath.Join(p.anchor, "checkpoint"), append(p.read(note), p.read(note)...), 0o600))
		},
		"a store came back":   func(p *place, _, _ string) { must(p.t, os.Rename(p.store()+".away", p.store())) },
		"a checkpoint is new": func(p *place, _, note string) { must(p.t, os.WriteFile(note, p.signed(400), 0o600)) },
		"a witness is ahead":  func(p *place, _, _ string) { p.witnesses[0].Size = 400 },
		"the backup": func(p *place, backup, _ string) {
			must(p.t, os.WriteFile(filepath.Join(backup, "log", "config.json"), []byte("{}"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.release("a")
			b := p.backup()
			note := p.newest("client.checkpoint")
			p.witnesses, p.confirmed = []witness.Answer{{URL: "https://w1"}}, true
			must(t, os.Rename(p.store(), p.store()+".away"))
			plan := p.decides(p.plan(b, note), restore.GoOn)
			change(p, b, note)
			before := tree(t, p.base)
			if _, err := p.runner(plan).Run(t.Context()); !errors.Is(err, restore.ErrChanged) && !errors.Is(err, backup.ErrChanged) {
				t.Errorf("%v", err)
			}
			if tree(t, p.base) != before {
				t.Error("something was done")
			}
		})
	}
}

func (p *place) read(path string) []byte {
	p.t.Helper()
	b, err := os.ReadFile(path)
	must(p.t, err)
	return b
}

// signed is a checkpoint that the log's key signed, of a tree that nobody has.
func (p *place) signed(size uint64) []byte {
	p.t.Helper()
	note, err := p.w.Signer.Sign(proofs.Checkpoint{Origin: p.w.Origin, TreeHead: proofs.TreeHead{Size: size}})
	must(p.t, err)
	return note
}

// A plan that was edited is none.
func TestEditedPlan(t *testing.T) {
	p := newPlace(t)
	b := p.backup()
	p.release("a")
	must(t, os.RemoveAll(p.store()))
	text := string(p.decides(p.plan(b), restore.ReadOnly).Marshal())
	for _, edit := range [][2]string{
		{`"kind": "read-only"`, `"kind": "go-on"`}, {"\n}\n", "\n}\n\n"}, {`"confirmed": false`, `"confirmed": true, "x": 1`},
		{`"name": "mark"`, `"name": "copy"`}, {"docket/restore/1", "docket/restore/2"}, {`"final": true`, `"final": false`},
	} {
		if !strings.Contains(text, edit[0]) {
			t.Fatalf("no %s in the plan", edit[0])
		}
		if _, err := restore.ParsePlan([]byte(strings.Replace(text, edit[0], edit[1], 1))); err == nil {
			t.Errorf("taken with %q", edit[1])
		}
	}
}

// errKilled stands for the end of the process.
var errKilled = errors.New("killed")

// A run that is cut off anywhere is finished by the next one, and comes to the same:
// here the one with the most steps, with the anchor lost and a damaged store.
func TestCutOffAnywhere(t *testing.T) {
	for _, kind := range []string{restore.GoOn, restore.ReadOnly} {
		t.Run(kind, func(t *testing.T) {
			points, cut := 0, 0
			for cut = 0; cut <= points; cut++ {
				p, plan := lost(t, kind)
				seen := 0
				r := p.runner(plan)
				r.SetPoint(func(string) error {
					if seen++; seen > cut {
						return errKilled
					}
					return nil
				})
				if _, err := r.Run(t.Context()); !errors.Is(err, errKilled) && err != nil {
					t.Fatalf("cut %d: %v", cut, err)
				} else if err != nil {
					points = seen // there was a point to be cut off at
				}
				p.restore(plan)
				p.demandRestored(plan)
			}
			if cut < 15 {
				t.Errorf("only %d points", cut)
			}
		})
	}
}

// lost is a place where much was lost, with the plan for it.
func lost(t *testing.T, kind string) (*place, *restore.Plan) {
	t.Helper()
	p := newPlace(t)
	p.release("a")
	b := p.backup()
	if kind == restore.ReadOnly {
		p.release("b")
	}
	note := p.newest("client.checkpoint")
	damageStore(t, p.store())
	if kind == restore.GoOn {
		must(t, os.WriteFile(filepath.Join(p.anchor, "checkpoint"), nil, 0o600), os.Remove(filepath.Join(p.log, "config.json")))
	}
	return p, p.decides(p.plan(b, note), kind)
}

// demandRestored demands what both ends of a restore have.
func (p *place) demandRestored(plan *restore.Plan) {
	p.t.Helper()
	if n := count(p.t, p.store()+".before-*"); n != 1 {
		p.t.Errorf("%d stores aside", n)
	}
	if n := count(p.t, p.log+"/restore-*"); n != 0 {
		p.t.Errorf("%d journals left", n)
	}
	if n := count(p.t, p.log+"/restored/*.json"); n != 1 {
		p.t.Errorf("%d records", n)
	}
	if plan.Decision.Kind == restore.ReadOnly {
		p.demandReadOnly(plan.Inputs.Backup)
		return
	}
	if n := count(p.t, p.anchor+".before-*"); n != 1 {
		p.t.Errorf("%d anchors aside", n)
	}
	must(p.t, p.run(func(l *log.Log) {
		if r := logtest.Submit(p.t, l, p.w.Release("after", 1, nil, []byte("x")))[0]; r.Refusal != nil {
			p.t.Error(r.Refusal)
		}
	}))
}

// One restore at a time.
func TestAnotherRestoreWasBegun(t *testing.T) {
	p, first := lost(t, restore.GoOn)
	r := p.runner(first)
	r.SetPoint(func(where string) error {
		if where == "begun" {
			return errKilled
		}
		return nil
	})
	if _, err := r.Run(t.Context()); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	second := *first
	second.Made = "2026-11-23T10:00:00Z"
	if _, err := p.runner(&second).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "another restore was begun") {
		t.Errorf("%v", err)
	}
	p.restore(first)
}

// A server that was started between two runs of one plan is noticed: by its lock, and
// by the anchor that it moved.
func TestStartedBetween(t *testing.T) {
	p := newPlace(t)
	p.release("a")
	b := p.backup()
	damageStore(t, p.store())
	plan := p.decides(p.plan(b), restore.GoOn)
	cut := p.runner(plan)
	cut.SetPoint(func(where string) error {
		if where == "before aside" {
			return errKilled
		}
		return nil
	})
	if _, err := cut.Run(t.Context()); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	running, err := pebblestore.Open(p.store(), small)
	must(t, err)
	if _, err := p.runner(plan).Run(t.Context()); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("%v", err)
	}
	must(t, running.Close())
	anchored := p.anchored()
	must(t, os.WriteFile(filepath.Join(p.anchor, "checkpoint"), append(p.signed(400), append([]byte("\n"), anchored...)...), 0o600))
	if _, err := p.runner(plan).Run(t.Context()); !errors.Is(err, restore.ErrChanged) {
		t.Errorf("%v", err)
	}
	if n := count(t, p.store()+".before-*"); n != 0 {
		t.Error("the store moved")
	}
	must(t, os.WriteFile(filepath.Join(p.anchor, "checkpoint"), anchored, 0o600))
	p.restore(plan)
	p.release("b")
}

// A log that was started after its anchor was made again, and before the run was noted to
// have done that, is noticed: its newer anchor stays.
func TestStartedAfterTheAnchor(t *testing.T) {
	p := newPlace(t)
	p.release("a")
	b := p.backup()
	p.release("b")
	note := p.newest("client.checkpoint")
	must(t, os.RemoveAll(p.anchor))
	plan := p.decides(p.plan(b, note), restore.UseStore)
	cut := p.runner(plan)
	cut.SetPoint(func(where string) error {
		if where == "after anchor" {
			return errKilled
		}
		return nil
	})
	if _, err := cut.Run(t.Context()); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	p.release("c")
	anchored := p.anchored()
	if _, err := p.runner(plan).Run(t.Context()); !errors.Is(err, restore.ErrChanged) {
		t.Errorf("%v", err)
	}
	if string(p.anchored()) != string(anchored) {
		t.Error("the anchor went back to an older checkpoint")
	}
}

// A backup of a log that has ended never becomes one that signs, wherever it is restored.
func TestBackupOfAnEndedLog(t *testing.T) {
	p := newPlace(t)
	p.release("a")
	older := p.newest("older.checkpoint")
	config := filepath.Join(p.log, "config.json")
	signing := p.read(config)
	must(t, os.WriteFile(config, []byte(`{"origin":"`+p.w.Origin+`","mode":"sealed","readOnly":true}`), 0o600))
	b := p.backup()
	p.release("b")
	last := p.newest("last.checkpoint")
	must(t, os.RemoveAll(p.store()), os.RemoveAll(p.anchor))
	for _, mine := range []string{"", string(signing)} { // a folder of its own, or one that was never marked
		must(t, os.Remove(config))
		if mine != "" {
			must(t, os.WriteFile(config, []byte(mine), 0o600))
		}
		plan := p.decides(p.plan(b, older), restore.Refuse)
		if !strings.Contains(plan.Decision.Why, "of a log that had ended") {
			t.Errorf("%s", plan.Decision.Why)
		}
		if mine == "" {
			must(t, os.WriteFile(config, nil, 0o600))
		}
	}
	p.decides(p.plan(b, older, last), restore.ReadOnly)
}

// A damaged store that ends after the backup shows that there was more. What was signed of
// it, the anchor alone knows: without it the log does not go on from the backup.
func TestDamagedStoreKnowsMore(t *testing.T) {
	p := newPlace(t)
	p.release("a")
	note := p.newest("client.checkpoint")
	b := p.backup()
	p.release("b") // signed, and answered; the note is in the anchor alone
	damageStore(t, p.store())
	p.decides(p.plan(b, note), restore.ReadOnly)
	must(t, os.RemoveAll(p.anchor))
	for range 2 {
		plan := p.decides(p.plan(b, note), restore.Refuse)
		if !strings.Contains(plan.Decision.Why, "the log's own store is damaged and ends at size 9") {
			t.Errorf("%s", plan.Decision.Why)
		}
		p.witnesses, p.confirmed = []witness.Answer{{URL: "https://w1", Size: 7}}, true
	}
}
