package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs"
)

// statuses are all that the server may answer to a request it did not cause
// trouble with.
var fuzzStatuses = map[int]bool{200: true, 201: true, 400: true, 403: true, 404: true, 405: true, 409: true, 413: true, 415: true, 422: true}

// judge demands what holds for every answer.
func judge(t *testing.T, r *http.Request, a answer) {
	t.Helper()
	if !fuzzStatuses[a.status] {
		t.Fatalf("%s %q: status %d %s", r.Method, r.RequestURI, a.status, a.body)
	}
	if a.header.Get("Location") != "" && a.status >= 300 {
		t.Fatalf("%q redirects to %q", r.RequestURI, a.header.Get("Location"))
	}
	if a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("%q: %v", r.RequestURI, a.header)
	}
	// Pages of other sites read what is public, and nothing else.
	shared := a.header.Get("Access-Control-Allow-Origin") == "*"
	if a.status != http.StatusNotFound && shared != publicPath(r.URL.Path) {
		t.Fatalf("%q: %v", r.RequestURI, a.header)
	}
	if a.status >= 300 {
		a.problem(t)
		return
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if strings.HasPrefix(path, "/tile/") {
		_, err1 := proofs.ParseTilePath(path[1:])
		_, _, err2 := proofs.ParseEntriesPath(path[1:])
		if err1 != nil && err2 != nil {
			t.Fatalf("%q is served and not canonical", path)
		}
	}
	never := strings.HasPrefix(path, "/tile/") || strings.HasPrefix(path, "/api/v1/consistency/") || strings.HasPrefix(path, "/api/v1/inclusion/") ||
		strings.HasPrefix(path, "/api/v1/checkpoints/")
	if immutableNow := a.header.Get("Cache-Control") == immutable; immutableNow != never {
		t.Fatalf("%q: Cache-Control %q", path, a.header.Get("Cache-Control"))
	}
}

// publicPath says whether a path is that of a resource for everybody.
func publicPath(path string) bool {
	for _, prefix := range []string{
		"/checkpoint", "/tile/", "/healthz", "/openapi.yaml", "/api/v1/inclusion/", "/api/v1/consistency/", "/api/v1/checkpoints", "/api/v1/leaf-index/", "/api/v1/log",
	} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// FuzzTarget sends any request line: no panic, no redirect, one path for each
// resource.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"/checkpoint", "/tile/0/000.p/5", "/tile/entries/000.p/5", "/tile/0/000.p/256", "/tile/0/x000/000", "/tile/00/000", "/tile//000", "/tile", "/tile/",
		"//tile/0/000", "/tile/0/00%30.p/5", "/%2e%2e/checkpoint", "/../checkpoint", "/api/v1/consistency/2/5", "/api/v1/consistency/02/5", "/api/v1/documents/a",
		"/api/v1/inclusion/3/5", "/api/v1/inclusion/5/5", "/api/v1/content/1", "/api/v1/contents/1/3", "/api/v1/receipts/index/1", "/api/v1/search?since=2026-11-10T09:00:00Z",
		"/api/v1/search?document=a&cursor=AAAA", "/api/v1/histories/identities/wl/pipeline?from=1&limit=2", "/api/v1/digests/" + strings.Repeat("0", 64),
		"/api/v1/receipts/document/" + strings.Repeat("0", 64) + "?limit=1", "/openapi.yaml", "/api/v1/documents/", "/api/v1/documents/a%2fb", "/api/v1/identities/wl/pipeline", "/api/v1/receipts/" + strings.Repeat("0", 64), "/api/v1/log",
		"/healthz", "/add", "*", "http://other.example/checkpoint", "/checkpoint?x=%zz", "/checkpoint#x", "/\x7f", "/api/v1/log;x", "other.example:443",
	} {
		f.Add("GET", seed)
	}
	f.Add("HEAD", "/checkpoint")
	f.Add("OPTIONS", "*")
	f.Add("CONNECT", "other.example:443")
	f.Add("post", "/api/v1/statements")
	s := newSite(f)
	f.Fuzz(func(t *testing.T, method, target string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(method + " " + target + " HTTP/1.1\r\nHost: x\r\n\r\n")))
		if err != nil || r.RequestURI == "*" { // net/http answers itself
			return
		}
		w := httptest.NewRecorder()
		s.s.ServeHTTP(w, r)
		judge(t, r, answer{w.Code, w.Header(), w.Body.Bytes()})
		if s.size() != 5 {
			t.Fatalf("%s %q changed the log", method, target)
		}
	})
}

// FuzzStatements sends any body as one envelope and as lines: no panic, and the
// log grows only with a 201.
func FuzzStatements(f *testing.F) {
	s := newSite(f)
	good := s.release("contracts/1")
	f.Add(good.Marshal())
	f.Add(append(good.Marshal(), '\n'))
	f.Add(bytes.Replace(good.Marshal(), []byte(`"spki"`), []byte(`"keyid"`), 1))
	for _, e := range s.w.Enrollments() {
		f.Add(e.Payload)
	}
	for _, seed := range []string{
		"", "\n", "{}", "[]", "null", `{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":""}]}`, "{}\n{}\n\n",
		`{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"MAYCAQECAQE="}]}`, strings.Repeat("[", 5000),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, media := range []string{"application/json", "application/x-ndjson"} {
			before := s.size()
			r := httptest.NewRequest("POST", "/api/v1/statements", bytes.NewReader(body))
			r.Header.Set("Content-Type", media)
			w := httptest.NewRecorder()
			s.s.ServeHTTP(w, r)
			a := answer{w.Code, w.Header(), w.Body.Bytes()}
			judge(t, r, a)
			created := a.status == http.StatusCreated
			if media == "application/x-ndjson" && a.status == http.StatusOK {
				created = anyCreated(t, body, a.body)
			}
			if grew := s.size() != before; grew != created {
				t.Fatalf("size %d to %d, status %d", before, s.size(), a.status)
			}
		}
	})
}

// anyCreated checks the answer to lines.
func anyCreated(t *testing.T, body, out []byte) (created bool) {
	t.Helper()
	want := 1 + bytes.Count(bytes.TrimSuffix(body, []byte("\n")), []byte("\n"))
	lines := bytes.Split(bytes.TrimSuffix(out, []byte("\n")), []byte("\n"))
	if len(lines) != want {
		t.Fatalf("%d lines for %d", len(lines), want)
	}
	for i, text := range lines {
		var l struct {
			Line, Status int
			Problem      *server.Problem
		}
		if err := json.Unmarshal(text, &l); err != nil || l.Line != i || !fuzzStatuses[l.Status] || (l.Problem == nil) != (l.Status < 300) {
			t.Fatalf("line %d: %s", i, text)
		}
		created = created || l.Status == http.StatusCreated
	}
	return created
}

// FuzzAdd sends any body as a leaf of a raw log.
func FuzzAdd(f *testing.F) {
	for _, seed := range []string{"", "a", "docket/v1/seal", "docket/v1/sea", "{", strings.Repeat("x", 8192), strings.Repeat("x", 8193)} {
		f.Add([]byte(seed))
	}
	s := newRawSite(f)
	f.Fuzz(func(t *testing.T, leaf []byte) {
		before := s.size()
		a := s.in(t).do("POST", "/add", leaf)
		refused := len(leaf) == 0 || len(leaf) > 8192 || bytes.HasPrefix(leaf, []byte("docket/v1/seal"))
		switch {
		case refused != (a.status != http.StatusOK):
			t.Fatalf("%q: status %d", leaf, a.status)
		case refused:
			a.problem(t)
			if s.size() != before {
				t.Fatal("a refused leaf came in")
			}
		default:
			if got := string(a.body); s.size() > before && got != text10(before) {
				t.Fatalf("index %q for the leaf after size %d", got, before)
			}
		}
	})
}

func text10(n uint64) string {
	b, err := json.Marshal(n)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// FuzzParseTokens reads any list of tokens: no panic, and no error repeats what
// may be a token.
func FuzzParseTokens(f *testing.F) {
	for _, seed := range []string{
		"", "#\n", "a " + tokenOne + "\n", "a " + tokenOne + " read submit metrics\nb " + tokenTwo, "a  " + tokenOne, "a " + tokenOne + " write", "a " + tokenOne + "\na " + tokenOne,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tokens, err := server.ParseTokens([]byte(text))
		if (tokens == nil) != (err != nil) {
			t.Fatalf("%v, %v", tokens, err)
		}
		if err == nil {
			return
		}
		for _, word := range strings.Fields(text) {
			if len(word) >= server.MinToken && strings.Contains(err.Error(), word) {
				t.Fatalf("%v repeats %q", err, word)
			}
		}
	})
}
