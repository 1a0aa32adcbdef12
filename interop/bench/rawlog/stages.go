package main

import (
	"fmt"
	"time"

	"github.com/docketlog/docket/log"
)

// stages adds up what batches cost. Only the log's writer calls add.
type stages struct {
	batches, leaves, duplicates             int
	admit, integrate, commit, recheck, sign time.Duration
}

func (s *stages) add(b log.Batch) {
	s.batches++
	s.leaves += b.Leaves
	s.duplicates += b.Duplicates
	s.admit += b.Admit
	s.integrate += b.Integrate
	s.commit += b.Commit
	s.recheck += b.Recheck
	s.sign += b.Sign
}

// String gives the means per batch.
func (s *stages) String() string {
	n := max(s.batches, 1)
	mean := func(d time.Duration) time.Duration { return (d / time.Duration(n)).Round(time.Microsecond) }
	return fmt.Sprintf("%d batches of %d leaves and %d duplicates; admit %s, integrate %s, commit %s, recheck %s, sign and anchor %s",
		s.batches, s.leaves/n, s.duplicates/n, mean(s.admit), mean(s.integrate), mean(s.commit), mean(s.recheck), mean(s.sign))
}
