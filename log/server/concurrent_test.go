package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/docketlog/docket/proofs"
)

// Writers and readers together. A resource is there as soon as a checkpoint that
// covers it was served, and never before one is: what a reader gets is covered by
// the checkpoint that it fetches next.
func TestReadersSeeNothingUnpublished(t *testing.T) {
	s := newSite(t)
	const writers, releases, readers = 3, 12, 3
	var writing, reading sync.WaitGroup
	var done atomic.Bool
	for w := range writers {
		writing.Go(func() {
			for i := range releases {
				e := s.release(fmt.Sprintf("contracts/%d/%d", w, i))
				a := s.post(e)
				if a.status != http.StatusCreated {
					t.Errorf("%d %s", a.status, a.body)
					return
				}
				if size, index := sizeOf(t, a), indexOf(t, a); size <= index || s.checkpoint() < size {
					t.Errorf("entry %d was answered under size %d, published is %d", index, size, s.checkpoint())
				}
			}
		})
	}
	for range readers {
		reading.Go(func() {
			for !done.Load() && !t.Failed() {
				s.read(t)
			}
		})
	}
	writing.Wait()
	done.Store(true)
	reading.Wait()
	if s.s.InProgress() != 0 {
		t.Errorf("%d submissions in progress", s.s.InProgress())
	}
	s.check()
}

// read fetches checkpoint, resources, checkpoint.
func (s *site) read(t *testing.T) {
	t.Helper()
	before := s.checkpoint()
	for ahead := range uint64(4) {
		want := before + ahead // hashes of level 0; all sizes here are below 256
		for _, path := range []string{
			"/" + proofs.Tile{Width: int(want)}.Path(), "/" + proofs.EntriesPath(0, int(want)), fmt.Sprintf("/api/v1/consistency/2/%d", want),
		} {
			a := s.do("GET", path, nil)
			switch {
			case a.status == http.StatusOK && want > s.checkpoint():
				t.Errorf("%s was served before its checkpoint", path)
			case a.status != http.StatusOK && want <= before:
				t.Errorf("%s: %d after a checkpoint of size %d", path, a.status, before)
			}
		}
	}
	for _, path := range []string{"/api/v1/documents/contracts/0/0", "/api/v1/identities/wl/pipeline"} {
		low := s.checkpoint()
		got := sizeOf(t, s.do("GET", path, nil))
		if high := s.checkpoint(); got < low || got > high {
			t.Errorf("%s speaks for size %d, the checkpoints around it for %d and %d", path, got, low, high)
		}
	}
	var about struct{ Size uint64 }
	a := s.do("GET", "/api/v1/log", nil)
	if err := json.Unmarshal(a.body, &about); err != nil || about.Size > s.checkpoint() || about.Size < before {
		t.Errorf("%s, %v", a.body, err)
	}
}

// checkpoint returns the size of the newest checkpoint that is served.
func (s *site) checkpoint() uint64 {
	s.t.Helper()
	return noteSize(s.t, s.do("GET", "/checkpoint", nil).body)
}

func sizeOf(t testing.TB, a answer) uint64 {
	t.Helper()
	r, err := proofs.ParseReceipt(a.body)
	if err != nil {
		t.Errorf("%d %s: %v", a.status, a.body, err)
		return 0
	}
	return noteSize(t, r.Checkpoint)
}

func indexOf(t testing.TB, a answer) uint64 {
	t.Helper()
	r, err := proofs.ParseReceipt(a.body)
	if err != nil {
		t.Error(err)
		return 0
	}
	return r.Index
}

func noteSize(t testing.TB, note []byte) uint64 {
	t.Helper()
	body, _, _ := bytes.Cut(note, []byte("\n\n"))
	c, err := proofs.ParseCheckpoint(append(body, '\n'))
	if err != nil {
		t.Errorf("%q: %v", note, err)
	}
	return c.Size
}
