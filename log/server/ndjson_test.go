package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs"
)

// reply is a line of an answer to many.
type reply struct {
	Line    int
	Status  int
	Receipt json.RawMessage
	Problem *server.Problem
}

// lines submits a body of lines and reads the answer.
func (s *site) lines(body []byte) []reply {
	s.t.Helper()
	a := s.do("POST", "/api/v1/statements", body, ndjsonBody)
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/x-ndjson" || a.header.Get("Cache-Control") != "no-store" {
		s.t.Fatalf("%d %v\n%s", a.status, a.header, a.body)
	}
	var out []reply
	for text := range bytes.Lines(a.body) {
		var r reply
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil || r.Line != len(out) || (r.Receipt == nil) == (r.Problem == nil) {
			s.t.Fatalf("line %d: %v\n%s", len(out), err, text)
		}
		if r.Problem != nil && (r.Problem.Status != r.Status || r.Problem.Code == "" || r.Problem.Detail == "") {
			s.t.Errorf("line %d: %+v", r.Line, r.Problem)
		}
		out = append(out, r)
	}
	return out
}

// The good lines come in under one seal, whatever stands between them.
func TestManyGoodAndBadLines(t *testing.T) {
	s := newSite(t)
	one, two, three := s.release("contracts/1").Marshal(), s.release("contracts/2").Marshal(), s.release("contracts/3").Marshal()
	clash := s.release("contracts/3").Marshal() // version 1 again
	body := bytes.Join([][]byte{one, []byte("{}"), two, nil, append(three, '\r'), clash, one, []byte("no JSON"), []byte(`"` + strings.Repeat("x", 200_000) + `"`)}, []byte("\n"))
	want := []struct {
		status int
		code   string
		index  uint64
	}{
		{201, "", 5}, {400, "E101", 0}, {201, "", 6}, {400, "E101", 0}, {201, "", 7},
		{409, "E408", 0}, {200, "", 5}, {400, "E101", 0}, {400, "E101", 0},
	}
	for _, end := range []string{"", "\n"} {
		got := s.lines(append(bytes.Clone(body), end...))
		if len(got) != len(want) {
			t.Fatalf("%d lines for %d", len(got), len(want))
		}
		for i, g := range got {
			if g.Problem != nil {
				if g.Status != want[i].status || g.Problem.Code != want[i].code {
					t.Errorf("line %d: %d %s, want %+v", i, g.Status, g.Problem.Code, want[i])
				}
				continue
			}
			r, err := proofs.ParseReceipt(g.Receipt)
			if err != nil {
				t.Fatal(err)
			}
			if v := s.w.Verifier(t, s.l).Verify(r, proofs.Expect{}); v.Kind == proofs.Invalid || v.Size != 9 || r.Index != want[i].index || g.Status != want[i].status {
				t.Errorf("line %d: status %d, entry %d, %v", i, g.Status, r.Index, v)
			}
		}
		if s.size() != 9 {
			t.Errorf("size %d: not under one seal", s.size())
		}
		for i := range want { // the second time all of them are there
			if want[i].status == 201 {
				want[i].status = 200
			}
		}
	}
	s.check()
}

func TestManyWithoutAnyGoodLine(t *testing.T) {
	s := newSite(t)
	before := s.head()
	for name, c := range map[string]struct {
		body  string
		lines int
	}{
		"empty": {"", 1}, "one newline": {"\n", 1}, "two newlines": {"\n\n", 2}, "spaces": {" \n \n", 2}, "1000 empty": {strings.Repeat("\n", 1000), 1000},
		"array": {"[{},{}]", 1},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.lines([]byte(c.body))
			if len(got) != c.lines {
				t.Fatalf("%d lines, want %d", len(got), c.lines)
			}
			for _, g := range got {
				if g.Status != 400 || g.Problem == nil || g.Problem.Code != "E101" {
					t.Errorf("%+v", g)
				}
			}
		})
	}
	if s.head() != before {
		t.Error("the log changed")
	}
}

func TestManyAboveTheLimits(t *testing.T) {
	s := newSite(t)
	before := s.head()
	e := s.release("contracts/1").Marshal()
	s.do("POST", "/api/v1/statements", bytes.Repeat(append(e, '\n'), 1001), ndjsonBody).refused(t, 400, "too-many", "")
	s.do("POST", "/api/v1/statements", make([]byte, 16<<20+1), ndjsonBody).refused(t, 413, "body-size", "")

	// Lines are counted before they are split: a body of newlines costs its own
	// size, not 24 times that.
	newlines := bytes.Repeat([]byte("\n"), 16<<20)
	var m1, m2 runtime.MemStats
	runtime.ReadMemStats(&m1)
	s.do("POST", "/api/v1/statements", newlines, ndjsonBody).refused(t, 400, "too-many", "")
	runtime.ReadMemStats(&m2)
	if used := m2.TotalAlloc - m1.TotalAlloc; used > 250<<20 {
		t.Errorf("%d MiB for 16 MiB of newlines", used>>20)
	}
	if s.head() != before {
		t.Error("the log changed")
	}
}

// 1,000 statements come in together, and each gets its own receipt.
func TestManyOfThem(t *testing.T) {
	s := newSite(t)
	const n = 1000
	var body bytes.Buffer
	for i := range n {
		body.Write(s.release(fmt.Sprint("contracts/", i)).Marshal())
		body.WriteByte('\n')
	}
	for i, g := range s.lines(body.Bytes()) {
		r, err := proofs.ParseReceipt(g.Receipt)
		if err != nil || g.Status != 201 || r.Index != uint64(5+i) {
			t.Fatalf("line %d: status %d, %v", i, g.Status, err)
		}
	}
	if s.size() != 5+n+1 {
		t.Errorf("size %d", s.size())
	}
}
