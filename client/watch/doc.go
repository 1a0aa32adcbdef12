// Package watch is a monitor of a log's checkpoints: it follows them at the log and at
// its witnesses, keeps every signed note that it saw, proves them to be of one history,
// and compares the views. It also follows registers that it is told to watch.
//
// What contradicts itself becomes portable evidence (proofs/evidence), in a file that
// anybody checks alone. What is no proof, such as an older state, a silent witness or a
// stale head, becomes an alert. docs/spec/alerts.md has each condition: AL-15, AL-16.
//
//	views      what log and witnesses show now, verified under the pinned keys
//	notes      every signed note that was seen, in files; nothing replaces one
//	trunk      the newest tree of which all proven notes are prefixes
//	open       signed notes that nothing proves or refutes yet: tried again each round
//
// A [Watch] holds nothing but what its state folder has: it goes on after a restart. A
// log that was convicted once stays so: only another folder begins anew.
//
// It reads no clock but Now. It is one goroutine but for the requests of a round.
package watch
