package client_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/statement"
)

// questions are those that a register answers completely. A lie about any part of
// the answer is no answer.
func (x *story) questions() map[string]func(c *client.Client) (bool, error) {
	return map[string]func(c *client.Client) (bool, error){
		"dossier": func(c *client.Client) (bool, error) { d, err := c.Dossier(ctx, "R1"); return d != nil, err },
		"grant": func(c *client.Client) (bool, error) {
			g, err := c.GrantHistory(ctx, x.legal.Digest)
			return g != nil, err
		},
		"standing": func(c *client.Client) (bool, error) {
			s, err := c.Standing(ctx, "wl/builder", client.Moment{})
			return s != nil, err
		},
		"lineage": func(c *client.Client) (bool, error) {
			l, err := c.Lineage(ctx, client.LineageQuery{Run: "R1", Depth: 3, Up: true, Down: true})
			return l != nil, err
		},
	}
}

// asked are the paths of the answers that a question takes, each once.
func (x *story) asked(t *testing.T, question func(c *client.Client) (bool, error)) (paths []string) {
	t.Helper()
	seen := make(map[string]bool)
	x.lie = func(_ http.ResponseWriter, r *http.Request) bool {
		if path := r.URL.RequestURI(); !seen[path] {
			seen[path] = true
			paths = append(paths, path)
		}
		return false
	}
	defer func() { x.lie = nil }()
	if got, err := question(x.client()); !got || err != nil {
		t.Fatal(err)
	}
	return paths
}

// told is a client that gets another answer for one path, whatever the page.
func (x *story) told(path string, answer func(w http.ResponseWriter)) *client.Client {
	path, _, _ = strings.Cut(path, "?")
	x.lie = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != path {
			return false
		}
		answer(w)
		return true
	}
	return x.client()
}

// objects demands that nothing was handed out, and that the server's answer is to
// blame.
func objects(t *testing.T, what string, got bool, err error) {
	t.Helper()
	if got || !errors.Is(err, client.ErrAnswer) {
		t.Errorf("%s: handed out %v, %v", what, got, err)
	}
}

// TestARowIsMissing drops, doubles and swaps rows of every history that is behind an
// answer, one at a time: of the run, of each grant, identity and activity, and of the
// text. The client objects each time.
func TestARowIsMissing(t *testing.T) {
	x := newStory(t)
	lies := 0
	for name, question := range x.questions() {
		for _, path := range x.asked(t, question) {
			if !strings.HasPrefix(path, "/api/v1/histories/") {
				continue
			}
			honest := x.get(path)
			var page struct {
				Events []json.RawMessage `json:"events"`
			}
			if err := json.Unmarshal(honest, &page); err != nil || len(page.Events) == 0 {
				t.Fatalf("%s: %v", path, err)
			}
			for i := range page.Events {
				for what, events := range map[string][]json.RawMessage{
					"dropped": append(append([]json.RawMessage{}, page.Events[:i]...), page.Events[i+1:]...),
					"doubled": append(append([]json.RawMessage{}, page.Events[:i+1]...), page.Events[i:]...),
					"swapped": swapped(page.Events, i),
				} {
					if events == nil || what == "doubled" && i == len(page.Events)-1 { // what is behind the last one is newer than the staple
						continue
					}
					body, err := json.Marshal(map[string]any{"events": events})
					if err != nil {
						t.Fatal(err)
					}
					asked := 0
					got, err := question(x.told(path, func(w http.ResponseWriter) {
						if asked++; asked > 1 {
							body = []byte(`{"events":[]}`)
						}
						w.Write(body)
					}))
					objects(t, fmt.Sprintf("%s: row %d of %s %s", name, i, path, what), got, err)
					lies++
				}
			}
		}
	}
	if lies < 80 {
		t.Errorf("only %d lies were told", lies)
	}
}

func swapped(events []json.RawMessage, i int) []json.RawMessage {
	if i+1 >= len(events) {
		return nil
	}
	out := append([]json.RawMessage{}, events...)
	out[i], out[i+1] = out[i+1], out[i]
	return out
}

// TestAStatementIsWithheld: each statement behind an answer is withheld, or another
// one is shown in its place.
func TestAStatementIsWithheld(t *testing.T) {
	x := newStory(t)
	other := x.get("/api/v1/content/0")
	lies := 0
	for name, question := range x.questions() {
		for _, path := range x.asked(t, question) {
			if !strings.HasPrefix(path, "/api/v1/content/") {
				continue
			}
			lies++
			got, err := question(x.told(path, func(w http.ResponseWriter) {
				w.Header().Set("Content-Type", "application/problem+json")
				w.WriteHeader(http.StatusNotFound)
				w.Write([]byte(`{"status":404,"code":"not-found"}`))
			}))
			if got || err == nil || !errors.Is(err, client.ErrAnswer) && !refused(err) {
				t.Errorf("%s: %s is withheld: %v, %v", name, path, got, err)
			}
			got, err = question(x.told(path, func(w http.ResponseWriter) { w.Write(other) }))
			objects(t, name+": another statement for "+path, got, err)
		}
	}
	if lies < 20 {
		t.Errorf("only %d lies were told", lies)
	}
	run := fmt.Sprintf("/api/v1/content/%d", x.indexOf(x.render.Digest))
	_, err := x.told(run, func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusNotFound)
		w.Write([]byte(`{"status":404,"code":"not-found"}`))
	}).Dossier(ctx, "R1")
	var wrong *client.HistoryError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "is withheld") {
		t.Errorf("%v", err)
	}
}

// What a search found and the server then withholds is a refusal of its own.
func refused(err error) bool {
	var r *client.Refused
	return errors.As(err, &r) && r.Status == http.StatusNotFound
}

func (x *story) indexOf(digest statement.Digest) uint64 {
	v := x.l.View()
	defer v.Release()
	index, err := v.Find(digest)
	if err != nil {
		x.t.Fatal(err)
	}
	return index
}

// TestAnotherRunsAnswer: register and history of another run, grant or identity stand
// in the place of those that were asked for.
func TestAnotherRunsAnswer(t *testing.T) {
	x := newStory(t)
	hexOf := func(d statement.Digest) string { return hex.EncodeToString(d[:]) }
	for what, pair := range map[string][2]string{
		"dossier":  {"runs/R1", "runs/R0"},
		"grant":    {"grants/" + hexOf(x.legal.Digest), "grants/" + hexOf(x.risk.Digest)},
		"standing": {"identities/wl/builder", "identities/wl/gw"},
		"lineage":  {"runs/R1", "runs/R0"},
	} {
		for _, parts := range []struct {
			name              string
			register, history bool
		}{{"both", true, true}, {"the register", true, false}, {"the history", false, true}} {
			x.lie = func(w http.ResponseWriter, r *http.Request) bool {
				swap := func(prefix string, on bool) bool {
					if !on || r.URL.Path != prefix+pair[0] {
						return false
					}
					again := httptest.NewRequest("GET", strings.Replace(r.URL.RequestURI(), pair[0], pair[1], 1), nil)
					x.honest.ServeHTTP(w, again)
					return true
				}
				return swap("/api/v1/histories/", parts.history) || swap("/api/v1/", parts.register)
			}
			got, err := x.questions()[what](x.client())
			objects(t, what+": "+parts.name+" of another", got, err)
		}
	}
	// The absence of another run is not the absence of this one.
	x.answerTo("/api/v1/runs/", x.get("/api/v1/runs/R9"))
	got, err := x.questions()["dossier"](x.client())
	objects(t, "absence of another run", got, err)
}

// TestSearchShowsWhatFits: for each new filter, an entry that does not fit is no
// answer, and one that fits is.
func TestSearchShowsWhatFits(t *testing.T) {
	x := newStory(t)
	data := hashOf("data")
	for name, q := range map[string]client.Query{
		"kind": {Kind: statement.OutcomeClose}, "run": {Run: "R1"}, "parent": {Parent: "R0"}, "grant": {Grant: &x.legal.Digest}, "about": {About: &x.open.Digest},
		"trace": {Traceparent: logtest.Trace}, "trace id": {Traceparent: logtest.Trace[3:35]}, "external": {External: "itsm/CHG/R1"},
		"input": {Input: &data}, "output": {Output: &x.page}, "workflow": {Workflow: &x.f.Text, Kind: statement.RequestOpen},
	} {
		x.lie = nil
		found, err := x.client().Search(ctx, q)
		if err != nil || len(found.Entries) == 0 || found.More {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
		x.answerTo("/api/v1/search", []byte(`{"entries":[{"index":2}],"proved":false}`)) // the registrar's enrollment
		_, err = x.client().Search(ctx, q)
		unusable(t, err, "not what was searched for")
	}
	for name, want := range map[string]int{"spends it, and itself": 2} {
		x.lie = nil
		found, err := x.client().Search(ctx, client.Query{Grant: &x.legal.Digest})
		if err != nil || len(found.Entries) != want || found.Entries[0].Digest != x.release.Digest || found.Entries[1].Digest != x.legal.Digest {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
}
