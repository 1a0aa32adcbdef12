package server_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// readsUp demands that all reads are answered.
func (s *site) readsUp() {
	s.t.Helper()
	for _, path := range []string{
		"/checkpoint", "/tile/0/000.p/5", "/tile/entries/000.p/5", "/api/v1/documents/contracts/1", "/api/v1/identities/wl/pipeline",
		"/api/v1/consistency/2/5", "/api/v1/log",
	} {
		if a := s.do("GET", path, nil); a.status != http.StatusOK {
			s.t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

// turnedAway demands a refusal that says when to come again.
func (a answer) turnedAway(t testing.TB, status int, code, retryAfter string) {
	t.Helper()
	a.refused(t, status, code, "")
	if got := a.header.Get("Retry-After"); got != retryAfter {
		t.Errorf("Retry-After %q, want %q", got, retryAfter)
	}
}

// submissions are one of each kind.
func (s *site) submissions() []answer {
	e := s.release("contracts/1").Marshal()
	return []answer{
		s.do("POST", "/api/v1/statements", e, jsonBody),
		s.do("POST", "/api/v1/statements", append(e, '\n'), ndjsonBody),
	}
}

func TestBusyServer(t *testing.T) {
	s := newSite(t)
	leave := s.s.Occupy()
	for _, a := range s.submissions() {
		a.turnedAway(t, http.StatusServiceUnavailable, "busy", "1")
	}
	s.readsUp()
	leave()
	for i, a := range s.submissions() {
		if a.status >= 300 {
			t.Errorf("submission %d afterwards: %d", i, a.status)
		}
	}
	if s.s.InProgress() != 0 {
		t.Errorf("%d places are not given back", s.s.InProgress())
	}
	raw := newRawSite(t)
	leave = raw.s.Occupy()
	raw.do("POST", "/add", []byte("a")).turnedAway(t, http.StatusServiceUnavailable, "busy", "1")
	leave()
}

// gated is a store whose commits wait.
type gated struct {
	storage.Store
	entered, open chan struct{}
}

func (g gated) Commit(seq uint64, b *storage.Batch) error {
	g.entered <- struct{}{}
	<-g.open
	return g.Store.Commit(seq, b)
}

// A full queue turns away at once, while what it took is finished.
func TestFullQueue(t *testing.T) {
	g := gated{entered: make(chan struct{}, 8), open: make(chan struct{})}
	s := newSite(t, func(c *log.Config) {
		g.Store = c.Store
		c.Store, c.MaxQueue = g, 1
	})
	answers := make(chan answer, 2)
	submit := func(id string) {
		e := s.release(id)
		go func() { answers <- s.post(e) }()
	}
	submit("contracts/1")
	<-g.entered // it is being written
	submit("contracts/2")
	for s.s.InProgress() < 2 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond) // the second one is in the queue
	s.post(s.release("contracts/3")).turnedAway(t, http.StatusServiceUnavailable, "busy", "1")
	s.readsUp()
	close(g.open)
	for range 2 {
		if a := <-answers; a.status != http.StatusCreated {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	s.check()
}

func TestLowSpace(t *testing.T) {
	s := newSite(t)
	before := s.head()
	s.memory.SetFreeSpace(0)
	time.Sleep(2 * log.SpaceInterval) // for so long the log still believes in it
	for _, a := range s.submissions() {
		a.turnedAway(t, http.StatusInsufficientStorage, "no-space", "60")
	}
	s.do("GET", "/healthz", nil).turnedAway(t, http.StatusServiceUnavailable, "no-space", "60")
	s.readsUp()
	if s.head() != before {
		t.Error("the log changed")
	}
	s.memory.SetFreeSpace(math.MaxInt64)
	if a := s.do("GET", "/healthz", nil); a.status != http.StatusOK {
		t.Errorf("healthz: %d", a.status)
	}
	if a := s.submissions()[0]; a.status != http.StatusCreated {
		t.Errorf("afterwards: %d", a.status)
	}
}

// What the operator reads in his log, and nobody else.
const secret = "/srv/docket/store/000012.sst"

// leaky is a store whose errors name a path. sick is what it says of itself.
type leaky struct {
	storage.Store
	broken *bool
	sick   *bool
}

func (l leaky) fault(err error) error {
	if *l.broken {
		return fmt.Errorf("open %s: %w", secret, storage.ErrUnknown)
	}
	return err
}

func (l leaky) Commit(seq uint64, b *storage.Batch) error {
	if err := l.fault(nil); err != nil {
		return err
	}
	return l.Store.Commit(seq, b)
}

func (l leaky) Health() error {
	if *l.sick {
		return errors.New("background error at " + secret)
	}
	return nil
}

func (l leaky) Snapshot() (storage.Snapshot, error) {
	rows, err := l.Store.Snapshot()
	return leakySnapshot{rows, l}, err
}

type leakySnapshot struct {
	storage.Snapshot
	l leaky
}

func (s leakySnapshot) Get(key []byte) ([]byte, error) {
	if err := s.l.fault(nil); err != nil {
		return nil, err
	}
	return s.Snapshot.Get(key)
}

func (s leakySnapshot) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	if err := s.l.fault(nil); err != nil {
		return err
	}
	return s.Snapshot.Scan(start, end, yield)
}

// faulty is a store whose snapshots panic where they are read, once on is set.
type faulty struct {
	storage.Store
	on *bool
}

type faultySnapshot struct {
	storage.Snapshot
	on *bool
}

func (f faulty) Snapshot() (storage.Snapshot, error) {
	rows, err := f.Store.Snapshot()
	return faultySnapshot{rows, f.on}, err
}

func (f faultySnapshot) Get(key []byte) ([]byte, error) {
	if *f.on {
		panic("a fault at " + secret)
	}
	return f.Snapshot.Get(key)
}

// A handler that panics is answered for, counted, and the operator is told where.
func TestPanics(t *testing.T) {
	on := new(bool)
	s := newSite(t, func(c *log.Config) { c.Store = faulty{c.Store, on} })
	var lines bytes.Buffer
	s = s.with(server.Options{Metrics: server.NewMetrics("test"), Logger: slog.New(slog.NewTextHandler(&lines, nil))})
	*on = true
	a := s.do("GET", "/api/v1/identities/wl/pipeline", nil)
	a.refused(t, http.StatusInternalServerError, "internal", "")
	if strings.Contains(string(a.body), secret) || a.header.Get("Location") != "" {
		t.Errorf("the answer says why: %v %s", a.header, a.body)
	}
	for _, want := range []string{"level=ERROR", "route=/api/v1/identities/{id...}", secret, "faultySnapshot"} {
		if !strings.Contains(lines.String(), want) {
			t.Errorf("the operator is not told %q: %s", want, lines.String())
		}
	}
	*on = false
	s.readsUp()
	if m := s.metrics(); m[`docket_request_seconds_count{route="/api/v1/identities/{id...}",status="5xx"}`] != 1 || m["docket_requests_in_progress"] != 1 {
		t.Errorf("it is not counted: %v", m)
	}
}

// breaking is a response that panics when its body is written.
type breaking struct {
	http.ResponseWriter
	with any
}

func (b breaking) Write([]byte) (int, error) { panic(b.with) }

// What was begun when a handler panicked is cut off.
func TestPanicsInTheMiddle(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct {
		with any
		told bool
	}{{"a fault", true}, {http.ErrAbortHandler, false}} {
		var lines bytes.Buffer
		s := s.with(server.Options{Metrics: server.NewMetrics("test"), Logger: slog.New(slog.NewTextHandler(&lines, nil))})
		func() {
			defer func() {
				if p := recover(); p != http.ErrAbortHandler {
					t.Errorf("%v: it panics with %v", c.with, p)
				}
			}()
			s.s.ServeHTTP(breaking{httptest.NewRecorder(), c.with}, httptest.NewRequest("GET", "/checkpoint", nil))
		}()
		if told := strings.Contains(lines.String(), "level=ERROR"); told != c.told {
			t.Errorf("%v: the operator is told: %q", c.with, lines.String())
		}
		if m := s.metrics(); m[`docket_request_seconds_count{route="/checkpoint",status="5xx"}`] != 1 {
			t.Errorf("%v is not counted: %v", c.with, m)
		}
	}
}

func newLeakySite(t *testing.T) (s *site, broken, sick *bool) {
	broken, sick = new(bool), new(bool)
	s = newSite(t, func(c *log.Config) { c.Store = leaky{c.Store, broken, sick} })
	return s, broken, sick
}

// A log that stopped says so to whoever submits; reads stay up. Nobody learns why.
func TestStoppedLog(t *testing.T) {
	s, broken, _ := newLeakySite(t)
	before := s.head()
	*broken = true
	s.post(s.release("contracts/1")).turnedAway(t, http.StatusServiceUnavailable, "stopped", "30")
	*broken = false
	<-s.l.Done()
	for _, a := range s.submissions() {
		a.turnedAway(t, http.StatusServiceUnavailable, "stopped", "30")
		if strings.Contains(string(a.body), secret) || strings.Contains(string(a.body), "commit") {
			t.Errorf("the answer says why: %s", a.body)
		}
	}
	s.do("GET", "/healthz", nil).turnedAway(t, http.StatusServiceUnavailable, "stopped", "30")
	s.readsUp()
	if s.head() != before {
		t.Error("the published size changed")
	}
}

// Whatever a store says stays with the operator.
func TestProblemsLeakNothing(t *testing.T) {
	s, broken, sick := newLeakySite(t)
	*broken = true
	for _, path := range []string{
		"/tile/0/000.p/5", "/tile/entries/000.p/5", "/api/v1/documents/contracts/1", "/api/v1/identities/wl/pipeline", "/api/v1/consistency/2/5",
		"/api/v1/receipts/" + strings.Repeat("0", 64), "/api/v1/log",
	} {
		a := s.do("GET", path, nil)
		a.refused(t, http.StatusInternalServerError, "internal", "")
		if strings.Contains(string(a.body), "srv") || strings.Contains(string(a.body), "outcome") {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	*broken = false
	*sick = true
	health := s.do("GET", "/healthz", nil)
	health.refused(t, http.StatusServiceUnavailable, "unhealthy", "")
	for _, a := range append(s.submissions(), health) {
		if p := a.problem(t); p.Status < 500 || strings.Contains(string(a.body), "srv") {
			t.Errorf("%s", a.body)
		}
	}
	*sick = false
	if a := s.do("GET", "/healthz", nil); a.status != http.StatusOK {
		t.Errorf("healthz: %d", a.status)
	}
}

// A commit that fails after its rows were written: the same for the submitter.
func TestOutcomeUnknown(t *testing.T) {
	for _, fault := range storagetest.Faults {
		t.Run(fault.String(), func(t *testing.T) {
			s := newSite(t, func(c *log.Config) { c.Store = storagetest.FailCommit(c.Store, 0, fault) })
			e := s.release("contracts/1")
			s.post(e).turnedAway(t, http.StatusServiceUnavailable, "stopped", "30")
			if s.size() != 5 {
				t.Errorf("size %d is published", s.size())
			}
			s.l.Close()
			// After a restart the same bytes come in once, whatever was written.
			l := s.w.Open(t, s.store, s.anchor)
			defer l.Close()
			again := &site{t: t, w: s.w, store: s.store, anchor: s.anchor}
			again.serve(s.w.Config(s.store, s.anchor), nil)
			want := map[storagetest.Fault]int{storagetest.NotApplied: http.StatusCreated, storagetest.Applied: http.StatusOK}[fault]
			if r := again.receipt(again.post(e), want); r.Index != 5 || again.size() != 7 {
				t.Errorf("entry %d, size %d", r.Index, again.size())
			}
		})
	}
}

func TestClosingLog(t *testing.T) {
	s := newSite(t)
	if err := s.l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, a := range append(s.submissions(), s.do("GET", "/checkpoint", nil), s.do("GET", "/tile/0/000.p/5", nil),
		s.do("GET", "/healthz", nil), s.do("GET", "/api/v1/log", nil), s.do("GET", "/api/v1/consistency/2/5", nil)) {
		a.turnedAway(t, http.StatusServiceUnavailable, "closing", "5")
	}
}
