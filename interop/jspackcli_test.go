package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestJSPackAndEvidenceCommands runs both commands on vectors, and with wrong arguments.
func TestJSPackAndEvidenceCommands(t *testing.T) {
	node, folder := nodeProgram(t), t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	packed, found := readVectors(t, "pack.jsonl")[0], readVectors(t, "evidence.jsonl")[0]
	zip := write("run.zip", string(zipped(filesIn(packed))))
	cut := write("cut.zip", string(zipped(filesIn(packed))[1:]))
	fork, policy := write("fork.json", found.text("evidence")), write("policy", found.text("policy"))
	seen := write("seen", string(filesIn(packed)[1].data))
	pins := []string{"--policy", policy, "--genesis", packed.text("genesis")}
	for _, c := range []struct {
		program string
		args    []string
		exit    int
		want    string
	}{
		{"verify-pack.mjs", append(pins, zip, "--doc", "contracts/9", "--no-clock"), 0, "AUTHORITATIVE"},
		{"verify-pack.mjs", append(pins, zip, "--doc", "contracts/9", "--no-clock", "--seen", seen, "--json"), 0, `"verdict":"AUTHORITATIVE","exit":0`},
		{"verify-pack.mjs", append(pins, zip, "--doc", "contracts/9", "--now", "2026-11-12T00:00:00Z", "--max-age", "3600"), 12, "older than"},
		{"verify-pack.mjs", append(pins, zip, "--no-clock"), 12, "not expected"},
		{"verify-pack.mjs", append(pins, cut), 40, "INVALID: container"},
		{"verify-pack.mjs", append(pins, fork), 40, "INVALID: container"},
		{"verify-pack.mjs", append(pins, zip, "--now", "yesterday"), 2, "usage:"},
		{"verify-pack.mjs", append(pins, filepath.Join(folder, "missing.zip")), 1, "ENOENT"},
		{"verify-pack.mjs", []string{zip}, 2, "--policy is missing"},
		{"verify-evidence.mjs", append(pins, fork), 30, "CONTRADICTED: two roots"},
		{"verify-evidence.mjs", append(pins, fork, "--json"), 30, `"verdict":"CONTRADICTED","exit":30,"code":"two roots"`},
		{"verify-evidence.mjs", append(pins, zip), 40, "INVALID: form"},
		{"verify-evidence.mjs", []string{fork, "--policy", policy, "--genesis", strings.Repeat("0", 64)}, 40, "INVALID: genesis"},
		{"verify-evidence.mjs", append(pins, fork, "--skew", "-1"), 2, "usage:"},
		{"verify-evidence.mjs", []string{fork, "--policy", fork, "--genesis", packed.text("genesis")}, 2, "policy"},
		{"verify-evidence.mjs", pins, 2, "name one file"},
	} {
		args := append([]string{filepath.Join("js", c.program)}, c.args...)
		if out, exit := run(t, time.Minute, node, args...); exit != c.exit || !strings.Contains(out, c.want) {
			t.Errorf("%s %s: exit %d, want %d with %q\n%s", c.program, strings.Join(c.args, " "), exit, c.exit, c.want, out)
		}
	}
}
