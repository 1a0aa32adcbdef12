//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package anchor

import (
	"errors"
	"os"
	"syscall"
)

// flock locks f for this open file alone, also against others of the same
// process. It reports whether the lock is held now.
func flock(f *os.File) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, err
		}
	}
}
