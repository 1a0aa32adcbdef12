package server

import (
	"sync/atomic"
	"testing"
)

func TestParallelRunsEach(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		ran := make([]atomic.Int32, n)
		parallel(n, func(i int) { ran[i].Add(1) })
		for i := range ran {
			if ran[i].Load() != 1 {
				t.Fatalf("%d of %d ran %d times", i, n, ran[i].Load())
			}
		}
	}
}

// A panic belongs to the goroutine of the request, where net/http ends it.
func TestParallelPanicsInItsCaller(t *testing.T) {
	defer func() {
		if p := recover(); p != "boom" {
			t.Errorf("recovered %v", p)
		}
	}()
	parallel(100, func(i int) {
		if i == 50 {
			panic("boom")
		}
	})
	t.Error("no panic")
}
