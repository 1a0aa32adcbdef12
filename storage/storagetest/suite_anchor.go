package storagetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/docketlog/docket/storage"
)

// NewAnchor makes an anchor of a new place that holds nothing and opens it.
// reopen closes what is open, opens the same place again and returns that.
type NewAnchor func(t *testing.T) (a storage.Anchor, reopen func() storage.Anchor)

// RunAnchor checks an anchor against the contract of storage.Anchor.
func RunAnchor(t *testing.T, newAnchor NewAnchor) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, NewAnchor)
	}{
		{"replace", testReplace},
		{"moved", testMoved},
		{"texts", testTexts},
		{"copies", testAnchorCopies},
		{"first write wins", testFirstWins},
		{"closed", testAnchorClosed},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newAnchor) })
	}
}

func expectText(t *testing.T, a storage.Anchor, want string) {
	t.Helper()
	if got, err := a.Load(); err != nil || string(got) != want {
		t.Errorf("Load = %q, %v; want %q", got, err, want)
	}
}

func replace(t *testing.T, a storage.Anchor, old []byte, new string) {
	t.Helper()
	if err := a.Replace(old, []byte(new)); err != nil {
		t.Fatalf("Replace(%q, %q): %v", old, new, err)
	}
}

func testReplace(t *testing.T, newAnchor NewAnchor) {
	a, reopen := newAnchor(t)
	for range 2 {
		_, err := a.Load()
		expectError(t, "Load of a new anchor", err, storage.ErrNoAnchor)
		a = reopen()
	}
	replace(t, a, nil, "first\n")
	expectText(t, a, "first\n")
	replace(t, a, []byte("first\n"), "second, longer\n")
	replace(t, a, []byte("second, longer\n"), "3")
	a = reopen()
	expectText(t, a, "3")
	replace(t, a, []byte("3"), "3")
	expectText(t, a, "3")
}

func testMoved(t *testing.T, newAnchor NewAnchor) {
	a, reopen := newAnchor(t)
	moved := func(old []byte) {
		t.Helper()
		expectError(t, fmt.Sprintf("Replace(%q)", old), a.Replace(old, []byte("new")), storage.ErrAnchorMoved)
	}
	moved([]byte("one"))
	moved([]byte{})
	_, err := a.Load()
	expectError(t, "Load", err, storage.ErrNoAnchor)

	replace(t, a, nil, "one")
	for range 2 {
		for _, old := range [][]byte{nil, {}, []byte("on"), []byte("one\n"), []byte("One"), []byte("new")} {
			moved(old)
		}
		expectText(t, a, "one")
		a = reopen()
	}
}

func testTexts(t *testing.T, newAnchor NewAnchor) {
	a, reopen := newAnchor(t)
	replace(t, a, nil, "one")
	for name, text := range map[string]string{
		"nothing": "", "NUL": "\x00", "NUL inside": "a\x00b", "too long": strings.Repeat("x", storage.MaxAnchor+1),
	} {
		err := a.Replace([]byte("one"), []byte(text))
		if err == nil || errors.Is(err, storage.ErrUnknown) {
			t.Errorf("Replace with %s: %v; want an error before anything is written", name, err)
		}
		expectText(t, a, "one")
	}
	long := strings.Repeat("\xff\n", storage.MaxAnchor/2)
	replace(t, a, []byte("one"), long)
	expectText(t, reopen(), long)
}

func testAnchorCopies(t *testing.T, newAnchor NewAnchor) {
	a, _ := newAnchor(t)
	text := []byte("text")
	if err := a.Replace(nil, text); err != nil {
		t.Fatal(err)
	}
	text[0] = 'x'
	got, err := a.Load()
	if err != nil {
		t.Fatal(err)
	}
	got[1] = 'x'
	expectText(t, a, "text")
}

// testFirstWins lets several replace the same text: one wins each round.
func testFirstWins(t *testing.T, newAnchor NewAnchor) {
	const rounds, writers = 5, 4
	a, _ := newAnchor(t)
	var old []byte
	for round := range rounds {
		var mu sync.Mutex
		var winner []byte
		var group sync.WaitGroup
		for w := range writers {
			group.Go(func() {
				text := fmt.Appendf(nil, "round %d by %d", round, w)
				err := a.Replace(old, text)
				mu.Lock()
				defer mu.Unlock()
				if err == nil && winner != nil {
					t.Errorf("%q and %q both won", winner, text)
				}
				if err == nil {
					winner = text
				} else {
					expectError(t, "Replace", err, storage.ErrAnchorMoved)
				}
			})
		}
		group.Wait()
		expectText(t, a, string(winner))
		old = winner
	}
}

func testAnchorClosed(t *testing.T, newAnchor NewAnchor) {
	a, reopen := newAnchor(t)
	replace(t, a, nil, "one")
	for range 2 {
		if err := a.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	_, err := a.Load()
	expectError(t, "Load", err, storage.ErrClosed)
	expectError(t, "Replace", a.Replace([]byte("one"), []byte("two")), storage.ErrClosed)
	expectText(t, reopen(), "one")
}
