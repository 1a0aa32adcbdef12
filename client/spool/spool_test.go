package spool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/spool"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

var ctx = context.Background()

// evidence returns a signed attestation by an identity.
func evidence(t testing.TB, id string) statement.Envelope {
	t.Helper()
	e, err := logtest.NewWorld().Author(id).Attest(client.Attestation{Observed: []statement.Observed{{Resource: "r", Property: "present"}}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func open(t testing.TB, dir string) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func state(t testing.TB, dir string) *spool.State {
	t.Helper()
	state, err := open(t, dir).State(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// A fakeLog takes statements, or answers with an error.
type fakeLog struct {
	mu   sync.Mutex
	got  []statement.Digest
	fail func(n int) error
}

func (f *fakeLog) Submit(_ context.Context, e statement.Envelope) (*proofs.Receipt, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		if err := f.fail(len(f.got)); err != nil {
			return nil, false, err
		}
	}
	f.got = append(f.got, statement.DigestOf(e.Payload))
	return &proofs.Receipt{Envelope: &e}, false, nil
}

func TestWhatIsPutWaitsUntilTheLogHasIt(t *testing.T) {
	dir := t.TempDir()
	var want []statement.Digest
	for i := range 5 {
		r, err := open(t, dir).Put(ctx, evidence(t, "wl/p"))
		if err != nil || r.Number != uint64(i+1) {
			t.Fatal(r.Number, err)
		}
		want = append(want, r.Digest())
	}
	if r, err := open(t, dir).Put(ctx, evidence(t, "wl/q")); err != nil || r.Number != 1 {
		t.Fatal("each emitter counts for itself:", r.Number, err)
	}
	// The log is out of reach after two: those two are settled, and no other.
	log := &fakeLog{fail: func(n int) error {
		if n == 2 {
			return client.ErrUnreachable
		}
		return nil
	}}
	done, err := open(t, dir).Flush(ctx, log, nil)
	if !errors.Is(err, client.ErrUnreachable) || done != (spool.Flushed{Admitted: 2, Waiting: 4}) {
		t.Fatal(done, err)
	}
	log.fail = nil
	if done, err = open(t, dir).Flush(ctx, log, nil); err != nil || done != (spool.Flushed{Admitted: 4}) {
		t.Fatal(done, err)
	}
	for i, digest := range want {
		if log.got[i] != digest {
			t.Errorf("statement %d was sent in another order, or as another", i)
		}
	}
	if s := state(t, dir); len(s.Waiting)+len(s.Gaps)+len(s.Torn)+len(s.Refused) != 0 {
		t.Errorf("%+v", s)
	}
	if r, err := open(t, dir).Put(ctx, evidence(t, "wl/p")); err != nil || r.Number != 6 {
		t.Error("numbers go on:", r.Number, err)
	}
}

// What the log refuses for good is kept for its owner, and does not hold up the rest.
func TestRefusedIsKept(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	first, err := s.Put(ctx, evidence(t, "wl/p"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(ctx, evidence(t, "wl/p")); err != nil {
		t.Fatal(err)
	}
	refusals := 0
	log := &fakeLog{fail: func(int) error {
		if refusals++; refusals == 1 {
			return &client.Refused{Status: 422, Code: "E202"}
		}
		return nil
	}}
	var told []error
	done, err := s.Flush(ctx, log, func(_ spool.Record, _ *proofs.Receipt, err error) { told = append(told, err) })
	if err != nil || done != (spool.Flushed{Admitted: 1, Refused: 1}) || len(told) != 2 || told[0] == nil || told[1] != nil {
		t.Fatal(done, err, told)
	}
	got := state(t, dir)
	if len(got.Waiting) != 0 || len(got.Refused) != 1 {
		t.Fatalf("%+v", got)
	}
	b, err := os.ReadFile(got.Refused[0])
	if err != nil || !bytes.Equal(b, first.Envelope.Marshal()) {
		t.Error("not the bytes that were sent:", err)
	}
}

func TestAuthorityIsNeverSpooled(t *testing.T) {
	dir := t.TempDir()
	e, err := logtest.NewWorld().Pipeline.Release("c/1", 1, nil, logtest.FileOf([]byte("x")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir).Put(ctx, e); err == nil {
		t.Error("a release was spooled")
	}
	if s := state(t, dir); len(s.Waiting)+len(s.Gaps) != 0 {
		t.Errorf("%+v", s)
	}
}

// Wherever the file of records is cut, every statement waits or is reported.
func TestCutAnywhere(t *testing.T) {
	dir := t.TempDir()
	s, n := open(t, dir), 4
	for range n {
		if _, err := s.Put(ctx, evidence(t, "wl/p")); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(filepath.Join(dir, "records"))
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := os.ReadFile(filepath.Join(dir, "numbers"))
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut < len(whole); cut += 37 {
		damaged := filepath.Join(t.TempDir(), "spool")
		open(t, damaged)
		write(t, filepath.Join(damaged, "records"), whole[:cut])
		write(t, filepath.Join(damaged, "numbers"), numbers)
		accounted(t, damaged, n, cut > 0 && whole[cut-1] != '\n', fmt.Sprintf("cut at %d", cut))
		if _, err := open(t, damaged).Put(ctx, evidence(t, "wl/p")); err != nil {
			t.Fatal(err)
		}
		accounted(t, damaged, n+1, cut > 0 && whole[cut-1] != '\n', fmt.Sprintf("cut at %d, then one more", cut))
	}
	// A bit that flips in the middle costs one statement, and says so.
	flipped := bytes.Clone(whole)
	flipped[len(whole)/2] ^= 1
	write(t, filepath.Join(dir, "records"), flipped)
	accounted(t, dir, n, true, "flipped")
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// accounted demands that n statements wait or are reported missing, twice: what is
// found is also found again.
func accounted(t *testing.T, dir string, n int, torn bool, what string) {
	t.Helper()
	for range 2 {
		s := state(t, dir)
		missing := 0
		for _, g := range s.Gaps {
			missing += int(g.To - g.From + 1)
		}
		if len(s.Waiting)+missing != n || torn != (len(s.Torn) > 0) {
			t.Fatalf("%s: %d wait, gaps %v, torn %v; want %d in all", what, len(s.Waiting), s.Gaps, s.Torn, n)
		}
	}
}

// A gap is reported until its owner says that he knows.
func TestForget(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for range 3 {
		if _, err := s.Put(ctx, evidence(t, "wl/p")); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "records"), nil)
	if got := state(t, dir).Gaps; len(got) != 1 || got[0] != (spool.Gap{Emitter: "wl/p", From: 1, To: 3}) {
		t.Fatal(got)
	}
	if err := s.Forget(ctx); err != nil {
		t.Fatal(err)
	}
	if got := state(t, dir).Gaps; len(got) != 0 {
		t.Fatal(got)
	}
	if r, err := s.Put(ctx, evidence(t, "wl/p")); err != nil || r.Number != 4 {
		t.Error(r.Number, err)
	}
}

// Emitters that share a folder lose nothing to each other.
func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wait sync.WaitGroup
	log := &fakeLog{}
	for range 8 {
		wait.Go(func() {
			s, err := spool.Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			for range 5 {
				if _, err := s.Put(ctx, evidence(t, "wl/p")); err != nil {
					t.Error(err)
				}
			}
			if _, err := s.Flush(ctx, log, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if s := state(t, dir); len(s.Waiting)+len(s.Gaps)+len(s.Torn) != 0 {
		t.Errorf("%+v", s)
	}
	seen := make(map[statement.Digest]bool)
	for _, digest := range log.got {
		seen[digest] = true
	}
	if len(seen) != 40 || len(log.got) != 40 {
		t.Errorf("%d statements, %d times sent", len(seen), len(log.got))
	}
}

// Emit brings a statement to the log, or says that it waits.
func TestEmit(t *testing.T) {
	dir, down := t.TempDir(), true
	log := &fakeLog{fail: func(int) error {
		if down {
			return client.ErrUnreachable
		}
		return nil
	}}
	first, second := evidence(t, "wl/p"), evidence(t, "wl/p")
	var waits *spool.WaitsError
	if _, err := open(t, dir).Emit(ctx, log, first); !errors.As(err, &waits) || !errors.Is(err, client.ErrUnreachable) || waits.Record.Number != 1 {
		t.Fatal(err)
	}
	down = false
	receipt, err := open(t, dir).Emit(ctx, log, second)
	if err != nil || receipt == nil || statement.DigestOf(receipt.Envelope.Payload) != statement.DigestOf(second.Payload) {
		t.Fatal(receipt, err)
	}
	if len(log.got) != 2 || log.got[0] != statement.DigestOf(first.Payload) {
		t.Error("what waited longer comes first:", log.got)
	}
	log.fail = func(int) error { return &client.Refused{Status: 422, Code: "E202"} }
	var refused *client.Refused
	if _, err := open(t, dir).Emit(ctx, log, evidence(t, "wl/p")); !errors.As(err, &refused) || errors.As(err, &waits) {
		t.Error(err)
	}
	// A word that is not the rules': the statement waits, and does not hold up others.
	log.fail = func(n int) error {
		if n == 2 {
			log.got = append(log.got, statement.Digest{})
			return &client.Refused{Status: 413, Code: "too-large"}
		}
		return nil
	}
	if _, err := open(t, dir).Emit(ctx, log, evidence(t, "wl/p")); !errors.As(err, &waits) {
		t.Error(err)
	}
	log.fail = nil
	if _, err := open(t, dir).Emit(ctx, log, evidence(t, "wl/p")); err != nil {
		t.Error(err)
	}
	if s := state(t, dir); len(s.Waiting) != 0 || len(s.Refused) != 1 {
		t.Errorf("%+v", s)
	}
}

// Numbers that no spool gave are damage, not a gap that takes for ever to list.
func TestNumbersThatNobodyGave(t *testing.T) {
	for name, text := range map[string]string{
		"numbers": `{"wl/a":9007199254740000}`,
		"records": spool.Line(t, "wl/a", 9_007_199_254_740_000, "admitted"),
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, name), []byte(text))
		if _, err := open(t, dir).State(ctx); !errors.Is(err, spool.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "records"), []byte(spool.Line(t, "wl/a", 1<<63, "settled")))
	if s := state(t, dir); len(s.Torn) != 1 || len(s.Gaps) != 0 {
		t.Errorf("%+v", s)
	}
}

// A record that a crash cut is put aside also by what only adds a line.
func TestSettledAfterACut(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r, err := s.Put(ctx, evidence(t, "wl/a"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "records")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, append(text, "a line that was c"...))
	if _, err := s.Send(ctx, &fakeLog{}, r); err != nil {
		t.Fatal(err)
	}
	if now := state(t, dir); len(now.Waiting) != 0 || len(now.Torn) != 1 || len(now.Gaps) != 0 {
		t.Errorf("%+v", now)
	}
}
