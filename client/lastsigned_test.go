package client_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// The newest statement of an identity is proven to be the newest, and proven absent
// if there is none.
func TestLastSigned(t *testing.T) {
	s := newSite(t)
	c := s.client()
	for _, document := range []string{"contracts/1", "contracts/2"} {
		s.grow(document)
		last, size, err := c.LastSigned(ctx, "wl/pipeline")
		if err != nil || size != s.size() {
			t.Fatalf("size %d, %v", size, err)
		}
		if body, ok := last.Body.(*statement.ReleaseDocument); !ok || body.Document != document {
			t.Errorf("%+v, want the release of %s", last.Body, document)
		}
	}
	if last, size, err := c.LastSigned(ctx, "wl/nobody"); last != nil || size != s.size() || err != nil {
		t.Errorf("who never signed: %+v, %d, %v", last, size, err)
	}
	if _, _, err := c.LastSigned(ctx, "-"); err == nil {
		t.Error("no id")
	}
}

// A server that answers with an older state, or with the register of somebody else,
// is not believed: what was signed since is not hidden by that.
func TestLastSignedIsNotHidden(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1")
	older := s.get("/api/v1/activities/wl/pipeline")
	s.grow("contracts/2")
	c := s.client()
	see(t, c)
	s.answerTo("/api/v1/activities/", older)
	var rolled *client.RollbackError
	if last, _, err := c.LastSigned(ctx, "wl/pipeline"); last != nil || !errors.As(err, &rolled) {
		t.Errorf("an older state: %+v, %v", last, err)
	}
	for name, path := range map[string]string{"somebody else's": "/api/v1/activities/h/admin", "an identity": "/api/v1/identities/wl/pipeline", "an absence": "/api/v1/activities/wl/nobody"} {
		s.answerTo("/api/v1/activities/", s.get(path))
		if last, _, err := c.LastSigned(ctx, "wl/pipeline"); last != nil || err == nil {
			t.Errorf("%s: %+v, %v", name, last, err)
		}
	}
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/api/v1/receipts/") {
			return false
		}
		first := s.digest(5)
		w.Write(s.get("/api/v1/receipts/" + strings.TrimPrefix(first.String(), "sha256:")))
		return true
	}
	if last, _, err := c.LastSigned(ctx, "wl/pipeline"); last != nil || err == nil {
		t.Errorf("the receipt of an older statement: %+v, %v", last, err)
	}
}
