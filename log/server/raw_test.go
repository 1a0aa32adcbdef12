package server_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestRawAddAnswersWithTheIndexAlone(t *testing.T) {
	s := newRawSite(t)
	for i, leaf := range []string{"a", "b", "{", "docket/v1/sea", "\x00", strings.Repeat("x", 8192), "\xff\xfe"} {
		for _, again := range []string{"", " again"} {
			a := s.do("POST", "/add", []byte(leaf))
			if a.status != http.StatusOK || string(a.body) != fmt.Sprint(i) {
				t.Errorf("leaf %d%s: %d %q", i, again, a.status, a.body)
			}
		}
		if s.size() != uint64(i)+1 {
			t.Fatalf("size %d after leaf %d: the answer came before the checkpoint", s.size(), i)
		}
	}
	if a := s.do("POST", "/add", []byte("b"), "Content-Type: application/x-www-form-urlencoded", "Content-Encoding: identity"); string(a.body) != "1" {
		t.Errorf("with headers: %d %q", a.status, a.body)
	}
	if a := s.do("POST", "/add?index=7", []byte("b")); string(a.body) != "1" {
		t.Errorf("with a query: %d %q", a.status, a.body)
	}
}

func TestRawAddRefuses(t *testing.T) {
	s := newRawSite(t, "a")
	before := s.head()
	for name, c := range map[string]struct {
		body   []byte
		status int
		code   string
	}{
		"empty":           {[]byte{}, 400, "leaf-size"},
		"too large":       {make([]byte, 8193), 413, "body-size"},
		"much too large":  {make([]byte, 1<<20), 413, "body-size"},
		"a seal":          {[]byte("docket/v1/seal\nindex 1\nprev -1\n"), 400, "seal-like"},
		"like a seal":     {[]byte("docket/v1/sealed"), 400, "seal-like"},
		"exactly the tag": {[]byte("docket/v1/seal"), 400, "seal-like"},
	} {
		t.Run(name, func(t *testing.T) {
			s.send("POST", "/add", c.body).refused(t, c.status, c.code, "")
		})
	}
	s.do("POST", "/add", nil).refused(t, 400, "leaf-size", "")
	s.do("POST", "/add", []byte("x"), "Content-Encoding: gzip").refused(t, 415, "content-encoding", "")
	s.do("POST", "/add/", []byte("x")).refused(t, 404, "not-found", "")
	if s.head() != before {
		t.Error("a refused leaf changed the log")
	}
}

// A raw log has none of the sealed log's API, nor the reverse.
func TestModesHaveTheirOwnResources(t *testing.T) {
	raw, sealed := newRawSite(t, "a"), newSite(t)
	for _, path := range []string{"/api/v1/log", "/api/v1/documents/a", "/api/v1/identities/a", "/api/v1/consistency/1/1", "/api/v1/receipts/" + strings.Repeat("0", 64)} {
		raw.do("GET", path, nil).refused(t, 404, "not-found", "")
	}
	raw.do("POST", "/api/v1/statements", []byte("{}"), jsonBody).refused(t, 404, "not-found", "")
	sealed.do("POST", "/add", []byte("x")).refused(t, 404, "not-found", "")
	if a := sealed.do("GET", "/api/v1/log", nil); a.status != 200 || !bytes.Contains(a.body, []byte(sealed.l.Key().String())) {
		t.Errorf("%d %s", a.status, a.body)
	}
}
