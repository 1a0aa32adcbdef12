package client_test

// The tests of the client. Each file has one theme:
//
//	author_test.go      what is signed
//	file_test.go        WriteFile, and a damaged Memory
//	memory_test.go      a Memory of many processes, and one that is no use
//	client_test.go      an honest server
//	final_test.go       receipts that a quorum of witnesses stands for
//	fork_test.go        a server with a second history
//	rollback_test.go    a server that shows an old state
//	lie_test.go         answers that are wrong, or about something else
//	lines_test.go       wrong answers to many statements
//	tree_test.go        tiles and entry bundles, true and false
//	reads_test.go       receipts by other names, contents, histories
//	search_test.go      searches, the history of checkpoints
//	lastsigned_test.go  the newest that an identity signed
//	dossier_test.go     runs, grants, identities as of a moment
//	lineage_test.go     what came from what
//	withheld_test.go    rows dropped and swapped, statements withheld, of other runs
//	lock_test.go        a lock that another process holds
//	genesis_test.go     a log with another beginning
//	proxy_test.go       a proxy that swaps, keeps and cuts answers
//	credentials_test.go tokens and certificate authorities
//	transport_test.go   answers that are none
//	concurrent_test.go  one Memory, many requests

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

var ctx = context.Background()

// site is a log, its honest handler, and a server before it that can lie.
type site struct {
	t        testing.TB
	w        *logtest.World
	l        *log.Log
	store    storage.Store
	anchor   storage.Anchor
	honest   http.Handler
	url      string
	requests atomic.Int64
	// lie answers a request in place of the honest handler, if it returns true.
	lie func(w http.ResponseWriter, r *http.Request) bool
}

// newSite serves a new log of size 5.
func newSite(t testing.TB) *site {
	t.Helper()
	s := newPlace(t, logtest.NewWorld())
	s.w.Create(t, s.store, s.anchor).Close()
	return s.serve()
}

func newPlace(t testing.TB, w *logtest.World) *site {
	t.Helper()
	s := &site{t: t, w: w}
	var err error
	if s.store, err = storagetest.NewMemory().Open(); err != nil {
		t.Fatal(err)
	}
	if s.anchor, err = storagetest.NewMemoryAnchor().Open(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) serve() *site {
	s.l = s.w.Open(s.t, s.store, s.anchor)
	s.honest = server.New(s.l)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		if s.lie == nil || !s.lie(w, r) {
			s.honest.ServeHTTP(w, r)
		}
	}))
	s.url = h.URL
	s.t.Cleanup(func() {
		h.Close()
		s.l.Close()
	})
	return s
}

// fork returns a second log, under the same key and with the same history up to
// now: what a restored copy becomes when it signs.
func (s *site) fork() *site {
	s.t.Helper()
	f := newPlace(s.t, s.w)
	var rows storage.Batch
	if err := s.store.Scan(nil, nil, func(key, value []byte) bool { rows.Set(key, value); return true }); err != nil {
		s.t.Fatal(err)
	}
	note, err := s.anchor.Load()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := f.store.Commit(1, &rows); err != nil {
		s.t.Fatal(err)
	}
	if err := f.anchor.Replace(nil, note); err != nil {
		s.t.Fatal(err)
	}
	return f.serve()
}

// client returns a client that pins this log and remembers in memory.
func (s *site) client() *client.Client {
	s.t.Helper()
	return &client.Client{Server: s.url, Verifier: s.w.Verifier(s.t, s.l), Memory: &client.Memory{}}
}

// clientWithFile returns a client that remembers in a file.
func (s *site) clientWithFile() (*client.Client, string) {
	s.t.Helper()
	c := s.client()
	path := filepath.Join(s.t.TempDir(), "checkpoint")
	c.Memory = &client.Memory{Path: path}
	return c, path
}

// release returns a signed release of bytes that are the id's.
func (s *site) release(id string) statement.Envelope {
	s.t.Helper()
	e, err := s.w.Pipeline.Release(id, 1, nil, logtest.FileOf([]byte(id)))
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// grow submits releases to the log, not through the client: one seal for all.
func (s *site) grow(ids ...string) {
	s.t.Helper()
	var body bytes.Buffer
	for _, id := range ids {
		body.Write(s.release(id).Marshal())
		body.WriteByte('\n')
	}
	a := s.ask("POST", "/api/v1/statements", body.Bytes(), "application/x-ndjson")
	if a.Code != http.StatusOK || strings.Contains(a.Body.String(), `"problem"`) {
		s.t.Fatal(a.Code, a.Body)
	}
}

// ask returns the honest answer to a request.
func (s *site) ask(method, path string, body []byte, media string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", media)
	w := httptest.NewRecorder()
	s.honest.ServeHTTP(w, r)
	return w
}

// get returns the body of the honest answer.
func (s *site) get(path string) []byte {
	s.t.Helper()
	a := s.ask("GET", path, nil, "")
	if a.Code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, a.Code, a.Body)
	}
	return a.Body.Bytes()
}

// answer lies with one body, whatever was asked.
func (s *site) answer(status int, media string, body []byte) {
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		w.Write(body)
		return true
	}
}

// answerTo lies to requests whose path begins so.
func (s *site) answerTo(prefix string, body []byte) {
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, prefix) {
			return false
		}
		w.Write(body)
		return true
	}
}

// see makes the client remember what the server shows now.
func see(t testing.TB, c *client.Client) (proofs.Checkpoint, []byte) {
	t.Helper()
	cp, note, err := c.Checkpoint(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return cp, note
}

// digest returns the digest of the statement at index.
func (s *site) digest(index uint64) statement.Digest {
	s.t.Helper()
	v := s.l.View()
	defer v.Release()
	e, err := v.Envelope(index)
	if err != nil {
		s.t.Fatal(err)
	}
	return statement.DigestOf(e.Payload)
}

// size returns the size of the log.
func (s *site) size() uint64 {
	v := s.l.View()
	defer v.Release()
	return v.Size()
}

// readers are all requests of a client that read. A lie about the newest state is
// told to each of them. got says that something was handed out.
var readers = map[string]func(c *client.Client, s *site) (got bool, err error){
	"checkpoint": func(c *client.Client, s *site) (bool, error) {
		cp, note, err := c.Checkpoint(ctx)
		return note != nil || cp.Size != 0, err
	},
	"document": func(c *client.Client, s *site) (bool, error) {
		d, err := c.Document(ctx, "contracts/1")
		return d != nil, err
	},
	"receipt": func(c *client.Client, s *site) (bool, error) {
		r, err := c.Receipt(ctx, s.digest(2))
		return r != nil, err
	},
	"receipt at": func(c *client.Client, s *site) (bool, error) {
		r, err := c.ReceiptAt(ctx, 2)
		return r != nil, err
	},
	"receipts of bytes": func(c *client.Client, s *site) (bool, error) {
		r, err := c.ReceiptsOf(ctx, s.subject(0))
		return r != nil, err
	},
	"digest": func(c *client.Client, s *site) (bool, error) {
		d, err := c.Digest(ctx, s.digest(2))
		return d != nil, err
	},
	"identity": func(c *client.Client, s *site) (bool, error) {
		i, err := c.Identity(ctx, "wl/pipeline")
		return i != nil, err
	},
	"history": func(c *client.Client, s *site) (bool, error) {
		h, err := c.History(ctx, register.TypeIdentity, "wl/pipeline")
		return h != nil, err
	},
	"content": func(c *client.Client, s *site) (bool, error) {
		e, err := c.Content(ctx, 2)
		return e.Payload != nil, err
	},
	"search": func(c *client.Client, s *site) (bool, error) {
		f, err := c.Search(ctx, client.Query{Identity: "h/admin"})
		return f != nil, err
	},
	"dossier": func(c *client.Client, s *site) (bool, error) {
		d, err := c.Dossier(ctx, "R1")
		return d != nil, err
	},
	"grant": func(c *client.Client, s *site) (bool, error) {
		g, err := c.GrantHistory(ctx, s.digest(2))
		return g != nil, err
	},
	"standing": func(c *client.Client, s *site) (bool, error) {
		i, err := c.Standing(ctx, "wl/pipeline", client.Moment{})
		return i != nil, err
	},
	"lineage": func(c *client.Client, s *site) (bool, error) {
		l, err := c.Lineage(ctx, client.LineageQuery{Run: "R1", Depth: 1, Up: true, Down: true})
		return l != nil, err
	},
	"policy": func(c *client.Client, s *site) (bool, error) {
		text, policy, err := c.Policy(ctx)
		return text != nil || policy != nil, err
	},
	"statement": func(c *client.Client, s *site) (bool, error) {
		got, err := c.Statement(ctx, s.digest(2))
		return got != nil, err
	},
	"workflow": func(c *client.Client, s *site) (bool, error) {
		text, _, err := c.Workflow(ctx, "flows/none")
		return text != nil, err
	},
	"identity terms": func(c *client.Client, s *site) (bool, error) {
		i, err := c.IdentityTerms(ctx, "wl/pipeline")
		return i != nil, err
	},
	"grants of a run": func(c *client.Client, s *site) (bool, error) {
		g, err := c.RunGrants(ctx, "R-none")
		return g != nil, err
	},
	"leaf index": func(c *client.Client, s *site) (bool, error) {
		i, err := c.LeafIndex(ctx, proofs.LeafHash(s.leaf(2)))
		return i != 0, err
	},
	"tree": func(c *client.Client, s *site) (bool, error) {
		tree, err := c.NewestTree(ctx)
		return tree != nil, err
	},
}

// subject returns what the statement at index is about.
func (s *site) subject(index uint64) statement.Digest {
	s.t.Helper()
	v := s.l.View()
	defer v.Release()
	e, err := v.Envelope(index)
	if err != nil {
		s.t.Fatal(err)
	}
	parsed, err := statement.Parse(e.Payload)
	if err != nil {
		s.t.Fatal(err)
	}
	return parsed.Subject
}
