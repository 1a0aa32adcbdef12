package log_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// A script writes statements that hit and miss the rules, with no look at what
// becomes of them.
type script struct {
	w    *logtest.World
	r    *rand.Rand
	made []*admission.Checked
	last map[string]*admission.Checked // by document: the newest release that may be in
	file map[string][]byte             // and its bytes
	next map[string]uint32             // and its version
}

func newScript(w *logtest.World, r *rand.Rand) *script {
	return &script{w: w, r: r, last: map[string]*admission.Checked{}, file: map[string][]byte{}, next: map[string]uint32{}}
}

func (s *script) write(n int) []*admission.Checked {
	for range n {
		s.made = append(s.made, s.statement())
	}
	return s.made
}

func (s *script) statement() *admission.Checked {
	id := fmt.Sprintf("contracts/%d", s.r.IntN(4))
	file := fmt.Appendf(nil, "%s %d", id, s.r.IntN(6))
	version := s.next[id] + 1
	switch s.r.IntN(12) {
	case 0: // a version that is taken, or one too high
		return s.w.Release(id, max(1, s.next[id]+2*uint32(s.r.IntN(2))), s.last[id], file)
	case 1: // the same again
		if len(s.made) > 0 {
			return s.made[s.r.IntN(len(s.made))]
		}
	case 2: // the same under another key
		if len(s.made) > 0 {
			c := s.made[s.r.IntN(len(s.made))]
			key := logtest.Key("wl/other")
			signature, err := key.Sign(statement.PAE(c.Payload))
			if err != nil {
				panic(err)
			}
			return s.w.Checked(statement.Envelope{Payload: c.Payload, Signature: signature, SPKI: key.SPKI()})
		}
	case 3:
		return s.w.Withdraw(id, max(1, s.next[id]), s.file[id])
	case 4: // perhaps enrolled, perhaps revoked
		return s.by(s.worker(), id, file)
	case 5:
		e, err := s.w.Registrar.Enroll(client.Enrollment{
			ID: s.worker().ID, Class: "workload", Owner: "team", Custody: "file",
			Verbs: []string{"document.release"}, Namespaces: []string{"contracts/"},
		}, s.worker().Signer)
		if err != nil {
			panic(err)
		}
		return s.w.Checked(e)
	}
	c := s.w.Release(id, version, s.last[id], file)
	s.last[id], s.file[id], s.next[id] = c, file, version
	return c
}

func (s *script) worker() *client.Author { return s.w.Author(fmt.Sprintf("wl/worker-%d", s.r.IntN(2))) }

func (s *script) by(a *client.Author, id string, file []byte) *admission.Checked {
	e, err := a.Release("contracts/of-"+a.ID[3:]+id[9:], 1, nil, logtest.FileOf(file))
	if err != nil {
		panic(err)
	}
	return s.w.Checked(e)
}

// A run plays a script on a log of its own.
type run struct {
	t     *testing.T
	w     *logtest.World
	place *place
	log   *log.Log
}

// newRun makes a log that begins with these statements, the first its genesis.
func newRun(t *testing.T, w *logtest.World, first []*admission.Checked) *run {
	t.Helper()
	x := &run{t: t, w: w, place: newPlace(t)}
	if err := log.Create(context.Background(), w.Config(x.place.store, x.place.anchor), first[0]); err != nil {
		t.Fatal(err)
	}
	x.log = w.Open(t, x.place.store, x.place.anchor)
	logtest.Submit(t, x.log, first[1:]...)
	return x
}

// play submits the script in batches whose sizes size gives and returns the
// verdict on each statement: "in", or the code of its refusal. before comes in
// front of each batch; if it returns verdicts, the batch was judged already.
func (x *run) play(made []*admission.Checked, size func() int, before func(from int, batch []*admission.Checked) []string) []string {
	x.t.Helper()
	var verdicts []string
	for from := 0; from < len(made); {
		batch := made[from:min(from+size(), len(made))]
		judged := before(from, batch)
		if judged == nil {
			for _, r := range logtest.Submit(x.t, x.log, batch...) {
				verdict := "in"
				if r.Refusal != nil {
					verdict = r.Refusal.Code
				}
				judged = append(judged, verdict)
			}
		}
		verdicts = append(verdicts, judged...)
		from += len(batch)
	}
	if err := x.log.Close(); err != nil {
		x.t.Error(err)
	}
	logtest.Check(x.t, x.w, x.place.store, x.place.anchor)
	return verdicts
}

func (x *run) restart() {
	x.t.Helper()
	if err := x.log.Close(); err != nil && !errors.Is(err, log.ErrStopped) {
		x.t.Fatal(err)
	}
	x.place.reopen(x.t)
	x.log = x.w.Open(x.t, x.place.store, x.place.anchor)
}

// crash submits a batch to a log whose next commit or Replace fails, and starts
// the log again. If the commit was lost it returns nil: the batch is sent again.
// Else the batch is durable, and nobody was told its verdicts: they are those in
// want, if what came in is what should.
func (x *run) crash(r *rand.Rand, batch []*admission.Checked, want []string) []string {
	x.t.Helper()
	if err := x.log.Close(); err != nil {
		x.t.Fatal(err)
	}
	x.place.reopen(x.t)
	store, anchor := storage.Store(x.place.store), storage.Anchor(x.place.anchor)
	fault := storagetest.Faults[r.IntN(2)]
	inCommit := r.IntN(2) == 0
	if inCommit {
		store = storagetest.FailCommit(store, 0, fault)
	} else {
		anchor = storagetest.FailReplace(anchor, 0, fault)
	}
	x.log = x.w.Open(x.t, store, anchor)
	_, view, err := x.log.Submit(context.Background(), batch)
	if err == nil {
		view.Release() // nothing came in: nothing to write
	} else if !errors.Is(err, log.ErrStopped) {
		x.t.Error(err)
	}
	x.restart()
	if err == nil || inCommit && fault == storagetest.NotApplied {
		return nil
	}
	return x.durable(batch, want)
}

// durable compares what came in of a batch with its verdicts.
func (x *run) durable(batch []*admission.Checked, want []string) []string {
	v := x.log.View()
	defer v.Release()
	judged := slices.Clone(want)
	for i, c := range batch {
		_, err := v.Find(c.Digest)
		switch found := err == nil; {
		case found && want[i] != "in" && want[i] != admission.CodeDuplicate:
			judged[i] = "came in"
		case !found && want[i] == "in":
			judged[i] = "lost"
		}
	}
	return judged
}

// states returns the state of each register: all of it that does not depend on
// where seals stand.
func (x *run) states() map[string]string {
	out := map[string]string{}
	start, end := storage.RecordSpace.Range()
	if err := x.place.store.Scan(start, end, func(key, row []byte) bool {
		record, err := register.ParseRecord(row)
		if err != nil {
			x.t.Error(err)
			return false
		}
		out[fmt.Sprintf("%x", key)] = fmt.Sprintf("%s %d %x", record.Type, record.Size, record.State)
		return true
	}); err != nil {
		x.t.Error(err)
	}
	return out
}

// root returns the register root of the newest seal.
func (x *run) root() [32]byte {
	l := x.w.Open(x.t, x.place.store, x.place.anchor)
	defer l.Close()
	v := l.View()
	defer v.Release()
	leaf, err := v.Leaf(v.Size() - 1)
	if err != nil {
		x.t.Fatal(err)
	}
	seal, err := statement.ParseSeal(leaf)
	if err != nil {
		x.t.Fatal(err)
	}
	return seal.Root
}

// TestSameOrderSameResult plays one script in many ways. In other batches the
// same statements come in and the registers get the same states; in the same
// batches, whatever restarts and crashes lie between, the log is the same to the
// last bit.
func TestSameOrderSameResult(t *testing.T) {
	for range 2 * deep() {
		r := random(t)
		w := logtest.NewWorld()
		made := newScript(w, r).write(120)
		var sizes []int
		for range made {
			sizes = append(sizes, 1+r.IntN(9))
		}
		given := func() func() int {
			i := -1
			return func() int { i++; return sizes[i] }
		}
		nothing := func(int, []*admission.Checked) []string { return nil }
		people := append([]*admission.Checked{w.Genesis()}, w.Enrollments()...)
		first := newRun(t, w, people)
		verdicts, states := first.play(made, given(), nothing), first.states()
		root, count := first.root(), map[string]int{}
		for _, v := range verdicts {
			count[v]++
		}
		t.Log(count)

		for name, size := range map[string]func() int{
			"one by one":   func() int { return 1 },
			"all at once":  func() int { return len(made) },
			"other groups": func() int { return 1 + r.IntN(30) },
		} {
			other := newRun(t, w, people)
			if d := cmp.Diff(verdicts, other.play(made, size, func(int, []*admission.Checked) []string {
				if r.IntN(10) == 0 {
					other.restart()
				}
				return nil
			})); d != "" {
				t.Errorf("%s: other verdicts:\n%s", name, d)
			}
			if d := cmp.Diff(states, other.states()); d != "" {
				t.Errorf("%s: other states:\n%s", name, d)
			}
		}
		same := newRun(t, w, people)
		if got := same.play(made, given(), func(from int, batch []*admission.Checked) []string {
			switch r.IntN(3) {
			case 0:
				same.restart()
			case 1:
				return same.crash(r, batch, verdicts[from:from+len(batch)])
			}
			return nil
		}); !slices.Equal(got, verdicts) {
			t.Errorf("with restarts and crashes: other verdicts:\n%s", cmp.Diff(verdicts, got))
		}
		if got := same.root(); got != root {
			t.Errorf("with restarts and crashes: register root %x, want %x", got, root)
		}
	}
}
