package log

// Queued returns how many submissions wait for the writer now.
func (l *Log) Queued() int { return len(l.jobs) }
