package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs"
)

// A witnessed is a log that asks one witness, each a process of its own.
type witnessed struct {
	t        *testing.T
	dir      string
	f        folders
	vkey     string // line of the log's policy
	log, own *service
}

func newWitnessed(t *testing.T) *witnessed {
	t.Helper()
	w := &witnessed{t: t, dir: t.TempDir()}
	w.f = folders{dir: filepath.Join(w.dir, "docket")}
	mustDocket(t, "init", "--dir", w.f.dir, "--origin", "log.example.com", "--direct", "*")
	vkey, err := os.ReadFile(filepath.Join(w.f.log(), "log.vkey"))
	if err != nil {
		t.Fatal(err)
	}
	w.vkey = string(vkey)
	mustDocket(t, "witness", "init", "--dir", w.dir, "--name", "witness.example/w1", "--log", w.vkey)
	w.witness("127.0.0.1:0")
	return w
}

// witness starts the witness, or starts it again where it was.
func (w *witnessed) witness(listen string) {
	w.t.Helper()
	if w.own != nil {
		listen = strings.TrimPrefix(w.own.url, "http://")
		w.own.stop()
	}
	var err error
	if w.own, err = start(w.t, exec.Command("docket", "witness", "serve", "--dir", w.dir, "--listen", listen)); err != nil {
		w.t.Fatal(err)
	}
}

// keys are the witness's verifier keys.
func (w *witnessed) keys() []string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "witness", "vkeys"))
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// policy writes a policy that demands any of the keys, with the pin of the log.
func (w *witnessed) policy(name string, keys ...string) string {
	w.t.Helper()
	text, members := "log "+w.vkey, ""
	for i, key := range keys {
		text += fmt.Sprintf("witness k%d %s %s\n", i, key, w.own.url)
		members += fmt.Sprintf(" k%d", i)
	}
	genesis, err := os.ReadFile(w.f.policy() + ".genesis")
	if err != nil {
		w.t.Fatal(err)
	}
	path := filepath.Join(w.dir, name+".policy")
	for file, text := range map[string]string{path: text + "group w1 any" + members + "\nquorum w1\n", path + ".genesis": string(genesis)} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	return path
}

// serve starts the log with the witnesses of a policy, which is its client's too.
func (w *witnessed) serve(policy string) {
	w.t.Helper()
	if w.log != nil {
		w.log.stop()
	}
	text, err := os.ReadFile(policy)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.f.policy(), text, 0o600); err != nil {
		w.t.Fatal(err)
	}
	if w.log, err = serve(w.t, "--dir", w.f.dir, "--witnesses", policy, "--no-monitor"); err != nil {
		w.t.Fatal(err)
	}
}

// release makes a file, releases it, and returns it with its final receipt beside it.
func (w *witnessed) release(name string) string {
	w.t.Helper()
	file := filepath.Join(w.dir, name+".txt")
	if err := os.WriteFile(file, []byte(name), 0o600); err != nil {
		w.t.Fatal(err)
	}
	mustDocket(w.t, "release", file, "--doc", "files/"+name, "--dir", w.f.dir, "--server", w.log.url, "--wait", "final")
	return file
}

// verify demands an exit code of docket verify under a policy.
func (w *witnessed) verify(file, policy string, want int) {
	w.t.Helper()
	cmd := exec.Command("docket", "verify", file, "--policy", policy, "--doc", "files/"+strings.TrimSuffix(filepath.Base(file), ".txt"))
	if out, _ := capture(cmd); cmd.ProcessState.ExitCode() != want {
		w.t.Errorf("%s under %s: exit code %d, want %d: %s", filepath.Base(file), filepath.Base(policy), cmd.ProcessState.ExitCode(), want, out)
	}
}

// A witness changes its key while its log goes on: receipts of all times verify under
// the policies that name a key which signed them, and its memory is one for both.
func TestWitnessKeyRotation(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t)
	first := w.keys()[0]
	before := w.policy("old", first)
	w.serve(before)
	a := w.release("a")

	printed := mustDocket(t, "witness", "key", "add", "--dir", w.dir)
	keys := w.keys()
	if len(keys) != 2 || keys[0] != first || !strings.HasSuffix(strings.TrimSpace(printed), keys[1]) {
		t.Fatalf("%q; printed %s", keys, printed)
	}
	w.witness("")
	b0 := w.release("b0") // the log's policy has the old key alone: nothing changes for it
	both, after := w.policy("both", keys...), w.policy("new", keys[1])
	w.serve(both)
	b := w.release("b")

	w.serve(after)
	if out := mustFail(t, "witness", "key", "remove", "--dir", w.dir, keys[1]+"A"); !strings.Contains(out, "verifier key") {
		t.Errorf("half a key: %s", out)
	}
	mustDocket(t, "witness", "key", "remove", "--dir", w.dir, first)
	w.witness("")
	c := w.release("c")
	for file, want := range map[string][3]int{ // under the old key, any of both, the new one
		a: {0, 0, proofs.ExitCosigners}, b0: {0, 0, proofs.ExitCosigners}, b: {0, 0, 0}, c: {proofs.ExitCosigners, 0, 0},
	} {
		for i, policy := range []string{before, both, after} {
			w.verify(file, policy, want[i])
		}
	}
	var warned struct{ Tolerates int }
	cmd := exec.Command("docket", "verify", b, "--policy", both, "--doc", "files/b", "--json")
	out, err := capture(cmd)
	if err != nil || json.Unmarshal([]byte(out), &warned) != nil || warned.Tolerates != 0 {
		t.Errorf("two keys of one witness are one witness: %v, %s", err, out)
	}
	for _, gone := range []string{first, keys[1]} { // not there any more; the only one
		if out := mustFail(t, "witness", "key", "remove", "--dir", w.dir, gone); !strings.Contains(out, "no key") && !strings.Contains(out, "only key") {
			t.Errorf("%s", out)
		}
	}
	files, err := filepath.Glob(filepath.Join(w.dir, "witness", "key.*"))
	if err != nil || len(files) != 1 {
		t.Errorf("private keys: %v, %v", files, err)
	}
}
