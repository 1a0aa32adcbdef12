package client_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// submit brings in a statement, not through the client, and moves the clock.
func (s *site) submit(e statement.Envelope, err error) statement.Envelope {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	a := s.ask("POST", "/api/v1/statements", e.Marshal(), "application/json")
	if a.Code != http.StatusCreated {
		s.t.Fatal(a.Code, a.Body)
	}
	s.w.Clock.Add(time.Minute)
	return e
}

var firstBytes, secondBytes = logtest.FileOf([]byte("first")), logtest.FileOf([]byte("second"))

// eventful is a log of which contracts/1 has three versions and a withdrawal
// (entries 5, 7, 9, 11), and contracts/2 the first version's bytes (entry 13).
func eventful(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	p := s.w.Pipeline
	first := statement.DigestOf(s.submit(p.Release("contracts/1", 1, nil, firstBytes)).Payload)
	second := statement.DigestOf(s.submit(p.Release("contracts/1", 2, &first, secondBytes)).Payload)
	s.submit(p.Release("contracts/1", 3, &second, firstBytes))
	s.submit(p.Withdraw("contracts/1", 3, firstBytes.Digest, "error"))
	s.submit(p.Release("contracts/2", 1, nil, firstBytes))
	return s
}

func TestReceiptsByOtherNames(t *testing.T) {
	s := eventful(t)
	c := s.client()
	at, err := c.ReceiptAt(ctx, 7)
	if err != nil || at.Index != 7 {
		t.Fatal(err)
	}
	leaf, err := c.ReceiptOfLeaf(ctx, proofs.LeafHash(s.leaf(7)))
	if err != nil || !bytes.Equal(leaf.Marshal(), at.Marshal()) {
		t.Fatal(err)
	}
	of, err := c.ReceiptsOf(ctx, firstBytes.Digest)
	if err != nil || len(of) != 2 {
		t.Fatalf("%d receipts, %v", len(of), err)
	}
	if of[0].Index+of[1].Index != 9+13 { // of each document its newest release of these bytes
		t.Errorf("entries %d and %d", of[0].Index, of[1].Index)
	}
	none, err := c.ReceiptsOf(ctx, logtest.FileOf([]byte("none")).Digest)
	if err != nil || len(none) != 0 {
		t.Errorf("%d receipts, %v", len(none), err)
	}
	index, err := c.LeafIndex(ctx, proofs.LeafHash(s.leaf(9)))
	if err != nil || index != 9 {
		t.Errorf("%d, %v", index, err)
	}
	var refused *client.Refused
	if _, err := c.ReceiptAt(ctx, 8); !errors.As(err, &refused) || refused.Status != 404 {
		t.Errorf("a seal: %v", err)
	}
}

// A good receipt of something else than what was asked for.
func TestReceiptOfSomethingElse(t *testing.T) {
	s := eventful(t)
	c := s.client()
	other := s.get("/api/v1/receipts/index/7")
	list := func(receipts ...[]byte) []byte {
		return []byte(`{"receipts":[` + string(bytes.Join(receipts, []byte(","))) + `]}`)
	}
	first := s.get("/api/v1/receipts/index/9")
	withdrawal := s.get("/api/v1/receipts/index/11")
	for name, lie := range map[string]struct {
		body []byte
		ask  func() (bool, error)
		says string
	}{
		"another index":     {other, func() (bool, error) { r, err := c.ReceiptAt(ctx, 9); return r != nil, err }, "not of 9"},
		"another leaf":      {other, func() (bool, error) { r, err := c.ReceiptOfLeaf(ctx, proofs.LeafHash(s.leaf(9))); return r != nil, err }, "another leaf"},
		"a staple":          {s.get("/api/v1/documents/contracts/1"), func() (bool, error) { r, err := c.ReceiptAt(ctx, 9); return r != nil, err }, "another statement"},
		"other bytes":       {list(other), func() (bool, error) { r, err := c.ReceiptsOf(ctx, firstBytes.Digest); return r != nil, err }, "no release"},
		"a withdrawal":      {list(withdrawal), func() (bool, error) { r, err := c.ReceiptsOf(ctx, firstBytes.Digest); return r != nil, err }, "no release"},
		"one twice":         {list(first, first), func() (bool, error) { r, err := c.ReceiptsOf(ctx, firstBytes.Digest); return r != nil, err }, "twice"},
		"an older release":  {list(s.get("/api/v1/receipts/index/5"), s.get("/api/v1/receipts/index/13")), func() (bool, error) { r, err := c.ReceiptsOf(ctx, firstBytes.Digest); return r != nil, err }, "but version 3 has these bytes too"},
		"two of a document": {list(first, s.get("/api/v1/receipts/index/5"), s.get("/api/v1/receipts/index/13")), func() (bool, error) { r, err := c.ReceiptsOf(ctx, firstBytes.Digest); return r != nil, err }, "two receipts"},
		"no list":           {[]byte(`{}`), func() (bool, error) { r, err := c.ReceiptsOf(ctx, firstBytes.Digest); return r != nil, err }, "not a list"},
		"pages in a circle": {[]byte(`{"receipts":[],"next":"x"}`), func() (bool, error) { r, err := c.ReceiptsOf(ctx, firstBytes.Digest); return r != nil, err }, "circle"},
		"the index of a leaf": {[]byte(`{"index":7}`), func() (bool, error) {
			i, err := c.LeafIndex(ctx, proofs.LeafHash(s.leaf(9)))
			return err == nil && i != 0, err
		}, "another leaf hash"},
		"an index out of bounds": {[]byte(`{"index":700}`), func() (bool, error) {
			i, err := c.LeafIndex(ctx, proofs.LeafHash(s.leaf(9)))
			return err == nil && i != 0, err
		}, "not in the tree"},
		"no index": {[]byte(`{}`), func() (bool, error) {
			i, err := c.LeafIndex(ctx, proofs.LeafHash(s.leaf(9)))
			return err == nil && i != 0, err
		}, "not the index"},
	} {
		t.Run(name, func(t *testing.T) {
			s.lie = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, "/api/v1/receipts/") && !strings.HasPrefix(r.URL.Path, "/api/v1/leaf-index/") {
					return false
				}
				w.Write(lie.body)
				return true
			}
			got, err := lie.ask()
			unusable(t, err, lie.says)
			if got {
				t.Error("something was handed out")
			}
		})
	}
}

// Pages without end, each with a cursor of its own: a client stops.
func TestPagesWithoutEnd(t *testing.T) {
	s := eventful(t)
	for prefix, empty := range map[string]string{"/api/v1/receipts/": "receipts", "/api/v1/search": "entries"} {
		n := 0
		s.lie = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, prefix) {
				return false
			}
			n++
			fmt.Fprintf(w, `{%q:[],"next":"c%d"}`, empty, n)
			return n < 5000
		}
		var err error
		if empty == "entries" {
			_, err = s.client().Search(ctx, client.Query{Document: "contracts/1"})
		} else {
			_, err = s.client().ReceiptsOf(ctx, firstBytes.Digest)
		}
		unusable(t, err, "pages have no end")
		if n > 2000 {
			t.Errorf("%s: %d pages", prefix, n)
		}
	}
}

func TestDigestRegister(t *testing.T) {
	s := eventful(t)
	c := s.client()
	d, err := c.Digest(ctx, firstBytes.Digest)
	if err != nil || d.State == nil || d.State.Releases != 3 || d.Size != 15 {
		t.Fatalf("%+v, %v", d, err)
	}
	none, err := c.Digest(ctx, logtest.FileOf([]byte("none")).Digest)
	if err != nil || none.State != nil || none.Size != 15 {
		t.Fatalf("%+v, %v", none, err)
	}
	// The register of other bytes, and the absence of others, say nothing of these.
	for _, other := range []statement.Digest{secondBytes.Digest, logtest.FileOf([]byte("none")).Digest} {
		s.answerTo("/api/v1/digests/", s.get(fmt.Sprintf("/api/v1/digests/%x", other[:])))
		d, err := c.Digest(ctx, firstBytes.Digest)
		unusable(t, err, "not the register")
		if d != nil {
			t.Error("it was handed out")
		}
	}
}

// Content is what stands at the index, to the byte, or an error.
func TestContent(t *testing.T) {
	s := eventful(t)
	c := s.client()
	for _, index := range []uint64{0, 5, 11} {
		e, err := c.Content(ctx, index)
		if err != nil || statement.DigestOf(e.Payload) != s.digest(index) || len(e.SPKI) == 0 {
			t.Errorf("entry %d: %v", index, err)
		}
	}
	if _, err := c.Content(ctx, 6); err == nil || !strings.Contains(err.Error(), "no statement") {
		t.Errorf("a seal: %v", err)
	}
	honest := s.get("/api/v1/content/7")
	e, err := statement.ParseEnvelope(honest)
	if err != nil {
		t.Fatal(err)
	}
	resigned := e
	if resigned.Signature, err = s.w.Pipeline.Signer.Sign(statement.PAE(e.Payload)); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{
		"another entry": s.get("/api/v1/content/9"), "cut": honest[:len(honest)-2], "empty": nil,
		"another signature": resigned.Marshal(), // valid, but not the one in the log
	} {
		t.Run(name, func(t *testing.T) {
			s.answerTo("/api/v1/content/", body)
			e, err := c.Content(ctx, 7)
			unusable(t, err, "content")
			if e.Payload != nil {
				t.Error("it was handed out")
			}
		})
	}
}

func TestHistories(t *testing.T) {
	s := eventful(t)
	c := s.client()
	for _, want := range []struct {
		t      register.Type
		id     string
		events int
	}{
		{register.TypeDocument, "contracts/1", 4}, {register.TypeDocument, "contracts/2", 1}, {register.TypeDocument, "none", 0},
		{register.TypeDocument, statement.PolicyDocument, 1}, {register.TypeDigest, firstBytes.Digest.String(), 3},
		{register.TypeIdentity, "wl/pipeline", 1}, {register.TypeActivity, "wl/pipeline", 5}, {register.TypeActivity, "wl/nobody", 0},
	} {
		h, err := c.History(ctx, want.t, want.id)
		if err != nil || len(h.Events) != want.events || len(h.Bodies) != want.events || h.Size != 15 || (h.State == nil) != (want.events == 0) {
			t.Errorf("%v %s: %+v, %v", want.t, want.id, h, err)
		}
	}
	h, err := c.History(ctx, register.TypeDocument, "contracts/1")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		kind    uint8
		version uint32
		index   uint64
	}{{1, 1, 5}, {1, 2, 7}, {1, 3, 9}, {2, 3, 11}} {
		body, err := register.ParseDocumentBody(h.Bodies[i])
		if err != nil || h.Events[i].Kind != want.kind || body.Version != want.version || h.Events[i].Index != want.index {
			t.Errorf("event %d: %+v, version %d, %v", i, h.Events[i], body.Version, err)
		}
	}
	if _, err := c.History(ctx, register.TypeDocument, "../x"); err == nil {
		t.Error("an id that is none")
	}
	if _, err := c.History(ctx, 7, "x"); err == nil {
		t.Error("a type that there is not")
	}
}

// A history in pages, that grows while it is read.
func TestHistoryInPages(t *testing.T) {
	s := newSite(t)
	s.grow(ids("many", 30)...)
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/api/v1/histories/") && strings.HasSuffix(r.URL.RawQuery, "limit=1000") {
			if strings.Contains(r.URL.RawQuery, "from=0") {
				s.grow("late/1")
			}
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "limit=1000", "limit=7", 1)
		}
		return false
	}
	h, err := s.client().History(ctx, register.TypeActivity, "wl/pipeline")
	if err != nil || len(h.Events) != 30 {
		t.Fatalf("%v", err)
	}
}

// One lie at a time about a history: an event that is dropped, swapped, changed,
// of another register, or described otherwise.
func TestHistoryLies(t *testing.T) {
	s := eventful(t)
	c := s.client()
	path := "/api/v1/histories/documents/contracts/1"
	type page struct {
		Events []map[string]any `json:"events"`
	}
	read := func(path string) (p page) {
		if err := json.Unmarshal(s.get(path), &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	other := read("/api/v1/histories/documents/contracts/2")
	for name, change := range map[string]func(p *page){
		"the first dropped":      func(p *page) { p.Events = p.Events[1:] },
		"one dropped":            func(p *page) { p.Events = append(p.Events[:1], p.Events[2:]...) },
		"the last dropped":       func(p *page) { p.Events = p.Events[:3] },
		"dropped and renumbered": func(p *page) { p.Events = append(p.Events[:1], p.Events[2:]...); p.Events[1]["seq"] = 1 },
		"swapped":                func(p *page) { p.Events[0], p.Events[1] = p.Events[1], p.Events[0] },
		"swapped, renumbered": func(p *page) {
			p.Events[0], p.Events[1] = p.Events[1], p.Events[0]
			p.Events[0]["seq"], p.Events[1]["seq"] = 0, 1
		},
		"one twice":             func(p *page) { p.Events[2] = p.Events[1] },
		"of another register":   func(p *page) { p.Events[0] = other.Events[0] },
		"none":                  func(p *page) { p.Events = nil },
		"another body":          func(p *page) { p.Events[1]["body"] = p.Events[0]["body"] },
		"another body, opened":  func(p *page) { p.Events[1]["body"], p.Events[1]["blind"] = p.Events[0]["body"], p.Events[0]["blind"] },
		"another blind":         func(p *page) { p.Events[1]["blind"] = p.Events[0]["blind"] },
		"not opened":            func(p *page) { delete(p.Events[1], "blind") },
		"no event":              func(p *page) { delete(p.Events[1], "event") },
		"another event":         func(p *page) { p.Events[1]["event"] = p.Events[0]["event"] },
		"a changed event":       func(p *page) { p.Events[3]["event"] = flipText(t, p.Events[3]["event"].(string), 40) },
		"a changed last byte":   func(p *page) { p.Events[3]["event"] = flipText(t, p.Events[3]["event"].(string), 105) },
		"an event with a tail":  func(p *page) { p.Events[0]["event"] = p.Events[0]["event"].(string)[:140] + "AAAA" },
		"a number for an event": func(p *page) { p.Events[0]["event"] = 7 },
	} {
		t.Run(name, func(t *testing.T) {
			p := read(path)
			change(&p)
			body, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			asked := 0
			s.lie = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != path {
					return false
				}
				if asked++; asked > 1 { // nothing more to say
					body = []byte(`{"events":[]}`)
				}
				w.Write(body)
				return true
			}
			h, err := c.History(ctx, register.TypeDocument, "contracts/1")
			var wrong *client.HistoryError
			if !errors.As(err, &wrong) || !errors.Is(err, client.ErrAnswer) || wrong.ID != "contracts/1" || wrong.Type != register.TypeDocument {
				t.Errorf("%v", err)
			}
			if h != nil {
				t.Error("a history was handed out")
			}
		})
	}
	s.lie = nil
	if _, err := c.History(ctx, register.TypeDocument, "contracts/1"); err != nil {
		t.Error(err)
	}
}

func flipText(t *testing.T, text string, at int) string {
	t.Helper()
	var b []byte
	if err := json.Unmarshal([]byte(`"`+text+`"`), &b); err != nil {
		t.Fatal(err)
	}
	b[at] ^= 1
	out, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(out[1 : len(out)-1])
}
