package server_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docketlog/docket/log/server"
)

// submitFrom submits n statements from an address, as one body, and returns what
// comes back.
func (s *site) submitFrom(addr string, n int, headers ...string) answer {
	s.t.Helper()
	media, body := "application/json", []byte("{}")
	if n != 1 {
		media, body = "application/x-ndjson", bytes.Repeat([]byte("{}\n"), n)
	}
	r := httptest.NewRequest("POST", "/api/v1/statements", bytes.NewReader(body))
	r.RemoteAddr = addr
	r.Header.Set("Content-Type", media)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.s.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

// pays says whether a submission was judged, and demands the problem if not.
func (s *site) pays(a answer) bool {
	s.t.Helper()
	if a.status != http.StatusTooManyRequests {
		return true
	}
	a.refused(s.t, http.StatusTooManyRequests, "quota", "")
	if n, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || n < 1 {
		s.t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
	}
	return false
}

// withQuota runs a test while the clock stands, but for its own sleeps.
func withQuota(t *testing.T, o server.Options, test func(s *site)) {
	t.Helper()
	o.Quota = 1
	whole := newSite(t)
	synctest.Test(t, func(t *testing.T) { test(whole.with(o).in(t)) })
}

// A client has a burst of two seconds; a batch counts its lines.
func TestQuotaCountsStatements(t *testing.T) { withQuota(t, server.Options{}, countStatements) }

func countStatements(s *site) {
	t := s.t
	for i, want := range []bool{true, true, false, false} {
		if got := s.pays(s.submitFrom("192.0.2.1:1000", 1)); got != want {
			t.Errorf("statement %d: %v", i, got)
		}
	}
	if s.pays(s.submitFrom("192.0.2.1:2000", 1)) {
		t.Error("another port is another client")
	}
	if !s.pays(s.submitFrom("192.0.2.2:1000", 2)) || s.pays(s.submitFrom("192.0.2.2:1000", 2)) {
		t.Error("a batch does not count its lines")
	}
	// A batch above the burst comes in from a full bucket, and is paid for.
	if !s.pays(s.submitFrom("192.0.2.3:1000", 60)) {
		t.Error("a large batch never comes in")
	}
	a := s.submitFrom("192.0.2.3:1000", 1)
	if after, err := strconv.Atoi(a.header.Get("Retry-After")); s.pays(a) || err != nil || after != 59 {
		t.Errorf("after 60 lines at 1 a second: Retry-After %d, %v", after, err)
	}
	time.Sleep(time.Second)
	if !s.pays(s.submitFrom("192.0.2.1:1000", 1)) || s.pays(s.submitFrom("192.0.2.1:1000", 1)) {
		t.Error("after a second there is not one more statement")
	}
	// Reading is free.
	if a := s.do("GET", "/api/v1/identities/wl/pipeline", nil); a.status != http.StatusOK {
		t.Errorf("a read: %d", a.status)
	}
}

// Of IPv6 a client has 64 bits; an address in another form is the same one.
func TestQuotaClientsByAddress(t *testing.T) { withQuota(t, server.Options{}, clientsByAddress) }

func clientsByAddress(s *site) {
	t := s.t
	use := func(addr string) bool { return s.pays(s.submitFrom(addr, 2)) }
	if !use("[2001:db8:0:1::1]:1") || use("[2001:db8:0:1:ffff::2]:1") || !use("[2001:db8:0:2::1]:1") {
		t.Error("the network of 64 bits is not the client")
	}
	if !use("198.51.100.7:1") || use("[::ffff:198.51.100.7]:1") {
		t.Error("one address in two forms is two clients")
	}
	if !use("[fe80::1%eth0]:1") || use("[fe80::2%eth1]:1") {
		t.Error("a zone makes another client")
	}
}

// With tokens a client is a name, wherever it is.
func TestQuotaClientsByToken(t *testing.T) {
	withQuota(t, server.Options{Tokens: parseTokens(t, "ci/one "+tokenOne+"\nci/two "+tokenTwo+"\n")}, clientsByToken)
}

func clientsByToken(s *site) {
	t := s.t
	use := func(addr, token string) bool {
		return s.pays(s.submitFrom(addr, 2, "Authorization", "Bearer "+token))
	}
	if !use("192.0.2.1:1", tokenOne) || use("192.0.2.2:1", tokenOne) || !use("192.0.2.1:1", tokenTwo) {
		t.Error("the name is not the client")
	}
}

// The clients that are remembered are bounded; the busy ones are not forgotten.
func TestQuotaForgetsIdleClients(t *testing.T) { withQuota(t, server.Options{}, forgetIdleClients) }

func forgetIdleClients(s *site) {
	t := s.t
	const busy = "203.0.113.1:1"
	s.submitFrom(busy, 100)
	for i := range 10_500 {
		s.submitFrom(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255), 2)
		if i%5000 == 0 && s.pays(s.submitFrom(busy, 1)) {
			t.Fatal("a client in debt is forgotten while it asks on")
		}
	}
	if n := s.s.QuotaClients(); n != 10_000 {
		t.Errorf("%d clients are remembered", n)
	}
	if !s.pays(s.submitFrom("10.0.0.0:1", 1)) {
		t.Error("the first of 10,500 clients is remembered")
	}
}

func TestNoQuota(t *testing.T) {
	s := newSite(t)
	for range 50 {
		if !s.pays(s.submitFrom("192.0.2.1:1", 100)) {
			t.Fatal("refused without a quota")
		}
	}
}
