package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// cosign asks a witness for its cosignature of what a log serves now.
func cosign(t *testing.T, witness, server string, old uint64) (status int, body string, size uint64) {
	t.Helper()
	get := func(path string) []byte {
		response, err := http.Get(server + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v: %s", path, response.Status, err, text)
		}
		return text
	}
	request := proofs.AddCheckpoint{Old: old, Note: get("/checkpoint")}
	n, err := proofs.ParseNote(request.Note)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := proofs.ParseCheckpoint(n.Body)
	if err != nil {
		t.Fatal(err)
	}
	if old > 0 && old < cp.Size {
		var proof struct{ Hashes [][]byte }
		if err := json.Unmarshal(get(fmt.Sprintf("/api/v1/consistency/%d/%d", old, cp.Size)), &proof); err != nil {
			t.Fatal(err)
		}
		for _, h := range proof.Hashes {
			request.Proof = append(request.Proof, proofs.Hash(h))
		}
	}
	response, err := http.Post(witness+"/add-checkpoint", "text/plain", bytes.NewReader(request.Marshal()))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text), cp.Size
}

// A witness follows a log, over kill -9, and a log that was set back to an older
// copy and then went on otherwise gets no cosignature: both histories are kept.
func TestWitnessProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, vkey := pinnedLog(t, dir)
	made := mustDocket(t, "witness", "init", "--dir", dir, "--name", "witness.example/w1", "--ml-dsa", "--log", string(vkey))
	if strings.Count(made, "witness.example/w1+") != 2 {
		t.Errorf("init printed %s", made)
	}
	start := func() *service {
		w, err := start(t, exec.Command("docket", "witness", "serve", "--dir", dir, "--listen", "127.0.0.1:0"))
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	log, err := serve(t, "--dir", f.dir)
	if err != nil {
		t.Fatal(err)
	}
	w, s := start(), newSubmitter(t, f)
	status, lines, size := cosign(t, w.url, log.url, 0)
	if status != http.StatusOK || strings.Count(lines, "— witness.example/w1 ") != 2 {
		t.Fatalf("first contact: %d %s", status, lines)
	}
	log.stop()
	backup := folders{dir: filepath.Join(dir, "backup")}
	if err := os.CopyFS(backup.dir, os.DirFS(f.dir)); err != nil {
		t.Fatal(err)
	}
	if log, err = serve(t, "--dir", f.dir); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := s.submit(t.Context(), log.url, 2); err != nil {
			t.Fatal(err)
		}
		w.kill()
		w = start()
		old := size
		if status, lines, size = cosign(t, w.url, log.url, old); status != http.StatusOK {
			t.Fatalf("from %d to %d: %d %s", old, size, status, lines)
		}
	}
	if status, held, _ := cosign(t, w.url, log.url, 1); status != http.StatusConflict || held != fmt.Sprintf("%d\n", size) {
		t.Errorf("from a size that it does not hold: %d %q", status, held)
	}
	log.stop()

	// The whole folder was put back, anchor and all: only a witness can tell.
	second, err := serve(t, "--dir", backup.dir)
	if err != nil {
		t.Fatal(err)
	}
	other := newSubmitter(t, backup)
	for range 4 {
		if err := other.submit(t.Context(), second.url, 2); err != nil {
			t.Fatal(err)
		}
	}
	if status, lines, _ := cosign(t, w.url, second.url, size); status != http.StatusUnprocessableEntity {
		t.Errorf("a second history: %d %s", status, lines)
	}
	kept, err := filepath.Glob(filepath.Join(dir, "witness", "evidence", "*.json"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("evidence: %v, %v", kept, err)
	}
	// Anybody who has the log's key checks it alone: the log's own proof convicts it,
	// unless the witness held a power of two.
	want := proofs.ExitContradicted
	if size&(size-1) == 0 {
		want = proofs.ExitUnknown
	}
	policy := filepath.Join(dir, "policy") // without a pinned genesis
	if err := os.WriteFile(policy, fmt.Appendf(nil, "log %squorum none\n", vkey), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("docket", "verify-evidence", kept[0], "--policy", policy)
	if out, _ := capture(cmd); cmd.ProcessState.ExitCode() != want {
		t.Errorf("exit code %d, want %d: %s", cmd.ProcessState.ExitCode(), want, out)
	}
	for end := time.Now().Add(10 * time.Second); !strings.Contains(w.out.String(), "contradicts what is held"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) { // its lines come through a pipe
			t.Fatalf("the witness says nothing of it: %s", w.out.String())
		}
	}
}

// A log with a quorum of two among three witnesses, each a process of its own: its
// receipts are final, one witness may be away, and a copy of the log that is put
// back, anchor and all, does not sign.
func TestWitnessedLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, vkey := pinnedLog(t, dir)
	policy := fmt.Sprintf("log %s", vkey)
	var witnesses []*service
	for _, name := range []string{"w1", "w2", "w3"} {
		home := filepath.Join(dir, name)
		mustDocket(t, "witness", "init", "--dir", home, "--name", "witness.example/"+name, "--log", string(vkey))
		w, err := start(t, exec.Command("docket", "witness", "serve", "--dir", home, "--listen", "127.0.0.1:0"))
		if err != nil {
			t.Fatal(err)
		}
		witnesses = append(witnesses, w)
		key, err := os.ReadFile(filepath.Join(home, "witness", "vkeys"))
		if err != nil {
			t.Fatal(err)
		}
		policy += fmt.Sprintf("witness %s %s %s\n", name, bytes.TrimSpace(key), w.url)
	}
	file := filepath.Join(dir, "policy")
	if err := os.WriteFile(file, []byte(policy+"group all 2 w1 w2 w3\nquorum all\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.policy(), []byte(policy+"group all 2 w1 w2 w3\nquorum all\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := serve(t, "--dir", f.dir, "--witnesses", file)
	if err != nil {
		t.Fatal(err)
	}
	s := newSubmitter(t, f)
	final := func() {
		t.Helper()
		envelopes, err := s.next(1)
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := s.client(log.url).SubmitFinal(t.Context(), envelopes[0])
		if err != nil {
			t.Fatal(err)
		}
		receipt, content := filepath.Join(dir, "r.docket"), statement.DigestOf(envelopes[0].Payload)
		mustDocket(t, "receipt", "get", content.String(), "--final", "--dir", f.dir, "--server", log.url, "--out", receipt)
		if again, err := os.ReadFile(receipt); err != nil || len(again) < len(r.Marshal())/2 {
			t.Errorf("%d bytes, %v", len(again), err)
		}
	}
	final()
	log.stop()
	backup := filepath.Join(dir, "backup")
	if err := os.CopyFS(backup, os.DirFS(f.dir)); err != nil {
		t.Fatal(err)
	}
	if log, err = serve(t, "--dir", f.dir, "--witnesses", file); err != nil {
		t.Fatal(err)
	}
	final()
	witnesses[0].kill()
	final()
	log.stop()
	alerts := filepath.Join(dir, "alerts.ndjson")
	old, err := serve(t, "--dir", backup, "--witnesses", file, "--no-monitor", "--alert-file", alerts)
	if err != nil {
		t.Fatal(err)
	}
	if !old.ended(20*time.Second) || old.cmd.ProcessState.ExitCode() != exitDoubt || !strings.Contains(old.out.String(), "a witness holds a larger tree") {
		t.Errorf("a copy that was put back: %s", old.out.String())
	}
	demandAlert(t, alerts, backup, "ahead", "unproven")
	if log, err = serve(t, "--dir", f.dir, "--witnesses", file, "--attest-cosigned", "100ms"); err != nil {
		t.Errorf("one of three is away: %v", err)
	}
	final()
	demandAttested(t, f, log, s)
	log.stop()
}

// demandAlert demands an alert AL-15 of a condition in a file of alerts, and what it
// names in the folder of the log.
func demandAlert(t *testing.T, alerts, dir, condition, kind string) (evidence string) {
	t.Helper()
	text, err := os.ReadFile(alerts)
	if err != nil || !strings.Contains(string(text), "AL-15/"+condition) {
		t.Fatalf("want AL-15/%s: %v, %s", condition, err, text)
	}
	kept, err := filepath.Glob(filepath.Join(dir, "log", "evidence", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	answers := 0
	for _, path := range kept {
		if !strings.Contains(string(text), path) {
			t.Errorf("%s is in no alert", path)
		}
		if strings.HasPrefix(filepath.Base(path), "answer-") {
			answers++
		} else if strings.HasPrefix(filepath.Base(path), kind+"-") {
			evidence = path
		}
	}
	if answers == 0 || evidence == "" {
		t.Fatalf("want answers and evidence of the kind %s, have %v", kind, kept)
	}
	return evidence
}

// A log that was put back, and went on without its witnesses, does not start with
// them: it tells of its own second history, under its own signature.
func TestLogTellsOfItsFork(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t)
	policy := w.policy("p", w.keys()...)
	w.serve(policy)
	w.log.stop()
	backup := filepath.Join(w.dir, "backup")
	if err := os.CopyFS(backup, os.DirFS(w.f.dir)); err != nil {
		t.Fatal(err)
	}
	w.log = nil
	w.serve(policy)
	w.release("a")
	w.log.stop()
	second, err := serve(t, "--dir", backup)
	if err != nil {
		t.Fatal(err)
	}
	if err := newSubmitter(t, folders{dir: backup}).submit(t.Context(), second.url, 9); err != nil {
		t.Fatal(err)
	}
	second.stop()
	alerts := filepath.Join(w.dir, "alerts.ndjson")
	if second, err = serve(t, "--dir", backup, "--witnesses", policy, "--alert-file", alerts); err != nil {
		t.Fatal(err)
	}
	if !second.ended(20*time.Second) || second.cmd.ProcessState.ExitCode() != exitDoubt {
		t.Fatalf("it goes on: %s", second.out.String())
	}
	docketCode(t, proofs.ExitContradicted, "CONTRADICTED", "verify-evidence", demandAlert(t, alerts, backup, "fork", "fork"), "--policy", policy)
}

// demandAttested waits until the log attested a cosigned note: the digest of one that
// it keeps, and that meets the quorum.
func demandAttested(t *testing.T, f folders, log *service, s *submitter) {
	t.Helper()
	c := s.client(log.url)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		kept, err := filepath.Glob(filepath.Join(f.cosigned(), "*.checkpoint"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range kept {
			note, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			found, err := c.Search(t.Context(), client.Query{Kind: statement.AttestObserve})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range found.Entries {
				if e.Statement.Subject == sha256.Sum256(note) && strings.Count(string(note), "— witness.example/") >= 2 {
					return
				}
			}
		}
	}
	t.Errorf("no cosigned checkpoint was attested: %s", log.out.String())
}
