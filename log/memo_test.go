package log

import (
	"errors"
	"fmt"
	"testing"
)

// TestMemo: a value is computed once. An error and a panic leave nothing behind.
func TestMemo(t *testing.T) {
	var m memo[int]
	fault := errors.New("too many open files")
	if got, err := m.get(func() (int, error) { return 0, fault }); err != fault {
		t.Errorf("%d, %v", got, err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is hidden")
			}
		}()
		_, _ = m.get(func() (int, error) { panic("a fault") })
	}()
	computed := 0
	for range 3 {
		got, err := m.get(func() (int, error) { computed++; return 7, nil })
		if got != 7 || err != nil {
			t.Errorf("%d, %v", got, err)
		}
	}
	if computed != 1 {
		t.Errorf("computed %d times", computed)
	}
}

// TestMemosAreBounded: of any number of ids few are kept, and each has its value.
func TestMemosAreBounded(t *testing.T) {
	var m memos[int]
	for round := range 2 {
		for i := range 3*maxMemos + 5 {
			got, err := m.get(fmt.Sprint(i), func() (int, error) { return i, nil })
			if got != i || err != nil || len(m.of) > maxMemos {
				t.Fatalf("round %d: %d, %v, %d kept", round, got, err, len(m.of))
			}
		}
	}
	computed := false
	if got, _ := m.get(fmt.Sprint(3*maxMemos+4), func() (int, error) { computed = true; return 0, nil }); computed || got != 3*maxMemos+4 {
		t.Errorf("the newest is %d, computed again: %v", got, computed)
	}
}
