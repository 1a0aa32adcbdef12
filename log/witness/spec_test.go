package witness_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// What the C2SP page says of requests on which deployed witnesses differ, over HTTP, of
// a witness that has met the log and of one that has not.
func TestSpecOverHTTP(t *testing.T) {
	log := newTree(origin, 1).grow(20, "a")
	fork := newTree(origin, 1).grow(20, "b")
	foreign := func(size, lines int) []byte {
		a := log.request(9, 9)
		for i := range lines {
			a.Note = append(a.Note, proofs.SignatureLine(fmt.Sprintf("stranger.example/%d", i), uint32(i), make([]byte, size))...)
		}
		return a.Marshal()
	}
	proofless := log.request(9, 20)
	proofless.Proof = nil
	withProof := proofs.AddCheckpoint{Proof: []proofs.Hash{{1}}, Note: log.note(9)}
	grown := func(from string, to string) []byte {
		return bytes.Replace(log.request(9, 20).Marshal(), []byte(from), []byte(to), 1)
	}
	for _, test := range []struct {
		name    string
		new     bool // to the witness
		body    []byte
		status  int
		answers string // of a 409
	}{
		{"first contact with old 5", true, log.request(5, 9).Marshal(), 409, "0\n"},
		{"old 0 with a proof", true, withProof.Marshal(), 422, ""},
		{"size 0 with a wrong root", true, proofs.AddCheckpoint{Note: bytes.Replace(log.note(0), []byte("47DEQpj8HBSa"), []byte("48DEQpj8HBSa"), 1)}.Marshal(), 422, ""},
		{"size 0", true, log.request(0, 0).Marshal(), 200, ""},
		{"old 0 with a proof, when it holds more", false, withProof.Marshal(), 409, "9\n"},
		{"old 01000", false, grown("old 9", "old 01000"), 400, ""},
		{"old +9", false, grown("old 9", "old +9"), 400, ""},
		{"old beyond 2^63-1", false, grown("old 9", "old 9223372036854775808"), 400, ""},
		{"a hash without its padding", false, grown("=\n", "\n"), 400, ""},
		{"truncated base64 in a signature line", false, bytes.TrimSuffix(bytes.TrimRight(log.request(9, 20).Marshal(), "\n"), []byte("=")), 400, ""},
		{"same size, other root", false, fork.request(9, 9).Marshal(), 422, ""},
		{"same size, same root", false, log.request(9, 9).Marshal(), 200, ""},
		{"no proof", false, proofless.Marshal(), 422, ""},
		{"a smaller size", false, log.request(5, 7).Marshal(), 409, "9\n"},
		{"foreign lines of 60 KB", false, foreign(700, 60), 200, ""},
		{"foreign lines of 130 KB", false, foreign(1600, 60), 413, ""},
		{"101 lines", false, foreign(10, 101), 400, ""},
	} {
		w := newWorld(t, log)
		server := httptest.NewServer(w.Handler(nil))
		add := server.URL + "/add-checkpoint"
		if got := call(t, "POST", add, log.request(0, 9).Marshal()); !test.new && got.status != 200 {
			t.Fatalf("%+v", got)
		}
		if test.new {
			w.memory = storagetest.NewMemory()
			w.open(t)
			server.Close()
			server = httptest.NewServer(w.Handler(nil))
			add = server.URL + "/add-checkpoint"
		}
		got := call(t, "POST", add, test.body)
		if got.status != test.status || test.answers != "" && (got.body != test.answers || got.contentType != "text/x.tlog.size") {
			t.Errorf("%s: %+v; want %d %q", test.name, got, test.status, test.answers)
		}
		if got.status != 409 && !strings.HasPrefix(got.contentType, "text/plain") {
			t.Errorf("%s: a %d of the type %s", test.name, got.status, got.contentType)
		}
		if got := call(t, "POST", server.URL+"/sign-subtree", []byte("subtree 0 9\n")); got.status != 404 {
			t.Errorf("sign-subtree is off: %+v", got)
		}
		server.Close()
		w.close(t)
	}
}

// The monitoring endpoint shows the newest cosignature, also of a size that only was
// cosigned again, and nobody may keep it.
func TestMonitoring(t *testing.T) {
	log := newTree(origin, 1).grow(9, "a")
	w := newWorld(t, log)
	server := httptest.NewServer(w.Handler(nil))
	defer server.Close()
	hash := sha256.Sum256([]byte(origin))
	url := server.URL + "/" + hex.EncodeToString(hash[:]) + "/checkpoint"
	for i, old := range []int64{0, 9, 9} {
		w.now = w.now.Add(time.Hour)
		lines, err := w.Add(t.Context(), log.request(old, 9).Marshal())
		if err != nil {
			t.Fatal(i, err)
		}
		w.verified(t, lines, log.checkpoint(9))
		if got := call(t, "GET", url, nil); got.body != string(log.note(9))+string(lines) {
			t.Errorf("time %d: it shows %s", i, got.body)
		}
	}
	response, err := http.Head(url)
	if err != nil || response.StatusCode != 200 || response.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v, %v", response, err)
	}
}

// A log with keys of both types, and a witness with two of each: every answer has all
// of its lines, and what is kept has all of the log's.
func TestKeysOfSeveralTypes(t *testing.T) {
	log := newTree(origin, 1).grow(9, "a")
	second := newKey(origin, proofs.TypeMLDSA44, 2)
	w := newWorld(t, log)
	w.config.Logs = append(w.config.Logs, second.key)
	w.config.Cosigners = append(w.config.Cosigners, newKey(witnessName, proofs.TypeEd25519Cosignature, 210), newKey(witnessName, proofs.TypeMLDSA44, 211))
	w.open(t)
	a := log.request(0, 9)
	cp := log.checkpoint(9)
	line, err := proofs.SignCosignatureLine(w.now.Unix(), second.sign, second.key, cp)
	if err != nil {
		t.Fatal(err)
	}
	a.Note = append(a.Note, line...)
	lines, err := w.Add(t.Context(), a.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	w.verified(t, lines, cp)
	if held := w.Checkpoint(sha256.Sum256([]byte(origin))); !bytes.Equal(held, append(a.Note, lines...)) {
		t.Errorf("it holds %s", held)
	}
	// A line of a known key that does not verify spoils the note, whatever the others are.
	bad := log.request(9, 9)
	other, err := proofs.SignCosignatureLine(w.now.Unix(), second.sign, second.key, log.checkpoint(8))
	if err != nil {
		t.Fatal(err)
	}
	bad.Note = append(bad.Note, other...)
	var refused *witness.Refused
	if _, err := w.Add(t.Context(), bad.Marshal()); !errors.As(err, &refused) || refused.Reason != witness.Unsigned {
		t.Errorf("a bad line of a known key: %v", err)
	}
	alone := proofs.AddCheckpoint{Old: 9, Note: append(append(cp.Marshal(), '\n'), line...)}
	if _, err := w.Add(t.Context(), alone.Marshal()); err != nil {
		t.Errorf("signed by the second key alone: %v", err)
	}
}

// A waiting store commits when it is told to.
type waiting struct {
	storage.Store
	reached, release chan struct{}
}

func (s waiting) Commit(seq uint64, b *storage.Batch) error {
	s.reached <- struct{}{}
	<-s.release
	return s.Store.Commit(seq, b)
}

// No answer leaves, and nothing is shown, before the checkpoint is durable; and who
// asks meanwhile is judged by what is.
func TestDurableBeforeTheAnswer(t *testing.T) {
	log := newTree(origin, 1).grow(20, "a")
	w := newWorld(t, log)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	held := waiting{w.config.Store, make(chan struct{}), make(chan struct{})}
	w.config.Store = held
	var err error
	if w.Witness, err = witness.Open(w.config); err != nil {
		t.Fatal(err)
	}
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { _, err := w.Add(t.Context(), log.request(0, 9).Marshal()); first <- err }()
	<-held.reached
	go func() { _, err := w.Add(t.Context(), log.request(0, 20).Marshal()); second <- err }()
	select {
	case err := <-first:
		t.Fatalf("it answered before the commit: %v", err)
	case err := <-second:
		t.Fatalf("the second one was judged before the first was stored: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if note := w.Checkpoint(sha256.Sum256([]byte(origin))); note != nil {
		t.Errorf("it shows what is not durable: %s", note)
	}
	close(held.release)
	if err := <-first; err != nil {
		t.Error(err)
	}
	var refused *witness.Refused
	if err := <-second; !errors.As(err, &refused) || refused.Size != 9 {
		t.Errorf("the second from size 0: %v", err)
	}
}

// A crash between store and answer: the log got nothing, and the witness holds the
// tree. It gives no cosignature for a second root of that size, ever.
func TestNoSecondRootAfterACrash(t *testing.T) {
	log, fork := newTree(origin, 1).grow(20, "a"), newTree(origin, 1).grow(8, "a").grow(20, "b")
	w := newWorld(t, log)
	if _, err := w.Add(t.Context(), log.request(0, 8).Marshal()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w.config.Store = storagetest.FailCommit(w.config.Store, 0, storagetest.Applied)
	var err error
	if w.Witness, err = witness.Open(w.config); err != nil {
		t.Fatal(err)
	}
	if lines, err := w.Add(t.Context(), log.request(8, 20).Marshal()); err == nil {
		t.Fatalf("answered %s", lines)
	}
	_ = w.Close()
	if err := w.config.Store.Close(); err != nil {
		t.Fatal(err)
	}
	w.Witness = nil
	w.open(t)
	for _, a := range []proofs.AddCheckpoint{fork.request(8, 20), fork.request(20, 20), fork.request(0, 20)} {
		if got := w.ask(t, a); len(got) != 1 || !got[0].Fork {
			t.Errorf("old %d: %+v", a.Old, got)
		}
	}
	if _, err := w.Add(t.Context(), log.request(20, 20).Marshal()); err != nil {
		t.Errorf("the tree that it holds: %v", err)
	}
}

// A log knows what each witness holds, so that one request suffices for a checkpoint;
// over a restart it asks once more.
func TestGatherKnowsWhatWitnessesHold(t *testing.T) {
	town := newTown(t, 1, 1)
	var mu sync.Mutex
	var olds []string
	town.witnesses[0].set(func(_ http.ResponseWriter, r *http.Request) bool {
		var b bytes.Buffer
		_, _ = b.ReadFrom(r.Body)
		r.Body = http.NoBody
		line, rest, _ := strings.Cut(b.String(), "\n")
		r.Body = body{strings.NewReader(line + "\n" + rest)}
		mu.Lock()
		defer mu.Unlock()
		olds = append(olds, line)
		return true
	})
	town.gather(town.config())
	town.waitFor(5)
	for _, size := range []int64{6, 9, 40} {
		town.publish(size)
		town.waitFor(size)
	}
	mu.Lock()
	defer mu.Unlock()
	if got, want := strings.Join(olds, ", "), "old 0, old 5, old 6, old 9"; got != want {
		t.Errorf("asked %s; want %s", got, want)
	}
}

type body struct{ *strings.Reader }

func (body) Close() error { return nil }
