package client_test

import (
	"bytes"
	"errors"
	"net/http"
	"testing"

	"github.com/docketlog/docket/client"
)

// Contents are those of the entries; whatever is cut from or put to an answer makes
// it unusable.
func TestContents(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1", "contracts/2")
	c := s.client()
	v := s.l.View()
	defer v.Release()
	size := v.Size()
	contents, err := c.Contents(ctx, 1, size)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range contents {
		e, err := v.Envelope(uint64(i) + 1)
		if (err == nil) != (got != nil) || !bytes.Equal(got, e.Payload) {
			t.Errorf("entry %d: %d bytes, want %d", i+1, len(got), len(e.Payload))
		}
	}
	for _, bad := range [][2]uint64{{3, 3}, {3, 2}, {0, client.MaxContents + 1}} {
		if _, err := c.Contents(ctx, bad[0], bad[1]); err == nil || errors.Is(err, client.ErrAnswer) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	var refused *client.Refused
	if _, err := c.Contents(ctx, size, size+1); !errors.As(err, &refused) || refused.Status != 404 {
		t.Errorf("above the size: %v", err)
	}
	whole := s.get("/api/v1/contents/1/3")
	for cut := range len(whole) {
		s.answerTo("/api/v1/contents/", whole[:cut])
		if _, err := c.Contents(ctx, 1, 3); !errors.Is(err, client.ErrAnswer) {
			t.Fatalf("cut to %d of %d bytes: %v", cut, len(whole), err)
		}
	}
	s.answerTo("/api/v1/contents/", append(bytes.Clone(whole), 0))
	unusableContents := func(name string) {
		t.Helper()
		if _, err := c.Contents(ctx, 1, 3); !errors.Is(err, client.ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	unusableContents("a byte more")
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		_, _ = w.Write(make([]byte, 2*(4+64<<10)+1))
		return true
	}
	unusableContents("above the limit")
}
