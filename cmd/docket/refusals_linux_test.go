package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// TestKillAfterRefusal kills a server, again and again, while statements are
// refused. What was answered as on record is on record afterwards, under the same
// index; what got no answer is put there once. Bytes may be lost, and come back with
// the next submission.
func TestKillAfterRefusal(t *testing.T) {
	t.Parallel()
	f := folders{dir: filepath.Join(t.TempDir(), "docket")}
	server, err := serve(t, "--dev", "--dir", f.dir)
	if err != nil {
		t.Fatal(err)
	}
	r := &refusals{t: t, submitter: newSubmitter(t, f), findings: make(map[statement.Digest]uint64)}
	for range 3 { // one submitter gets 60 findings in a minute
		r.flood(server, 12)
		if server, err = serve(t, "--dir", f.dir); err != nil {
			t.Fatal(err)
		}
		r.again(server.url)
	}
	server.stop()
	if err := os.RemoveAll(f.quarantine()); err != nil { // as if all of it had been lost
		t.Fatal(err)
	}
	if server, err = serve(t, "--dir", f.dir, "--quarantine", "1"); err != nil {
		t.Fatal(err)
	}
	r.again(server.url)
	r.kept(server.url)
	server.stop()
	mustDocket(t, "fsck", "--dir", f.dir, "--replay")
	if server, err = serve(t, "--dir", f.dir, "--quarantine", "0"); err != nil {
		t.Fatal(err)
	}
	if answer := fetch(t, server.url+"/api/v1/quarantine"); answer != `{"refusals":[]}`+"\n" {
		t.Errorf("without a quarantine: %s", answer)
	}
	server.stop()
	if strings.Contains(server.out.String(), "refused/") {
		t.Errorf("the server's lines name a refused document: %s", server.out.String())
	}
}

// refusals are statements that the log refuses, and which finding it named.
type refusals struct {
	t *testing.T
	*submitter
	mu       sync.Mutex
	sent     []statement.Envelope
	findings map[statement.Digest]uint64
}

// flood submits n statements at once and kills the server meanwhile.
func (r *refusals) flood(s *service, n int) {
	var wait sync.WaitGroup
	c := r.client(s.url)
	for range n {
		e, err := r.author.Release(fmt.Sprintf("refused/%d", len(r.sent)), 2, nil, client.File{Size: 1, Media: "text/plain"})
		if err != nil {
			r.t.Fatal(err)
		}
		r.sent = append(r.sent, e)
		wait.Go(func() { r.submit(c, e, false) })
	}
	time.Sleep(time.Duration(len(r.sent)/n) * 4 * time.Millisecond)
	s.kill()
	wait.Wait()
}

// submit notes the finding of one statement, and holds it against what was named
// before.
func (r *refusals) submit(c *client.Client, e statement.Envelope, must bool) {
	_, _, err := c.Submit(r.t.Context(), e)
	var refused *client.Refused
	if !errors.As(err, &refused) {
		if must {
			r.t.Errorf("want a refusal: %v", err)
		}
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	digest := statement.DigestOf(e.Payload)
	if before, ok := r.findings[digest]; refused.Code != "E408" || refused.Finding == 0 || ok && before != refused.Finding {
		r.t.Errorf("%+v, before finding %d", refused, before)
	}
	r.findings[digest] = refused.Finding
}

// again submits all statements once more; each has one finding and no other.
func (r *refusals) again(url string) {
	c := r.client(url)
	for _, e := range r.sent {
		r.submit(c, e, true)
	}
	seen := make(map[uint64]bool)
	for _, index := range r.findings {
		seen[index] = true
	}
	if len(seen) != len(r.sent) {
		r.t.Errorf("%d findings for %d statements", len(seen), len(r.sent))
	}
}

// kept waits until the bytes of all statements are in quarantine.
func (r *refusals) kept(url string) {
	for _, e := range r.sent {
		digest, last := statement.DigestOf(e.Payload), ""
		for end := time.Now().Add(20 * time.Second); last != string(e.Marshal()); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				r.t.Fatalf("want %s, got %s", e.Marshal(), last)
			}
			last = fetch(r.t, fmt.Sprintf("%s/api/v1/quarantine/%x", url, digest[:]))
		}
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// A log from before refusals went on record, whose keys are elsewhere, is served:
// it refuses and says that it counts alone.
func TestServeWithoutIdentity(t *testing.T) {
	t.Parallel()
	f := folders{dir: filepath.Join(t.TempDir(), "docket")}
	mustDocket(t, "init", "--dir", f.dir, "--origin", "log.example.com", "--direct", "a/", "--monitor", "")
	if there, err := exists(f.monitorKey()); there || err != nil {
		t.Errorf("a monitor key without a monitor: %v", err)
	}
	moved := filepath.Join(t.TempDir(), "moved.key")
	if err := os.Rename(f.identityKey(), moved); err != nil {
		t.Fatal(err)
	}
	r := &refusals{t: t, submitter: newSubmitter(t, f)}
	e, err := r.author.Release("a/1", 2, nil, client.File{Size: 1, Media: "text/plain"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		flags    []string
		onRecord bool
	}{{nil, false}, {[]string{"--identity-key", moved, "--password-file", filepath.Join(f.log(), "key-password")}, true}} {
		server, err := serve(t, append([]string{"--dir", f.dir}, test.flags...)...)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = r.client(server.url).Submit(t.Context(), e)
		var refused *client.Refused
		if !errors.As(err, &refused) || (refused.Finding != 0) != test.onRecord {
			t.Errorf("%v: %+v", test.flags, err)
		}
		server.stop()
		if said := strings.Contains(server.out.String(), "do not go on record"); said == test.onRecord {
			t.Errorf("%v: %s", test.flags, server.out.String())
		}
	}
}
