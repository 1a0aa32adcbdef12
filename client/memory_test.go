package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/docketlog/docket/client"
)

// local demands an error of this machine, which accuses nobody.
func local(t *testing.T, err error, says string) {
	t.Helper()
	var fork *client.ForkError
	var rollback *client.RollbackError
	if !errors.Is(err, client.ErrMemory) || errors.Is(err, client.ErrAnswer) || errors.As(err, &fork) || errors.As(err, &rollback) {
		t.Fatalf("%v, want local damage", err)
	}
	if !strings.Contains(err.Error(), "local") || !strings.Contains(err.Error(), says) {
		t.Errorf("%q does not say %q", err, says)
	}
}

// What is wrong with the file itself, and not with its bytes.
func TestMemoryFileIsNoUse(t *testing.T) {
	s := newSite(t)
	for name, c := range map[string]struct {
		make func(path string) error
		says string
	}{
		"a folder":             {func(path string) error { return os.Mkdir(path, 0o755) }, "it is not a file"},
		"everybody may write":  {func(path string) error { return errors.Join(os.WriteFile(path, nil, 0o644), os.Chmod(path, 0o666)) }, "permissions"},
		"a link to nowhere up": {func(path string) error { return os.Symlink(path, path) }, "too many"},
		"nobody may read": {func(path string) error {
			return errors.Join(os.WriteFile(path, s.get("/checkpoint"), 0o644), os.Chmod(path, 0))
		}, "permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "nobody may read" && os.Geteuid() == 0 {
				t.Skip("root reads everything")
			}
			cl, path := s.clientWithFile()
			if err := c.make(path); err != nil {
				t.Fatal(err)
			}
			before := s.requests.Load()
			_, note, err := cl.Checkpoint(ctx)
			local(t, err, c.says)
			if note != nil || s.requests.Load() != before {
				t.Error("the server was asked all the same")
			}
		})
	}
}

// A lock that cannot be made: nothing is handed out, as nothing could be kept.
func TestMemoryLockIsNoUse(t *testing.T) {
	s := newSite(t)
	c, path := s.clientWithFile()
	if err := os.Mkdir(path+".lock", 0o755); err != nil {
		t.Fatal(err)
	}
	_, note, err := c.Checkpoint(ctx)
	local(t, err, "locked")
	if note != nil {
		t.Error("a checkpoint was handed out")
	}
}

// Processes that share a folder have no common memory but the file: whatever their
// turns, the kept checkpoint only grows.
func TestMemoryOfManyProcesses(t *testing.T) {
	s := newSite(t)
	_, path := s.clientWithFile()
	const processes, rounds = 6, 8
	stop, kept := make(chan struct{}), make(chan error, 1)
	go func() { kept <- onlyGrows(s, path, stop) }()
	var wait sync.WaitGroup
	for p := range processes {
		wait.Go(func() {
			c := s.client()
			c.Memory = &client.Memory{Path: path}
			for i := range rounds {
				if _, _, err := c.Submit(ctx, s.release(fmt.Sprintf("contracts/%d/%d", p, i))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	close(stop)
	if err := <-kept; err != nil {
		t.Error(err)
	}
	note, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(note, s.get("/checkpoint")) {
		t.Errorf("kept %q, %v", note, err)
	}
	names(t, filepath.Dir(path), "checkpoint", "checkpoint.lock")
}

// onlyGrows reads the kept checkpoint again and again, as another process.
func onlyGrows(s *site, path string, stop <-chan struct{}) error {
	c, last := s.client(), uint64(0)
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		note, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		tree, err := c.Tree(note)
		if err != nil {
			return fmt.Errorf("a reader saw a torn file: %w", err)
		}
		if tree.Size < last {
			return fmt.Errorf("size %d was kept after %d", tree.Size, last)
		}
		last = tree.Size
	}
}
