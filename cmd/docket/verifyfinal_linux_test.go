package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Cosigners follow a log at a distance. A receipt that they vouch for keeps its verdict
// while the newest tree of the log is not cosigned yet and says the same; what that tree
// says otherwise is said, with the exit code of what fewer cosigners vouch for.
func TestVerifyWhileCosignersFollow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, vkey := pinnedLog(t, dir)
	home := filepath.Join(dir, "w1")
	mustDocket(t, "witness", "init", "--dir", home, "--name", "witness.example/w1", "--log", string(vkey))
	w, err := start(t, exec.Command("docket", "witness", "serve", "--dir", home, "--listen", "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(home, "witness", "vkeys"))
	if err != nil {
		t.Fatal(err)
	}
	policy := fmt.Sprintf("log %switness w1 %s %s\nquorum w1\n", vkey, bytes.TrimSpace(key), w.url)
	asked := filepath.Join(dir, "policy")
	for _, path := range []string{asked, f.policy()} {
		if err := os.WriteFile(path, []byte(policy), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log, err := serve(t, "--dir", f.dir, "--witnesses", asked, "--no-monitor")
	if err != nil {
		t.Fatal(err)
	}
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	release := func(path, document string) {
		t.Helper()
		mustDocket(t, "release", path, "--doc", document, "--dir", f.dir, "--server", log.url)
	}
	one := file("one.txt", "one")
	verify := func(want int, says string, args ...string) {
		t.Helper()
		var out bytes.Buffer
		root, exit := newRoot(), 0
		root.SetOut(&out)
		root.SetArgs(append([]string{"verify", one, "--dir", f.dir, "--doc", "contracts/1"}, args...))
		var verdict *verdictError
		if err := root.ExecuteContext(context.Background()); errors.As(err, &verdict) {
			exit = verdict.code
		} else if err != nil {
			t.Fatal(err)
		}
		if exit != want || !strings.Contains(out.String(), says) {
			t.Errorf("%v: exit %d, want %d and %q\n%s", args, exit, want, says, &out)
		}
	}
	release(one, "contracts/1")
	config, err := f.clientConfig()
	if err != nil {
		t.Fatal(err)
	}
	config.Server = log.url
	if err := writeConfig(filepath.Join(f.client(), "config.json"), config); err != nil {
		t.Fatal(err)
	}
	cosigned := false
	for end := time.Now().Add(20 * time.Second); !cosigned && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		out, err := exec.Command("docket", "staple", "contracts/1", "--final", "--dir", f.dir).CombinedOutput()
		cosigned = err == nil && bytes.Contains(out, []byte("witness.example/w1"))
	}
	if !cosigned {
		t.Fatal("no cosignature")
	}
	verify(0, "AUTHORITATIVE: version 1 of contracts/1")
	w.kill()
	release(file("two.txt", "two"), "contracts/2")
	verify(0, "which fewer cosigners signed than the policy asks: it was not used")
	verify(0, "AUTHORITATIVE: version 1 of contracts/1", "--offline")
	release(file("next.txt", "next"), "contracts/1")
	verify(11, "WAS AUTHORITATIVE: version 1 of contracts/1")
	log.stop()
	verify(11, "WAS AUTHORITATIVE: version 1 of contracts/1", "--offline")
}
