package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"

	runs "github.com/docketlog/docket/client/run"
	"github.com/docketlog/docket/client/spool"
	"github.com/docketlog/docket/proofs/statement"
)

// Exit codes of a command that was not started, as in a shell.
const (
	exitCannotRun = 126
	exitNotFound  = 127
)

// findProgram finds the file of a command.
func findProgram(name string) (string, error) {
	path, err := exec.LookPath(name)
	switch {
	case err == nil || errors.Is(err, exec.ErrDot):
		return path, nil
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist):
		return "", notStarted{exitNotFound, err}
	}
	return "", notStarted{exitCannotRun, err}
}

// notStarted says that the command could not be started.
type notStarted struct {
	code int
	err  error
}

func (e notStarted) Error() string { return fmt.Sprintf("the command was not started: %v", e.err) }
func (e notStarted) Unwrap() error { return e.err }

// A child is the command that is run.
type child struct {
	program        string
	argv           []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// run runs the command to its end and returns its exit code. Signals go on to it; that
// this process was told to stop does not end it.
func (c *child) run(ctx context.Context) (int, error) {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, forwarded()...)
	defer signal.Stop(signals)
	if err := ctx.Err(); err != nil { // asked when no signal is lost any more
		return 0, err
	}
	cmd := exec.Command(c.program, c.argv[1:]...)
	cmd.Args[0] = c.argv[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.stdin, c.stdout, c.stderr
	if err := cmd.Start(); err != nil {
		return 0, notStarted{exitCannotRun, err}
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			select {
			case s := <-signals:
				if !hasAlready(s) {
					_ = cmd.Process.Signal(s) // gone already: nothing to tell
				}
			case <-ended:
				return
			}
		}
	}()
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	return codeOf(cmd.ProcessState), nil
}

// resultOf is how the step ended: ok if the command did well and every output is
// there. The error says which is not.
func resultOf(code int, outputs []slotPath) (runs.Result, error) {
	res := runs.Result{Result: "ok", Out: []statement.File{}}
	var failed error
	for _, o := range outputs {
		file, err := runs.HashFile(o.slot, o.path)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("output %s: %w", o.slot, err))
			continue
		}
		res.Out = append(res.Out, file)
	}
	if code != 0 || failed != nil {
		res.Result, res.Cause = "error", "internal"
	}
	if code != 0 {
		failed = nil // the command failed: that outputs are missing is no news
	}
	return res, failed
}

// sortSpooled tells evidence that waits from what went wrong.
func sortSpooled(err error, v *ranView) (spooled, problem error) {
	var waits *spool.WaitsError
	if errors.As(err, &waits) {
		v.Spooled++
		return spooledError{waits}, nil
	}
	return nil, err
}
