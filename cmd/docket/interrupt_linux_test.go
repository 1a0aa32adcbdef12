package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// again repeats a signal until ctx ends.
func again(ctx context.Context, p *os.Process, s os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
			_ = p.Signal(s)
		}
	}
}

// A command that waits for a pipe ends on the first signal; a server that does so
// before it serves, on the second.
func TestInterruptEndsWaiting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	log := folders{dir: filepath.Join(dir, "docket")}
	mustDocket(t, "init", "--dir", log.dir, "--origin", "log.example.com", "--direct", "a/")
	for _, x := range []struct {
		name    string
		signal  os.Signal
		signals int
		args    []string
	}{
		{"key show", os.Interrupt, 1, []string{"key", "show", pipe}},
		{"verify", syscall.SIGTERM, 1, []string{"verify", pipe, "--dir", log.dir}},
		{"serve", os.Interrupt, 2, []string{"serve", "--dir", log.dir, "--listen", "127.0.0.1:0", "--password-file", pipe}},
	} {
		t.Run(x.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, "docket", x.args...)
			cmd.WaitDelay = time.Second
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(500 * time.Millisecond) // it waits for the pipe by then
			for range x.signals {
				if err := cmd.Process.Signal(x.signal); err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond)
			}
			if x.signals > 1 { // on a busy machine the second may come before the first is dealt with
				go again(ctx, cmd.Process, x.signal)
			}
			err := cmd.Wait()
			cancel()
			if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
				t.Fatalf("%d signals did not end it: %s", x.signals, out.String())
			}
			if err == nil || x.signals == 1 && (cmd.ProcessState.ExitCode() != exitIO || !bytes.Contains(out.Bytes(), []byte("docket: interrupted"))) {
				t.Errorf("it ended with %v: %s", err, out.String())
			}
		})
	}
}
