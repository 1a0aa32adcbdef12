package deeds

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

var ctx = context.Background()

// document is what most deeds are about.
const document = "contracts/7"

// An operator has a log in a folder, its key, and a server whose handler it may change
// at any time. The world's clock is that of the log and of those who sign; clock is
// that of everybody else.
type operator struct {
	t     *testing.T
	w     *logtest.World
	clock *logtest.Clock
	dir   string
	url   string

	log     *log.Log
	stopped bool // a test made it stop
	store   storage.Store
	anchor  storage.Anchor
	shows   atomic.Pointer[http.Handler]
	genesis proofs.Hash

	witness *witnessParty
	auditor *auditorParty
}

// newOperator makes an honest log and serves it. A witness and an audit cosigner know
// its first tree.
func newOperator(t *testing.T) *operator {
	t.Helper()
	o := &operator{t: t, w: logtest.NewWorld(), clock: logtest.NewWorld().Clock, dir: filepath.Join(t.TempDir(), "log")}
	// The third program reads the true clock: nothing here is in its future.
	o.pass(time.Since(o.clock.Now()).Truncate(time.Second) - 24*time.Hour)
	o.create()
	o.serve()
	o.open()
	o.submit(o.w.Enrollments()...)
	o.witness, o.auditor = newWitness(o), newAuditor(o)
	o.cosigned()
	return o
}

// pass lets time pass for everybody.
func (o *operator) pass(d time.Duration) {
	o.w.Clock.Add(d)
	o.clock.Add(d)
}

func (o *operator) create() {
	o.t.Helper()
	store, err := pebblestore.Create(filepath.Join(o.dir, "store"), pebblestore.Options{})
	if err != nil {
		o.t.Fatal(err)
	}
	note, err := anchor.Create(filepath.Join(o.dir, "anchor"))
	if err != nil {
		o.t.Fatal(err)
	}
	genesis := o.w.Genesis()
	o.genesis = genesis.LeafHash
	if err := errors.Join(log.Create(ctx, o.w.Config(store, note), genesis), note.Close(), store.Close()); err != nil {
		o.t.Fatal(err)
	}
}

// open opens the log as docket serve does, and shows it.
func (o *operator) open() {
	o.t.Helper()
	store, err := pebblestore.Open(filepath.Join(o.dir, "store"), pebblestore.Options{})
	if err != nil {
		o.t.Fatal(err)
	}
	note, err := anchor.Open(filepath.Join(o.dir, "anchor"))
	if err != nil {
		o.t.Fatal(err)
	}
	o.store, o.anchor = store, note
	o.log = o.w.Open(o.t, store, note)
	o.show(server.New(o.log))
}

// close stops the log; what is shown meanwhile is an error.
func (o *operator) close() {
	o.t.Helper()
	if o.log == nil {
		return
	}
	err := o.log.Close()
	if o.stopped {
		err = nil
	}
	err = errors.Join(err, o.anchor.Close(), o.store.Close())
	o.log = nil
	if err != nil {
		o.t.Fatal(err)
	}
}

// serve gives the operator a URL until the end of the test.
func (o *operator) serve() {
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*o.shows.Load()).ServeHTTP(w, r) }))
	o.url = h.URL
	o.t.Cleanup(func() { h.Close(); o.close() })
}

func (o *operator) show(h http.Handler) { o.shows.Store(&h) }

// lie puts something before what is shown.
func (o *operator) lie(before func(honest http.Handler) http.Handler) {
	o.show(before(*o.shows.Load()))
}

// submit submits statements that must come in, a seal over all of them.
func (o *operator) submit(statements ...*admission.Checked) {
	o.t.Helper()
	o.pass(time.Second)
	for _, r := range logtest.Submit(o.t, o.log, statements...) {
		if r.Refusal != nil {
			o.t.Fatal(r.Refusal)
		}
	}
}

// size is that of the log's newest tree.
func (o *operator) size() uint64 {
	v := o.log.View()
	defer v.Release()
	return v.Size()
}

// versions releases that many versions of the document, a seal over each, and returns
// the last one. The bytes of version n are "version n".
func (o *operator) versions(n uint32) (last *admission.Checked) {
	o.t.Helper()
	for v := uint32(1); v <= n; v++ {
		last = o.w.Release(document, v, last, file(v))
		o.submit(last)
	}
	return last
}

func file(version uint32) []byte { return fmt.Appendf(nil, "version %d", version) }

// forge stops the log, lets a forger write a batch into its store, and opens it again:
// its own code signs what it finds.
func (o *operator) forge(batch func(f *logtest.Forger)) {
	o.t.Helper()
	o.close()
	o.pass(time.Second)
	store, err := pebblestore.Open(filepath.Join(o.dir, "store"), pebblestore.Options{})
	if err != nil {
		o.t.Fatal(err)
	}
	batch(o.w.Forge(o.t, store))
	if err := store.Close(); err != nil {
		o.t.Fatal(err)
	}
	o.open()
}

// fork is a second log of the same key, which goes on from a copy of the first one's
// folders, the anchor's too.
func (o *operator) fork() *operator {
	o.t.Helper()
	other := &operator{t: o.t, w: o.w, clock: o.clock, dir: filepath.Join(o.t.TempDir(), "fork"), genesis: o.genesis, witness: o.witness}
	o.close()
	if err := os.CopyFS(other.dir, os.DirFS(o.dir)); err != nil {
		o.t.Fatal(err)
	}
	o.open()
	other.serve()
	other.open()
	return other
}

// instead answers for one path what another one has.
func instead(path, other string) func(honest http.Handler) http.Handler {
	return func(honest http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == path {
				r = r.Clone(r.Context())
				r.URL.Path = other
			}
			honest.ServeHTTP(w, r)
		})
	}
}
