package client_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A proxy stands between client and log. It keeps answers, and bends them.
type proxy struct {
	url string

	mu   sync.Mutex
	kept map[string]kept
	name func(r *http.Request) string           // under which name an answer is kept; "": it is not
	bend func(r *http.Request, b []byte) []byte // what is passed on, of what the log said
}

type kept struct {
	status int
	header http.Header
	body   []byte
}

func newProxy(t *testing.T, s *site) *proxy {
	t.Helper()
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{kept: make(map[string]kept), name: func(*http.Request) string { return "" }}
	reverse := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(answer *http.Response) error {
			b, err := io.ReadAll(answer.Body)
			if err != nil {
				return err
			}
			p.keep(answer, b)
			p.mu.Lock()
			if p.bend != nil {
				b = p.bend(answer.Request, b)
			}
			p.mu.Unlock()
			answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
			answer.Header.Set("Content-Length", fmt.Sprint(len(b)))
			return nil
		},
	}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		old, ok := p.kept[p.name(r)]
		p.mu.Unlock()
		if !ok {
			reverse.ServeHTTP(w, r)
			return
		}
		for name, values := range old.header {
			w.Header()[name] = values
		}
		w.WriteHeader(old.status)
		w.Write(old.body)
	}))
	t.Cleanup(h.Close)
	p.url = h.URL
	return p
}

func (p *proxy) keep(answer *http.Response, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if name := p.name(answer.Request); name != "" {
		p.kept[name] = kept{answer.StatusCode, answer.Header.Clone(), b}
	}
}

// A reading is everything that a client reads, with what it must then have read:
// right about the log as of the size that it speaks for.
type reading struct {
	name string
	read func(c *client.Client) (right bool, err error)
}

func readings(t *testing.T, s *site) []reading {
	leafHash := proofs.LeafHash(s.leaf(9))
	digestOf := func(index uint64) statement.Digest { return s.digest(index) }
	return []reading{
		{"checkpoint", func(c *client.Client) (bool, error) {
			cp, _, err := c.Checkpoint(ctx)
			return err == nil && cp.Size >= 15, err
		}},
		{"document 1", func(c *client.Client) (bool, error) {
			d, err := c.Document(ctx, "contracts/1")
			return err == nil && d.State.Status == register.DocumentWithdrawn && d.State.Version == 3, err
		}},
		{"document 2", func(c *client.Client) (bool, error) {
			d, err := c.Document(ctx, "contracts/2")
			return err == nil && d.State.Status == register.DocumentCurrent && d.State.Version == 1, err
		}},
		{"no document", func(c *client.Client) (bool, error) {
			d, err := c.Document(ctx, "contracts/none")
			return err == nil && d.State == nil, err
		}},
		{"identity", func(c *client.Client) (bool, error) {
			i, err := c.Identity(ctx, "wl/pipeline")
			return err == nil && i.State.Status == register.IdentityActive, err
		}},
		{"digest", func(c *client.Client) (bool, error) {
			d, err := c.Digest(ctx, firstBytes.Digest)
			return err == nil && d.State.Releases == 3, err
		}},
		{"receipt", func(c *client.Client) (bool, error) {
			r, err := c.Receipt(ctx, digestOf(7))
			return err == nil && r.Index == 7, err
		}},
		{"receipt at", func(c *client.Client) (bool, error) {
			r, err := c.ReceiptAt(ctx, 9)
			return err == nil && statement.DigestOf(r.Envelope.Payload) == digestOf(9), err
		}},
		{"receipt of a leaf", func(c *client.Client) (bool, error) {
			r, err := c.ReceiptOfLeaf(ctx, leafHash)
			return err == nil && r.Index == 9, err
		}},
		{"receipts of bytes", func(c *client.Client) (bool, error) {
			r, err := c.ReceiptsOf(ctx, firstBytes.Digest)
			return err == nil && len(r) == 2, err
		}},
		{"leaf index", func(c *client.Client) (bool, error) { i, err := c.LeafIndex(ctx, leafHash); return i == 9, err }},
		{"content", func(c *client.Client) (bool, error) {
			e, err := c.Content(ctx, 11)
			return err == nil && statement.DigestOf(e.Payload) == digestOf(11), err
		}},
		{"history", func(c *client.Client) (bool, error) {
			h, err := c.History(ctx, register.TypeDocument, "contracts/1")
			return err == nil && len(h.Events) == 4, err
		}},
		{"history of bytes", func(c *client.Client) (bool, error) {
			h, err := c.History(ctx, register.TypeDigest, firstBytes.Digest.String())
			return err == nil && len(h.Events) == 3, err
		}},
		{"activity", func(c *client.Client) (bool, error) {
			h, err := c.History(ctx, register.TypeActivity, "wl/pipeline")
			return err == nil && len(h.Events) >= 5, err
		}},
		{"search", func(c *client.Client) (bool, error) {
			f, err := c.Search(ctx, client.Query{Document: "contracts/1"})
			return err == nil && slices.Equal(indices(f), []uint64{11, 9, 7, 5}), err
		}},
		{"another search", func(c *client.Client) (bool, error) {
			f, err := c.Search(ctx, client.Query{Digest: &secondBytes.Digest})
			return err == nil && slices.Equal(indices(f), []uint64{7}), err
		}},
		{"tree", func(c *client.Client) (bool, error) {
			tree, err := c.NewestTree(ctx)
			if err != nil {
				return false, err
			}
			leaf, err := tree.Leaf(ctx, 9)
			return err == nil && proofs.LeafHash(leaf) == leafHash, err
		}},
		{"checkpoints", func(c *client.Client) (bool, error) {
			tree, err := c.NewestTree(ctx)
			if err != nil {
				return false, err
			}
			first, err := tree.Checkpoints(ctx, 0, 2)
			if err != nil {
				return false, err
			}
			next, err := tree.Checkpoints(ctx, 5, 2)
			return err == nil && slices.Equal(append(notes(first), notes(next)...), []uint64{2, 5, 7, 9}), err
		}},
	}
}

// judge demands of each reading a right result, or an error that has a type and
// does not accuse the log of a fork, which it did not make.
func judge(t *testing.T, c func() *client.Client, all []reading) (right, objected int) {
	t.Helper()
	for _, r := range all {
		ok, err := r.read(c())
		var (
			rollback *client.RollbackError
			invalid  *client.InvalidError
			refused  *client.Refused
			fork     *client.ForkError
		)
		switch {
		case errors.As(err, &fork):
			t.Errorf("%s: the honest log is accused: %v", r.name, err)
		case err == nil && ok:
			right++
		case errors.Is(err, client.ErrAnswer), errors.Is(err, client.ErrUnreachable), errors.As(err, &rollback), errors.As(err, &invalid), errors.As(err, &refused):
			objected++
		default:
			t.Errorf("%s: a wrong result, or an error without a type: %v", r.name, err)
		}
	}
	return right, objected
}

// A cache that looks at paths alone, and keeps everything.
func TestProxyIgnoresQueries(t *testing.T) {
	s := eventful(t)
	p := newProxy(t, s)
	p.name = func(r *http.Request) string { return r.URL.Path }
	c := s.client()
	c.Server = p.url
	right, objected := judge(t, func() *client.Client { return c }, readings(t, s))
	t.Logf("%d right, %d objections", right, objected)
	if right < 12 || objected < 2 { // the second search, the second page of checkpoints
		t.Errorf("%d right, %d objections", right, objected)
	}
	// The same through a proxy that passes everything on.
	honest := newProxy(t, s)
	c.Server = honest.url
	if right, objected := judge(t, func() *client.Client { return c }, readings(t, s)); objected != 0 {
		t.Errorf("an honest proxy: %d right, %d objections", right, objected)
	}
}

// A proxy that answers every request with what it has for another one, of the same
// kind if it can.
func TestProxySwapsAnswers(t *testing.T) {
	s := eventful(t)
	all := readings(t, s)
	p := newProxy(t, s)
	p.name = func(r *http.Request) string { return r.URL.RequestURI() }
	filling := s.client()
	filling.Server = p.url
	if right, objected := judge(t, func() *client.Client { return filling }, all); right != len(all) || objected != 0 {
		t.Fatalf("%d right, %d objections", right, objected)
	}
	p.mu.Lock()
	names := make([]string, 0, len(p.kept))
	for name := range p.kept {
		names = append(names, name)
	}
	p.mu.Unlock()
	slices.Sort(names)
	for shift := 1; shift < len(names); shift += 2 {
		t.Run(fmt.Sprintf("by %d", shift), func(t *testing.T) {
			p.name = func(r *http.Request) string {
				i, ok := slices.BinarySearch(names, r.URL.RequestURI())
				if !ok || r.URL.Path == "/checkpoint" {
					return r.URL.RequestURI()
				}
				return names[(i+shift)%len(names)]
			}
			fresh := func() *client.Client {
				c := s.client()
				c.Server = p.url
				return c
			}
			right, objected := judge(t, fresh, all)
			if objected < len(all)*3/4 { // a checkpoint is never swapped; a few need no more
				t.Errorf("%d right, %d objections", right, objected)
			}
		})
	}
}

// A proxy that goes on with the answers of yesterday: who saw today's checkpoint
// objects to each, or has what never changes.
func TestProxyServesOldAnswers(t *testing.T) {
	s := eventful(t)
	all := readings(t, s)
	p := newProxy(t, s)
	p.name = func(r *http.Request) string { return r.URL.RequestURI() }
	c := s.client()
	c.Server = p.url
	if right, objected := judge(t, func() *client.Client { return c }, all); right != len(all) || objected != 0 {
		t.Fatalf("%d right, %d objections", right, objected)
	}
	s.submit(s.release("contracts/none"), nil)
	direct := s.client()
	_, note := see(t, direct)
	for _, r := range all {
		c := s.client()
		c.Memory = direct.Memory
		c.Server = p.url
		_, err := r.read(c)
		var rollback *client.RollbackError
		if !errors.As(err, &rollback) || rollback.Seen != 17 || rollback.Shown != 15 || !bytes.Equal(rollback.SeenNote, note) {
			t.Errorf("%s: %v", r.name, err)
		}
	}
	// The old answer to a write is not taken for a new one either.
	p.name = func(*http.Request) string { return "/api/v1/receipts/index/9" }
	w := s.client()
	w.Server = p.url
	r, _, err := w.Submit(ctx, s.release("contracts/new"))
	unusable(t, err, "another statement")
	if r != nil {
		t.Error("a receipt was handed out")
	}
}

// A proxy that cuts answers, at once in their middle and by their last byte.
func TestProxyTruncates(t *testing.T) {
	s := eventful(t)
	all := readings(t, s)
	for name, cut := range map[string]func(b []byte) []byte{
		"in the middle": func(b []byte) []byte { return b[:len(b)/2] },
		"three bytes":   func(b []byte) []byte { return b[:max(len(b)-3, 0)] },
		"to nothing":    func([]byte) []byte { return nil },
		"a changed bit": func(b []byte) []byte { return changed(b, int(sha256.Sum256(b)[0])%max(len(b), 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newProxy(t, s)
			p.bend = func(r *http.Request, b []byte) []byte {
				if r.URL.Path == "/checkpoint" {
					return b
				}
				return cut(b)
			}
			fresh := func() *client.Client {
				c := s.client()
				c.Server = p.url
				return c
			}
			right, objected := judge(t, fresh, all)
			t.Logf("%d right, %d objections", right, objected)
			if name != "a changed bit" && right != 0 { // a whole checkpoint too is none without its tiles
				t.Errorf("%d right, %d objections", right, objected)
			}
		})
	}
	// An answer that breaks off, under its whole length.
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/api/v1/") {
			w.Header().Set("Content-Length", "5000")
			w.Write([]byte("{"))
			panic(http.ErrAbortHandler)
		}
		return false
	}
	if _, err := s.client().Document(ctx, "contracts/1"); !errors.Is(err, client.ErrUnreachable) {
		t.Error(err)
	}
}
