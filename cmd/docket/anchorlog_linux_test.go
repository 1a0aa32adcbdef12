package main

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/proofs"
)

// secondLog serves a docket in whose client folder svc/first may sign, and returns the
// folder and the server.
func secondLog(t *testing.T, base string) (folders, *service) {
	t.Helper()
	f := folders{dir: filepath.Join(base, "second")}
	mustDocket(t, "init", "--dir", f.dir, "--origin", "second.example", "--direct", "x/")
	s, err := serve(t, "--dir", f.dir, "--no-monitor")
	if err != nil {
		t.Fatal(err)
	}
	pointTo(t, f, s.url)
	mustDocket(t, "identity", "enroll", "svc/first", "--dir", f.dir, "--owner", "team-first")
	return f, s
}

// pointTo tells a client where its server is.
func pointTo(t *testing.T, f folders, url string) {
	t.Helper()
	config, err := f.clientConfig()
	if err != nil {
		t.Fatal(err)
	}
	config.Server = url
	if err := writeConfig(filepath.Join(f.client(), "config.json"), config); err != nil {
		t.Fatal(err)
	}
}

// recorded is the newest checkpoint of the first log on record in the second one.
func recorded(t *testing.T, second folders) proofs.TreeHead {
	t.Helper()
	c, _, err := second.newClient("")
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := c.LastSigned(t.Context(), "svc/first")
	if err != nil || s == nil {
		t.Fatalf("nothing is on record: %v", err)
	}
	head, err := proofs.ObservedCheckpoint(devOrigin, s)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// Store and anchor go back in time together, and no witness is asked: the second log
// alone knows, and nothing is signed.
func TestSecondLogStopsAnOldCopy(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	second, there := secondLog(t, base)
	first := folders{dir: filepath.Join(base, "first")}
	flags := []string{"--dev", "--no-monitor", "--anchor-log", second.dir, "--anchor-log-as", "svc/first", "--anchor-log-every", "50ms"}
	run := func(f folders) (*service, error) { return serve(t, append([]string{"--dir", f.dir}, flags...)...) }
	file := func(doc string) string {
		path := filepath.Join(base, doc+".txt")
		if err := os.WriteFile(path, []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	release := func(f folders, doc string) {
		t.Helper()
		awaitHealth(t, serverURLOf(t, f))
		mustDocket(t, "release", file(doc), "--doc", doc, "--dir", f.dir)
	}

	s, err := run(first)
	if err != nil {
		t.Fatal(err)
	}
	release(first, "a")
	s.stop()
	if head := recorded(t, second); head.Size != 8 {
		t.Errorf("size %d is on record, want 8", head.Size)
	}
	old := folders{dir: filepath.Join(base, "old")}
	if out, err := exec.Command("cp", "-r", first.dir, old.dir).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	if s, err = run(first); err != nil {
		t.Fatal(err)
	}
	release(first, "b")
	for end := time.Now().Add(20 * time.Second); recorded(t, second).Size != 10; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("size %d is on record, want 10, while the server runs", recorded(t, second).Size)
		}
	}
	s.stop()
	if !strings.Contains(s.out.String(), "the second log has confirmed") {
		t.Errorf("%s", s.out.String())
	}

	anchored, err := os.ReadFile(filepath.Join(old.anchor(), "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	out := endsIn(t, run, old)
	for _, want := range []string{"the second log second.example: the store is behind its anchor: size 10 is on record as signed, 8 is the newest here", "Nothing was signed"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in: %s", want, out)
		}
	}
	if now, err := os.ReadFile(filepath.Join(old.anchor(), "checkpoint")); err != nil || !bytes.Equal(now, anchored) {
		t.Errorf("the anchor moved: %v\n%s", err, now)
	}

	// Without the second log it shows what it has, and takes nothing.
	there.stop()
	if s, err = run(first); err != nil {
		t.Fatal(err)
	}
	if out, err := runDocket("release", file("refused"), "--doc", "refused", "--dir", first.dir); err == nil || !strings.Contains(out, "unconfirmed: ") {
		t.Errorf("a release that nobody confirmed: %v %s", err, out)
	}
	mustDocket(t, "checkpoint", "get", "--dir", first.dir)
	if there, err = serve(t, "--dir", second.dir, "--no-monitor", "--listen", strings.TrimPrefix(there.url, "http://")); err != nil {
		t.Fatal(err)
	}
	release(first, "c")
	// It goes away while the log runs: that is no matter for submissions.
	there.stop()
	release(first, "d")
	s.stop()
	if !strings.Contains(s.out.String(), "the last checkpoint did not come into the second log") {
		t.Errorf("%s", s.out.String())
	}
}

func serverURLOf(t *testing.T, f folders) string {
	t.Helper()
	config, err := f.clientConfig()
	if err != nil {
		t.Fatal(err)
	}
	return config.Server
}

// awaitHealth waits until a server admits statements.
func awaitHealth(t *testing.T, url string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		response, err := http.Get(url + "/healthz")
		if err != nil {
			continue
		}
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return
		}
	}
	t.Fatalf("%s does not admit statements", url)
}

// endsIn demands that a server ends by itself on a doubt, and returns what it said.
func endsIn(t *testing.T, run func(folders) (*service, error), f folders) string {
	t.Helper()
	s, err := run(f)
	if err != nil {
		return err.Error() // before it served
	}
	if !s.ended(30 * time.Second) {
		t.Fatalf("it goes on: %s", s.out.String())
	}
	if s.cmd.ProcessState.ExitCode() != 70 {
		t.Errorf("exit code %d: %s", s.cmd.ProcessState.ExitCode(), s.out.String())
	}
	return s.out.String()
}
