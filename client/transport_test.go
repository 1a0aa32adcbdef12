package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
)

// requests are all requests of a client; got says that something was handed out.
func requests(s *site, c *client.Client) map[string]func() (got bool, err error) {
	e := s.release("contracts/1")
	all := map[string]func() (bool, error){
		"submit": func() (bool, error) { r, d, err := c.Submit(ctx, e); return r != nil || d, err },
		"submit many": func() (bool, error) {
			r, err := c.SubmitMany(ctx, envelopes(e))
			return r != nil && r[0].Err == nil, one(r, err)
		},
	}
	for name, read := range readers {
		all[name] = func() (bool, error) { return read(c, s) }
	}
	return all
}

func one(results []client.Submitted, err error) error {
	if err == nil && len(results) > 0 {
		return results[0].Err
	}
	return err
}

// Pages of gateways and portals, and answers without meaning. None of them says
// that a statement was refused.
func TestAnswersThatAreNone(t *testing.T) {
	s := newSite(t)
	c := s.client()
	page := []byte("<html><body>502 Bad Gateway</body></html>")
	problem := []byte(`{"type":"x","title":"x","status":409,"code":"E408","detail":"x"}`)
	const html, problemType = "text/html", "application/problem+json"
	for name, lie := range map[string]struct {
		status int
		media  string
		body   []byte
	}{
		"page 200": {200, html, page}, "page 403": {403, html, page}, "page 404": {404, html, page}, "page 407": {407, html, page},
		"page 500": {500, html, page}, "page 502": {502, html, page}, "page 503": {503, html, page}, "empty 200": {200, "", nil}, "empty 404": {404, "", nil},
		"204": {204, "", nil}, "202": {202, "application/json", []byte("{}")}, "206": {206, "", []byte("x")}, "304": {304, "", nil},
		"a problem as 200":       {200, problemType, problem},
		"a problem as 201":       {201, problemType, problem},
		"a problem of no type":   {409, "application/json", problem},
		"a problem without code": {409, problemType, []byte(`{"status":409,"detail":"x"}`)},
		"a problem, cut":         {409, problemType, problem[:20]},
		"null":                   {200, "application/json", []byte("null")},
		"an empty object":        {200, "application/json", []byte("{}")},
		"a huge page":            {200, html, make([]byte, 65<<20)},
		"a huge problem":         {409, problemType, append(problem, bytes.Repeat([]byte(" "), 1<<20)...)},
	} {
		t.Run(name, func(t *testing.T) {
			s.answer(lie.status, lie.media, lie.body)
			for request, do := range requests(s, c) {
				got, err := do()
				says := ""
				if strings.HasPrefix(name, "a huge") {
					says = "above"
				}
				unusable(t, err, says)
				if got {
					t.Errorf("%s: something was handed out", request)
				}
			}
		})
	}
}

// A statement goes to the server that was named, and to no other one.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var strayed atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	defer elsewhere.Close()
	s := newSite(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		s.lie = func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, status)
			return true
		}
		for _, own := range []*http.Client{nil, {}, {CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}} {
			c := s.client()
			c.HTTP = own
			for request, do := range requests(s, c) {
				got, err := do()
				unusable(t, err, elsewhere.URL)
				if got {
					t.Errorf("%s: something was handed out", request)
				}
			}
		}
	}
	if strayed.Load() != 0 {
		t.Errorf("%d requests went elsewhere", strayed.Load())
	}
}

// No answer, or one that broke off: the outcome is unknown.
func TestUnreachable(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1")
	receipt := s.get("/api/v1/documents/contracts/1")
	raw := func(text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			_, _ = io.Copy(io.Discard, r.Body)
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			fmt.Fprint(conn, text)
			conn.Close()
			return true
		}
	}
	for name, lie := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"nothing":           raw(""),
		"half a header":     raw("HTTP/1.1 200 OK\r\nContent-Le"),
		"no body":           raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
		"half a body":       raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(receipt), receipt[:len(receipt)/2])),
		"half a chunk":      raw("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n{"),
		"half a problem":    raw("HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json\r\nContent-Length: 1000\r\n\r\n" + `{"code":"E408"}`),
		"not HTTP":          raw("SSH-2.0-OpenSSH_9.9\r\n"),
		"gzip that is none": raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxxx"),
	} {
		t.Run(name, func(t *testing.T) {
			s.lie = lie
			for request, do := range requests(s, s.client()) {
				got, err := do()
				var refused *client.Refused
				if !errors.Is(err, client.ErrUnreachable) || errors.Is(err, client.ErrAnswer) || errors.As(err, &refused) || got {
					t.Errorf("%s: %v, %v", request, got, err)
				}
				if !strings.Contains(fmt.Sprint(err), s.url) {
					t.Errorf("%v does not name the server", err)
				}
			}
		})
	}
	s.lie = nil
	c := s.client()
	c.Server = "http://127.0.0.1:1"
	if _, err := c.Document(ctx, "contracts/1"); !errors.Is(err, client.ErrUnreachable) {
		t.Errorf("nobody listens: %v", err)
	}
}

// What ends a request early is still to be told from the error.
func TestContextEnds(t *testing.T) {
	s := newSite(t)
	c := s.client()
	hold := make(chan struct{})
	defer close(hold)
	s.lie = func(w http.ResponseWriter, r *http.Request) bool { <-hold; return false }
	short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
	defer cancel()
	if _, err := c.Document(short, "contracts/1"); !errors.Is(err, client.ErrUnreachable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := c.Submit(canceled, s.release("contracts/1")); !errors.Is(err, client.ErrUnreachable) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
