//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package anchor

import (
	"errors"
	"os"
)

// flock refuses: an anchor that two processes can open is none.
func flock(*os.File) (bool, error) { return false, errors.ErrUnsupported }
