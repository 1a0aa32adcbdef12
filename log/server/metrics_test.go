package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/server"
)

// newMeasuredSite is a site whose log and server fill metrics.
func newMeasuredSite(t *testing.T, options ...option) *site {
	t.Helper()
	m := server.NewMetrics("v1.2.3")
	s := newSite(t, append(options, func(c *log.Config) { c.Events = m.Events(c.Events) })...)
	return s.with(server.Options{Metrics: m})
}

// metrics reads all samples, by name with labels.
func (s *site) metrics() map[string]float64 {
	s.t.Helper()
	a := s.do("GET", "/metrics", nil)
	if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain; version=0.0.4") || a.header.Get("Cache-Control") != "no-store" {
		s.t.Fatalf("%d %v", a.status, a.header)
	}
	all := make(map[string]float64)
	for line := range strings.Lines(string(a.body)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		i := strings.LastIndex(line, " ")
		n, err := strconv.ParseFloat(strings.TrimSpace(line[i:]), 64)
		if err != nil {
			s.t.Fatalf("%v: %s", err, line)
		}
		all[line[:i]] = n
	}
	return all
}

func TestMetricsCount(t *testing.T) {
	var published atomic.Int64
	s := newMeasuredSite(t, func(c *log.Config) { c.Events.Published = func(log.Batch) { published.Add(1) } })
	one := s.release("contracts/1")
	s.post(one)
	s.post(one)
	s.do("POST", "/api/v1/statements", []byte("{}"), jsonBody)
	s.do("POST", "/api/v1/statements", []byte("{}"), "Content-Type: text/plain")
	lines := append(append(s.release("contracts/2").Marshal(), "\n{}\n"...), s.release("contracts/1").Marshal()...)
	s.do("POST", "/api/v1/statements", append(lines, '\n'), ndjsonBody)
	s.do("POST", "/api/v1/statements", bytes.Repeat([]byte("\n"), 1001), ndjsonBody)
	s.do("GET", "/api/v1/documents/contracts/1", nil)
	s.do("GET", "/api/v1/documents/-", nil)
	s.do("GET", "/somewhere/else", nil)
	s.do("GET", "//", nil)
	// A batch is counted right after its submitters were answered.
	waitUntil(t, "the batches are not counted", func() bool { return published.Load() == 2 })
	m := s.metrics()
	for name, want := range map[string]float64{
		`docket_submissions_total{outcome="created"}`:                                  2,
		`docket_submissions_total{outcome="duplicate"}`:                                1,
		`docket_submissions_total{outcome="E101"}`:                                     2,
		`docket_submissions_total{outcome="E408"}`:                                     1,
		`docket_submissions_total{outcome="too-many"}`:                                 1,
		`docket_batch_leaves_count`:                                                    2,
		`docket_batch_stage_seconds_count{stage="commit"}`:                             2,
		`docket_published_size`:                                                        9,
		`docket_stopped`:                                                               0,
		`docket_queue_length`:                                                          0,
		`docket_submissions_in_progress`:                                               0,
		`docket_requests_in_progress`:                                                  1, // this one
		`docket_request_seconds_count{route="/api/v1/statements",status="2xx"}`:        3,
		`docket_request_seconds_count{route="/api/v1/statements",status="4xx"}`:        3,
		`docket_request_seconds_count{route="/api/v1/documents/{id...}",status="2xx"}`: 1,
		`docket_request_seconds_count{route="/api/v1/documents/{id...}",status="4xx"}`: 1,
		`docket_request_seconds_count{route="/",status="4xx"}`:                         1,
		`docket_request_seconds_count{route="none",status="4xx"}`:                      1,
	} {
		if got, ok := m[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	for _, name := range []string{"go_goroutines", "process_open_fds", "docket_seal_age_seconds"} {
		if _, ok := m[name]; !ok {
			t.Errorf("there is no %s", name)
		}
	}
	if !slices.ContainsFunc(keys(m), func(name string) bool {
		return regexp.MustCompile(`^docket_build_info\{go="go[^"]+",version="v1.2.3"\}$`).MatchString(name)
	}) {
		t.Error("no build info")
	}
}

func keys(m map[string]float64) []string {
	var all []string
	for name := range m {
		all = append(all, name)
	}
	return all
}

// Clients cannot make labels.
func TestMetricsHaveFewLabels(t *testing.T) {
	s := newMeasuredSite(t)
	for i := range 50 {
		s.do("GET", fmt.Sprint("/x", i), nil)
		s.do("GET", fmt.Sprint("/api/v1/documents/x", i), nil)
		s.do("GET", fmt.Sprint("/tile/0/", i), nil)
		s.do(fmt.Sprint("METHOD", i), "/checkpoint", nil)
		s.do("POST", fmt.Sprint("/api/v1/statements?wait=", i), []byte("{}"), jsonBody)
		s.do("POST", "/api/v1/statements", []byte(fmt.Sprint(i)), jsonBody)
	}
	routes, outcomes := make(map[string]bool), make(map[string]bool)
	for name := range s.metrics() {
		if m := regexp.MustCompile(`route="([^"]*)"`).FindStringSubmatch(name); m != nil {
			routes[m[1]] = true
		}
		if m := regexp.MustCompile(`outcome="([^"]*)"`).FindStringSubmatch(name); m != nil {
			outcomes[m[1]] = true
		}
	}
	if len(routes) != 5 || len(outcomes) > 3 {
		t.Errorf("routes %v, outcomes %v", routes, outcomes)
	}
}

// A log that stopped, and one that is closed, can still be measured.
func TestMetricsOfALogInTrouble(t *testing.T) {
	broken := new(bool)
	s := newMeasuredSite(t, func(c *log.Config) { c.Store = leaky{c.Store, broken, new(bool)} })
	*broken = true
	s.post(s.release("contracts/1"))
	*broken = false
	<-s.l.Done()
	if m := s.metrics(); m["docket_stopped"] != 1 || m["docket_published_size"] != 5 || m[`docket_submissions_total{outcome="stopped"}`] != 1 {
		t.Errorf("%v", m)
	}
	s.l.Close()
	if m := s.metrics(); m["docket_stopped"] != 1 {
		t.Errorf("%v", m)
	}
}

// The operator's lines name routes and clients, never paths, bodies or tokens;
// and they say why the server could not answer.
func TestRequestLines(t *testing.T) {
	s, broken, _ := newLeakySite(t)
	var lines bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s = s.with(server.Options{Logger: logger, Tokens: parseTokens(t, "ci/one "+tokenOne+"\n")})
	auth := "Authorization: Bearer " + tokenOne
	s.do("GET", "/api/v1/documents/secret/plan", nil, auth)
	s.do("GET", "/api/v1/search?document=secret/plan", nil, "Authorization: Bearer "+tokenTwo)
	s.do("POST", "/api/v1/statements", s.release("secret/plan").Marshal(), jsonBody, auth)
	s.do("GET", "/secret/plan", nil)
	s.do("SECRETplan", "/checkpoint", nil)
	*broken = true
	s.do("GET", "/api/v1/identities/secret/plan", nil, auth)
	var got []string
	for line := range strings.Lines(lines.String()) {
		var l struct {
			Time                                     time.Time
			Level, Msg, Method, Route, Client, Error string
			Status                                   int
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Time.IsZero() {
			t.Fatalf("%v: %s", err, line)
		}
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %d %s", l.Level, l.Msg, l.Method, l.Route, l.Status, l.Client)))
		if l.Level == "ERROR" && !strings.Contains(l.Error, secret) {
			t.Errorf("the operator is not told why: %s", line)
		}
	}
	want := []string{
		"DEBUG answered GET /api/v1/documents/{id...} 200 ci/one",
		"DEBUG answered GET /api/v1/search 401",
		"DEBUG answered POST /api/v1/statements 201 ci/one",
		"DEBUG answered GET / 404",
		"DEBUG answered other /checkpoint 405",
		"ERROR a request could not be answered  /api/v1/identities/{id...} 0",
		"DEBUG answered GET /api/v1/identities/{id...} 500 ci/one",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, hidden := range []string{"plan", tokenOne, tokenTwo, "SECRET"} {
		if strings.Contains(lines.String(), hidden) {
			t.Errorf("the lines hold %q:\n%s", hidden, lines.String())
		}
	}
}
