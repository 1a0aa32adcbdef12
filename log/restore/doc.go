// Package restore brings a log back from a backup, or says why that cannot be: a
// ceremony with a written plan.
//
//	Gather   reads the backup, what is left of the log, its anchor, what witnesses and
//	         people hold; changes nothing
//	Decide   says what follows from that: pure
//	Run      does what a plan says, step by step, and nothing else; it goes on where it
//	         was cut off
//
// A log goes on from a backup only if nobody knows more of it than the backup holds.
// If somebody does, the entries between are gone, people hold receipts for them, and
// a log that went on would contradict each of those: that log has ended, and what is
// left of it can be shown, for reading alone. In doubt the plan refuses.
//
// Nothing is deleted: what is in the way moves aside.
package restore
