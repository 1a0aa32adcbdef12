// Package docket_test holds the checks that concern the repository as a whole:
// which package may import which, and that the verifier stays free of I/O.
package docket_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/docketlog/docket/"

// A layer says what the packages below one folder may import directly.
type layer struct {
	folder string   // package path below the module; "/..." covers subpackages
	deny   []string // import path prefixes
	only   []string // if set, the non-standard imports that are allowed
	why    string
}

// layers are the import rules of ARCHITECTURE.md. Imports go down only.
var layers = []layer{
	{
		folder: "proofs/...",
		deny:   []string{"os", "net", "net/http", "io/fs", "io/ioutil", "path/filepath", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand", "syscall"},
		only: []string{
			module + "proofs", "golang.org/x/mod/sumdb/note", "github.com/transparency-dev/merkle",
			"github.com/transparency-dev/formats/note", "filippo.io/mldsa",
		},
		why: "the verifier takes bytes and gives verdicts: no I/O, no network, no randomness",
	},
	{
		folder: "proofs/register",
		deny:   []string{module + "proofs/statement", module + "proofs/admission"},
		why:    "the register tree knows states and events, not the statements that cause them",
	},
	{folder: "proofs/statement", deny: []string{module + "proofs/"}, why: "statements stand alone"},
	{folder: "proofs", deny: []string{module + "proofs/admission"}, why: "verifying a receipt needs no fold"},
	{folder: "client/...", deny: []string{module + "log", module + "storage"}, why: "a client talks HTTP and never opens a store"},
	{
		folder: "client/sigstore",
		deny:   []string{"os", "net", "net/http", "io/fs", "path/filepath", "log/slog", "math/rand", "math/rand/v2", "crypto/rand", "syscall", "time"},
		only:   []string{module + "proofs"},
		why:    "an export is a function of the receipt: no I/O, no clock",
	},
	{
		folder: "log",
		deny: []string{
			module + "storage/pebblestore", module + "storage/objectstore", module + "storage/anchor",
			"net/http", "github.com/prometheus/",
		},
		why: "the writer sees stores as interfaces and reports through its events",
	},
	{
		folder: "log/backup",
		deny:   []string{module + "storage/pebblestore", "net/http"},
		why:    "a copy is made and read through interfaces",
	},
	{
		folder: "log/restore",
		deny:   []string{module + "storage/pebblestore", module + "client", "net/http"},
		why:    "what a decision rests on comes through its tools",
	},
	{folder: "storage", only: []string{}, why: "the contracts need no library"},
	{folder: "...", deny: []string{"log"}, why: "the standard logger is banned: use log/slog"},
}

// exclusive lists what only the named packages may import.
var exclusive = map[string][]string{
	"github.com/cockroachdb/pebble":       {"storage/pebblestore"},
	"github.com/sigstore/sigstore":        {"log", "log/logtest", "log/witness", "cmd/docket"},
	"github.com/spf13/cobra":              {"cmd/docket"},
	"github.com/transparency-dev/tessera": {},
}

type goPackage struct {
	ImportPath string
	Imports    []string
	GoFiles    []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,GoFiles", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func (l layer) covers(folder string) bool {
	if l.folder == "..." {
		return true
	}
	base, tree := strings.CutSuffix(l.folder, "/...")
	return folder == base || tree && strings.HasPrefix(folder, base+"/")
}

// denies reports whether the rule forbids the import. A prefix that ends in "/"
// covers what stands below it; any other covers the package and what stands below it.
func (l layer) denies(imported string) bool {
	for _, d := range l.deny {
		if imported == d || strings.HasSuffix(d, "/") && strings.HasPrefix(imported, d) {
			return true
		}
		if strings.Contains(d, ".") && strings.HasPrefix(imported, d+"/") {
			return true
		}
	}
	if l.only == nil || !strings.Contains(strings.Split(imported, "/")[0], ".") {
		return false
	}
	for _, ok := range l.only {
		if imported == ok || strings.HasPrefix(imported, ok+"/") {
			return false
		}
	}
	return true
}

func TestImportsGoDownOnly(t *testing.T) {
	packages := listPackages(t)
	if len(packages) < 5 {
		t.Fatalf("only %d packages listed", len(packages))
	}
	for _, p := range packages {
		folder := strings.TrimPrefix(p.ImportPath, module)
		for _, imported := range p.Imports {
			for _, l := range layers {
				if l.covers(folder) && l.denies(imported) {
					t.Errorf("%s imports %s: %s", folder, imported, l.why)
				}
			}
			for prefix, users := range exclusive {
				if strings.HasPrefix(imported, prefix) && !contains(users, folder) {
					t.Errorf("%s imports %s, which only %v may", folder, imported, users)
				}
			}
		}
	}
}

// TestLayerRulesBite shows that the rules above can fail at all.
func TestLayerRulesBite(t *testing.T) {
	for _, c := range []struct {
		folder, imported string
		denied           bool
	}{
		{"proofs/register", "os", true},
		{"proofs", "github.com/spf13/cobra", true},
		{"proofs", "github.com/transparency-dev/merkle/proof", false},
		{"proofs", module + "proofs/admission", true},
		{"client/monitor", module + "log", true},
		{"client/sigstore", module + "client", true},
		{"client/sigstore", "os", true},
		{"client", module + "log/server", true},
		{"log", module + "storage/pebblestore", true},
		{"log", module + "storage", false},
		{"log/restore", module + "storage/pebblestore", true},
		{"log/restore", module + "storage/anchor", false},
		{"log", "net/http", true},
		{"log/server", "net/http", false},
		{"storage", "github.com/cockroachdb/pebble/v2", true},
		{"cmd/docket", "log", true},
	} {
		denied := false
		for _, l := range layers {
			denied = denied || l.covers(c.folder) && l.denies(c.imported)
		}
		if denied != c.denied {
			t.Errorf("%s imports %s: denied %v, want %v", c.folder, c.imported, denied, c.denied)
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// TestProofsBuildsToWebAssembly keeps the verifier usable in a browser.
func TestProofsBuildsToWebAssembly(t *testing.T) {
	cmd := exec.Command("go", "build", "./proofs/...")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("proofs does not build for js/wasm: %v\n%s", err, out)
	}
}

// TestProofsReadsNoClock looks for calls that an import rule cannot see: the
// verifier may use the time package's types, never its clock.
func TestProofsReadsNoClock(t *testing.T) {
	for _, file := range sources(t, "proofs") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range []string{"time.Now(", "time.Since(", "time.Until(", "time.Sleep(", "time.After("} {
			if strings.Contains(string(text), call) {
				t.Errorf("%s calls %s): time is an input of the verifier", file, call)
			}
		}
	}
}

// TestEveryPackageHasADoc holds each package to a package comment.
func TestEveryPackageHasADoc(t *testing.T) {
	for _, p := range listPackages(t) {
		if len(p.GoFiles) == 0 {
			continue
		}
		out, err := exec.Command("go", "list", "-f", "{{.Doc}}", p.ImportPath).Output()
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(string(out)) == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// sources lists the non-test Go files below a folder.
func sources(t *testing.T, folder string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no sources below %s", folder)
	}
	return files
}
