//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package client_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
)

// Who waits for a lock stops when its context ends, and has it once it is free.
func TestLockFileWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := client.LockFile(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
	defer cancel()
	if _, err := client.LockFile(short, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = unlock() })
	again, err := client.LockFile(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Error(err)
	}
}

// A request whose time is over does not wait for another process.
func TestMemoryLockedForLong(t *testing.T) {
	s := newSite(t)
	c, path := s.clientWithFile()
	unlock, err := client.LockFile(ctx, path+".lock")
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, _, err := c.Checkpoint(short); !errors.Is(err, client.ErrMemory) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	see(t, c)
}
