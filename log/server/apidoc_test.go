package server_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/server"
)

const apiPage = "../../docs/api.md"

// A resource is a section of the page: its heading, and what stands in it.
type resource struct {
	method, path, text string
	request            *http.Request
	answer             string // "" if the page shows none
}

var (
	headings = regexp.MustCompile(`(?m)^### (GET|POST) (\S+)$`)
	requests = regexp.MustCompile("(?s)```http\n(.*?)\n```\n")
	answers  = regexp.MustCompile("(?s)```json\n(.*?)\n```\n")
)

// resources reads the page.
func resources(t *testing.T) (all []resource) {
	t.Helper()
	page, err := os.ReadFile(apiPage)
	if err != nil {
		t.Fatal(err)
	}
	found := headings.FindAllSubmatchIndex(page, -1)
	for i, m := range found {
		end := len(page)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		r := resource{method: string(page[m[2]:m[3]]), path: string(page[m[4]:m[5]]), text: string(page[m[1]:end])}
		shown := requests.FindAllStringSubmatch(r.text, -1)
		if len(shown) != 1 {
			t.Fatalf("%s %s has %d requests as examples", r.method, r.path, len(shown))
		}
		line, _, _ := strings.Cut(shown[0][1], "\n")
		r.request, err = http.ReadRequest(bufio.NewReader(strings.NewReader(line + " HTTP/1.1\r\nHost: localhost\r\n\r\n")))
		if err != nil {
			t.Fatalf("%s %s: %v", r.method, r.path, err)
		}
		if shown := answers.FindAllStringSubmatch(r.text, -1); len(shown) == 1 {
			r.answer = shown[0][1]
		} else if len(shown) > 1 {
			t.Fatalf("%s %s has %d answers as examples", r.method, r.path, len(shown))
		}
		all = append(all, r)
	}
	return all
}

// TestAPIPage holds docs/api.md to the description: a section for each route and
// no other, with an example that leads to its handler, each parameter named, and
// an answer in the form that is described.
func TestAPIPage(t *testing.T) {
	s := newSite(t).with(server.Options{Metrics: server.NewMetrics("test")})
	d := descriptionOf(t, s)
	seen := make(map[string]bool)
	for _, r := range resources(t) {
		i := slices.IndexFunc(s.s.Described(), func(d server.Described) bool { return d.Path == r.path && d.Method == r.method })
		if i < 0 {
			t.Errorf("%s %s is on the page and not in the API", r.method, r.path)
			continue
		}
		route := s.s.Described()[i]
		if seen[route.ID] {
			t.Errorf("%s has two sections", route.ID)
		}
		seen[route.ID] = true
		if got := s.s.PatternOf(r.request); got != route.Pattern || r.request.Method != r.method {
			t.Errorf("the example of %s leads to %q", route.ID, got)
		}
		d.checkExample(route, r)
		for _, name := range route.Query {
			if !strings.Contains(r.text, "`"+name+"`") && !strings.Contains(r.text, "?"+name+"=") && !strings.HasSuffix(route.ID, "History") {
				t.Errorf("the section of %s does not name the parameter %s", route.ID, name)
			}
		}
	}
	for id := range d.all {
		if !seen[id] {
			t.Errorf("%s has no section", id)
		}
	}
}

// checkExample holds an answer to the schema, and demands one where it is short
// JSON: a receipt is shown by its own page.
func (d *description) checkExample(route server.Described, r resource) {
	d.t.Helper()
	for _, media := range []string{"application/json", "application/x-ndjson", "application/vnd.dsse.envelope.v1+json"} {
		content := d.operation(route.ID).Responses["200"].Content[media]
		switch {
		case content == nil:
		case r.answer == "":
			d.t.Errorf("%s has no answer as an example", route.ID)
		default:
			d.validate("the example of "+route.ID, content.Schema, []byte(r.answer))
			return
		}
	}
	if r.answer != "" {
		d.t.Errorf("the answer of %s is of no described form", route.ID)
	}
}

// TestExamplesOfThePageAreAnswered sends what does not name something of another
// log, and demands a good answer.
func TestExamplesOfThePageAreAnswered(t *testing.T) {
	s := newSite(t).with(server.Options{Metrics: server.NewMetrics("test")})
	s.releases("contracts/1", 1)
	s.releases("contracts/2", 1) // size 9, as on the page
	s.setFinal()
	d := descriptionOf(t, s)
	sent := 0
	for _, r := range resources(t) {
		if r.method == http.MethodPost || regexp.MustCompile(`/(receipts|receipts/leaf|receipts/final|leaf-index|histories/digests|histories/grants|quarantine)/[0-9a-f]{64}|/histories/runs/`).MatchString(r.request.URL.Path) {
			continue
		}
		w := httptest.NewRecorder()
		s.s.ServeHTTP(w, r.request)
		if w.Code != http.StatusOK {
			t.Errorf("%s %s: %d %s", r.method, r.request.URL, w.Code, w.Body)
		}
		i := slices.IndexFunc(s.s.Described(), func(d server.Described) bool { return d.Path == r.path && d.Method == r.method })
		d.judge(s.s.Described()[i].ID, answer{w.Code, w.Header(), w.Body.Bytes()})
		sent++
	}
	if sent < 18 {
		t.Errorf("only %d examples were sent", sent)
	}
}

// TestAPIPageNamesTheLimits: the figures on the page are those of the sources.
func TestAPIPageNamesTheLimits(t *testing.T) {
	page, err := os.ReadFile(apiPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []struct {
		is, said int
		text     string
	}{
		{server.MaxHeader, 32 << 10, "| 32 KiB | 431 |"}, {server.MaxBody, 128 << 10, "| 128 KiB | 413"},
		{server.MaxBatchBody, 16 << 20, "| 16 MiB, 1,000 lines |"}, {log.MaxSubmission, 1000, "| 16 MiB, 1,000 lines |"},
		{server.MaxBodies, 256 << 20, "| 256 MiB | 503 `busy` |"}, {server.MaxSingles, 128 << 20, "| 128 MiB | 503 `busy` |"},
		{server.MaxSubmissions, 1024, "| 1,024 of one envelope"}, {server.MaxBatches, 16, "16 of NDJSON"},
		{server.MinToken, 32, "32 to 256 characters"}, {server.MaxToken, 256, "32 to 256 characters"},
		{log.MaxSearchWork, 1000, "entries that one search looks at | 1,000 |"}, {log.MaxSearchPage, 200, "| 1 to 200; 50 if it is not given |"},
		{log.MaxReleases, 100, "`limit` is 1 to 100, 20 if"}, {log.MaxHistoryPage, 1000, "(1 to 1,000; 100 if it is not given)"},
	} {
		if limit.is != limit.said || !strings.Contains(string(page), limit.text) {
			t.Errorf("a limit is %d, on the page it is %d; the page has %q: %v", limit.is, limit.said, limit.text, strings.Contains(string(page), limit.text))
		}
	}
}
