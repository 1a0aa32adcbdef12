package server_test

// The tests of the HTTP server. Each file has one theme:
//
//	golden_test.go      status, headers and body of each endpoint, in testdata
//	tiles_test.go       C2SP tlog-tiles: paths, sizes, widths
//	raw_test.go         POST /add
//	submit_test.go      POST /api/v1/statements, one envelope
//	ndjson_test.go      POST /api/v1/statements, many
//	reads_test.go       receipts, documents, identities, consistency
//	trouble_test.go     busy, full, stopped, closing, and what must not leak
//	registers_test.go   staples of digests and activities, histories
//	search_test.go      search, receipts by document digest, cursors
//	checkpoints_test.go checkpoints of the past, inclusion, leaf index
//	refusals_test.go    what goes on record, quarantine
//	access_test.go      tokens, hosts, what is public
//	backups_test.go     POST /api/v1/backups, and logs that are for reading alone
//	quota_test.go       statements a second
//	hostile_test.go     headers, slow bodies, huge lines
//	metrics_test.go     metrics and lines of the operator's log
//	openapi_test.go     the description against the handlers, both ways
//	apidoc_test.go      docs/api.md against the description
//	concurrent_test.go  writers and readers together
//	fuzz_test.go        paths and bodies
//	bench_test.go       figures

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// site is a log and its server.
type site struct {
	t      testing.TB
	w      *logtest.World
	l      *log.Log
	s      *server.Server
	memory *storagetest.Memory
	store  storage.Store
	anchor storage.Anchor
	addr   string // on the loopback
}

// An option changes the configuration of a site's log.
type option func(*log.Config)

// newSite serves a sealed log with genesis, registrar and pipeline: size 5.
func newSite(t testing.TB, options ...option) *site {
	t.Helper()
	s := newPlace(t)
	s.w.Create(t, s.store, s.anchor).Close()
	return s.serve(s.w.Config(s.store, s.anchor), options)
}

// newRawSite serves a raw log with these leaves.
func newRawSite(t testing.TB, leaves ...string) *site {
	t.Helper()
	s := newPlace(t)
	c := s.w.Config(s.store, s.anchor)
	c.Mode = log.Raw
	if err := log.Create(context.Background(), c, nil); err != nil {
		t.Fatal(err)
	}
	s.serve(c, nil)
	for _, leaf := range leaves {
		s.add(leaf)
	}
	return s
}

func newPlace(t testing.TB) *site {
	s := &site{t: t, w: logtest.NewWorld(), memory: storagetest.NewMemory()}
	var err error
	if s.store, err = s.memory.Open(); err != nil {
		t.Fatal(err)
	}
	if s.anchor, err = storagetest.NewMemoryAnchor().Open(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) serve(c log.Config, options []option) *site {
	s.t.Helper()
	for _, o := range options {
		o(&c)
	}
	var err error
	if s.l, err = log.Open(c); err != nil {
		s.t.Fatal(err)
	}
	s.s = server.New(s.l)
	loopback := httptest.NewServer(s.s)
	s.addr = strings.TrimPrefix(loopback.URL, "http://")
	s.t.Cleanup(func() {
		loopback.Close()
		s.l.Close()
	})
	return s
}

// with returns the site under a server with these options.
func (s *site) with(o server.Options) *site {
	other := *s
	other.s = server.NewWith(s.l, o)
	return &other
}

// in returns the site with what fails reported to t.
func (s *site) in(t testing.TB) *site {
	other := *s
	other.t = t
	return &other
}

// add adds a leaf to a raw log, not over HTTP.
func (s *site) add(leaf string) {
	s.t.Helper()
	_, v, err := s.l.SubmitRaw(context.Background(), [][]byte{[]byte(leaf)})
	if err != nil {
		s.t.Fatal(err)
	}
	v.Release()
}

// size returns the published size.
func (s *site) size() uint64 {
	v := s.l.View()
	defer v.Release()
	return v.Size()
}

// head returns the published tree head.
func (s *site) head() proofs.TreeHead {
	v := s.l.View()
	defer v.Release()
	return v.TreeHead()
}

// check rebuilds the log by other code and compares.
func (s *site) check() {
	s.t.Helper()
	logtest.Check(s.t, s.w, s.store, s.anchor)
}

// release returns a signed first release of a document.
func (s *site) release(id string) statement.Envelope {
	s.t.Helper()
	e, err := s.w.Pipeline.Release(id, 1, nil, logtest.FileOf([]byte(id)))
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// An answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// problem returns the problem document of an answer and checks its form.
func (a answer) problem(t testing.TB) server.Problem {
	t.Helper()
	var p server.Problem
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Fatalf("status %d, no problem document: %v\n%s", a.status, err, a.body)
	}
	if p.Status != a.status || p.Code == "" || p.Title == "" || !strings.HasSuffix(p.Type, "#"+p.Code) {
		t.Errorf("status %d: %+v", a.status, p)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a problem has Cache-Control %q", got)
	}
	if p.Detail == "" {
		t.Errorf("%s has no detail", p.Code)
	}
	return p
}

// refused demands a problem with this status, code and field.
func (a answer) refused(t testing.TB, status int, code, field string) {
	t.Helper()
	p := a.problem(t)
	if a.status != status || p.Code != code || p.Field != field {
		t.Errorf("status %d, code %q, field %q, want %d, %q, %q\n%s", a.status, p.Code, p.Field, status, code, field, a.body)
	}
}

// receipt demands a receipt whose proofs hold.
func (s *site) receipt(a answer, status int) *proofs.Receipt {
	s.t.Helper()
	if a.status != status || a.header.Get("Content-Type") != proofs.ReceiptMediaType {
		s.t.Fatalf("status %d, Content-Type %q, want %d and a receipt\n%s", a.status, a.header.Get("Content-Type"), status, a.body)
	}
	r, err := proofs.ParseReceipt(a.body)
	if err != nil {
		s.t.Fatal(err)
	}
	if v := s.w.Verifier(s.t, s.l).Verify(r, proofs.Expect{}); v.Kind == proofs.Invalid {
		s.t.Fatal(v)
	}
	return r
}

// do sends a request to the handler, after it was read as the server reads it:
// the target is taken byte for byte. headers are lines.
func (s *site) do(method, target string, body []byte, headers ...string) answer {
	s.t.Helper()
	raw := text(method, target, body, headers)
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return answer{status: http.StatusBadRequest, header: http.Header{}} // net/http answers so
	}
	w := httptest.NewRecorder()
	s.s.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

// send is do over a connection of its own.
func (s *site) send(method, target string, body []byte, headers ...string) answer {
	s.t.Helper()
	a, err := exchange(s.addr, method, text(method, target, body, headers))
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, target, err)
	}
	return a
}

func text(method, target string, body []byte, headers []string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", method, target, logtest.Origin)
	if body != nil {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// exchange sends bytes and reads one answer.
func exchange(addr, method string, request []byte) (answer, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return answer{}, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return answer{}, err
	}
	go c.Write(request) // the server may answer before it read all
	r, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		return answer{}, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	return answer{r.StatusCode, r.Header, body}, err
}

// post submits an envelope.
func (s *site) post(e statement.Envelope) answer {
	s.t.Helper()
	return s.do("POST", "/api/v1/statements", e.Marshal(), jsonBody)
}

const (
	jsonBody   = "Content-Type: application/json"
	ndjsonBody = "Content-Type: application/x-ndjson"
)

// author returns an author with an unknown key or identity.
func (s *site) author(id string) *client.Author { return s.w.Author(id) }
