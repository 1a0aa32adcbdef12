package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A claimFolder has the example of docs/spec/claims.md as files.
type claimFolder struct {
	t       *testing.T
	dir     string
	genesis string
}

func newClaimFolder(t *testing.T) claimFolder {
	page := specBlocks(t, "claims.md")
	f := claimFolder{t, t.TempDir(), strings.TrimSpace(page["genesis"])}
	for _, name := range []string{"file", "receipt", "staple-still", "staple-ended"} {
		f.write(name, strings.TrimSuffix(page[name], "\n"))
	}
	f.write("policy", page["policy"])
	return f
}

func (f claimFolder) path(name string) string { return filepath.Join(f.dir, name) }

func (f claimFolder) write(name, text string) string {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return f.path(name)
}

// args are those of every run, without a clock.
func (f claimFolder) args(more ...string) []string {
	return append([]string{filepath.Join("js", "verify.mjs"), "--policy", f.path("policy"), "--genesis", f.genesis, "--no-clock"}, more...)
}

// TestJSVerifyMoment runs the command on the example of docs/spec/claims.md.
func TestJSVerifyMoment(t *testing.T) {
	node, f := nodeProgram(t), newClaimFolder(t)
	both := []string{"--receipt", f.path("receipt"), "--doc", "contracts/1", "--staple", f.path("staple-ended"), "--staple", f.path("staple-still")}
	altered := f.write("altered", strings.Replace(specBlocks(t, "claims.md")["staple-still"], "index 8", "index 7", 1))
	for _, c := range []struct {
		name string
		args []string
		exit int
		want string
	}{
		{"proven", append(both, "--at", "2026-11-10T14:05:14.000Z"), 0, "IN FORCE at 2026-11-10T14:05:14.000Z: proven"},
		{"refuted", append(both, "--at", "2026-11-10T14:07:14Z"), 10, "NOT IN FORCE at 2026-11-10T14:07:14.000Z: refuted"},
		{"the log's clock", append(both, "--at", "2026-11-10T14:05:13.999Z"), 0, "log clock only"},
		{"at a size", append(both, "--as-of", "9"), 0, "IN FORCE at size 9: proven"},
		{"at the size of its end", append(both, "--as-of", "10"), 10, "NOT IN FORCE at size 10: refuted"},
		{"unknown", append(both[:4:4], "--as-of", "100"), 20, "UNKNOWN whether in force at size 100: none"},
		{"as JSON", append(both, "--as-of", "9", "--json"), 0, `"inForce":{"size":9,"answer":"yes","log":"yes","known":"proven"`},
		{"no moment", both, 10, "WAS AUTHORITATIVE"},
		{"an altered staple", append(both, "--staple", altered, "--as-of", "9"), 40, "INVALID: form"},
		{"two moments", append(both, "--as-of", "9", "--at", "2026-11-10T14:07:14Z"), 2, "not both"},
		{"size 0", append(both, "--as-of", "0"), 2, "size from 1"},
		{"no time", append(both, "--at", "yesterday"), 2, "--at is a time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if out, exit := run(t, time.Minute, node, f.args(append([]string{f.path("file")}, c.args...)...)...); exit != c.exit || !strings.Contains(out, c.want) {
				t.Errorf("exit %d, want %d with %q:\n%s", exit, c.exit, c.want, out)
			}
		})
	}
}

// TestJSVerifyAbsence runs the command on vectors of absence.
func TestJSVerifyAbsence(t *testing.T) {
	node, f := nodeProgram(t), newClaimFolder(t)
	for _, v := range readVectors(t, "absence.jsonl") {
		if v.text("comment") == "no such document" {
			f.write("document", v.text("staple"))
			f.write("policy", v.text("policy"))
			f.genesis = v.text("genesis")
		}
		if v.text("comment") == "never released: it was" {
			f.write("digest", v.text("staple"))
		}
	}
	document, digest := f.path("document"), f.path("digest")
	for _, c := range []struct {
		name string
		args []string
		exit int
		want string
	}{
		{"no such document", []string{"--absent", "contracts/9", "--staple", document}, 0, "PROVEN: no such document"},
		{"of another document", []string{"--absent", "contracts/8", "--staple", document}, 20, "UNKNOWN: no such document"},
		{"too old, without a clock", []string{"--absent", "contracts/9", "--staple", document, "--max-age", "60"}, 0, "PROVEN"},
		{"never released", []string{f.path("file"), "--never-released", "--staple", digest}, 10, "NOT SO: never released"},
		{"as JSON", []string{f.path("file"), "--never-released", "--staple", digest, "--json"}, 10, `"claim":"never released","id":"sha256:7692c3`},
		{"no staple", []string{f.path("file"), "--never-released", "--staple", f.path("file")}, 40, "INVALID: never released: form"},
		{"two claims", []string{"--absent", "contracts/9", "--never-released", "--staple", document}, 2, "not both"},
		{"a claim and a receipt", []string{f.path("file"), "--never-released", "--receipt", document, "--staple", digest}, 2, "without --receipt"},
		{"a claim and no staple", []string{"--absent", "contracts/9"}, 2, "one --staple"},
		{"a file and a document", []string{f.path("file"), "--absent", "contracts/9", "--staple", document}, 2, "name one file"},
		{"no document id", []string{"--absent", "contracts//9", "--staple", document}, 2, "no document id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if out, exit := run(t, time.Minute, node, f.args(c.args...)...); exit != c.exit || !strings.Contains(out, c.want) {
				t.Errorf("exit %d, want %d with %q:\n%s", exit, c.exit, c.want, out)
			}
		})
	}
	aged := []string{filepath.Join("js", "verify.mjs"), "--policy", f.path("policy"), "--genesis", f.genesis, "--absent", "contracts/9", "--staple", document}
	if out, exit := run(t, time.Minute, node, append(aged, "--max-age", "60", "--now", "2026-12-01T00:00:00Z", "--json")...); exit != 12 || !strings.Contains(out, `"answer":"yes"`) {
		t.Errorf("too old: exit %d\n%s", exit, out)
	}
}
