package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
)

// answerTo is what a server would say to an envelope, as far as load looks.
func answerTo(envelope []byte) []byte {
	return fmt.Appendf(nil, `{"checkpoint":"c","envelope":%s,"genesisInclusion":[]}`, envelope)
}

func testSender(t *testing.T, batch int, h http.HandlerFunc) *sender {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return newSender(&client.Client{Server: s.URL, Token: "secret"}, 2, batch, 0)
}

// An answer that is not about what was sent is never counted as a success.
func TestLoadRefusesWrongAnswers(t *testing.T) {
	jobs := []job{{envelope: []byte(`{"payload":"YQ=="}`)}, {number: 1, envelope: []byte(`{"payload":"Yg=="}`)}}
	line := func(i, status int, member string, body []byte) string {
		return fmt.Sprintf(`{"line":%d,"status":%d,"%s":%s}`+"\n", i, status, member, body)
	}
	first, second := answerTo(jobs[0].envelope), answerTo(jobs[1].envelope)
	for name, test := range map[string]struct {
		batch, status int
		answer        string
		ok            bool
	}{
		"good":             {1, 201, string(first), true},
		"another receipt":  {1, 201, string(second), false},
		"cut short":        {1, 201, string(first[:len(first)-1]), false},
		"a page":           {1, 200, "<html>", false},
		"a page as error":  {1, 404, "<html>", false},
		"a refusal":        {1, 409, `{"code":"E408"}`, true},
		"good lines":       {2, 200, line(0, 201, "receipt", first) + line(1, 409, "problem", []byte(`{"code":"E408"}`)), true},
		"swapped receipts": {2, 200, line(0, 201, "receipt", second) + line(1, 201, "receipt", first), false},
		"swapped lines":    {2, 200, line(1, 201, "receipt", second) + line(0, 201, "receipt", first), false},
		"a line too few":   {2, 200, line(0, 201, "receipt", first), false},
		"no line":          {2, 200, "x\ny\n", false},
		"all refused":      {2, 400, `{"code":"too-many"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := testSender(t, test.batch, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				io.WriteString(w, test.answer)
			})
			err := s.send(t.Context(), []lane{jobs[:test.batch]})
			if (err == nil) != test.ok {
				t.Errorf("error %v", err)
			}
			if w := s.workers[0]; !test.ok && w.admitted > 1 {
				t.Errorf("%d admitted", w.admitted)
			}
		})
	}
}

// A server that is busy is waited for; the same bytes are sent again.
func TestLoadWaits(t *testing.T) {
	var tries atomic.Int32
	want := job{envelope: []byte(`{"payload":"YQ=="}`)}
	s := testSender(t, 1, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer secret" {
			t.Errorf("the token is sent as %q", got)
		}
		got, _ := io.ReadAll(r.Body)
		if !bytes.Equal(got, want.envelope) {
			t.Errorf("sent %q", got)
		}
		switch tries.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			io.WriteString(w, `{"code":"quota"}`)
		case 2:
			panic(http.ErrAbortHandler)
		default:
			w.Write(answerTo(want.envelope)) // 200: the try that broke off came through
		}
	})
	if err := s.send(t.Context(), []lane{{want}}); err != nil {
		t.Fatal(err)
	}
	if w := s.workers[0]; w.duplicates != 1 || w.admitted != 0 || w.waits["quota"] != 1 || w.broken != 1 || w.requests != 1 {
		t.Errorf("%+v", w.tally)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	busy := testSender(t, 1, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "100000")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	if err := busy.send(ctx, []lane{{want}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a busy server, and no time left: %v", err)
	}
}

// Over TLS each connection carries one request at a time, whatever the server and
// the client that is verified with would rather speak.
func TestLoadTLS(t *testing.T) {
	want := job{envelope: []byte(`{"payload":"YQ=="}`)}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.ProtoMajor != 1 {
			t.Errorf("the request came by %s", r.Proto)
		}
		w.Write(answerTo(want.envelope))
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	first, err := server.Client().Get(server.URL) // its transport now offers HTTP/2
	if err != nil || first.ProtoMajor != 2 {
		t.Fatalf("%v, %v", first, err)
	}
	first.Body.Close()
	s := newSender(&client.Client{Server: server.URL, HTTP: server.Client()}, 1, 1, 0)
	if err := s.send(t.Context(), []lane{{want}}); err != nil {
		t.Error(err)
	}
}

// A percentile is not below the true one and at most 1.6 % above it.
func TestHistogram(t *testing.T) {
	var h histogram
	for us := 1; us <= 100_000; us++ {
		h.add(time.Duration(us) * time.Microsecond)
	}
	for _, percent := range []float64{0.01, 1, 50, 90, 99, 100} {
		want := percent / 100 * 100_000
		if got := float64(h.percentile(percent).Microseconds()); got < want || got > want*1.016 {
			t.Errorf("percentile %v: %v, want %v", percent, got, want)
		}
	}
	for us := uint64(0); us < 1<<20; us++ {
		if b := bucket(us); us > upper(b) || (b > 0 && us <= upper(b-1)) {
			t.Fatalf("%d is in bucket %d, which ends at %d", us, b, upper(b))
		}
	}
	if b := bucket(1 << 62); b != len(h.counts)-1 {
		t.Errorf("bucket %d", b)
	}
}

// The share that is verified is the share that was asked for.
func TestSampled(t *testing.T) {
	for percent, want := range map[float64]int{0: 0, 0.1: 11, 1: 101, 33: 3301, 100: 10_000} {
		n := 0
		for number := range uint64(10_000) {
			if sampled(number, percent) {
				n++
			}
		}
		if n != want {
			t.Errorf("%v %%: %d of 10000, want %d", percent, n, want)
		}
	}
}
