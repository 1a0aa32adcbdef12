package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docketlog/docket/log/server"
)

const (
	tokenOne = "one-0123456789abcdefghijklmnopqrstuvwxyz"
	tokenTwo = "two-0123456789abcdefghijklmnopqrstuvwxyz"
)

func parseTokens(t *testing.T, text string) *server.Tokens {
	t.Helper()
	tokens, err := server.ParseTokens([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func TestParseTokens(t *testing.T) {
	parseTokens(t, "# a comment\n\nci/one "+tokenOne+"\nci/one "+tokenTwo+" read submit metrics\n")
	long := strings.Repeat("x", server.MaxToken)
	parseTokens(t, "a "+long+"\nb "+strings.Repeat("y", server.MinToken)+" read")
	for name, c := range map[string]struct{ text, want string }{
		"nothing":       {"", "no client"},
		"comments only": {"# a " + tokenOne + "\n", "no client"},
		"name only":     {"ci/one\n", "line 1"},
		"short token":   {"\n\nci/one secretsecretsecretsecretsecretse\nx", "line 4"},
		"31 characters": {"a " + strings.Repeat("s", server.MinToken-1), "line 1: the token is none"},
		"long token":    {"a " + long + "x", "line 1: the token is none"},
		"control":       {"a " + tokenOne + "\x01", "line 1: the token is none"},
		"not ASCII":     {"a " + tokenOne + "é", "line 1: the token is none"},
		"quote":         {"a \"" + tokenOne + "\"", "line 1: the token is none"},
		"tab":           {"a\t" + tokenOne, "line 1: want a name"},
		"two spaces":    {"a  " + tokenOne, "line 1: want a name"},
		"space first":   {" a " + tokenOne, "line 1: want a name"},
		"carriage":      {"a " + tokenOne + " read\r\r\n", "line 1: want a name"},
		"name":          {"a:b " + tokenOne, "line 1: the name is none"},
		"scope":         {"# x\na " + tokenOne + " write", "line 2: after the token"},
		"scope twice":   {"a " + tokenOne + " read read", "line 1: after the token"},
		"token twice":   {"a " + tokenOne + "\n\nb " + tokenOne, "line 3: the token stands on an earlier line"},
		"too large":     {strings.Repeat("#\n", server.MaxTokens), "at most"},
	} {
		_, err := server.ParseTokens([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "0123456789") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	var many strings.Builder
	for range server.MaxClients + 1 {
		line, err := server.NewToken("a")
		if err != nil {
			t.Fatal(err)
		}
		many.WriteString(line + "\n")
	}
	if _, err := server.ParseTokens([]byte(many.String())); err == nil || !strings.Contains(err.Error(), "line 1001: at most 1000") {
		t.Errorf("too many clients: %v", err)
	}
}

func TestTokensAreDemanded(t *testing.T) {
	s := newSite(t)
	s = s.with(server.Options{Tokens: parseTokens(t, "ci/one "+tokenOne+"\nci/two "+tokenTwo+" metrics\n"), Metrics: server.NewMetrics("test")})
	read := "/api/v1/documents/contracts/1"
	for name, c := range map[string]struct {
		path    string
		headers []string
		status  int
		code    string
	}{
		"none":              {read, nil, 401, "token"},
		"good":              {read, []string{"Authorization: Bearer " + tokenOne}, 200, ""},
		"lower case":        {read, []string{"authorization: bearer " + tokenOne}, 200, ""},
		"basic":             {read, []string{"Authorization: Basic " + tokenOne}, 401, "token"},
		"bare":              {read, []string{"Authorization: " + tokenOne}, 401, "token"},
		"empty":             {read, []string{"Authorization: Bearer "}, 401, "token"},
		"prefix":            {read, []string{"Authorization: Bearer " + tokenOne[:39]}, 401, "token"},
		"longer":            {read, []string{"Authorization: Bearer " + tokenOne + "x"}, 401, "token"},
		"space before":      {read, []string{"Authorization: Bearer  " + tokenOne}, 401, "token"},
		"twice":             {read, []string{"Authorization: Bearer " + tokenOne, "Authorization: Bearer " + tokenOne}, 401, "token"},
		"huge":              {read, []string{"Authorization: Bearer " + strings.Repeat("x", 30_000)}, 401, "token"},
		"in the query":      {read + "?access_token=" + tokenOne, nil, 401, "token"},
		"other scope":       {read, []string{"Authorization: Bearer " + tokenTwo}, 403, "scope"},
		"metrics":           {"/metrics", []string{"Authorization: Bearer " + tokenTwo}, 200, ""},
		"metrics not given": {"/metrics", []string{"Authorization: Bearer " + tokenOne}, 403, "scope"},
		"public":            {"/checkpoint", []string{"Authorization: Bearer wrong"}, 200, ""},
		"unknown path":      {"/api/v1/nothing", nil, 404, "not-found"},
	} {
		a := s.do("GET", c.path, nil, c.headers...)
		if a.status != c.status {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if c.code != "" {
			a.refused(t, c.status, c.code, "")
		}
		if got := a.header.Get("WWW-Authenticate"); (got == "Bearer") != (c.status == 401) {
			t.Errorf("%s: WWW-Authenticate %q", name, got)
		}
		if strings.Contains(string(a.body), tokenOne) || strings.Contains(string(a.body), tokenTwo) {
			t.Errorf("%s: the answer repeats a token", name)
		}
	}
	e := s.release("contracts/1").Marshal()
	before := s.head()
	s.do("POST", "/api/v1/statements", e, jsonBody).refused(t, 401, "token", "")
	s.do("POST", "/api/v1/statements", e, jsonBody, "Authorization: Bearer "+tokenTwo).refused(t, 403, "scope", "")
	if s.head() != before {
		t.Error("a statement came in without a token")
	}
	if a := s.do("POST", "/api/v1/statements", e, jsonBody, "Authorization: Bearer "+tokenOne); a.status != http.StatusCreated {
		t.Errorf("with a token: %d %s", a.status, a.body)
	}
}

// A server that is open on the loopback answers under its names only, and not to
// what other sites' pages send.
func TestOpenLocally(t *testing.T) {
	s := newSite(t).with(server.Options{Access: server.OpenLocally})
	ask := func(method, host, path string, headers ...string) int {
		r := httptest.NewRequest(method, path, nil)
		r.Host = host
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		s.s.ServeHTTP(w, r)
		return w.Code
	}
	const read = "/api/v1/identities/wl/pipeline"
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8070": 200, "LOCALHOST:8070": 200, "localhost.": 200, "docket.localhost": 200, "127.0.0.1": 200, "127.0.0.1:8070": 200, "127.9.9.9:1": 200,
		"[::1]": 200, "[::1]:8070": 200, "[::ffff:127.0.0.1]:1": 200,
		"": 403, "evil.example": 403, "evil.example:8070": 403, "localhost.evil.example": 403, "127.0.0.1.nip.io": 403, "0.0.0.0:8070": 403, "192.168.0.1": 403, "[::]:8070": 403,
		"notlocalhost": 403, "127.0.0.1@evil.example": 403, "2130706433": 403, "[::1": 200, ":8070": 403,
	} {
		if got := ask("GET", host, read); got != want {
			t.Errorf("Host %q: %d, want %d", host, got, want)
		}
		if got := ask("GET", host, "/checkpoint"); got != 200 {
			t.Errorf("Host %q: what is public answers %d", host, got)
		}
	}
	for site, want := range map[string]int{"cross-site": 403, "same-site": 403, "same-origin": 415, "none": 415, "": 415} {
		var headers []string
		if site != "" {
			headers = []string{"Sec-Fetch-Site", site}
		}
		if got := ask("POST", "localhost:8070", "/api/v1/statements", headers...); got != want {
			t.Errorf("Sec-Fetch-Site %q: %d, want %d", site, got, want)
		}
		for _, method := range []string{"GET", "HEAD"} { // an answer that no page reads still says whether there is one
			if got := ask(method, "localhost:8070", read, headers...); (got == 403) != (want == 403) {
				t.Errorf("%s, Sec-Fetch-Site %q: %d", method, site, got)
			}
			if got := ask(method, "localhost:8070", "/checkpoint", headers...); got != 200 {
				t.Errorf("%s, Sec-Fetch-Site %q: what is public answers %d", method, site, got)
			}
		}
	}
	if got := ask("GET", "localhost:8070", read, "Origin", "https://evil.example"); got != 403 {
		t.Errorf("another origin reads: %d", got)
	}
	if got := ask("POST", "localhost:8070", "/api/v1/statements", "Origin", "https://evil.example"); got != 403 {
		t.Errorf("another origin: %d", got)
	}
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "x-forwarded-host", "Via"} {
		for _, value := range []string{"1.1 proxy", ""} {
			if got := ask("GET", "127.0.0.1:8070", read, header, value); got != 403 {
				t.Errorf("%s %q: %d, want 403", header, value, got)
			}
			if got := ask("GET", "127.0.0.1:8070", "/checkpoint", header, value); got != 200 {
				t.Errorf("%s %q: what is public answers %d", header, value, got)
			}
		}
	}
}

// No page of another site reads what is protected, whatever it asks with.
func TestSharingIsForPublicResourcesOnly(t *testing.T) {
	s := newSite(t)
	for _, d := range s.s.Described() {
		path := strings.NewReplacer("{id...}", "wl/pipeline", "{digest}", strings.Repeat("0", 64), "{hash}", strings.Repeat("0", 64), "{index}", "0", "{size}", "5", "{older}", "2", "{newer}", "5", "{from}", "2", "{to}", "5").Replace(d.Pattern)
		for _, method := range []string{d.Method, "OPTIONS", "PUT"} {
			a := s.do(method, path, nil, "Origin: https://other.example", "Access-Control-Request-Method: GET")
			if shared := a.header.Get("Access-Control-Allow-Origin") != ""; shared != d.Public {
				t.Errorf("%s %s: %v", method, path, a.header)
			}
			if a.header.Get("Access-Control-Allow-Credentials")+a.header.Get("Access-Control-Allow-Headers") != "" {
				t.Errorf("%s %s: %v", method, path, a.header)
			}
		}
	}
}
