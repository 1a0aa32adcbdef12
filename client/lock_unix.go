//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lockPause is how long LockFile waits before it tries again.
const lockPause = 10 * time.Millisecond

// LockFile waits, until the context ends, for the lock on a file that it makes if it
// is not there. The lock ends with unlock, or with the process. The file stays: to
// remove it would let two processes hold locks on two files of one name.
func LockFile(ctx context.Context, path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f.Close, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("another process holds %s: %w", path, ctx.Err()), f.Close())
		case <-time.After(lockPause):
		}
	}
}
