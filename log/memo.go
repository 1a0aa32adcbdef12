package log

import "sync"

// memo computes a value once, for all who ask. Who gets it does not change it.
type memo[T any] struct {
	once  sync.Once
	value T
	err   error
}

func (m *memo[T]) get(compute func() (T, error)) (T, error) {
	m.once.Do(func() { m.value, m.err = compute() })
	return m.value, m.err
}
