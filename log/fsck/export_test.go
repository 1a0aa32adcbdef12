package fsck

// EachStep makes scrubbers take a snapshot for each step, until the func that it
// returns is called.
func EachStep() (restore func()) {
	was := sliceTime
	sliceTime = 0
	return func() { sliceTime = was }
}
