package server_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// A page is an answer of search, or of receipts by document digest.
type page struct {
	Size    uint64
	Entries []struct {
		Index                             uint64
		Time                              int64
		Kind, Issuer, Statement, Document string
		Version                           uint32
		Run                               string
		Digest                            string
	}
	Receipts []json.RawMessage
	Next     string
	Proved   *bool
}

func (s *site) page(target string) (p page) {
	s.t.Helper()
	a := s.do("GET", target, nil)
	if a.status != http.StatusOK || json.Unmarshal(a.body, &p) != nil {
		s.t.Fatalf("%s: %d %s", target, a.status, a.body)
	}
	return p
}

func (p page) indices() []uint64 {
	var all []uint64
	for _, e := range p.Entries {
		all = append(all, e.Index)
	}
	return all
}

func TestSearchFilters(t *testing.T) {
	s := newSite(t) // genesis 0, seal, two enrollments 2 and 3, seal
	s.w.Clock.Add(time.Minute)
	s.releases("a/1", 2) // 5, 7
	s.w.Clock.Add(time.Minute)
	s.releases("a/2", 1) // 9
	file := logtest.FileOf([]byte("a/11")).Digest
	for query, want := range map[string][]uint64{
		"document=a/1":                          {7, 5},
		"document=docket:policy":                {0},
		"document=none":                         nil,
		"digest=" + hex.EncodeToString(file[:]): {5},
		"identity=wl/pipeline":                  {9, 7, 5},
		"identity=h/admin":                      {2, 0},
		"identity=wl/pipeline&document=a/2":     {9},
		"identity=h/admin&document=a/2":         nil,
		"since=2026-11-10T09:01:00Z":            {9, 7, 5},
		"since=2026-11-10T09:01:00.001Z":        {9},
		"until=2026-11-10T09:01:00Z":            {3, 2, 0},
		"since=2026-11-10T10:01:00%2B01:00&until=2026-11-10T09:02:00Z": {7, 5},
		"identity=wl/pipeline&until=2026-11-10T09:01:00.001Z":          {7, 5},
		"since=2030-01-01T00:00:00Z":                                   nil,
	} {
		p := s.page("/api/v1/search?" + query)
		if !slices.Equal(p.indices(), want) || p.Next != "" || p.Size != 11 || p.Proved == nil || *p.Proved {
			t.Errorf("%s: %v, want %v; %+v", query, p.indices(), want, p)
		}
	}
	e := s.page("/api/v1/search?document=a/1&limit=1").Entries[0]
	receipt := s.receipt(s.do("GET", "/api/v1/receipts/index/7", nil), http.StatusOK)
	digest := s.w.Checked(*receipt.Envelope).Digest
	if e.Kind != "document.release" || e.Issuer != "wl/pipeline" || e.Version != 2 || e.Document != "a/1" || e.Statement != digest.String() ||
		e.Digest != logtest.FileOf([]byte("a/12")).Digest.String() || e.Time != time.Date(2026, 11, 10, 9, 1, 0, 0, time.UTC).UnixMilli() {
		t.Errorf("%+v", e)
	}
}

// What each filter of runs and grants finds, and that it finds nothing else.
func TestSearchByWhatStatementsMention(t *testing.T) {
	s := newSite(t)
	f := logtest.NewFlow(t, s.w, s.l)
	in, out := logtest.FileOf([]byte("in")).Digest, logtest.FileOf([]byte("out")).Digest
	open := f.Open("R1", "R0", statement.WantDocument{Document: "claims/1"}, in)
	grant := f.Approve("h/legal", "legal", open, "claims/1", 1, out)
	first := s.size() // of the run
	for _, c := range []*admission.Checked{
		open, f.Open("R2", "", statement.WantTask{Task: "x"}), grant, f.Done(logtest.Work{Run: "R1", Step: "fetch", Seq: 1, In: []statement.Digest{in}, Out: []statement.Digest{out}}),
		f.Attest("wl/gw", "", grant, statement.Observed{Resource: "r", Property: "reviewed"}), f.Done(logtest.Work{Run: "none", Step: "fetch", Seq: 1}),
	} {
		if r := logtest.Submit(t, s.l, c)[0]; r.Refusal != nil {
			t.Fatal(r.Refusal)
		}
	}
	x := func(d statement.Digest) string { return hex.EncodeToString(d[:]) }
	for query, want := range map[string][]int{ // statements of the run, by their place
		"run=R1": {3, 2, 0}, "run=R2": {1}, "run=none": {5}, "run=R0": nil, "parent=R0": {0}, "parent=R1": nil,
		"run=R1&kind=decision.grant": {2}, "kind=step.done": {5, 3}, "kind=document.release&run=R1": nil, "kind=request.open&identity=h/claims": {1, 0},
		"grant=" + x(grant.Digest): {4, 2}, "about=" + x(grant.Digest): {4}, "about=" + x(open.Digest): {2}, "grant=" + x(in): nil,
		"traceparent=" + logtest.Trace: {5, 3, 1, 0}, "traceparent=" + logtest.Trace[3:35] + "&run=R2": {1}, "traceparent=" + strings.Repeat("1", 32): nil,
		"external=itsm/CHG/R1": {0}, "external=itsm/CHG/R3": nil, "input=" + x(in): {3, 0}, "output=" + x(out): {3}, "input=" + x(out): nil,
		"workflow=" + x(f.Text) + "&kind=request.open": {1, 0}, "input=" + x(in) + "&output=" + x(out) + "&run=R1&kind=step.done&identity=wl/builder": {3},
	} {
		var entries []uint64
		for _, place := range want {
			entries = append(entries, first+2*uint64(place))
		}
		if p := s.page("/api/v1/search?" + query); !slices.Equal(p.indices(), entries) || p.Next != "" || p.Proved == nil || *p.Proved {
			t.Errorf("%s: %v, want %v", query, p.indices(), entries)
		}
	}
	// A cursor of one filter is none of another.
	next := s.page("/api/v1/search?run=R1&limit=1").Next
	for _, query := range []string{"parent=R1", "run=R2", "run=R1&kind=step.done"} {
		s.do("GET", "/api/v1/search?"+query+"&cursor="+next, nil).refused(t, http.StatusBadRequest, "cursor", "cursor")
	}
	if p := s.page("/api/v1/search?run=R1&limit=5&cursor=" + next); len(p.Entries) != 2 || p.Entries[1].Run != "R1" || p.Entries[1].Kind != "request.open" {
		t.Errorf("%+v", p)
	}
}

func TestSearchRefusesWrongQueries(t *testing.T) {
	s := newSite(t)
	for query, want := range map[string][2]string{
		"":                      {"query", ""},
		"limit=5":               {"query", ""},
		"documents=a":           {"query", ""},
		"document=a&document=b": {"query", "document"},
		"document=":             {"document", "document"},
		"document=a%2F":         {"document", "document"},
		"identity=":             {"identity", "identity"},
		"digest=":               {"digest", "digest"},
		"digest=sha256:" + strings.Repeat("0", 64): {"digest", "digest"},
		"since=":                          {"query", "since"},
		"kind=":                           {"query", "kind"},
		"kind=request":                    {"query", "kind"},
		"run=":                            {"run", "run"},
		"parent=a%2F":                     {"run", "parent"},
		"traceparent=4bf92f":              {"query", "traceparent"},
		"external=itsm":                   {"query", "external"},
		"external=":                       {"query", "external"},
		"grant=":                          {"digest", "grant"},
		"about=x":                         {"digest", "about"},
		"input=sha256:00":                 {"digest", "input"},
		"output=X":                        {"digest", "output"},
		"workflow=1":                      {"digest", "workflow"},
		"since=yesterday":                 {"query", "since"},
		"since=2026-11-10":                {"query", "since"},
		"since=1969-01-01T00:00:00Z":      {"query", "since"},
		"until=2026-11-10T09:00:00.0001Z": {"query", "until"},
		"until=2026-11-10T09:00:00+01:00": {"query", "until"},
		"document=a&limit=0":              {"query", "limit"},
		"document=a&limit=201":            {"query", "limit"},
		"document=a&limit=01":             {"query", "limit"},
		"document=a&limit=":               {"query", "limit"},
		"document=%zz":                    {"query", ""},
		"document=a;limit=1":              {"query", ""},
		"document=a&cursor=":              {"cursor", "cursor"},
	} {
		s.do("GET", "/api/v1/search?"+query, nil).refused(t, http.StatusBadRequest, want[0], want[1])
	}
}

// Pages neither shift nor repeat while the log grows.
func TestCursorsKeepTheirPlace(t *testing.T) {
	s := newSite(t)
	s.releases("a/1", 5)
	var got []uint64
	target := "/api/v1/search?identity=wl/pipeline&limit=2"
	first := s.size()
	for next := ""; ; {
		p := s.page(target + next)
		if got = append(got, p.indices()...); p.Size != first {
			t.Errorf("size %d on a page of a search that began at %d", p.Size, first)
		}
		s.releases(fmt.Sprint("b/", len(got)), 1)
		if p.Next == "" {
			break
		}
		next = "&cursor=" + p.Next
	}
	if want := []uint64{13, 11, 9, 7, 5}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	// The limit may change, and the order of the parameters.
	next := s.page(target).Next
	if p := s.page("/api/v1/search?cursor=" + next + "&limit=1&identity=wl/pipeline"); len(p.Entries) != 1 {
		t.Errorf("%+v", p)
	}
}

// A cursor that the server did not give for this query is refused.
func TestHostileCursors(t *testing.T) {
	s := newSite(t)
	s.releases("a/1", 3)
	target := "/api/v1/search?document=a/1&limit=1"
	good := s.page(target).Next
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	flip := func(i int, mask byte) string {
		b := slices.Clone(raw)
		b[i] ^= mask
		return base64.RawURLEncoding.EncodeToString(b)
	}
	bad := []string{
		"", "x", good + "=", good + "A", good[:len(good)-1], good + "\n", good[:9] + "\r\n" + good[9:], " " + good, strings.ToLower(good), strings.Repeat("A", len(good)),
		strings.Repeat("A", 10_000), s.page("/api/v1/search?document=a/1&identity=wl/pipeline&limit=1").Next,
		flip(0, 1), flip(1, 0x80), flip(8, 0xff), flip(9, 0x80), flip(len(raw)-1, 1), base64.RawURLEncoding.EncodeToString(raw[:len(raw)-1]),
	}
	for i := 17; i < len(raw); i++ {
		bad = append(bad, flip(i, 0x10))
	}
	for _, c := range bad {
		s.do("GET", target+"&cursor="+url.QueryEscape(c), nil).refused(t, http.StatusBadRequest, "cursor", "cursor")
	}
	if p := s.page(target + "&cursor=" + good); len(p.Entries) != 1 || p.Entries[0].Version != 2 {
		t.Errorf("%+v", p)
	}
	zeros := strings.Repeat("0", 64)
	s.do("GET", "/api/v1/receipts/document/"+zeros+"?cursor="+good, nil).refused(t, http.StatusBadRequest, "cursor", "cursor")
}

// Receipts by document digest: one for each document, the newest release of
// these bytes, and each verifies.
func TestReceiptsOfTheSameBytes(t *testing.T) {
	s := newSite(t)
	same := []byte("the same bytes")
	want := make(map[string]uint32)
	for i := range 5 {
		id := fmt.Sprint("copies/", i)
		var prev *admission.Checked
		for v := range uint32(1 + i%3) {
			prev = s.w.Release(id, v+1, prev, same)
			logtest.Submit(t, s.l, prev)
			want[id] = v + 1
		}
	}
	digest := logtest.FileOf(same).Digest
	target := "/api/v1/receipts/document/" + hex.EncodeToString(digest[:])
	got := make(map[string]uint32)
	for next := "?limit=2"; next != ""; {
		p := s.page(target + next)
		for _, text := range p.Receipts {
			r, err := proofs.ParseReceipt(text) // in its one form
			if err != nil {
				t.Fatal(err)
			}
			v := s.w.Verifier(t, s.l).Verify(r, proofs.Expect{File: digest, Namespaces: []string{"*"}})
			if v.Kind != proofs.Authoritative {
				t.Errorf("%s", v)
			}
			if got[v.Document] != 0 {
				t.Errorf("%s twice", v.Document)
			}
			got[v.Document] = v.Version
		}
		if next = ""; p.Next != "" {
			next = "?limit=2&cursor=" + p.Next
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}
