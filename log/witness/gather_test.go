package witness_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage/storagetest"
)

// A town is a log, n witnesses that watch it over HTTP, and what came of it.
type town struct {
	t         *testing.T
	log       *tree
	witnesses []*neighbour
	policy    *proofs.Policy
	changed   chan struct{}

	mu     sync.Mutex
	size   int64 // published
	finals []proofs.Checkpoint
	notes  [][]byte
	failed map[string]error // newest by URL
}

// A neighbour is a witness whose answers can be delayed, or lost.
type neighbour struct {
	*httptest.Server
	witness *witness.Witness
	mu      sync.Mutex
	before  func(http.ResponseWriter, *http.Request) bool // false: it answered
}

func (n *neighbour) set(before func(http.ResponseWriter, *http.Request) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.before = before
}

func down(w http.ResponseWriter, _ *http.Request) bool {
	w.WriteHeader(http.StatusBadGateway)
	return false
}

func newTown(t *testing.T, n, quorum int) *town {
	t.Helper()
	town := &town{t: t, log: newTree(origin, 1).grow(5, "a"), size: 5, changed: make(chan struct{}, 1), failed: make(map[string]error)}
	var text strings.Builder
	fmt.Fprintf(&text, "log %s\n", town.log.key.key)
	names := make([]string, n)
	for i := range n {
		names[i] = fmt.Sprintf("w%d", i)
		ed, pq := newKey("witness.example/"+names[i], proofs.TypeEd25519Cosignature, byte(50+i)), newKey("witness.example/"+names[i], proofs.TypeMLDSA44, byte(60+i))
		neighbour := town.open(witness.Config{Logs: []proofs.VerifierKey{town.log.key.key}, Cosigners: []witness.Cosigner{ed, pq}})
		town.witnesses = append(town.witnesses, neighbour)
		fmt.Fprintf(&text, "witness %s %s %s\nwitness %s-pq %s %s\ngroup %s-any any %s %s-pq\n", names[i], ed.key, neighbour.URL, names[i], pq.key, neighbour.URL, names[i], names[i], names[i])
		names[i] += "-any"
	}
	fmt.Fprintf(&text, "group all %d %s\nquorum all\n", quorum, strings.Join(names, " "))
	var err error
	if town.policy, err = proofs.ParsePolicy([]byte(text.String())); err != nil {
		t.Fatal(err)
	}
	return town
}

func (town *town) open(c witness.Config) *neighbour {
	store, err := storagetest.NewMemory().Open()
	if err != nil {
		town.t.Fatal(err)
	}
	c.Store = store
	w, err := witness.Open(c)
	if err != nil {
		town.t.Fatal(err)
	}
	n := &neighbour{witness: w}
	h := w.Handler(nil)
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		before := n.before
		n.mu.Unlock()
		if before == nil || before(w, r) {
			h.ServeHTTP(w, r)
		}
	}))
	town.t.Cleanup(func() { n.Close(); _ = w.Close() })
	return n
}

func (town *town) head() witness.Head {
	town.mu.Lock()
	defer town.mu.Unlock()
	return town.headAt(town.size)
}

func (town *town) headAt(size int64) witness.Head {
	return witness.Head{Checkpoint: town.log.checkpoint(size), Note: town.log.note(size), Prove: func(older uint64) ([]proofs.Hash, error) {
		town.mu.Lock() // the tree may be growing by now
		defer town.mu.Unlock()
		proof, err := tlog.ProveTree(size, int64(older), town.log)
		hashes := make([]proofs.Hash, len(proof))
		for i, h := range proof {
			hashes[i] = proofs.Hash(h)
		}
		return hashes, err
	}}
}

func (town *town) publish(size int64) {
	town.mu.Lock()
	town.log.grow(size, "a")
	town.size = size
	town.mu.Unlock()
	select {
	case town.changed <- struct{}{}:
	default:
	}
}

func (town *town) config() witness.GatherConfig {
	return witness.GatherConfig{
		Policy: town.policy, Newest: town.head, Size: func() uint64 { return town.head().Size }, Changed: town.changed,
		Final: func(cp proofs.Checkpoint, note []byte) {
			town.mu.Lock()
			defer town.mu.Unlock()
			town.finals, town.notes = append(town.finals, cp), append(town.notes, note)
		},
		Failed: func(url string, err error) {
			town.mu.Lock()
			defer town.mu.Unlock()
			town.failed[url] = err
		},
		Timeout: 5 * time.Second, Round: 200 * time.Millisecond, Refresh: time.Hour, Retry: 5 * time.Millisecond,
	}
}

// gather runs Gather until the test ends, and returns where its error comes.
func (town *town) gather(c witness.GatherConfig) (ended chan error) {
	ctx, cancel := context.WithCancel(town.t.Context())
	ended = make(chan error, 1)
	done := make(chan struct{})
	go func() { ended <- witness.Gather(ctx, c); close(done) }()
	town.t.Cleanup(func() { cancel(); <-done })
	return ended
}

// waitFor waits until the newest final note is of a size, and checks it.
func (town *town) waitFor(size int64) {
	town.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		town.mu.Lock()
		n := len(town.finals)
		reached := n > 0 && town.finals[n-1].Size == uint64(size)
		var note []byte
		if reached {
			note = town.notes[n-1]
		}
		town.mu.Unlock()
		if !reached {
			continue
		}
		cp, q, err := town.policy.Open(note, time.Now().Unix()+1)
		if err != nil || !q.Satisfied || cp != town.log.checkpoint(size) {
			town.t.Fatalf("size %d: %+v, %v, %v: %s", size, cp, q, err, note)
		}
		return
	}
	town.mu.Lock()
	defer town.mu.Unlock()
	town.t.Fatalf("no quorum for size %d; had %v, failures %v", size, town.finals, town.failed)
}

func TestGather(t *testing.T) {
	town := newTown(t, 3, 2)
	ended := town.gather(town.config())
	town.waitFor(5)
	for _, size := range []int64{6, 9, 40} {
		town.publish(size)
		town.waitFor(size)
	}

	// One is down, one is slow: two of three are still a quorum, and nobody waits for
	// the slow one.
	town.witnesses[0].set(down)
	town.publish(41)
	town.waitFor(41)
	town.witnesses[0].set(nil)
	release := make(chan struct{})
	var once sync.Once
	town.witnesses[1].set(func(http.ResponseWriter, *http.Request) bool { <-release; return true })
	t.Cleanup(func() { once.Do(func() { close(release) }) })
	for size := int64(42); size < 50; size++ {
		town.publish(size)
		town.waitFor(size)
	}

	// Two are down: no quorum, until one comes back with an old state of its own.
	town.witnesses[2].set(down)
	town.mu.Lock()
	before := len(town.finals)
	town.mu.Unlock()
	town.publish(60)
	time.Sleep(300 * time.Millisecond)
	town.mu.Lock()
	if len(town.finals) > before && town.finals[len(town.finals)-1].Size >= 60 {
		t.Error("one of three is a quorum of two")
	}
	town.mu.Unlock()
	once.Do(func() { close(release) })
	town.waitFor(60)
	select {
	case err := <-ended:
		t.Fatal(err)
	default:
	}
	town.mu.Lock()
	defer town.mu.Unlock()
	for i := 1; i < len(town.finals); i++ {
		if town.finals[i].Size < town.finals[i-1].Size {
			t.Errorf("the final checkpoint went back: %v", town.finals)
		}
	}
}

// An idle log asks again, so that its cosignatures are of late.
func TestGatherRefreshes(t *testing.T) {
	town := newTown(t, 1, 1)
	c := town.config()
	c.Refresh = 30 * time.Millisecond
	town.gather(c)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		town.mu.Lock()
		n := len(town.finals)
		town.mu.Unlock()
		if n >= 4 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d finals of an idle log", n)
		}
	}
	town.mu.Lock()
	defer town.mu.Unlock()
	if town.finals[3] != town.finals[0] {
		t.Errorf("an idle log has %v", town.finals)
	}
}

// A witness that knows more than the log ends its signing.
func TestGatherStopsWhenAWitnessKnowsMore(t *testing.T) {
	town := newTown(t, 3, 2)
	town.log.grow(30, "a")
	if _, err := town.witnesses[2].witness.Add(t.Context(), town.log.request(0, 30).Marshal()); err != nil {
		t.Fatal(err)
	}
	for _, keys := range [][]proofs.VerifierKey{nil, {town.log.key.key}} {
		c := town.config()
		c.Logs = keys
		select {
		case err := <-town.gather(c):
			if !errors.Is(err, witness.ErrAhead) {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("it goes on")
		}
	}
}

// One that only says so does not: what it shows is what the log signed, or nothing that
// the log's key signed.
func TestGatherGoesOnWhenAWitnessLies(t *testing.T) {
	stranger := newTree(origin, 99)
	stranger.grow(30, "b")
	for name, shows := range map[string]func(w http.ResponseWriter){
		"no note":          func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
		"another key's":    func(w http.ResponseWriter) { _, _ = w.Write(stranger.note(30)) },
		"without an end":   func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, 1<<20)) },
		"somewhere else":   func(w http.ResponseWriter) { w.Header().Set("Location", "http://127.0.0.1:1/"); w.WriteHeader(302) },
		"the log's newest": nil,
	} {
		t.Run(name, func(t *testing.T) {
			town := newTown(t, 3, 2)
			town.witnesses[2].set(func(w http.ResponseWriter, r *http.Request) bool {
				switch {
				case r.Method == http.MethodPost:
					w.Header().Set("Content-Type", "text/x.tlog.size")
					w.WriteHeader(http.StatusConflict)
					fmt.Fprintln(w, 1<<40)
				case shows != nil:
					shows(w)
				default:
					_, _ = w.Write(town.head().Note)
				}
				return false
			})
			c := town.config()
			c.Logs = []proofs.VerifierKey{town.log.key.key}
			ended := town.gather(c)
			town.waitFor(5)
			for size := int64(6); size < 9; size++ {
				town.publish(size)
				town.waitFor(size)
			}
			for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
				town.mu.Lock()
				err := town.failed[town.witnesses[2].URL]
				town.mu.Unlock()
				if err != nil && strings.Contains(err.Error(), "it is not believed") && !errors.Is(err, witness.ErrAhead) {
					break
				}
				if time.Now().After(end) {
					t.Fatal(err)
				}
			}
			select {
			case err := <-ended:
				t.Fatal(err)
			default:
			}
		})
	}
}

// What a witness may answer, and what comes of it.
func TestGatherTakesNothingWrong(t *testing.T) {
	town := newTown(t, 1, 1)
	town.gather(town.config())
	town.waitFor(5)
	other := newKey("witness.example/w0", proofs.TypeEd25519Cosignature, 99)
	line := func(key seedKey, at int64, cp proofs.Checkpoint) string {
		line, err := proofs.SignCosignatureLine(at, key.sign, key.key, cp)
		if err != nil {
			t.Fatal(err)
		}
		return string(line)
	}
	own, size := newKey("witness.example/w0", proofs.TypeEd25519Cosignature, 50), int64(6)
	now := time.Now().Unix()
	for name, body := range map[string]func(cp proofs.Checkpoint) string{
		"nothing":            func(proofs.Checkpoint) string { return "" },
		"a line of nobody":   func(cp proofs.Checkpoint) string { return line(other, now, cp) },
		"of another size":    func(proofs.Checkpoint) string { return line(own, now, town.log.checkpoint(2)) },
		"without a time":     func(cp proofs.Checkpoint) string { return line(own, 0, cp) },
		"of the far future":  func(cp proofs.Checkpoint) string { return line(own, now+3600, cp) },
		"no signature lines": func(proofs.Checkpoint) string { return "ok\n" },
		"too long":           func(cp proofs.Checkpoint) string { return strings.Repeat(line(own, now, cp), 1000) },
	} {
		town.mu.Lock()
		delete(town.failed, town.witnesses[0].URL)
		text := []byte(body(town.log.grow(size, "a").checkpoint(size)))
		town.mu.Unlock()
		town.witnesses[0].set(func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write(text)
			return false
		})
		town.publish(size)
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
			town.mu.Lock()
			last, err := town.finals[len(town.finals)-1], town.failed[town.witnesses[0].URL]
			town.mu.Unlock()
			var rejection *witness.Rejection
			if last.Size >= uint64(size) {
				t.Errorf("%s: final", name)
			}
			if errors.As(err, &rejection) && rejection.Status == 200 {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		town.witnesses[0].set(nil)
		town.waitFor(size)
		size++
	}
}

// A witness that answers with as many lines as a note can have, all of its own key and
// all right, takes no place of others': the quorum is met as ever.
func TestGatherTakesOneLineOfAKey(t *testing.T) {
	town := newTown(t, 2, 2)
	town.witnesses[0].set(func(w http.ResponseWriter, _ *http.Request) bool {
		own, now := newKey("witness.example/w0", proofs.TypeEd25519Cosignature, 50), time.Now().Unix()
		for i := range int64(proofs.MaxNoteSignatures) {
			line, err := proofs.SignCosignatureLine(now-i, own.sign, own.key, town.head().Checkpoint)
			if err != nil {
				t.Error(err)
			}
			_, _ = w.Write(line)
		}
		return false
	})
	town.gather(town.config())
	town.waitFor(5)
}

func TestConfirm(t *testing.T) {
	town := newTown(t, 3, 2)
	if err := witness.Confirm(t.Context(), town.config(), town.head()); err != nil {
		t.Errorf("all are new to the log: %v", err)
	}
	town.publish(20)
	if err := witness.Confirm(t.Context(), town.config(), town.head()); err != nil {
		t.Errorf("it grew: %v", err)
	}
	// A quorum of two among three: two must be asked, so that each quorum has one of them.
	town.witnesses[0].set(down)
	if err := witness.Confirm(t.Context(), town.config(), town.head()); err != nil {
		t.Errorf("one is down: %v", err)
	}
	town.witnesses[1].set(down)
	if err := witness.Confirm(t.Context(), town.config(), town.head()); !errors.Is(err, witness.ErrUnconfirmed) || !strings.Contains(err.Error(), town.witnesses[1].URL) {
		t.Errorf("two are down: %v", err)
	}
	if err := witness.Confirm(t.Context(), town.config(), town.headAt(9)); !errors.Is(err, witness.ErrAhead) {
		t.Errorf("an old copy: %v", err)
	}
	town.witnesses[0].set(nil)
	town.witnesses[1].set(nil)
	for _, size := range []int64{20, 25} {
		fork := &town2{log: newTree(origin, 1).grow(7, "a").grow(25, "b")}
		if err := witness.Confirm(t.Context(), town.config(), fork.head(size)); !errors.Is(err, witness.ErrForked) {
			t.Errorf("another history of size %d: %v", size, err)
		}
	}
}

// Ask says of each witness what it holds, and whether those who agree suffice.
func TestAsk(t *testing.T) {
	town := newTown(t, 3, 2)
	town.publish(20)
	answers, confirmed, err := witness.Ask(t.Context(), town.config(), town.head())
	if err != nil || !confirmed || len(answers) != 3 {
		t.Fatalf("%+v, %v, %v", answers, confirmed, err)
	}
	for i, a := range answers {
		if a.Err != nil || a.Size != 20 || a.URL != town.witnesses[i].URL {
			t.Errorf("%+v", a)
		}
	}
	town.witnesses[2].set(down)
	answers, confirmed, err = witness.Ask(t.Context(), town.config(), town.headAt(9))
	if err != nil || confirmed {
		t.Errorf("an old copy: %v, %v", confirmed, err)
	}
	for i, a := range answers {
		if ahead := i < 2; errors.Is(a.Err, witness.ErrAhead) != ahead || a.Err == nil || ahead && a.Size != 20 || !ahead && a.Size != 0 {
			t.Errorf("%d: %+v", i, a)
		}
	}
	fork := &town2{log: newTree(origin, 1).grow(7, "a").grow(25, "b")}
	answers, confirmed, err = witness.Ask(t.Context(), town.config(), fork.head(25))
	if err != nil || confirmed || !errors.Is(answers[0].Err, witness.ErrForked) || !strings.Contains(answers[0].Err.Error(), town.witnesses[0].URL) {
		t.Errorf("another history: %+v, %v, %v", answers[0], confirmed, err)
	}
}

// town2 is a second history of the log.
type town2 struct{ log *tree }

func (f *town2) head(size int64) witness.Head { return (&town{log: f.log}).headAt(size) }

// Policies under which nobody can be asked.
func TestGatherPolicies(t *testing.T) {
	key := newKey("witness.example/w0", proofs.TypeEd25519Cosignature, 50).key
	for name, text := range map[string]string{
		"quorum none":  "quorum none\n",
		"no URL":       fmt.Sprintf("witness w %s\nquorum w\n", key),
		"not http":     fmt.Sprintf("witness w %s file:///etc/passwd\nquorum w\n", key),
		"with a query": fmt.Sprintf("witness w %s http://w.example/?x=1\nquorum w\n", key),
	} {
		p, err := proofs.ParsePolicy([]byte(text))
		if err != nil {
			continue // refused already
		}
		if err := witness.Gather(t.Context(), witness.GatherConfig{Policy: p}); err == nil || !strings.Contains(err.Error(), "witness") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
