package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/server"
)

// listen serves a site as docket serve does, with a time limit for bodies, and
// returns the address.
func (s *site) listen(readTimeout time.Duration) string {
	s.t.Helper()
	h := httptest.NewUnstartedServer(s.s)
	h.Config = server.HTTPServer(s.s)
	h.Config.ReadTimeout = readTimeout
	h.Start()
	s.t.Cleanup(h.Close)
	return h.Listener.Addr().String()
}

// Headers are bounded in sum, and so in number.
func TestHostileHeaders(t *testing.T) {
	s := newSite(t)
	addr := s.listen(10 * time.Second)
	many := make([]string, 3000)
	for i := range many {
		many[i] = fmt.Sprint("X-", i, ": 12345678")
	}
	for name, c := range map[string]struct {
		headers []string
		target  string
		status  int
	}{
		"one large":     {[]string{"X-Large: " + strings.Repeat("x", server.MaxHeader)}, "/checkpoint", 431},
		"many small":    {many, "/checkpoint", 431},
		"long target":   {nil, "/checkpoint?" + strings.Repeat("x", server.MaxHeader), 431},
		"long name":     {[]string{strings.Repeat("x", server.MaxHeader) + ": 1"}, "/checkpoint", 431},
		"below it":      {[]string{"X-Large: " + strings.Repeat("x", server.MaxHeader/2)}, "/checkpoint", 200},
		"control":       {[]string{"X-Bad: \x00"}, "/checkpoint", 400},
		"no name":       {[]string{": x"}, "/checkpoint", 400},
		"space in name": {[]string{"Content-Length : 5"}, "/checkpoint", 400},
		"two lengths":   {[]string{"Content-Length: 5", "Content-Length: 6"}, "/checkpoint", 400},
		"two hosts":     {[]string{"Host: other.example"}, "/checkpoint", 400},
		"odd coding":    {[]string{"Transfer-Encoding: gzip"}, "/checkpoint", 501},
	} {
		a, err := exchange(addr, "GET", text("GET", c.target, nil, c.headers))
		if err != nil || a.status != c.status {
			t.Errorf("%s: %d, %v, want %d", name, a.status, err, c.status)
		}
	}
}

// slowLines begins a large NDJSON submission and sends a byte now and then.
func slowLines(t *testing.T, addr string, begin []byte) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	fmt.Fprintf(c, "POST /api/v1/statements HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n%s", server.MaxBatchBody, begin)
	go func() {
		for range 100 {
			time.Sleep(10 * time.Millisecond)
			if _, err := c.Write([]byte("x")); err != nil {
				return
			}
		}
	}()
	return c
}

// More slow senders than there are places hold up nobody, and are ended.
func TestSlowBatchesHoldNoPlace(t *testing.T) {
	s := newSite(t)
	addr := s.listen(600 * time.Millisecond)
	var slow []net.Conn
	for range server.MaxBatches + 4 {
		slow = append(slow, slowLines(t, addr, []byte("{")))
	}
	waitUntil(t, "the slow bodies are not being read", func() bool { return s.s.BodiesLeft() < server.MaxBodies })
	if n := s.s.InProgress(); n != 0 {
		t.Errorf("slow senders take %d places", n)
	}
	e := s.release("contracts/1").Marshal()
	a, err := exchange(addr, "POST", text("POST", "/api/v1/statements", append(e, '\n'), []string{ndjsonBody}))
	if err != nil || a.status != http.StatusOK || !bytes.Contains(a.body, []byte(`"status":201`)) {
		t.Errorf("a batch beside them: %d, %v %s", a.status, err, a.body)
	}
	for _, c := range slow {
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		b := make([]byte, 4096)
		n, err := c.Read(b)
		if answer := string(b[:n]); err != nil || !strings.HasPrefix(answer, "HTTP/1.1 400") || !strings.Contains(answer, `"code":"body"`) {
			t.Errorf("a slow sender gets %q, %v", answer, err)
		}
	}
	waitUntil(t, "what the slow bodies took is not given back", func() bool { return s.s.BodiesLeft() == server.MaxBodies })
}

func waitUntil(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// Bodies that are being read are bounded in sum. What was taken is given back,
// whatever became of the body.
func TestBudgetOfBodies(t *testing.T) {
	s := newSite(t)
	s.s.TakeBodies(server.MaxBodies - 128<<10)
	many := bytes.Repeat([]byte("{}\n"), 1000)
	for name, body := range map[string][]byte{
		"too large for what is left": make([]byte, 200<<10),
		"far too large":              make([]byte, server.MaxBatchBody+1),
	} {
		s.do("POST", "/api/v1/statements", body, ndjsonBody).turnedAway(t, http.StatusServiceUnavailable, "busy", "1")
		if left := s.s.BodiesLeft(); left != 128<<10 {
			t.Fatalf("%s: %d bytes are left", name, left)
		}
	}
	if a := s.do("POST", "/api/v1/statements", many, ndjsonBody); a.status != http.StatusOK {
		t.Errorf("a small batch: %d %s", a.status, a.body)
	}
	s.s.TakeBodies(128<<10 - server.MaxBodies)
	s.do("POST", "/api/v1/statements", make([]byte, server.MaxBatchBody+1), ndjsonBody).refused(t, http.StatusRequestEntityTooLarge, "body-size", "")
	s.do("POST", "/api/v1/statements", many, ndjsonBody, "Content-Encoding: gzip").refused(t, http.StatusUnsupportedMediaType, "content-encoding", "")
	if left := s.s.BodiesLeft(); left != server.MaxBodies {
		t.Errorf("%d bytes are left of %d", left, server.MaxBodies)
	}
}

// Bodies of one envelope that are being read are bounded in sum, too: stalled
// senders get 503 above it, and NDJSON still comes in.
func TestBudgetOfSingleBodies(t *testing.T) {
	for _, c := range []struct {
		site         *site
		path, header string
		large        int
	}{{newSite(t), "/api/v1/statements", jsonBody, server.MaxBody}, {newRawSite(t), "/add", "X-None: x", 8192}} {
		s := c.site
		addr := s.listen(10 * time.Second)
		s.s.TakeSingles(server.MaxSingles - 16<<10)
		stalled, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(stalled, "POST %s HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: %d\r\n\r\n{", c.path, c.header, c.large)
		waitUntil(t, "the stalled body takes nothing", func() bool { return s.s.SinglesLeft() == 8<<10 })
		s.s.TakeSingles(8 << 10)
		s.do("POST", c.path, []byte("x"), c.header).turnedAway(t, http.StatusServiceUnavailable, "busy", "1")
		stalled.Close()
		waitUntil(t, "what the stalled body took is not given back", func() bool { return s.s.SinglesLeft() == 8<<10 })
		s.s.TakeSingles(16<<10 - server.MaxSingles - 8<<10)
		s.do("POST", c.path, make([]byte, c.large+1), c.header).refused(t, http.StatusRequestEntityTooLarge, "body-size", "")
		if left := s.s.SinglesLeft(); left != server.MaxSingles {
			t.Errorf("%d bytes are left of %d", left, server.MaxSingles)
		}
	}
}

// A line may be as large as a body; above the limit of an envelope it is refused
// by itself.
func TestHugeLines(t *testing.T) {
	s := newSite(t)
	good := s.release("contracts/1").Marshal()
	huge := bytes.Repeat([]byte("x"), 8<<20)
	deep := bytes.Repeat([]byte("["), 4<<20)
	padded := append(bytes.Repeat([]byte(" "), server.MaxBody), s.release("contracts/2").Marshal()...)
	lines := s.lines(bytes.Join([][]byte{huge, good, deep, padded}, []byte("\n")))
	for i, status := range []int{400, 201, 400, 400} {
		if l := lines[i]; l.Status != status || status == 400 && l.Problem.Code != "E101" {
			t.Errorf("line %d: %d %+v", i, l.Status, l.Problem)
		}
	}
	s.check()
}

// The sizes right at the limits, over a connection.
func TestBodiesAtTheLimits(t *testing.T) {
	s := newSite(t)
	addr := s.listen(10 * time.Second)
	for _, c := range []struct {
		size   int
		media  string
		status int
	}{
		{server.MaxBatchBody, ndjsonBody, 200}, {server.MaxBatchBody + 1, ndjsonBody, 413}, {server.MaxBody, jsonBody, 400}, {server.MaxBody + 1, jsonBody, 413},
	} {
		request := text("POST", "/api/v1/statements", bytes.Repeat([]byte("x"), c.size), []string{c.media})
		if a, err := exchange(addr, "POST", request); err != nil || a.status != c.status {
			t.Errorf("%d bytes of %s: %d, %v, want %d", c.size, c.media, a.status, err, c.status)
		}
	}
}

// A server that is told to stop answers what it admitted, however slow the store
// is, and takes no more.
func TestShutdownAnswersWhatWasAdmitted(t *testing.T) {
	g := gated{entered: make(chan struct{}, 8), open: make(chan struct{})}
	s := newSite(t, func(c *log.Config) {
		g.Store = c.Store
		c.Store = g
	})
	h := server.HTTPServer(s.s)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(listener) }()
	addr := listener.Addr().String()
	type got struct {
		answer
		err error
	}
	answers := make(chan got, 2)
	submit := func(body []byte, media string) {
		go func() {
			a, err := exchange(addr, "POST", text("POST", "/api/v1/statements", body, []string{media}))
			answers <- got{a, err}
		}()
	}
	submit(s.release("contracts/1").Marshal(), jsonBody)
	<-g.entered // it is being committed
	submit(append(s.release("contracts/2").Marshal(), '\n'), ndjsonBody)
	waitUntil(t, "the second submission is not in progress", func() bool { return s.s.InProgress() == 2 })
	down := make(chan error, 1)
	go func() { down <- h.Shutdown(context.Background()) }()
	if err := <-served; err != http.ErrServerClosed {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", addr); err == nil {
		if _, err := io.ReadAll(c); err != nil {
			t.Log(err)
		}
		t.Error("a server that stops takes connections")
	}
	select {
	case err := <-down:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(g.open)
	for range 2 {
		a := <-answers
		if a.err != nil || a.status != http.StatusCreated && !bytes.Contains(a.body, []byte(`"status":201`)) {
			t.Errorf("%d, %v %s", a.status, a.err, a.body)
		}
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
	if err := s.l.Close(); err != nil {
		t.Error(err)
	}
	s.check()
}
