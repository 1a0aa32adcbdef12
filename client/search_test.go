package client_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/statement"
)

func indices(f *client.Findings) []uint64 {
	var out []uint64
	for _, e := range f.Entries {
		out = append(out, e.Index)
	}
	return out
}

func TestSearch(t *testing.T) {
	start := logtest.NewWorld().Clock.Now()
	s := eventful(t) // one entry per minute: 5, 7, 9, 11, 13
	c := s.client()
	for name, want := range map[string]struct {
		query   client.Query
		indices []uint64
	}{
		"document":          {client.Query{Document: "contracts/1"}, []uint64{11, 9, 7, 5}},
		"digest":            {client.Query{Digest: &firstBytes.Digest}, []uint64{13, 9, 5}},
		"identity":          {client.Query{Identity: "wl/pipeline"}, []uint64{13, 11, 9, 7, 5}},
		"document, digest":  {client.Query{Document: "contracts/1", Digest: &secondBytes.Digest}, []uint64{7}},
		"identity, since":   {client.Query{Identity: "wl/pipeline", Since: start.Add(3 * time.Minute)}, []uint64{13, 11}},
		"identity, until":   {client.Query{Identity: "wl/pipeline", Until: start.Add(2 * time.Minute)}, []uint64{7, 5}},
		"since and until":   {client.Query{Since: start.Add(time.Minute), Until: start.Add(3 * time.Minute)}, []uint64{9, 7}},
		"nothing":           {client.Query{Document: "none"}, nil},
		"the policy":        {client.Query{Document: statement.PolicyDocument}, []uint64{0}},
		"limit":             {client.Query{Document: "contracts/1", Limit: 2}, []uint64{11, 9}},
		"identity, nothing": {client.Query{Identity: "wl/pipeline", Document: "none"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.Search(ctx, want.query)
			if err != nil || got.Size != 15 || !slices.Equal(indices(got), want.indices) || got.More != (name == "limit") {
				t.Fatalf("%+v, %v", got, err)
			}
		})
	}
	got, err := c.Search(ctx, client.Query{Document: "contracts/1", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	id, version := got.Entries[0].Document()
	if e := got.Entries[0]; id != "contracts/1" || version != 3 || e.Statement.Code != statement.DocumentWithdraw ||
		e.Digest != s.digest(11) || e.Time != start.Add(3*time.Minute).UnixMilli() {
		t.Errorf("%+v", e)
	}
	if _, err := c.Search(ctx, client.Query{}); err == nil || errors.Is(err, client.ErrAnswer) {
		t.Errorf("an empty query: %v", err)
	}
}

// More entries than a page has: the pages join, nothing stands in them twice.
func TestSearchInPages(t *testing.T) {
	s := newSite(t)
	s.grow(ids("many", 30)...)
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "limit=50", "limit=7", 1)
		return false
	}
	got, err := s.client().Search(ctx, client.Query{Identity: "wl/pipeline"})
	if err != nil || len(got.Entries) != 30 || got.More || got.Entries[0].Index != 34 || got.Entries[29].Index != 5 {
		t.Fatalf("%v, %v", got, err)
	}
}

// What a server finds is looked at before it is believed.
func TestSearchLies(t *testing.T) {
	start := logtest.NewWorld().Clock.Now()
	s := eventful(t)
	c := s.client()
	found := func(indices ...uint64) string {
		entries := []map[string]uint64{}
		for _, i := range indices {
			entries = append(entries, map[string]uint64{"index": i})
		}
		b, err := json.Marshal(map[string]any{"entries": entries})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	document := client.Query{Document: "contracts/1"}
	for name, lie := range map[string]struct {
		query client.Query
		body  string
		says  string
	}{
		"another document":      {document, found(13), "not what was searched for"},
		"another kind":          {client.Query{Digest: &firstBytes.Digest}, found(11), "not what was searched for"},
		"other bytes":           {client.Query{Digest: &firstBytes.Digest}, found(7), "not what was searched for"},
		"another identity":      {client.Query{Identity: "wl/pipeline"}, found(3), "not what was searched for"},
		"too early":             {client.Query{Since: start.Add(3 * time.Minute)}, found(9), "not what was searched for"},
		"too late":              {client.Query{Until: start.Add(2 * time.Minute)}, found(9), "not what was searched for"},
		"not newest first":      {document, found(7, 9), "does not come before"},
		"one twice":             {document, found(9, 9), "does not come before"},
		"beyond the log":        {document, found(99), "not in the tree"},
		"no list":               {document, `{"entries":null}`, "not a list"},
		"no JSON":               {document, `<html>`, "not a list"},
		"pages that go nowhere": {document, `{"entries":[],"next":"x"}`, "circle"},
	} {
		t.Run(name, func(t *testing.T) {
			s.answerTo("/api/v1/search", []byte(lie.body))
			got, err := c.Search(ctx, lie.query)
			unusable(t, err, lie.says)
			if got != nil {
				t.Error("something was handed out")
			}
		})
	}
	// A seal is no entry to find. The error is the tree's own.
	s.answerTo("/api/v1/search", []byte(found(8)))
	if got, err := c.Search(ctx, document); err == nil || got != nil || !strings.Contains(err.Error(), "no statement") {
		t.Error(err)
	}
}

// An entry is found only if its signature holds under the key in its leaf.
func TestFoundIsSigned(t *testing.T) {
	s := newSite(t)
	e := s.release("contracts/1")
	if err := client.SignatureHolds(e); err != nil {
		t.Error(err)
	}
	other := s.release("contracts/2")
	for name, bad := range map[string]statement.Envelope{
		"another payload": {Payload: other.Payload, Signature: e.Signature, SPKI: e.SPKI},
		"another key":     {Payload: e.Payload, Signature: e.Signature, SPKI: s.w.Admin.Signer.SPKI()},
		"no key":          {Payload: e.Payload, Signature: e.Signature},
		"no signature":    {Payload: e.Payload, SPKI: e.SPKI},
	} {
		if client.SignatureHolds(bad) == nil {
			t.Errorf("%s passes", name)
		}
	}
}

// notes are the sizes of checkpoints.
func notes(page []client.SignedCheckpoint) []uint64 {
	var out []uint64
	for _, c := range page {
		out = append(out, c.Size)
	}
	return out
}

func TestCheckpoints(t *testing.T) {
	start := logtest.NewWorld().Clock.Now()
	s := eventful(t)
	got := tree(t, s.client())
	all, err := got.Checkpoints(ctx, 0, 1000)
	if err != nil || !slices.Equal(notes(all), []uint64{2, 5, 7, 9, 11, 13, 15}) {
		t.Fatalf("%v, %v", notes(all), err)
	}
	for i, c := range all {
		want := start.Add(time.Duration(max(i-2, 0)) * time.Minute)
		if c.Time != want.UnixMilli() {
			t.Errorf("size %d has time %d", c.Size, c.Time)
		}
		at, err := got.CheckpointAt(ctx, c.Size)
		if err != nil || string(at.Note) != string(c.Note) || at.Time != c.Time {
			t.Errorf("size %d: %v", c.Size, err)
		}
	}
	if page, err := got.Checkpoints(ctx, 7, 2); err != nil || !slices.Equal(notes(page), []uint64{9, 11}) {
		t.Errorf("%v, %v", notes(page), err)
	}
	for since, first := range map[time.Duration]uint64{-time.Hour: 2, time.Minute: 9, 61 * time.Second: 11, 4 * time.Minute: 15} {
		after, err := got.SizeBefore(ctx, start.Add(since))
		if err != nil {
			t.Fatal(err)
		}
		if page, err := got.Checkpoints(ctx, after, 1); err != nil || page[0].Size != first {
			t.Errorf("since %v: %v, %v", since, notes(page), err)
		}
	}
	after, err := got.SizeBefore(ctx, start.Add(time.Hour))
	if page, err2 := got.Checkpoints(ctx, after, 1); err != nil || err2 != nil || len(page) != 0 {
		t.Errorf("since later: %v, %v, %v", notes(page), err, err2)
	}
	// What was signed since is left out.
	s.grow("late/1")
	if page, err := got.Checkpoints(ctx, 13, 10); err != nil || !slices.Equal(notes(page), []uint64{15}) {
		t.Errorf("%v, %v", notes(page), err)
	}
	var refused *client.Refused
	if _, err := got.CheckpointAt(ctx, 8); !errors.As(err, &refused) || refused.Status != 404 {
		t.Errorf("a size without a checkpoint: %v", err)
	}
}

// Old checkpoints of another history, of another size, altered, out of order.
func TestCheckpointsLies(t *testing.T) {
	s := newSite(t)
	other := s.fork()
	s.grow("contracts/1")
	other.grow("others/1")
	forked := other.get("/checkpoint") // size 7
	mine := s.get("/checkpoint")
	s.grow(ids("more", 4)...)
	got := tree(t, s.client())
	page := func(list ...any) []byte {
		var entries []map[string]any
		for i := 0; i < len(list); i += 2 {
			entries = append(entries, map[string]any{"size": list[i], "note": list[i+1]})
		}
		b, err := json.Marshal(map[string]any{"checkpoints": entries})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	honest := string(mine)
	newest := string(s.get("/checkpoint"))
	for name, lie := range map[string]struct {
		body []byte
		says string
	}{
		"another size":     {page(8, honest), "size 7, not of 8"},
		"before the start": {page(5, honest), "does not follow"},
		"one twice":        {page(7, honest, 7, honest), "does not follow"},
		"a changed root":   {page(7, strings.Replace(honest, "\n7\n", "\n7\nA", 1)), "checkpoint"},
		"not signed":       {page(7, honest[:len(honest)-9]+"AAAAAAA=\n"), "checkpoint"},
		"of another log":   {page(7, strings.ReplaceAll(honest, logtest.Origin, "other.docket.example")), "checkpoint"},
		"too many":         {page(7, honest, 12, newest, 13, newest, 14, newest), "not a list"},
		"no list":          {[]byte("{}"), "not a list"},
	} {
		t.Run(name, func(t *testing.T) {
			s.answerTo("/api/v1/checkpoints", lie.body)
			list, err := got.Checkpoints(ctx, 5, 3)
			unusable(t, err, lie.says)
			if list != nil {
				t.Error("a list was handed out")
			}
		})
	}
	for name, ask := range map[string]func() error{
		"in a list": func() error { _, err := got.Checkpoints(ctx, 5, 3); return err },
		"alone":     func() error { _, err := got.CheckpointAt(ctx, 7); return err },
	} {
		t.Run("of another history, "+name, func(t *testing.T) {
			s.lie = func(w http.ResponseWriter, r *http.Request) bool {
				switch r.URL.Path {
				case "/api/v1/checkpoints":
					w.Write(page(7, string(forked)))
				case "/api/v1/checkpoints/7":
					w.Write(forked)
				default:
					return false
				}
				return true
			}
			var fork *client.ForkError
			if err := ask(); !errors.As(err, &fork) {
				t.Fatal(err)
			}
			convict(t, s.w.Signer.Key().String(), fork)
		})
	}
	s.answer(200, "text/plain", []byte("x"))
	if _, err := got.CheckpointAt(ctx, 7); !errors.Is(err, client.ErrAnswer) {
		t.Error(err)
	}
}
