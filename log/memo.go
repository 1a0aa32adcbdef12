package log

import "sync"

// memo computes a value once, for all who ask. Who gets it does not change it. An
// error is not kept: the next one who asks has it computed again.
type memo[T any] struct {
	mu    sync.Mutex
	done  bool
	value T
}

func (m *memo[T]) get(compute func() (T, error)) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done {
		return m.value, nil
	}
	value, err := compute()
	if err == nil {
		m.value, m.done = value, true
	}
	return value, err
}

// memos are the memos of many ids, of at most maxMemos at once: a log that is idle
// shows one view for days.
type memos[T any] struct {
	mu sync.Mutex
	of map[string]*memo[T]
}

const maxMemos = 1000

func (m *memos[T]) get(id string, compute func() (T, error)) (T, error) {
	m.mu.Lock()
	one, ok := m.of[id]
	if !ok {
		if m.of == nil || len(m.of) >= maxMemos {
			m.of = make(map[string]*memo[T])
		}
		one = new(memo[T])
		m.of[id] = one
	}
	m.mu.Unlock()
	return one.get(compute)
}
