package interop

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sigstore/sigstore/pkg/cryptoutils"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

// A docket is the docket program, in a folder of its own.
type docket struct {
	t       *testing.T
	program string
	folder  string
}

func newDocket(t *testing.T) *docket {
	t.Helper()
	d := &docket{t: t, program: filepath.Join(t.TempDir(), "docket"), folder: t.TempDir()}
	goCommand(t, "build", "-o", d.program, "github.com/docketlog/docket/cmd/docket")
	for name, text := range map[string]string{"a.txt": "one", "b.txt": "two"} {
		if err := os.WriteFile(filepath.Join(d.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d *docket) path(parts ...string) string {
	return filepath.Join(append([]string{d.folder}, parts...)...)
}

// run runs a command in the folder and demands its exit code.
func (d *docket) run(want int, args ...string) string {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.program, args...)
	cmd.Dir = d.folder
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != want {
		d.t.Fatalf("docket %s: %v, want exit code %d\n%s", strings.Join(args, " "), err, want, out)
	}
	return string(out)
}

// serve starts a server on the dev folder dir, and returns its address and how to stop it.
func (d *docket) serve(dir string) (server string, stop func()) {
	d.t.Helper()
	cmd := exec.Command(d.program, "serve", "--dev", "--no-monitor", "--dir", dir, "--listen", "127.0.0.1:0")
	cmd.Dir = d.folder
	out, err := os.Create(d.path(dir + ".out"))
	if err != nil {
		d.t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	ended := false
	stop = func() {
		if !ended {
			ended = true
			_ = cmd.Process.Signal(os.Interrupt)
			_ = cmd.Wait()
			_ = out.Close()
		}
	}
	d.t.Cleanup(stop)
	for range 300 {
		time.Sleep(100 * time.Millisecond)
		text, err := os.ReadFile(d.path(dir + ".out"))
		if err != nil {
			d.t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if at, ok := strings.CutPrefix(line, "serving on "); ok {
				return strings.TrimSpace(at), stop
			}
		}
	}
	d.t.Fatalf("the server did not come up: %s", out.Name())
	return "", nil
}

// verifies demands the exit code of a program in JavaScript, by the pins of the folder dir.
func (d *docket) verifies(program, file, dir string, exit int, says string, more ...string) {
	d.t.Helper()
	genesis, err := os.ReadFile(d.path(dir, "client", "policy.genesis"))
	if err != nil {
		d.t.Fatal(err)
	}
	args := append([]string{filepath.Join("js", program), file, "--policy", d.path(dir, "client", "policy"), "--genesis", strings.TrimSpace(string(genesis))}, more...)
	if out, got := run(d.t, time.Minute, nodeProgram(d.t), args...); got != exit || !strings.Contains(out, says) {
		d.t.Errorf("%s %s: exit %d, want %d with %q\n%s", program, file, got, exit, says, out)
	}
}

// only is the one file that a pattern matches.
func (d *docket) only(pattern string) string {
	d.t.Helper()
	files, err := filepath.Glob(d.path(pattern))
	if err != nil || len(files) != 1 {
		d.t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	return files[0]
}

// TestJSVerifiesWhatCommandsWrite: a third program re-verifies. Packs of docket pack, and
// the evidence that docket monitor and docket audit wrote against logs that set back,
// fork, and sign a tree that no seal ends, come to the same exit code in JavaScript.
func TestJSVerifiesWhatCommandsWrite(t *testing.T) {
	nodeProgram(t)
	d := newDocket(t)
	server, stop := d.serve("log")
	d.run(0, "release", "a.txt", "--doc", "contracts/1", "--dir", "log")
	d.run(0, "pack", "--document", "contracts/1", "--out", "document.zip", "--dir", "log")
	d.run(0, "pack", "--identity", "wl/dev-pipeline", "--out", "identity.zip", "--dir", "log")
	d.run(0, "pack", "--document", "contracts/9", "--out", "none.zip", "--dir", "log")
	for _, c := range []struct {
		file string
		exit int
		says string
	}{{"document.zip", 0, "AUTHORITATIVE"}, {"identity.zip", 0, "VERIFIED"}, {"none.zip", 20, "UNKNOWN: proven that the log had no document contracts/9"}} {
		d.run(c.exit, "verify", c.file, "--offline", "--dir", "log")
		d.verifies("verify-pack.mjs", d.path(c.file), "log", c.exit, c.says, "--dev")
	}
	d.verifies("verify-pack.mjs", d.path("document.zip"), "log", 11, "quorum none")
	d.unsealed(server)
	stop()
	d.setBack()
}

// unsealed shows docket audit a tree that ends in an entry, signed with the log's key.
func (d *docket) unsealed(server string) {
	d.t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		d.t.Fatal(err)
	}
	note := d.cutNote(server)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/checkpoint" {
			_, _ = w.Write(note)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	defer s.Close()
	copied(d.t, d.path("log", "client", "policy"), d.path("their.policy"))
	copied(d.t, d.path("log", "client", "policy.genesis"), d.path("their.policy.genesis"))
	d.run(30, "audit", "--policy", "their.policy", "--server", s.URL, "--state", "audit")
	found := d.only(filepath.Join("audit", "evidence", "*.json"))
	d.run(30, "verify-evidence", found, "--policy", "their.policy")
	d.verifies("verify-evidence.mjs", found, "log", 30, "CONTRADICTED: seal")
}

func copied(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// cutNote signs, with the key in the folder of the log, its tree without the last seal.
func (d *docket) cutNote(server string) []byte {
	d.t.Helper()
	vkey, private := d.logKey()
	response, err := http.Get(server + "/checkpoint")
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	honest, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	cp, _, err := proofs.OpenCheckpoint(honest, []proofs.VerifierKey{vkey})
	if err != nil {
		d.t.Fatal(err)
	}
	c := &client.Client{Server: server, Verifier: proofs.Verifier{Policy: policyOf(d.t, vkey)}, Memory: &client.Memory{}}
	tree, err := c.Tree(honest)
	if err != nil {
		d.t.Fatal(err)
	}
	if cp.Root, _, err = tree.Consistency(context.Background(), cp.Size-1); err != nil {
		d.t.Fatal(err)
	}
	cp.Size--
	line, err := proofs.SignLogLine(cp.Origin, func(m []byte) ([]byte, error) { return ed25519.Sign(private, m), nil }, vkey, cp.Marshal())
	if err != nil {
		d.t.Fatal(err)
	}
	return append(append(cp.Marshal(), '\n'), line...)
}

func policyOf(t *testing.T, key proofs.VerifierKey) *proofs.Policy {
	t.Helper()
	p, err := proofs.ParsePolicy([]byte(fmt.Sprintf("log %s\nquorum none\n", key)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (d *docket) logKey() (proofs.VerifierKey, ed25519.PrivateKey) {
	d.t.Helper()
	read := func(name string) []byte {
		b, err := os.ReadFile(d.path("log", "log", name))
		if err != nil {
			d.t.Fatal(err)
		}
		return b
	}
	vkey, err := proofs.ParseVerifierKey(strings.TrimSpace(string(read("log.vkey"))))
	if err != nil {
		d.t.Fatal(err)
	}
	password := []byte(strings.TrimSpace(string(read("key-password"))))
	key, err := cryptoutils.UnmarshalPEMToPrivateKey(read("log.key"), cryptoutils.StaticPasswordFunc(password))
	if err != nil {
		d.t.Fatal(err)
	}
	return vkey, key.(ed25519.PrivateKey)
}

// setBack restores an old copy of the log, which then signs another history.
func (d *docket) setBack() {
	d.t.Helper()
	if err := os.CopyFS(d.path("restored"), os.DirFS(d.path("log"))); err != nil {
		d.t.Fatal(err)
	}
	_, stop := d.serve("log")
	d.run(0, "release", "b.txt", "--doc", "contracts/2", "--dir", "log")
	d.run(0, "monitor", "--once", "--dir", "log")
	stop()
	_, stop = d.serve("restored")
	copied(d.t, d.path("restored", "client", "config.json"), d.path("log", "client", "config.json"))
	d.run(20, "monitor", "--once", "--dir", "log")
	rollback := d.only(filepath.Join("log", "monitor", "evidence", "rollback-*.json"))
	d.run(20, "verify-evidence", rollback, "--dir", "log")
	d.verifies("verify-evidence.mjs", rollback, "log", 20, "UNPROVEN: no proof")
	for _, document := range []string{"contracts/3", "contracts/4"} {
		d.run(0, "release", "a.txt", "--doc", document, "--dir", "restored")
	}
	d.run(30, "monitor", "--once", "--dir", "log")
	fork := d.only(filepath.Join("log", "monitor", "evidence", "fork-*.json"))
	d.run(30, "verify-evidence", fork, "--dir", "log")
	d.verifies("verify-evidence.mjs", fork, "log", 30, "CONTRADICTED: other prefix")
	stop()
}
