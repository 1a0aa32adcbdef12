// Package pebblestore keeps a storage.Store in a folder, on Pebble. It is
// the only package that imports Pebble.
//
//	s, err := pebblestore.Create("/var/lib/docket/store", pebblestore.Options{})
//	...
//	s, err := pebblestore.Open("/var/lib/docket/store", pebblestore.Options{})
//	seq, err := s.Sequence()
//	err = s.Commit(seq+1, &batch)
//
// # One commit
//
// A commit is one Pebble batch: the caller's rows and the row that holds the
// commit's number. It is written to Pebble's log and synced before Commit
// returns. A crash leaves the batch whole or not at all, the number with it.
//
// # No way on after a failed write
//
// When a write or a sync of Pebble's log or manifest fails, nobody knows what
// is on the disk, and what is read back may come from memory. So the process
// ends: Options.Fatal prints one line and exits with code 70. Whoever starts
// it again decides from what the disk then holds. Two other ways of ending
// mean the same: Open returns an error, or Pebble panics, when the failure
// meets it while it changes its log file (exit code 2).
//
// A table that cannot be written (disk full) or read is not yet a failed
// commit. It is reported by Health and Options.Event; writes go on to the
// log, and Pebble tries again by itself, with a pause. A caller that stops
// admitting while Health is not nil, and while FreeSpace is low, keeps the
// log from meeting the full disk. Only a start ends the process after a few
// attempts: it has to write tables before it can return.
//
// # What Pebble cannot see
//
// Damage to the last few kilobytes of Pebble's log, or a log file that was
// cut or deleted, can remove acknowledged commits without any error: the
// store opens, whole but too short. The same holds for a folder restored
// from a copy. An anchor outside the folder is there to notice.
//
// # Rows of its own
//
// Below the first byte 0x00, which callers never see:
//
//	00 "layout"  the text docket/store/1, written by Create
//	00 "number"  u64: the number of the last commit; in each commit's batch
package pebblestore
