package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/cmd/docket/scenario"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/pebblestore"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"docket": func() { main() },
	})
}

// TestScripts runs testdata/script: each file is a story on the command line.
//
//	exits N command args...   run it and demand exit code N; stdout, stderr as for exec
//	ready DIR                 wait until the server of a development folder answers
//	readable DIR              wait until the server of a development folder shows a checkpoint
//	serving FILE              wait until the server whose output goes to FILE serves; $SERVER
//	                          is then its URL
//	stopped DIR               wait until it no longer does
//	waitfile FILE             wait until a file is there
//	flip FILE                 flip one bit in the middle of a file
//	damage DIR KEYSPACE       flip one bit in the first row of a keyspace of a stopped log
//	pending RECEIPT FILE      write the statement of a receipt as one that waits for its answer
//	lossy DIR                 put a proxy before the server of a folder that loses the reply to
//	                          each POST, and its URL into $LOSSY
//	lying DIR HOW             put a proxy before the server of a folder that lies in one way,
//	                          and its URL into $LYING
//	secure DIR CA             put a TLS server before that of a folder, its certificate into the
//	                          file CA, and its URL into $SECURE
//	recheck POLICY FILE       check a proof in JSON again, with x/mod and the log's key alone
//	spoil FILE HOW            make a kept checkpoint unusable: cut, signature, open or folder
//	digest FILE NAME          put the statement digest that a command printed as JSON into $NAME
//	alerted DIR N             wait until the monitor filed N alerts, no more; $ALERT is then the
//	                          newest
//	rival DIR DOC FILE OUT    sign the next release of DOC for FILE into OUT, then let a
//	                          rival release of other bytes be first
func TestScripts(t *testing.T) {
	deadline := time.Now().Add(10 * time.Minute)
	if end, ok := t.Deadline(); ok { // a command that hangs fails its script, not the whole run; one that is slow fails nothing
		deadline = end.Add(-time.Until(end) / 4)
	}
	testscript.Run(t, testscript.Params{
		Dir:      "testdata/script",
		Deadline: deadline,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":    exits,
			"ready":    ready,
			"readable": readable,
			"stopped":  stopped,
			"serving":  waitServing,
			"flip":     flip,
			"waitfile": func(ts *testscript.TestScript, _ bool, args []string) {
				waitFor(ts, args[0]+" did not come", func() bool {
					_, err := os.Stat(ts.MkAbs(args[0]))
					return err == nil
				})
			},
			"damage":  damage,
			"pending": pending,
			"rival":   rival,
			"lossy":   lossy,
			"secure":  secure,
			"lying":   lying,
			"recheck": recheck,
			"spoil":   spoil,
			"digest":  digestInto,
			"alerted": alerted,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N command args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// serverOf reads where the server of a development folder is.
func serverOf(ts *testscript.TestScript, dir string) string {
	b, err := os.ReadFile(ts.MkAbs(filepath.Join(dir, "client", "config.json")))
	if err != nil {
		return ""
	}
	var c clientConfig
	if json.Unmarshal(b, &c) != nil {
		return ""
	}
	return c.Server
}

func answers(url string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", nil)
	if err != nil {
		return false
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	a.Body.Close()
	return a.StatusCode == http.StatusOK
}

func waitFor(ts *testscript.TestScript, what string, done func() bool) {
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if done() {
			return
		}
	}
	ts.Fatalf("%s", what)
}

func ready(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ready DIR")
	}
	waitFor(ts, "the server did not come up", func() bool {
		url := serverOf(ts, args[0])
		return url != "" && answers(url)
	})
}

// readable is for a server that shows a log and takes nothing: its health is bad.
func readable(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: readable DIR")
	}
	waitFor(ts, "the server did not come up", func() bool {
		a, err := http.Get(serverOf(ts, args[0]) + "/checkpoint")
		if err != nil {
			return false
		}
		a.Body.Close()
		return a.StatusCode == http.StatusOK
	})
}

func stopped(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stopped DIR")
	}
	waitFor(ts, "the server did not stop", func() bool { return !answers(serverOf(ts, args[0])) })
}

var servingOn = regexp.MustCompile(`(?m)^serving on (\S+)$`)

func waitServing(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serving FILE")
	}
	waitFor(ts, "the server did not come up", func() bool {
		out, err := os.ReadFile(ts.MkAbs(args[0]))
		if m := servingOn.FindSubmatch(out); err == nil && m != nil {
			ts.Setenv("SERVER", string(m[1]))
			return answers(string(m[1]))
		}
		return false
	})
}

func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: flip FILE")
	}
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	b[len(b)/2] ^= 1
	ts.Check(os.WriteFile(path, b, 0o644))
}

func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || len(args[1]) != 1 {
		ts.Fatalf("usage: damage DIR KEYSPACE")
	}
	store, err := pebblestore.Open(folders{dir: ts.MkAbs(args[0])}.store(), pebblestore.Options{})
	ts.Check(err)
	var b storage.Batch
	start, end := storage.Keyspace(args[1][0]).Range()
	ts.Check(store.Scan(start, end, func(key, row []byte) bool {
		row = bytes.Clone(row)
		row[len(row)-1] ^= 1
		b.Set(key, row)
		return false
	}))
	number, err := store.Sequence()
	ts.Check(err)
	ts.Check(store.Commit(number+1, &b))
	ts.Check(store.Close())
}

func pending(ts *testscript.TestScript, _ bool, args []string) {
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	r, err := proofs.ParseReceipt(b)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), r.Envelope.Marshal(), 0o644))
}

func rival(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	f, document := folders{dir: ts.MkAbs(args[0])}, args[1]
	c, config, err := f.newClient("")
	ts.Check(err)
	author, err := f.author(config.Origin, config.Identity)
	ts.Check(err)
	d, err := c.Document(ctx, document)
	ts.Check(err)
	prev := statement.Digest(d.State.Statement)
	next := func(digest statement.Digest, size uint64) statement.Envelope {
		e, err := author.Release(document, d.State.Version+1, &prev, client.File{Digest: digest, Size: size, Media: "text/plain"})
		ts.Check(err)
		return e
	}
	digest, size, err := hashFile(ts.MkAbs(args[2]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), next(digest, size).Marshal(), 0o644))
	_, _, err = c.Submit(ctx, next(sha256.Sum256([]byte("rival")), 5))
	ts.Check(err)
}

func digestInto(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: digest FILE NAME")
	}
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	var done entryDone
	ts.Check(json.Unmarshal(b, &done))
	if _, err := statement.ParseDigest(done.Statement); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	ts.Setenv(args[1], done.Statement)
}

func lossy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: lossy DIR")
	}
	target, err := url.Parse(serverOf(ts, args[0]))
	ts.Check(err)
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			forward.ServeHTTP(w, r)
			return
		}
		forward.ServeHTTP(httptest.NewRecorder(), r) // it comes in
		panic(http.ErrAbortHandler)                  // and nobody hears of it
	}))
	ts.Defer(proxy.Close)
	ts.Setenv("LOSSY", proxy.URL)
}

func secure(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: secure DIR CA")
	}
	target, err := url.Parse(serverOf(ts, args[0]))
	ts.Check(err)
	// The host stays that of the log's server: what it serves to strangers does not.
	proxy := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }})
	proxy.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	proxy.StartTLS()
	ts.Defer(proxy.Close)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw}), 0o644))
	ts.Setenv("SECURE", proxy.URL)
}

func spoil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: spoil FILE HOW")
	}
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	switch args[1] {
	case "cut":
		ts.Check(os.WriteFile(path, b[:len(b)/2], 0o644))
	case "signature":
		b[len(b)-10] ^= 1
		ts.Check(os.WriteFile(path, b, 0o644))
	case "open":
		ts.Check(os.Chmod(path, 0o666))
	case "folder":
		ts.Check(os.Remove(path))
		ts.Check(os.Mkdir(path, 0o755))
	default:
		ts.Fatalf("no such damage: %s", args[1])
	}
}

// TestSamplePDF holds the demo's PDF to what a reader of PDFs looks at first.
func TestSamplePDF(t *testing.T) {
	pdf := scenario.SamplePDF("hello")
	at := bytes.LastIndex(pdf, []byte("startxref\n"))
	var offset int
	if at < 0 {
		t.Fatal("no startxref")
	}
	for _, c := range pdf[at+len("startxref\n"):] {
		if c < '0' || c > '9' {
			break
		}
		offset = offset*10 + int(c-'0')
	}
	if !bytes.HasPrefix(pdf[offset:], []byte("xref\n0 6\n")) || !bytes.HasPrefix(pdf, []byte("%PDF-1.4\n")) {
		t.Errorf("the cross-reference table is not at %d", offset)
	}
}
