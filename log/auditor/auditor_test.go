package auditor_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/auditor"
	"github.com/docketlog/docket/log/auditstore"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

var ctx = context.Background()

const cosignerName = "audit.example/a1"

// A site is a log with its server and the audit cosigner of somebody else.
type site struct {
	t     *testing.T
	w     *logtest.World
	l     *log.Log
	url   string
	hides atomic.Bool // contents
	disks [2]*storagetest.Memory
	stop  func()
	c     *auditor.Cosigner
	own   string // URL of the cosigner
	kept  []*evidence.Evidence
	n     int
	more  []witness.Cosigner // keys beside the first
}

type key struct {
	key  proofs.VerifierKey
	sign func([]byte) ([]byte, error)
}

func (k key) Key() proofs.VerifierKey             { return k.key }
func (k key) Sign(message []byte) ([]byte, error) { return k.sign(message) }

func cosignerKey(t *testing.T) witness.Cosigner {
	t.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	k, err := proofs.NewVerifierKey(cosignerName, proofs.TypeEd25519Cosignature, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return key{k, func(m []byte) ([]byte, error) { return ed25519.Sign(private, m), nil }}
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, w: logtest.NewWorld(), disks: [2]*storagetest.Memory{storagetest.NewMemory(), storagetest.NewMemory()}}
	store, anchor := storagetest.Open(t)
	s.l = s.w.Create(t, store, anchor)
	honest := server.New(s.l)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.hides.Load() && strings.HasPrefix(r.URL.Path, "/api/v1/contents/") {
			_, _ = w.Write(make([]byte, 4*256)[:4*width(r.URL.Path)])
			return
		}
		honest.ServeHTTP(w, r)
	}))
	s.url = h.URL
	t.Cleanup(func() { s.stop(); h.Close(); s.l.Close() })
	s.start()
	return s
}

// width is the number of entries of a request for contents.
func width(path string) int {
	var from, to int
	if _, err := fmt.Sscanf(path, "/api/v1/contents/%d/%d", &from, &to); err != nil {
		panic(err)
	}
	return to - from
}

// start opens the cosigner on its disks, as after a crash.
func (s *site) start() {
	s.t.Helper()
	var stores [2]storage.Store
	for i, disk := range s.disks {
		var err error
		if stores[i], err = disk.Open(); err != nil {
			s.t.Fatal(err)
		}
	}
	state, err := auditstore.Open(stores[0])
	if err != nil {
		s.t.Fatal(err)
	}
	keys := []proofs.VerifierKey{s.w.Signer.Key()}
	w, err := witness.Open(witness.Config{Store: stores[1], Logs: keys, Cosigners: append([]witness.Cosigner{cosignerKey(s.t)}, s.more...), Now: s.w.Clock.Now})
	if err != nil {
		s.t.Fatal(err)
	}
	a := &audit.Auditor{Client: &client.Client{Server: s.url, Verifier: s.w.Verifier(s.t, s.l)}, State: state, Now: s.w.Clock.Now, Workers: 2}
	if s.c, err = auditor.New(auditor.Config{Audit: a, Witness: w, Logs: keys, Wait: 300 * time.Millisecond, Evidence: s.keep}); err != nil {
		s.t.Fatal(err)
	}
	h := httptest.NewServer(s.c.Handler(nil))
	s.own = h.URL
	s.stop = func() {
		h.Close()
		_ = w.Close()
		for _, store := range stores {
			_ = store.Close()
		}
	}
}

func (s *site) keep(e *evidence.Evidence) { s.kept = append(s.kept, e) }

// convicted demands that one piece of evidence was kept, and that it convicts the log.
func (s *site) convicted() {
	s.t.Helper()
	if len(s.kept) != 1 {
		s.t.Fatalf("%d pieces of evidence", len(s.kept))
	}
	e, err := evidence.Parse(s.kept[0].Marshal())
	if err != nil {
		s.t.Fatal(err)
	}
	if got, err := e.Judge(s.w.Verifier(s.t, s.l), evidence.Skew); !got.Convicts || err != nil {
		s.t.Errorf("the evidence: %+v %v", got, err)
	}
}

func (s *site) restart() { s.stop(); s.start() }

// grow adds n releases, a seal each.
func (s *site) grow(n int) {
	s.t.Helper()
	for range n {
		s.n++
		s.w.Clock.Add(time.Second)
		logtest.Submit(s.t, s.l, s.w.Release(fmt.Sprintf("contracts/%d", s.n), 1, nil, []byte("text")))
	}
}

// view is the log's newest checkpoint, and the proof from an older size.
func (s *site) request(older uint64) (note []byte, body []byte, size uint64) {
	s.t.Helper()
	v := s.l.View()
	defer v.Release()
	a := proofs.AddCheckpoint{Old: older, Note: v.Checkpoint()}
	if older > 0 && older < v.Size() {
		var err error
		if a.Proof, err = v.Consistency(older, v.Size()); err != nil {
			s.t.Fatal(err)
		}
	}
	return v.Checkpoint(), a.Marshal(), v.Size()
}

// post posts add-checkpoint.
func (s *site) post(body []byte) (status int, retry, text string) {
	s.t.Helper()
	response, err := http.Post(s.own+"/add-checkpoint", "text/plain", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Retry-After"), string(b)
}

// demand opens a note under a policy that demands this cosigner.
func (s *site) demand(note []byte) (proofs.Checkpoint, bool) {
	s.t.Helper()
	text := fmt.Sprintf("log %s\nwitness a1 %s\ngroup audited all a1\nquorum audited\n", s.w.Signer.Key(), cosignerKey(s.t).Key())
	policy, err := proofs.ParsePolicy([]byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	cp, result, err := policy.Open(note, s.w.Clock.Now().Unix()+1)
	if err != nil {
		s.t.Fatal(err)
	}
	return cp, result.Satisfied
}

// Each step replays what is new and cosigns it, so that a policy can demand it; over
// restarts too, and never twice for one size.
func TestSteps(t *testing.T) {
	s := newSite(t)
	var last []byte
	for range 4 {
		s.grow(3)
		report, note, err := s.c.Step(ctx)
		if err != nil || !report.Clean {
			t.Fatalf("%v", err)
		}
		cp, ok := s.demand(note)
		if !ok || cp.Size != report.Size || cp.Size == 0 {
			t.Fatalf("the note of size %d is not cosigned:\n%s", cp.Size, note)
		}
		s.w.Clock.Add(time.Minute)
		s.restart()
		if _, again, err := s.c.Step(ctx); err != nil || !bytes.Equal(again, note) {
			t.Errorf("after a restart, nothing new: %v\n%s", err, again)
		}
		if bytes.Equal(last, note) {
			t.Error("nothing was cosigned")
		}
		last = note
	}
	bare, _, _ := s.request(0)
	if _, ok := s.demand(bare); ok {
		t.Error("the log's own note passes for an audited one")
	}
}

// A key that was added signs what was cosigned before, also while the log is idle.
func TestAddedKeySigns(t *testing.T) {
	s := newSite(t)
	if _, _, err := s.c.Step(ctx); err != nil {
		t.Fatal(err)
	}
	added, err := witness.NewMLDSA(cosignerName, bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	s.more = []witness.Cosigner{added}
	s.restart()
	_, note, err := s.c.Step(ctx)
	if err != nil {
		t.Fatal(err)
	}
	n, err := proofs.ParseNote(note)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := proofs.ParseCheckpoint(n.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range append(s.more, cosignerKey(t)) {
		if _, err := proofs.VerifyCosignature(k.Key(), n, cp); err != nil {
			t.Errorf("%v: %v", k.Key(), err)
		}
	}
	if _, again, err := s.c.Step(ctx); err != nil || !bytes.Equal(again, note) {
		t.Errorf("it cosigned one tree twice: %v", err)
	}
}

// A request of the log is answered for what is replayed, waits for what is about to
// be, and is told to come again.
func TestRequests(t *testing.T) {
	s := newSite(t)
	s.grow(2)
	_, body, size := s.request(0)
	if status, retry, _ := s.post(body); status != 503 || retry != "1" {
		t.Errorf("nothing is replayed yet: %d, Retry-After %q", status, retry)
	}
	select {
	case <-s.c.Wake():
	default:
		t.Error("nobody was woken")
	}
	if _, _, err := s.c.Step(ctx); err != nil {
		t.Fatal(err)
	}
	s.grow(1)
	note, body, larger := s.request(size)
	if status, _, _ := s.post(body); status != 503 {
		t.Errorf("size %d is not replayed yet: %d", larger, status)
	}
	done := make(chan error, 1)
	go func() {
		<-s.c.Wake() // of the request before
		<-s.c.Wake()
		_, _, err := s.c.Step(ctx)
		done <- err
	}()
	status, _, lines := s.post(body)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if status == http.StatusConflict { // the step cosigned it first
		_, body, _ = s.request(larger)
		status, _, lines = s.post(body)
	}
	if status != 200 {
		t.Fatalf("%d %s", status, lines)
	}
	if cp, ok := s.demand(append(bytes.Clone(note), lines...)); !ok || cp.Size != larger {
		t.Errorf("the answer does not cosign size %d", larger)
	}
	if status, _, held := s.post(proofs.AddCheckpoint{Old: 1, Note: note}.Marshal()); status != 409 || held != fmt.Sprintf("%d\n", larger) {
		t.Errorf("another old size: %d %q", status, held)
	}
	s.restart()
	_, body, _ = s.request(larger)
	if status, _, _ := s.post(body); status != 200 {
		t.Errorf("the head that was cosigned last, after a restart: %d", status)
	}
	s.grow(1)
	if _, newer, _ := s.request(larger); newer != nil {
		if status, _, _ := s.post(newer); status != 503 {
			t.Errorf("a newer one, after a restart: %d", status)
		}
	}
	for name, bad := range map[string][]byte{"": []byte("old x\n"), "unsigned": bytes.Replace(body, []byte(" "+s.w.Origin+" "), []byte(" "+s.w.Origin+" AAAA"), 1)} {
		if status, _, _ := s.post(bad); status != 400 && status != 403 {
			t.Errorf("%q: %d", name, status)
		}
	}
	origin := proofs.LeafHash(nil)
	if r, err := http.Get(s.own + "/" + hex.EncodeToString(origin[:]) + "/checkpoint"); err != nil || r.StatusCode != 404 {
		t.Errorf("monitoring: %v", err)
	}
}

// What is withheld is not cosigned, until it is shown.
func TestWithheld(t *testing.T) {
	s := newSite(t)
	s.hides.Store(true)
	report, note, err := s.c.Step(ctx)
	var withheld *audit.Withheld
	if !errors.As(err, &withheld) || note != nil || report.Clean || auditor.Final(err) {
		t.Fatalf("%v", err)
	}
	_, body, _ := s.request(0)
	if status, _, _ := s.post(body); status != 503 {
		t.Errorf("%d for a log that withholds", status)
	}
	s.hides.Store(false)
	if _, note, err = s.c.Step(ctx); err != nil || note == nil {
		t.Errorf("after it is shown: %v", err)
	}
}

// forged signs a checkpoint of the log's key over a tree that is not the log's.
func (s *site) forged(size uint64) []byte {
	s.t.Helper()
	note, err := s.w.Signer.Sign(proofs.Checkpoint{Origin: s.w.Origin, TreeHead: proofs.TreeHead{Size: size, Root: proofs.Hash{byte(size)}}})
	if err != nil {
		s.t.Fatal(err)
	}
	return note
}

// A second history that somebody posts ends the cosigner for good, over a restart,
// whatever its size; both notes are in the error.
func TestForkPosted(t *testing.T) {
	for name, less := range map[string]uint64{"of the same size": 0, "of a smaller size": 2} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.grow(3)
			report, _, err := s.c.Step(ctx)
			if err != nil {
				t.Fatal(err)
			}
			forged := s.forged(report.Size - less)
			if status, _, text := s.post(proofs.AddCheckpoint{Old: report.Size - less, Note: forged}.Marshal()); status != 422 || !strings.Contains(text, "another history") {
				t.Errorf("%d %s", status, text)
			}
			s.convicted()
			if r, err := http.Get(s.own + "/healthz"); err != nil || r.StatusCode != 503 {
				t.Errorf("healthz: %v %v", r.Status, err)
			}
			report, note, err := s.c.Step(ctx)
			var fork *client.ForkError
			if !errors.As(err, &fork) || note != nil || report == nil || report.Clean || report.Divergences[0].Rule != "fork" {
				t.Fatalf("%v", err)
			}
			if !bytes.Equal(fork.Seen, forged) || (less > 0) != (len(fork.Proof) > 0) {
				t.Errorf("%s", fork.Seen)
			}
			s.restart()
			_, body, _ := s.request(report.Size)
			if status, retry, _ := s.post(body); status != 503 || retry != "" {
				t.Errorf("before the first step: %d, Retry-After %q", status, retry)
			}
			s.grow(1)
			_, note, err = s.c.Step(ctx)
			var ended *audit.Ended
			if !errors.As(err, &ended) || note != nil {
				t.Errorf("after a restart: %v", err)
			}
			_, body, _ = s.request(0)
			if status, retry, _ := s.post(body); status != 503 || retry != "" {
				t.Errorf("%d, Retry-After %q", status, retry)
			}
		})
	}
}

// A checkpoint of the log's own tree that ends before a seal is no state of the log.
func TestCheckpointBetweenSeals(t *testing.T) {
	s := newSite(t)
	s.grow(3)
	report, _, err := s.c.Step(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := s.c.Audit.Client.NewestTree(ctx)
	if err != nil {
		t.Fatal(err)
	}
	size := report.Size - 1
	root, _, err := tree.Consistency(ctx, size)
	if err != nil {
		t.Fatal(err)
	}
	note, err := s.w.Signer.Sign(proofs.Checkpoint{Origin: s.w.Origin, TreeHead: proofs.TreeHead{Size: size, Root: root}})
	if err != nil {
		t.Fatal(err)
	}
	if status, _, text := s.post(proofs.AddCheckpoint{Old: size, Note: note}.Marshal()); status != 503 {
		t.Errorf("%d %s", status, text)
	}
	s.convicted()
	report, _, err = s.c.Step(ctx)
	var d *audit.Divergence
	if !errors.As(err, &d) || d.Index != size-1 || report.Evidence == nil {
		t.Fatalf("%v\n%+v", err, report)
	}
	if got, err := report.Evidence.Judge(s.w.Verifier(t, s.l), evidence.Skew); !got.Convicts || err != nil {
		t.Errorf("the evidence: %+v %v", got, err)
	}
}

// A log whose clock stands still, while the cosigner follows it, gets no cosignature.
func TestFrozenClock(t *testing.T) {
	s := newSite(t)
	if _, _, err := s.c.Step(ctx); err != nil {
		t.Fatal(err)
	}
	now := s.w.Clock.Now().Add(time.Hour)
	s.c.Audit.Now = func() time.Time { return now }
	if _, _, err := s.c.Step(ctx); err != nil {
		t.Fatal(err)
	}
	s.grow(1)
	_, note, err := s.c.Step(ctx)
	var clock *audit.ClockError
	if !errors.As(err, &clock) || note != nil || !auditor.Final(err) {
		t.Errorf("%v", err)
	}
}
