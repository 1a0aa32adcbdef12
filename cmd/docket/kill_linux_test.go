package main

import (
	"encoding/json"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestKillUnderLoad kills the server again and again while docket load runs, and
// starts it anew on its port. Load sends what got no answer once more: in the end
// each release is in the log once, and none was refused, though each version names
// the one before.
func TestKillUnderLoad(t *testing.T) {
	t.Parallel()
	f := folders{dir: filepath.Join(t.TempDir(), "docket")}
	server, err := serve(t, "--dev", "--dir", f.dir)
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(server.url[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	load := exec.Command("docket", "load", "--dir", f.dir, "--count", "2000", "--documents", "50", "--clients", "8",
		"--chunk", "500", "--verify", "5", "--json")
	var report, progress output
	load.Stdout, load.Stderr = &report, &progress
	done, err := begin(load)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = load.Process.Kill() })
	for end := time.Now().Add(60 * time.Second); progress.String() == "" && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond) // until the first releases are in
	}
	for range 3 * deep(t) {
		time.Sleep(time.Duration(200+rand.N(400)) * time.Millisecond)
		server.kill()
		if server, err = start(t, exec.Command("docket", "serve", "--dir", f.dir, "--listen", "127.0.0.1:"+port)); err != nil {
			t.Fatal(err)
		}
	}
	if err, ended := await(done, commandLimit); !ended {
		_ = load.Process.Signal(syscall.SIGQUIT) // both say what they wait for
		_ = server.cmd.Process.Signal(syscall.SIGQUIT)
		await(done, killLimit)
		server.ended(killLimit)
		t.Fatalf("load did not end within %s: %s\nserver: %s", commandLimit, progress.String(), server.out.String())
	} else if err != nil {
		t.Fatalf("%v: %s", err, progress.String())
	}
	var r loadReport
	if err := json.Unmarshal([]byte(report.String()), &r); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d admitted, %d duplicates, %d tries without an answer", r.Admitted, r.Duplicates, r.Broken)
	if r.Admitted+r.Duplicates != r.Count || r.Broken == 0 || r.Verified == 0 {
		t.Errorf("%s", report.String())
	}
	server.stop()
	mustDocket(t, "fsck", "--dir", f.dir, "--replay")
}
