package log

// Doubt stops the log on the word of others, such as a witness that holds a larger
// tree than the log has signed: nothing is signed from here on. Done is closed, and
// Close returns why. It does not wait: a signature that is being made may still end.
func (l *Log) Doubt(err error) { l.stop(err) }
