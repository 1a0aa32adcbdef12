package log

// Waiting returns how many submissions wait for the writer now.
func (l *Log) Waiting() int { return len(l.jobs) }
