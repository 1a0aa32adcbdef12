package main

import (
	"errors"
	"net"
	"testing"
	"time"
)

func TestConnections(t *testing.T) {
	for files, want := range map[uint64]int{0: 0, 120: 60, 1024: 512, 4096: 2896, 65_536: maxConnections, 1<<63 - 1: maxConnections, 1<<64 - 1: maxConnections} {
		if got := connections(files); got != want {
			t.Errorf("of %d files: %d connections, want %d", files, got, want)
		}
		if own := files - uint64(want); scarce(files) != (own < ownFiles) {
			t.Errorf("of %d files %d are the server's own; it is said: %t", files, own, !scarce(files))
		}
	}
}

// A connection above the limit waits for a place; closed twice it gives back one.
func TestLimitedListener(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limited(inner, 2)
	accepted, ended := make(chan net.Conn, 8), make(chan error, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- c
		}
	}()
	for range 4 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	first, second := <-accepted, <-accepted
	more := func() bool {
		select {
		case c := <-accepted:
			defer c.Close()
			return true
		case <-time.After(100 * time.Millisecond):
			return false
		}
	}
	if more() {
		t.Fatal("three at once")
	}
	_ = first.Close()
	_ = first.Close()
	third := <-accepted
	if more() {
		t.Error("one that was closed twice made two places")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	_, _ = second.Close(), third.Close()
	if err := l.Close(); err == nil {
		t.Error("closed twice without a word")
	}
}
