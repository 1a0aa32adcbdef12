package interop

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/docs/vectors"
)

// The verifier in folder js is written from docs/spec and shares no code with
// package proofs: what both say of the same bytes is what the specification says.

// nodeProgram returns the path of Node.js 18 or later, or skips the test.
func nodeProgram(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		t.Skip("the verifier in JavaScript is not run: node is not installed (apt-get install nodejs)")
	}
	out, err := exec.Command(path, "--version").Output()
	major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), ".")
	if n, parseErr := strconv.Atoi(major); err != nil || parseErr != nil || n < 18 {
		t.Skipf("the verifier in JavaScript is not run: node %s, 18 or later is needed", bytes.TrimSpace(out))
	}
	return path
}

// TestJSVectors: the verifier in JavaScript passes every vector that the module has.
func TestJSVectors(t *testing.T) {
	node := nodeProgram(t)
	folder, count := t.TempDir(), 0
	files, err := fs.Glob(vectors.Files, "*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal("the module has no vectors")
	}
	for _, name := range files {
		b, err := vectors.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		count += bytes.Count(b, []byte("\n"))
		if err := os.WriteFile(filepath.Join(folder, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, exit := run(t, 2*time.Minute, node, filepath.Join("js", "vectors.mjs"), folder)
	t.Log(out)
	if want := fmt.Sprintf("%d vectors, 0 failed, ", count); exit != 0 || !strings.Contains(out, want) {
		t.Errorf("exit %d, want %q", exit, want)
	}
	// A runner that takes all would pass too: a vector that says otherwise must fail.
	for name, change := range map[string][2]string{
		"merkle":  {`"result":"accept"`, `"result":"refuse"`},
		"receipt": {`"level":"L2"`, `"level":"L1"`},
		"moment":  {`"known":"proven"`, `"known":"refuted"`},
		"absence": {`"answer":"yes"`, `"answer":"no"`},
		"record":  {`"closed":true`, `"closed":false`},

		"evidence": {`"code":"two roots"`, `"code":"no proof"`},
		"pack":     {`"statements":13`, `"statements":12`},
	} {
		b, err := vectors.Files.ReadFile(name + ".jsonl")
		if err != nil || !bytes.Contains(b, []byte(change[0])) {
			t.Fatalf("%s has no %s: %v", name, change[0], err)
		}
		b = bytes.Replace(b, []byte(change[0]), []byte(change[1]), 1)
		if err := os.WriteFile(filepath.Join(folder, name+".jsonl"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, exit := run(t, 2*time.Minute, node, filepath.Join("js", "vectors.mjs"), folder, name); exit != 1 || !strings.Contains(out, " vectors, 1 failed, ") {
			t.Errorf("a wrong vector of %s passes: exit %d", name, exit)
		}
	}
}

// TestJSFlips: no altered byte of a receipt, and no value of another type, gives
// another verdict than INVALID; none of a staple or a history an answer that says more.
func TestJSFlips(t *testing.T) {
	out, exit := run(t, 5*time.Minute, nodeProgram(t), filepath.Join("js", "flips.mjs"), "5")
	if exit != 0 || !strings.Contains(out, " altered receipts, staples and histories, 0 not refused") {
		t.Errorf("exit %d: %s", exit, out)
	}
}

// specBlocks are the fenced blocks of a page, by what stands after the fence.
func specBlocks(t *testing.T, page string) map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "docs", "spec", page))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	blocks, name, inside := make(map[string]string), "", false
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if line, fence := strings.CutPrefix(s.Text(), "```"); fence {
			name, inside = line, !inside
		} else if inside {
			blocks[name] += s.Text() + "\n"
		}
	}
	return blocks
}

// TestJSVerify runs the command line on the example of docs/spec/receipt.md.
func TestJSVerify(t *testing.T) {
	node := nodeProgram(t)
	page := specBlocks(t, "receipt.md")
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := strings.TrimSuffix(page["receipt"], "\n")
	file, other := write("file", strings.TrimSuffix(page["file"], "\n")), write("other", "three")
	policy, receipt := write("policy", page["policy"]), write("file.docket", text)
	none := write("none", strings.SplitAfter(page["policy"], "\n")[0]+"quorum none\n")
	altered := write("altered.docket", strings.Replace(text, `"index":6`, `"index":5`, 1))
	genesis := strings.TrimSpace(page["genesis"])
	args := func(file, receipt, policy string, more ...string) []string {
		return append([]string{filepath.Join("js", "verify.mjs"), file, "--receipt", receipt, "--policy", policy, "--genesis", genesis}, more...)
	}
	at := []string{"--now", "2026-11-10T14:05:20Z", "--max-age", "86400"}
	for _, c := range []struct {
		name string
		args []string
		exit int
		want string
	}{
		{"current", args(file, receipt, policy, append(at, "--doc", "contracts/1")...), 0, "AUTHORITATIVE: version 2 of contracts/1"},
		{"in a namespace", args(file, receipt, policy, append(at, "--namespace", "contracts/")...), 0, "AUTHORITATIVE"},
		{"as JSON", args(file, receipt, policy, append(at, "--doc", "contracts/1", "--json")...), 0, `"verdict":"AUTHORITATIVE","exit":0`},
		{"another document", args(file, receipt, policy, append(at, "--doc", "contracts/2")...), 12, "AUTHORITATIVE"},
		{"too old", args(file, receipt, policy, "--now", "2026-11-12T14:05:20Z", "--max-age", "86400", "--doc", "contracts/1"), 12, "older than"},
		{"quorum none", args(file, receipt, none, append(at, "--doc", "contracts/1")...), 11, "level L0"},
		{"another file", args(other, receipt, policy, at...), 20, "UNKNOWN"},
		{"altered", args(file, altered, policy, at...), 40, "INVALID"},
		{"no receipt at all", args(file, policy, policy, at...), 40, "INVALID: form"},
		{"another genesis", []string{filepath.Join("js", "verify.mjs"), file, "--receipt", receipt, "--policy", policy, "--genesis", strings.Repeat("0", 64)}, 40, "INVALID: genesis"},
		{"no such file", args(filepath.Join(folder, "missing"), receipt, policy, at...), 1, "ENOENT"},
		{"no policy", args(file, receipt, receipt, at...), 2, "policy"},
		{"no arguments", []string{filepath.Join("js", "verify.mjs")}, 2, "usage:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if out, exit := run(t, time.Minute, node, c.args...); exit != c.exit || !strings.Contains(out, c.want) {
				t.Errorf("exit %d, want %d with %q:\n%s", exit, c.exit, c.want, out)
			}
		})
	}
}

// TestJSIsSmall: the verifier imports nothing but its own files and Node's modules,
// and its files are small.
func TestJSIsSmall(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("js", "*.mjs"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files")
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(b), "\n") {
			if _, from, ok := strings.Cut(line, " from '"); ok && strings.HasPrefix(line, "import") && !strings.HasPrefix(from, "node:") && !strings.HasPrefix(from, "./") {
				t.Errorf("%s imports %s", path, from)
			}
		}
		if n := bytes.Count(b, []byte("\n")); n > 280 {
			t.Errorf("%s has %d lines", path, n)
		}
	}
}
