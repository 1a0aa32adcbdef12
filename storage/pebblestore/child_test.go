package pebblestore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// A failed write ends the process. So the tests of it run this test program
// again, as a child that lives on a store until it ends.
//
// The environment names the child's store and its fault. It prints "try N"
// and "ack N" around each commit, "fault" and what was hit when the fault
// fires, and "done" at the end.
const (
	childStore = "DOCKET_TEST_STORE"
	childFault = "DOCKET_TEST_FAULT" // "operation N", or "KIND SUFFIX N", see parseFault
	childLast  = "DOCKET_TEST_LAST"  // the number of its last commit
	childBusy  = "DOCKET_TEST_BUSY"  // "true": flush and compact, and do not wait for the disk
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childStore); dir != "" {
		if err := childMain(dir); err != nil {
			fmt.Println("error", err)
		}
		fmt.Println("done")
		return
	}
	os.Exit(m.Run())
}

func childMain(dir string) error {
	fault, err := parseFault(os.Getenv(childFault))
	if err != nil {
		return err
	}
	last, err := strconv.ParseUint(os.Getenv(childLast), 10, 64)
	if err != nil {
		return err
	}
	busy := os.Getenv(childBusy) == "true"
	disk := vfs.Default
	if busy {
		disk = nosyncFS{disk}
	}
	s, err := Open(dir, small(Options{FS: errorfs.Wrap(disk, fault)}))
	if err != nil {
		return err
	}
	err = work{
		to:       last,
		busy:     busy,
		trying:   func(seq uint64) { fmt.Println("try", seq) },
		finished: func(seq uint64) { fmt.Println("ack", seq) },
	}.do(s)
	return errors.Join(err, s.Close())
}

// parseFault returns an injector: "operation N" fails the N-th operation of
// any kind, "sync .log N" the N-th sync of a file with this suffix, "write"
// its N-th write, "create" its N-th making; and with "from N", that and all
// later ones. N counts from 0.
func parseFault(text string) (errorfs.Injector, error) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return nil, fmt.Errorf("fault %q", text)
	}
	n, err := strconv.ParseInt(fields[len(fields)-1], 10, 32)
	if err != nil {
		return nil, err
	}
	var count atomic.Int64
	always := fields[len(fields)-2] == "from"
	return errorfs.InjectorFunc(func(op errorfs.Op) error {
		if len(fields) >= 3 && (kindOf(op) != fields[0] || !strings.HasSuffix(op.Path, fields[1])) {
			return nil
		}
		if i := count.Add(1) - 1; i < n || i > n && !always {
			return nil
		}
		fmt.Println("fault", kindOf(op), op.Path)
		return errorfs.ErrInjected
	}), nil
}

func kindOf(op errorfs.Op) string {
	switch op.Kind {
	case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
		return "sync"
	case errorfs.OpFileWrite, errorfs.OpFileWriteAt:
		return "write"
	case errorfs.OpCreate:
		return "create"
	}
	return fmt.Sprint("kind", int(op.Kind))
}

// life is what a child did.
type life struct {
	tried, acknowledged uint64
	fault               string // what was hit, empty if the fault did not fire
	failed              string // the error it ended with, if it saw one
	done                bool
	code                int
	stderr              string
}

// runChild lets a child commit up to number last.
func runChild(t testing.TB, dir, fault string, last uint64, busy bool) life {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Error(err)
		return life{}
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), childStore+"="+dir, childFault+"="+fault, fmt.Sprintf("%s=%d", childLast, last), fmt.Sprintf("%s=%t", childBusy, busy))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Error(err)
		return life{}
	}
	l := life{code: cmd.ProcessState.ExitCode(), stderr: stderr.String()}
	for line := range strings.Lines(string(out)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, _ := strconv.ParseUint(rest, 10, 64)
		switch word {
		case "try":
			l.tried = n
		case "ack":
			l.acknowledged = n
		case "fault":
			l.fault = rest
		case "error":
			l.failed = rest
		case "done":
			l.done = true
		}
	}
	return l
}
