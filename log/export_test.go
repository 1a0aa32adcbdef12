package log

import "fmt"

// Queued returns how many submissions wait for the writer.
func (l *Log) Queued() int { return len(l.jobs) }

// LetWriterRunAhead lets the writers of logs that are opened from now on be n
// batches ahead of the publisher, until the returned func is called.
func LetWriterRunAhead(n int) (restore func()) {
	before := maxAhead
	maxAhead = n
	return func() { maxAhead = before }
}

// SpendFindings asks for n findings at each of the times (unix ms), each for
// another submitter, and returns how many were granted at each.
func SpendFindings(n int, times ...int64) (granted []int) {
	var f findings
	for _, time := range times {
		sum := 0
		for i := range n {
			if f.spend(fmt.Sprint("wl/", i), time) {
				sum++
			}
		}
		granted = append(granted, sum)
	}
	return granted
}
