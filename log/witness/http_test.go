package witness_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
)

type answer struct {
	status      int
	contentType string
	body        string
	retryAfter  string
}

func call(t *testing.T, method, url string, body []byte) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header.Get("Content-Type"), string(text), response.Header.Get("Retry-After")}
}

// The status of each answer, as the C2SP page has it.
func TestHandlerStatus(t *testing.T) {
	log := newTree(origin, 1).grow(20, "a")
	w := newWorld(t, log)
	server := httptest.NewServer(w.Handler(nil))
	defer server.Close()
	add, hash := server.URL+"/add-checkpoint", sha256.Sum256([]byte(origin))
	monitoring := server.URL + "/" + hex.EncodeToString(hash[:]) + "/checkpoint"

	if got := call(t, "GET", monitoring, nil); got.status != 404 {
		t.Errorf("nothing cosigned yet: %+v", got)
	}
	if got := call(t, "POST", add, log.request(5, 9).Marshal()); got.status != 409 || got.contentType != "text/x.tlog.size" || got.body != "0\n" {
		t.Errorf("first contact with old 5: %+v", got)
	}
	got := call(t, "POST", add, log.request(0, 9).Marshal())
	if got.status != 200 {
		t.Fatalf("%+v", got)
	}
	w.verified(t, []byte(got.body), log.checkpoint(9))
	if shown := call(t, "GET", monitoring, nil); shown.status != 200 || shown.body != string(log.note(9))+got.body {
		t.Errorf("monitoring: %+v", shown)
	}
	if got := call(t, "POST", add, log.request(5, 20).Marshal()); got.status != 409 || got.contentType != "text/x.tlog.size" || got.body != "9\n" {
		t.Errorf("old 5 of 9: %+v", got)
	}
	wrong := log.request(9, 20)
	wrong.Proof[0][0] ^= 1
	for _, test := range []struct {
		name, method, url string
		body              []byte
		status            int
	}{
		{"malformed", "POST", add, []byte("old 1\n"), 400},
		{"unknown log", "POST", add, newTree("stranger.example.com", 3).grow(2, "a").request(0, 2).Marshal(), 404},
		{"another key", "POST", add, newTree(origin, 4).grow(9, "a").request(9, 9).Marshal(), 403},
		{"a wrong proof", "POST", add, wrong.Marshal(), 422},
		{"a huge body", "POST", add, bytes.Repeat([]byte("x"), proofs.MaxAddCheckpoint+1), 413},
		{"another method", "GET", add, nil, 405},
		{"another path", "GET", server.URL + "/checkpoint", nil, 404},
		{"upper-case hex", "GET", strings.ToUpper(monitoring[len(server.URL):]), nil, 404},
		{"another origin", "GET", server.URL + "/" + strings.Repeat("00", 32) + "/checkpoint", nil, 404},
		{"no hash", "GET", server.URL + "/x/checkpoint", nil, 404},
		{"a long hash", "GET", server.URL + "/" + strings.Repeat("00", 33) + "/checkpoint", nil, 404},
		{"health", "GET", server.URL + "/healthz", nil, 200},
	} {
		if !strings.HasPrefix(test.url, "http") {
			test.url = server.URL + test.url
		}
		if got := call(t, test.method, test.url, test.body); got.status != test.status {
			t.Errorf("%s: %+v; want %d", test.name, got, test.status)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for url, status := range map[string]int{add: 500, server.URL + "/healthz": 503} {
		method := "POST"
		if status == 503 {
			method = "GET"
		}
		if got := call(t, method, url, log.request(9, 20).Marshal()); got.status != status {
			t.Errorf("%s of a witness that stopped: %+v", url, got)
		}
	}
	w.Witness = nil
	if err := w.config.Store.Close(); err != nil {
		t.Fatal(err)
	}
}

// A slow log holds up no other, and above the bound requests are sent away at once.
func TestHandlerIsBounded(t *testing.T) {
	slow, other := newTree(origin, 1).grow(3, "a"), newTree("other.example.com", 2).grow(3, "a")
	w := newWorld(t, slow, other)
	signing, release := make(chan struct{}, 8), make(chan struct{})
	key := newKey(witnessName, proofs.TypeEd25519Cosignature, 77)
	sign := key.sign
	key.sign = func(message []byte) ([]byte, error) {
		if bytes.Contains(message, []byte(origin)) {
			signing <- struct{}{}
			<-release
		}
		return sign(message)
	}
	w.config.Cosigners, w.config.MaxQueue = []witness.Cosigner{key}, 3
	w.open(t)
	server := httptest.NewServer(w.Handler(nil))
	defer server.Close()
	add := server.URL + "/add-checkpoint"

	ctx, cancel := context.WithCancel(t.Context())
	answers := make(chan error, 2)
	go func() {
		_, err := w.Add(t.Context(), slow.request(0, 3).Marshal())
		answers <- err
	}()
	<-signing
	go func() {
		err := witness.ErrBusy
		for errors.Is(err, witness.ErrBusy) { // others were faster, and had all places
			_, err = w.Add(ctx, slow.request(0, 3).Marshal())
		}
		answers <- err
	}()
	if got := call(t, "POST", add, other.request(0, 3).Marshal()); got.status != 200 {
		t.Errorf("another log: %+v", got)
	}
	third := make(chan answer, 1)
	go func() {
		got := answer{status: 503}
		for got.status == 503 { // one of the requests below took the last place
			got = call(t, "POST", add, slow.request(0, 3).Marshal())
		}
		third <- got
	}()
	for got := (answer{}); got.status != 503; {
		if got = call(t, "POST", add, other.request(3, 3).Marshal()); got.status == 503 && got.retryAfter != "1" {
			t.Errorf("busy: %+v", got)
		}
	}
	cancel() // the second leaves the queue without an answer
	if err := <-answers; err != context.Canceled {
		t.Errorf("who left: %v", err)
	}
	close(release)
	if err := <-answers; err != nil {
		t.Error(err)
	}
	if got := <-third; got.status != 409 || got.body != "3\n" {
		t.Errorf("who waited: %+v", got)
	}
}
