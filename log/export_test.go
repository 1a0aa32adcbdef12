package log

// Queued returns how many submissions wait for the writer.
func (l *Log) Queued() int { return len(l.jobs) }

// LetWriterRunAhead lets the writers of logs that are opened from now on be n
// batches ahead of the publisher, until the returned func is called.
func LetWriterRunAhead(n int) (restore func()) {
	before := maxAhead
	maxAhead = n
	return func() { maxAhead = before }
}
