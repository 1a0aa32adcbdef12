package main

import (
	"sync"
	"sync/atomic"
)

// each runs f for 0..n-1 with so many workers, each of which has a number. After
// an error no more is begun; the first one is returned when all have ended.
func each(n, workers int, f func(worker, i int) error) error {
	var (
		next  atomic.Int64
		once  sync.Once
		wait  sync.WaitGroup
		stop  atomic.Bool
		first error
	)
	for worker := range min(n, workers) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && !stop.Load(); i = int(next.Add(1)) - 1 {
				if err := f(worker, i); err != nil {
					once.Do(func() { first = err })
					stop.Store(true)
				}
			}
		})
	}
	wait.Wait()
	return first
}
