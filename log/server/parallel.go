package server

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel runs f for 0..n-1 on all processors. If f panics, parallel does: then
// one request fails, not the process.
func parallel(n int, f func(i int)) {
	var next atomic.Int64
	var panicked atomic.Pointer[any]
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					panicked.Store(&p)
				}
			}()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wait.Wait()
	if p := panicked.Load(); p != nil {
		panic(*p)
	}
}
