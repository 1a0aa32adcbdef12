//go:build !linux

package log

import "time"

// sinceBoot is a clock that nobody sets. While the machine sleeps it may stand
// still: then the log takes the sleep for a leap, stops, and is started again.
func sinceBoot() time.Duration { return time.Since(loaded) }

var loaded = time.Now()
