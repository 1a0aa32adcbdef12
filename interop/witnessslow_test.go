package interop

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/proofs"
)

// A docketWitness is docket witness serve, a process with a folder of its own.
type docketWitness struct {
	t             *testing.T
	program, home string
	url, vkey     string
	cmd           *exec.Cmd
}

func newDocketWitness(t *testing.T, name string, log proofs.VerifierKey) *docketWitness {
	t.Helper()
	w := &docketWitness{t: t, home: t.TempDir(), program: filepath.Join(t.TempDir(), "docket")}
	goCommand(t, "build", "-C", "..", "-o", w.program, "./cmd/docket")
	if out, exit := run(t, time.Minute, w.program, "witness", "init", "--dir", w.home, "--name", name, "--log", log.String()); exit != 0 {
		t.Fatalf("docket witness init: %s", out)
	}
	key, err := os.ReadFile(filepath.Join(w.home, "witness", "vkeys"))
	if err != nil {
		t.Fatal(err)
	}
	port, err := net.Listen("tcp", loopback)
	if err != nil {
		t.Fatal(err)
	}
	w.vkey, w.url = string(bytes.TrimSpace(key)), "http://"+port.Addr().String()
	port.Close()
	w.start()
	return w
}

func (w *docketWitness) start() {
	w.t.Helper()
	w.cmd = exec.Command(w.program, "witness", "serve", "--dir", w.home, "--listen", strings.TrimPrefix(w.url, "http://"))
	if err := w.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(w.kill)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://")); err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			w.t.Fatal("docket witness serve does not listen")
		}
	}
}

// kill is kill -9.
func (w *docketWitness) kill() {
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait()
}

// A slowLink is the way to a witness: while it is slow, an answer takes until the test
// lets it through.
type slowLink struct {
	url     string
	slow    atomic.Bool
	waiting atomic.Int64
	through chan struct{}
}

func newSlowLink(t *testing.T, to string) *slowLink {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	l, proxy := &slowLink{through: make(chan struct{})}, httputil.NewSingleHostReverseProxy(target)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.slow.Load() {
			l.waiting.Add(1)
			select {
			case <-l.through:
			case <-r.Context().Done():
			}
			l.waiting.Add(-1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	l.url = h.URL
	return l
}

// TestSlowWitness: two witnesses of transparency-dev and docket's own, each a process,
// quorum two of three. One is slow, within its time limit: the others' lines are
// published without it, size after size, and its line counts when it comes. Ours is
// killed and comes back where it was.
func TestSlowWitness(t *testing.T) {
	s := newRaw(t, 10)
	key := s.Log.Key()
	a, b := newOmniwitness(t, "witness.example/a", s.URL, key, false), newOmniwitness(t, "witness.example/b", s.URL, key, false)
	own := newDocketWitness(t, "witness.example/own", key)
	link := newSlowLink(t, b.url)
	policy, err := proofs.ParsePolicy(fmt.Appendf(nil, "log %s\nwitness a %s %s\nwitness b %s %s\nwitness own %s %s\ngroup all 2 a b own\nquorum all\n",
		key, a.vkeys[0], a.url, b.vkeys[0], link.url, own.vkey, own.url))
	if err != nil {
		t.Fatal(err)
	}
	var f finals
	more := gathering(t, s, policy, &f, 2*time.Minute)
	more("witness.example/a", "witness.example/b", "witness.example/own")

	link.slow.Store(true)
	for range 4 {
		more("witness.example/a", "witness.example/own")
		if f.has("witness.example/b") {
			t.Error("the slow witness cosigned already")
		}
	}
	if n := link.waiting.Load(); n != 1 {
		t.Errorf("%d requests wait for the slow witness, want one", n)
	}
	link.slow.Store(false)
	close(link.through)
	f.await(t, s, policy, []string{"witness.example/b"})
	f.mu.Lock()
	all := f.note
	f.mu.Unlock()
	verifyElsewhere(t, all, key.String(), []string{a.vkeys[0], b.vkeys[0], own.vkey})

	own.kill()
	more("witness.example/a", "witness.example/b")
	own.start()
	more("witness.example/own")
}

// has says whether the newest final note has a line of a witness.
func (f *finals) has(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Contains(string(f.note), "— "+name+" ")
}
