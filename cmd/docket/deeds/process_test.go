package deeds

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/docketlog/docket/proofs"
)

// A guard is docket monitor, a process that makes one round and ends; what it knows it
// keeps on disk.
type guard struct {
	o     *operator
	state string
	args  []string
}

// guard begins to watch. Its clock is the true one, a day ahead of everybody else's.
func (o *operator) guard(args ...string) *guard {
	o.t.Helper()
	g := &guard{o: o, state: o.t.TempDir()}
	g.args = append([]string{"monitor", "--once", "--policy", filepath.Join(o.pins(l0), "client", "policy"), "--server", o.url,
		"--state", g.state, "--max-age", "0", "--skew", "48h"}, args...)
	return g
}

// exits makes a round and demands its exit code.
func (g *guard) exits(want int) {
	g.o.t.Helper()
	if out, got := docket(g.o.t, g.args...); got != want {
		g.o.t.Errorf("docket monitor: exit %d, want %d\n%s", got, want, out)
	}
}

// convicts demands a round that convicts, and one file of evidence that a third program takes.
func (g *guard) convicts(says string) {
	g.o.t.Helper()
	g.exits(proofs.ExitContradicted)
	g.exits(proofs.ExitContradicted) // for ever
	files, err := os.ReadDir(filepath.Join(g.state, "evidence"))
	if err != nil || len(files) != 1 {
		g.o.t.Fatalf("%d files of evidence, %v", len(files), err)
	}
	g.o.judged(filepath.Join(g.state, "evidence", files[0].Name()), l0, proofs.ExitContradicted, says)
}

// TestMonitorProcesses: the monitor of the command line, as in the other tests of this
// package the one of package watch: a hidden version, and a fork that a witness shows.
func TestMonitorProcesses(t *testing.T) {
	o := newOperator(t)
	v1 := o.versions(1)
	watches, blind := o.guard("--document", document), o.guard()
	watches.exits(0)
	blind.exits(0)
	repair := o.hide(o.w.Release(document, 2, v1, file(2)))
	watches.exits(0)
	blind.exits(0)
	repair()
	watches.convicts(document)
	blind.exits(0)

	o = newOperator(t)
	other := o.fork()
	o.versions(2)
	o.cosigned()
	hears, alone := other.guard("--witness", o.witness.url), other.guard()
	alone.exits(0)
	other.versions(3)
	hears.convicts("signed")
	alone.exits(0)
}
