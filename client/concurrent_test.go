package client_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
)

// Many requests at once overtake each other: that is no rollback. At the end the
// newest checkpoint is kept.
func TestOneMemoryManyRequests(t *testing.T) {
	for _, kind := range []string{"memory", "file"} {
		t.Run(kind, func(t *testing.T) {
			s := newSite(t)
			s.grow("contracts/1")
			c, path := s.clientWithFile()
			if kind == "memory" {
				c.Memory = &client.Memory{}
			}
			see(t, c)
			var wait sync.WaitGroup
			for g := range 8 {
				wait.Go(func() {
					for i := range 6 {
						var err error
						switch g % 4 {
						case 0:
							_, err = c.Document(ctx, "contracts/1")
						case 1:
							_, _, err = c.Checkpoint(ctx)
						default:
							_, _, err = c.Submit(ctx, s.release(fmt.Sprintf("contracts/%d/%d", g, i)))
						}
						if err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wait.Wait()
			cp, note := see(t, c)
			if cp.Size != s.size() {
				t.Errorf("size %d, the log has %d", cp.Size, s.size())
			}
			if kept, err := os.ReadFile(path); kind == "file" && (err != nil || !bytes.Equal(kept, note)) {
				t.Errorf("kept %q, %v", kept, err)
			}
		})
	}
}

// An answer that another one overtook on its way is proven and taken, and what is
// kept does not go back.
func TestOvertakenAnswer(t *testing.T) {
	s := newSite(t)
	c, path := s.clientWithFile()
	see(t, c)
	s.grow("contracts/1")
	older := s.get("/checkpoint")
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		s.lie = nil
		s.grow("contracts/2")
		see(t, c) // overtakes
		w.Write(older)
		return true
	}
	cp, note, err := c.Checkpoint(ctx)
	if err != nil || cp.Size != 7 || !bytes.Equal(note, older) {
		t.Fatalf("size %d, %v", cp.Size, err)
	}
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, s.get("/checkpoint")) {
		t.Errorf("what is kept went back: %q, %v", kept, err)
	}
}

// Another request keeps a newer checkpoint while this one is being proven: it
// stays.
func TestOvertakenWhileProven(t *testing.T) {
	s := newSite(t)
	c, path := s.clientWithFile()
	see(t, c)
	s.grow("contracts/1")
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/api/v1/consistency/") {
			s.lie = nil
			s.grow("contracts/2")
			see(t, c)
		}
		return false
	}
	if cp, _, err := c.Checkpoint(ctx); err != nil || cp.Size != 7 {
		t.Fatalf("size %d, %v", cp.Size, err)
	}
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, s.get("/checkpoint")) {
		t.Errorf("what is kept went back: %q, %v", kept, err)
	}
}

// While one request waits for a proof, others go on.
func TestSlowProofHoldsUpNobody(t *testing.T) {
	s := newSite(t)
	c := s.client()
	see(t, c)
	s.grow("contracts/1")
	waiting, proceed := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		first := false
		if strings.HasPrefix(r.URL.Path, "/api/v1/consistency/") {
			once.Do(func() { first = true })
		}
		if first {
			close(waiting)
			<-proceed
		}
		return false
	}
	slow := make(chan error)
	go func() { _, _, err := c.Checkpoint(ctx); slow <- err }()
	<-waiting
	fast := make(chan error)
	go func() { _, err := c.Document(ctx, "contracts/1"); fast <- err }()
	select {
	case err := <-fast:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the second request waits for the first one's proof")
	}
	close(proceed)
	if err := <-slow; err != nil {
		t.Error(err)
	}
}
