package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
)

// What a server says is counted and printed only in a form that is harmless.
func TestLoadHidesWhatServersSay(t *testing.T) {
	for code, want := range map[string]string{
		"E408": "E408", "no-space": "no-space", "quota": "quota",
		"\x1b[2J": unknownCode, "secret": unknownCode, "E408\n": unknownCode, "E4080": unknownCode,
		"docket_" + strings.Repeat("a", 43): unknownCode, strings.Repeat("a", 17): unknownCode,
	} {
		s := testSender(t, 1, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusConflict)
			json.NewEncoder(w).Encode(map[string]string{"code": code})
		})
		if err := s.send(t.Context(), []lane{{{envelope: []byte("{}")}}}); err != nil {
			t.Fatal(err)
		}
		if got := s.workers[0].refused; len(got) != 1 || got[want] != 1 {
			t.Errorf("%q is counted as %v, want %q", code, got, want)
		}
	}
}

// No error shows the token to whoever reads the output.
func TestLoadHidesTheToken(t *testing.T) {
	jobs := lane{{envelope: []byte("{}")}, {number: 1, envelope: []byte("{}")}}
	for name, x := range map[string]struct {
		status int
		answer string
	}{
		"detail":  {400, `{"code":"too-many","field":"secret","detail":"sent Bearer secret"}`},
		"lines":   {200, "Bearer secret\nBearer secret\n"},
		"receipt": {200, `{"line":0,"status":201,"receipt":{"secret":1}}` + "\nx\n"},
	} {
		s := testSender(t, 2, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(x.status)
			io.WriteString(w, x.answer)
		})
		err := s.send(t.Context(), []lane{jobs})
		if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "(the token)") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An answer without an end is not read for ever, nor asked for again.
func TestLoadBoundsAnswers(t *testing.T) {
	requests := 0
	chunk := bytes.Repeat([]byte{'x'}, 1<<20)
	s := testSender(t, 1, func(w http.ResponseWriter, _ *http.Request) {
		requests++
		for range 4 * (maxLoadAnswer >> 20) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	err := s.send(t.Context(), []lane{{{envelope: []byte("{}")}}})
	if !errors.Is(err, client.ErrAnswer) || !strings.Contains(err.Error(), "longer than 64 MiB") || requests != 1 {
		t.Errorf("%v after %d requests", err, requests)
	}
}
