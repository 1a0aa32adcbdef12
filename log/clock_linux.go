package log

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot is a clock that nobody sets and that runs on while the machine sleeps.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		panic("log: the boot clock cannot be read: " + err.Error()) // since Linux 2.6.39
	}
	return time.Duration(t.Nano())
}
