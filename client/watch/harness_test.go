package watch_test

// The tests of the watch. Each file has one theme:
//
//	honest_test.go    an honest log: what is kept and told, restarts, mutes
//	deeds_test.go     a dishonest operator, one deed each: who notices, with which
//	                  evidence, and what is not noticed
//	full_test.go      a full folder
//	register_test.go  registers that were forged under true signatures

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/client/watch"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage/storagetest"
)

var ctx = context.Background()

// An operator serves whatever leaves a test hands it, under the log's true key.
type operator struct {
	t   testing.TB
	w   *logtest.World
	url string

	mu sync.Mutex
	logtest.Tree
	shows  uint64 // 0: the whole tree; else a checkpoint of this size
	lines  []byte // cosignatures to publish
	answer func(path string) []byte

	envelopes map[uint64]*statement.Envelope // of the entries
}

// newOperator serves a log of genesis and one entry, sealed.
func newOperator(t testing.TB) *operator {
	o := &operator{t: t, w: logtest.NewWorld()}
	o.entry("genesis")
	o.entry("first")
	o.seal(nil)
	return o.serve()
}

func (o *operator) serve() *operator {
	h := httptest.NewServer(o)
	o.t.Cleanup(h.Close)
	o.url = h.URL
	return o
}

// fork is a second log under the same key, with the first leaves of this one.
func (o *operator) fork(size int) *operator {
	other := &operator{t: o.t, w: o.w}
	for _, leaf := range o.Leaves[:size] {
		other.append(leaf)
	}
	return other.serve()
}

func (o *operator) append(leaf []byte) {
	o.t.Helper()
	if err := o.Append(leaf); err != nil {
		o.t.Fatal(err)
	}
}

// entry appends the commitment to a statement: what it says is nobody's matter here.
func (o *operator) entry(text string) {
	o.t.Helper()
	e, err := o.w.Pipeline.Release("contracts/"+strings.ReplaceAll(text, " ", "-"), 1, nil, logtest.FileOf([]byte(text)))
	if err != nil {
		o.t.Fatal(err)
	}
	if o.envelopes == nil {
		o.envelopes = make(map[uint64]*statement.Envelope)
	}
	o.envelopes[uint64(len(o.Leaves))] = &e
	o.append(statement.Commitment{Digest: statement.DigestOf(e.Payload), Signature: e.Signature, SPKI: e.SPKI}.Leaf())
}

// seal appends the seal that belongs there, changed.
func (o *operator) seal(change func(s *statement.Seal)) {
	s := statement.Seal{Index: uint64(len(o.Leaves)), Prev: -1, Time: o.w.Clock.Now().UnixMilli(), Rules: statement.Rules, Count: 1}
	for i, leaf := range o.Leaves {
		if strings.HasPrefix(string(leaf), statement.SealPrefix) {
			s.Prev = int64(i)
		}
	}
	if change != nil {
		change(&s)
	}
	o.append(s.Marshal())
}

// grow appends an entry and a seal, a minute later.
func (o *operator) grow(texts ...string) {
	for _, text := range texts {
		o.w.Clock.Add(time.Minute)
		o.entry(text)
		o.seal(nil)
	}
}

func (o *operator) checkpoint(size uint64) proofs.Checkpoint {
	head, err := o.Head(size)
	if err != nil {
		o.t.Fatal(err)
	}
	return proofs.Checkpoint{Origin: o.w.Origin, TreeHead: head}
}

func (o *operator) size() uint64 {
	if o.shows > 0 {
		return o.shows
	}
	return uint64(len(o.Leaves))
}

func (o *operator) note(size uint64) []byte {
	note, err := o.w.Signer.Sign(o.checkpoint(size))
	if err != nil {
		o.t.Fatal(err)
	}
	return append(note, o.lines...)
}

func (o *operator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.answer != nil {
		if b := o.answer(r.URL.Path); b != nil {
			_, _ = w.Write(b)
			return
		}
	}
	b, err := o.public(r.URL.Path)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	_, _ = w.Write(b)
}

func (o *operator) public(path string) ([]byte, error) {
	size := o.size()
	switch {
	case path == "/checkpoint":
		return o.note(size), nil
	case strings.HasPrefix(path, "/tile/"):
		return o.Tile(path, size)
	}
	return nil, fmt.Errorf("no %s", path)
}

// verifier pins the operator's log; witnesses that are given make the quorum.
func (o *operator) verifier(witnesses ...*cosigner) proofs.Verifier {
	o.t.Helper()
	text := "log " + o.w.Signer.Key().String() + "\n"
	group := ""
	for i, c := range witnesses {
		text += fmt.Sprintf("witness w%d %s\n", i, c.key.Key())
		group += fmt.Sprintf(" w%d", i)
	}
	if group == "" {
		text += "quorum none\n"
	} else {
		text += "group q all" + group + "\nquorum q\n"
	}
	policy, err := proofs.ParsePolicy([]byte(text))
	if err != nil {
		o.t.Fatal(err)
	}
	return proofs.Verifier{Policy: policy, Genesis: proofs.LeafHash(o.Leaves[0])}
}

// A cosigner is a true witness, served, with a clock of its own.
type cosigner struct {
	*witness.Witness
	key   cosignerKey
	clock *logtest.Clock
	url   string
}

type cosignerKey struct {
	key  proofs.VerifierKey
	seed ed25519.PrivateKey
}

func (k cosignerKey) Key() proofs.VerifierKey             { return k.key }
func (k cosignerKey) Sign(message []byte) ([]byte, error) { return ed25519.Sign(k.seed, message), nil }

func newCosigner(o *operator, clock *logtest.Clock) *cosigner {
	o.t.Helper()
	seed := ed25519.NewKeyFromSeed([]byte(strings.Repeat("w", 32)))
	key, err := proofs.NewVerifierKey("witness.example/w1", proofs.TypeEd25519Cosignature, seed.Public().(ed25519.PublicKey))
	if err != nil {
		o.t.Fatal(err)
	}
	store, err := storagetest.NewMemory().Open()
	if err != nil {
		o.t.Fatal(err)
	}
	c := &cosigner{key: cosignerKey{key, seed}, clock: clock}
	c.Witness, err = witness.Open(witness.Config{Store: store, Logs: []proofs.VerifierKey{o.w.Signer.Key()}, Cosigners: []witness.Cosigner{c.key}, Now: clock.Now})
	if err != nil {
		o.t.Fatal(err)
	}
	h := httptest.NewServer(c.Handler(nil))
	o.t.Cleanup(func() { h.Close(); c.Close() })
	c.url = h.URL
	return c
}

// cosign makes the witness cosign the operator's newest checkpoint, from the size that
// it holds.
func (c *cosigner) cosign(o *operator, old uint64) []byte {
	o.t.Helper()
	a := proofs.AddCheckpoint{Old: old, Note: o.note(o.size())}
	if old > 0 && old < o.size() {
		proof, err := tlog.ProveTree(int64(o.size()), int64(old), o)
		if err != nil {
			o.t.Fatal(err)
		}
		for _, h := range proof {
			a.Proof = append(a.Proof, proofs.Hash(h))
		}
	}
	lines, err := c.Add(ctx, a.Marshal())
	if err != nil {
		o.t.Fatal(err)
	}
	return lines
}

// A heard is a sink that keeps what it gets.
type heard struct{ alerts []monitor.Alert }

func (h *heard) Send(a monitor.Alert) { h.alerts = append(h.alerts, a) }
func (h *heard) Close() error         { return nil }

// A sentry is a watch with what it is made of, and what its sink heard.
type sentry struct {
	*watch.Watch
	t      testing.TB
	config watch.Config
	heard  *heard
	beats  int
}

// sentry watches an operator by its world's clock.
func (o *operator) sentry(v proofs.Verifier, change ...func(c *watch.Config)) *sentry {
	o.t.Helper()
	s := &sentry{t: o.t, heard: &heard{}}
	s.config = watch.Config{
		Client: &client.Client{Server: o.url, Verifier: v}, Folder: o.t.TempDir(), Now: o.w.Clock.Now,
		Sinks:     []monitor.Sink{s.heard},
		Heartbeat: func(context.Context) error { s.beats++; return nil },
	}
	for _, f := range change {
		f(&s.config)
	}
	return s.reopen()
}

func witnessed(urls ...string) func(c *watch.Config) {
	return func(c *watch.Config) {
		for _, url := range urls {
			c.Witnesses = append(c.Witnesses, &client.Client{Server: url, Verifier: c.Client.Verifier})
		}
	}
}

// reopen is a restart.
func (s *sentry) reopen() *sentry {
	s.t.Helper()
	var err error
	if s.Watch, err = watch.Open(s.config); err != nil {
		s.t.Fatal(err)
	}
	return s
}

func (s *sentry) look() *watch.Round {
	s.t.Helper()
	r, err := s.Round(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// quiet demands a good round.
func (s *sentry) quiet() {
	s.t.Helper()
	if r := s.look(); !r.Good() || len(r.Alerts) > 0 {
		s.t.Fatalf("want a good round, got %+v", r)
	}
}

// raises demands a round with exactly these alerts.
func (s *sentry) raises(names ...string) *watch.Round {
	s.t.Helper()
	r := s.look()
	var got []string
	for _, a := range r.Alerts {
		got = append(got, a.Rule+"/"+a.Condition)
		if a.Text() == "" {
			s.t.Errorf("%s/%s has no text", a.Rule, a.Condition)
		}
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		s.t.Fatalf("raised %v, want %v: %+v", got, names, r)
	}
	return r
}

// judged parses the one file of evidence of a round and judges it as a third party does.
func (s *sentry) judged(r *watch.Round, v proofs.Verifier) (string, evidence.Judgement) {
	s.t.Helper()
	if len(r.Files) != 1 {
		s.t.Fatalf("%d files of evidence", len(r.Files))
	}
	text, err := client.ReadFile(r.Files[0], evidence.Max)
	if err != nil {
		s.t.Fatal(err)
	}
	e, err := evidence.Parse(text)
	if err != nil {
		s.t.Fatal(err)
	}
	j, err := e.Judge(v, evidence.Skew)
	if err != nil {
		s.t.Fatal(err)
	}
	return e.Kind, j
}

// convicts demands that a round found a contradiction that its evidence proves alone.
func (s *sentry) convicts(r *watch.Round, kind, says string) {
	s.t.Helper()
	got, j := s.judged(r, s.config.Client.Verifier)
	if !r.Convicted || got != kind || !j.Convicts || !strings.Contains(j.Says, says) {
		s.t.Fatalf("%s %+v, convicted %t; want %s: %q", got, j, r.Convicted, kind, says)
	}
}

// innocent demands that a round's evidence proves nothing alone.
func (s *sentry) innocent(r *watch.Round, kind string) {
	s.t.Helper()
	got, j := s.judged(r, s.config.Client.Verifier)
	if r.Convicted || got != kind || j.Convicts {
		s.t.Fatalf("%s %+v, convicted %t; want %s, which proves nothing", got, j, r.Convicted, kind)
	}
}

// contentsAnswer is the answer to a request for contents.
func contentsAnswer(path string, contents [][]byte) (b []byte) {
	var from, to int
	if _, err := fmt.Sscanf(path, "/api/v1/contents/%d/%d", &from, &to); err != nil || to > len(contents) {
		return nil
	}
	for _, c := range contents[from:to] {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(c))), c...)
	}
	return b
}
