package interop

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tool returns the path of a program of the tool lines of go.mod. The go command
// builds it once and keeps it in its build cache.
func tool(t testing.TB, name string) string {
	t.Helper()
	return strings.TrimSpace(goCommand(t, "tool", "-n", name))
}

// testProgram builds the test program of a package.
func testProgram(t testing.TB, pkg string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.program")
	goCommand(t, "test", "-c", "-o", path, pkg)
	return path
}

func goCommand(t testing.TB, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return string(out)
}

// run runs a program, at most for the given time, and returns what it wrote to
// both outputs and its exit code, -1 if it was killed.
func run(t testing.TB, limit time.Duration, path string, args ...string) (output string, exit int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("%s: %v", path, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}
