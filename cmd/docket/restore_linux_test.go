package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
)

// A backup of a log that takes statements all the time: the copy is whole, and a
// server that shows it elsewhere has every release that was answered for before, at
// its index, under checkpoints that continue those of the receipts.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	f, backups := initLog(t, base), filepath.Join(base, "backups")
	if err := os.Mkdir(backups, 0o700); err != nil {
		t.Fatal(err)
	}
	server, err := serve(t, "--dir", f.dir, "--no-monitor", "--backups", backups)
	if err != nil {
		t.Fatal(err)
	}
	s := newSubmitter(t, f)
	if err := s.submit(t.Context(), server.url, 20); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	flooded := make(chan error, 1)
	go func() { flooded <- s.flood(ctx, server.url, 4, 5) }()
	for len(s.kept()) < 100 {
		time.Sleep(5 * time.Millisecond)
	}
	before := s.kept()
	var made client.Backup
	if err := json.Unmarshal([]byte(mustDocket(t, "backup", "--dir", f.dir, "--server", server.url, "--json")), &made); err != nil {
		t.Fatal(err)
	}
	after := s.kept()
	cancel()
	<-flooded
	if err := s.submit(t.Context(), server.url, 1); err != nil { // something is lost for sure
		t.Fatal(err)
	}
	server.stop()
	if made.Size < newest(before).size || len(after) < len(before) {
		t.Errorf("a backup of size %d, %d was answered before", made.Size, newest(before).size)
	}
	folder := filepath.Join(backups, made.Folder)
	mustDocket(t, "backup", "verify", folder, "--replay")

	other, plan := folders{dir: filepath.Join(base, "other")}, filepath.Join(base, "plan")
	if out := mustDocket(t, "restore", "plan", "--from", folder, "--dir", other.dir, "--anchor", f.anchor(), "--out", plan); !strings.Contains(out, "decision: read-only") {
		t.Fatalf("%s", out)
	}
	mustDocket(t, "restore", "run", "--plan", plan, "--confirm", "log.example.com")
	shown, err := serve(t, "--dir", other.dir, "--read-only")
	if err != nil {
		t.Fatal(err)
	}
	c := s.client(shown.url)
	c.Memory = &client.Memory{Path: filepath.Join(base, "seen")}
	if err := client.WriteFile(c.Memory.Path, newest(before).note, 0o600); err != nil {
		t.Fatal(err)
	}
	if cp, _, err := c.Checkpoint(t.Context()); err != nil || cp.Size != made.Size {
		t.Errorf("size %d is shown, the backup is of size %d: %v", cp.Size, made.Size, err)
	}
	for _, a := range before {
		if r, err := s.client(shown.url).Receipt(t.Context(), a.digest); err != nil || r.Index != a.index {
			t.Fatalf("entry %d: %v", a.index, err)
		}
	}
	if err := s.submit(t.Context(), shown.url, 1); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a submission: %v", err)
	}
	shown.stop()
}

// Store and anchor are of one age: the witness alone knows that the backup is too old.
// Of the newest backup it says that it is the newest; once it is away, the same plan is
// not run.
func TestRestoreAsksAWitness(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	f, backups, plan := initLog(t, base), filepath.Join(base, "backups"), func(name string) string { return filepath.Join(base, name) }
	if err := os.Mkdir(backups, 0o700); err != nil {
		t.Fatal(err)
	}
	policy, w := oneWitness(t, f, base)
	s := newSubmitter(t, f)
	run := func() {
		t.Helper()
		log, err := serve(t, "--dir", f.dir, "--no-monitor", "--witnesses", policy)
		if err != nil {
			t.Fatal(err)
		}
		awaitHealth(t, log.url)
		envelopes, err := s.next(1)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.client(log.url).SubmitFinal(t.Context(), envelopes[0]); err != nil {
			t.Fatal(err)
		}
		log.stop()
	}
	backup := func() string {
		t.Helper()
		var made client.Backup
		if err := json.Unmarshal([]byte(mustDocket(t, "backup", "--dir", f.dir, "--to", backups, "--json")), &made); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(backups, made.Folder)
	}
	run()
	older := backup()
	anchored, err := os.ReadFile(filepath.Join(f.anchor(), "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	run()
	newer := backup()

	kept, err := os.ReadFile(filepath.Join(f.anchor(), "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{os.Rename(f.store(), f.store()+".away"), os.WriteFile(filepath.Join(f.anchor(), "checkpoint"), anchored, 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	out := mustDocket(t, "restore", "plan", "--from", older, "--dir", f.dir, "--policy", policy, "--out", plan("old"))
	for _, want := range []string{"decision: read-only", "witness    ahead, size 10.", "lost: entries 8 to 9, 2 of them", "says that it cosigned size 10. It signs nothing about that"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	// The anchor alone, of the same age, would have let it go on.
	if out := mustDocket(t, "restore", "plan", "--from", older, "--dir", f.dir, "--out", plan("alone")); !strings.Contains(out, "decision: go-on") {
		t.Errorf("%s", out)
	}

	if err := os.WriteFile(filepath.Join(f.anchor(), "checkpoint"), kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := mustDocket(t, "restore", "plan", "--from", newer, "--dir", f.dir, "--policy", policy, "--out", plan("new")); !strings.Contains(out, "decision: go-on") || !strings.Contains(out, "confirmed: true") {
		t.Errorf("%s", out)
	}
	address := strings.TrimPrefix(w.url, "http://")
	w.kill()
	if out, err := runDocket("restore", "run", "--plan", plan("new"), "--confirm", "log.example.com"); err == nil || !strings.Contains(out, "this has changed since the plan was made") {
		t.Errorf("%v %s", err, out)
	}
	if out, err := runDocket("restore", "plan", "--from", newer, "--dir", f.dir, "--policy", policy, "--out", plan("away")); err == nil || !strings.Contains(out, "too few witnesses") {
		t.Errorf("%v %s", err, out)
	}
	if _, err := start(t, exec.Command("docket", "witness", "serve", "--dir", filepath.Join(base, "w1"), "--listen", address)); err != nil {
		t.Fatal(err)
	}
	mustDocket(t, "restore", "run", "--plan", plan("new"), "--confirm", "log.example.com")
	mustDocket(t, "fsck", "--dir", f.dir)
	run()
}

// oneWitness serves a witness of a log, and returns a policy whose quorum it is.
func oneWitness(t *testing.T, f folders, base string) (policy string, w *service) {
	t.Helper()
	vkey, err := os.ReadFile(filepath.Join(f.log(), "log.vkey"))
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(base, "w1")
	mustDocket(t, "witness", "init", "--dir", home, "--name", "witness.example/w1", "--log", string(vkey))
	if w, err = start(t, exec.Command("docket", "witness", "serve", "--dir", home, "--listen", "127.0.0.1:0")); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(home, "witness", "vkeys"))
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Appendf(nil, "log %switness w1 %s %s\nquorum w1\n", vkey, bytes.TrimSpace(key), w.url)
	policy = filepath.Join(base, "policy")
	for _, path := range []string{policy, f.policy()} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return policy, w
}
