package fsck_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
)

// snapshots are those of a store with some rows damaged, counted.
type snapshots struct {
	store   storage.Store
	changes []row

	mu    sync.Mutex
	taken int
	open  int
	most  int
}

type snapshot struct {
	*overlay
	close func() error
}

func (s snapshot) Close() error { return s.close() }

func (s *snapshots) Snapshot() (storage.Snapshot, error) {
	below, err := s.store.Snapshot()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken, s.open = s.taken+1, s.open+1
	s.most = max(s.most, s.open)
	return snapshot{&overlay{below, sorted(s.changes)}, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open--
		return below.Close()
	}}, nil
}

// scrub runs a scrubber for a number of rounds and returns what it found.
func (p *place) scrub(t testing.TB, mode log.Mode, store *snapshots, rate int64, rounds int) (found []fsck.Finding, last fsck.Round) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := fsck.Scrubber{
		Origin: p.w.Origin, Mode: mode, Key: p.w.Signer.Key(), Store: store, Rate: rate, Pause: time.Millisecond,
		Events: fsck.ScrubEvents{
			Found: func(f fsck.Finding) { found = append(found, f) },
			Round: func(r fsck.Round) {
				if last = r; r.Number >= rounds {
					cancel()
				}
			},
		},
	}.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if last.Number < rounds {
		t.Fatalf("%d rounds, want %d", last.Number, rounds)
	}
	if store.open != 0 || store.most != 1 {
		t.Errorf("%d snapshots left open, up to %d at once", store.open, store.most)
	}
	return found, last
}

const fast = 1 << 40

// TestScrubFinds damages a row of each keyspace below a log, in several ways.
// One round finds it.
func TestScrubFinds(t *testing.T) {
	for mode, p := range damagedLogs(t) {
		r := rand.New(rand.NewPCG(3, 5))
		for space, rows := range p.rows(t) {
			t.Run(fmt.Sprintf("%s %s", mode, space), func(t *testing.T) {
				for _, x := range spread(rows, 4, r) {
					for what, value := range map[string][]byte{
						"a flip": flip(x.value, r.IntN(len(x.value)*8)), "another flip": flip(x.value, r.IntN(len(x.value)*8)),
						"a cut": x.value[:len(x.value)-1], "deletion": nil,
					} {
						if unseen(mode, x, value) {
							continue
						}
						found, round := p.scrub(t, mode, &snapshots{store: p.store, changes: []row{{x.key, value}}}, fast, 1)
						if len(found) == 0 || round.Findings == 0 {
							t.Errorf("%s of %s row %x is not found: %q for %q", what, space, x.key, value, x.value)
						}
						foundIn(t, fsck.Report{Findings: found}, what, x.key)
					}
				}
				extra := flip(rows[0].key, len(rows[0].key)*8-1)
				for _, x := range rows {
					if bytes.Equal(x.key, extra) {
						return
					}
				}
				if found, _ := p.scrub(t, mode, &snapshots{store: p.store, changes: []row{{extra, rows[0].value}}}, fast, 1); len(found) == 0 {
					t.Errorf("a surplus row %x is not found", extra)
				}
			})
		}
	}
}

// TestScrubFindsHead flips every bit of the head of a raw log, which fewer rows
// speak of than of a sealed one.
func TestScrubFindsHead(t *testing.T) {
	p := damagedLogs(t)[log.Raw]
	head, err := p.store.Get(log.HeadKey())
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(head) * 8 {
		value := flip(head, bit)
		if unseen(log.Raw, row{log.HeadKey(), head}, value) {
			continue
		}
		if found, _ := p.scrub(t, log.Raw, &snapshots{store: p.store, changes: []row{{log.HeadKey(), value}}}, fast, 1); len(found) == 0 {
			t.Errorf("%q for %q is not found", value, head)
		}
	}
}

// TestScrubClean: a log that nobody damaged gives no finding, at any size, and
// each round reads all of it.
func TestScrubClean(t *testing.T) {
	for _, n := range []int{0, 1, 255, 256, 300} {
		p := sealed(t, n)
		rows := 0
		for _, space := range p.rows(t) {
			rows += len(space)
		}
		found, round := p.scrub(t, log.Sealed, &snapshots{store: p.store}, fast, 2)
		if len(found) > 0 || round.Findings > 0 || round.Rows < int64(rows) || round.Size == 0 {
			t.Errorf("%d releases: %v, %+v, %d rows", n, found, round, rows)
		}
		p = raw(t, n)
		if found, round := p.scrub(t, log.Raw, &snapshots{store: p.store}, fast, 2); len(found) > 0 || round.Size != uint64(n) {
			t.Errorf("%d raw leaves: %v, %+v", n, found, round)
		}
	}
}

// TestScrubBusy scrubs a log while it takes batches: slice by slice over other
// snapshots, without a finding.
func TestScrubBusy(t *testing.T) {
	defer fsck.EachStep()()
	p := sealed(t, 300)
	l := p.w.Open(t, p.store, p.anchor)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		var last *admission.Checked
		for n := range 60 {
			var batch []*admission.Checked
			for i := range 1 + n%20 {
				batch = append(batch, p.w.Release(fmt.Sprintf("busy/%d-%d", n, i), 1, nil, []byte{byte(n), byte(i)}))
			}
			next := p.w.Release("busy/one", uint32(n+1), last, fmt.Appendf(nil, "version %d", n+1))
			last = next
			for _, r := range logtest.Submit(t, l, append(batch, next)...) {
				if r.Refusal != nil {
					t.Error(r.Refusal)
				}
			}
		}
	}()
	store := &snapshots{store: p.store}
	found, round := p.scrub(t, log.Sealed, store, fast, 2)
	<-stopped
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("a sound log: %s", f)
	}
	if store.taken < 1000 {
		t.Errorf("%d snapshots for %d rounds: it was not cut", store.taken, round.Number)
	}
	t.Logf("%d rounds, %d snapshots, %+v", round.Number, store.taken, round)
	wantClean(t, p.check(t, log.Sealed, p.store, fsck.Options{Replay: true}))
}

// growing is a store of a log that takes one more batch before each snapshot while
// events are read. The registers that each batch writes have more events in it than
// in the one before, also those that the scrubber has just gone over.
type growing struct {
	*snapshots
	events bool // they were read in the last snapshot
	grow   func()
}

type grown struct {
	storage.Snapshot
	store *growing
}

func (s *growing) Snapshot() (storage.Snapshot, error) {
	if s.events {
		s.events = false
		s.grow()
	}
	below, err := s.snapshots.Snapshot()
	return grown{below, s}, err
}

func (s grown) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	s.store.events = s.store.events || storage.SpaceOf(start) == storage.EventSpace
	return s.Snapshot.Scan(start, end, yield)
}

// TestScrubGrowing: what came after a register was read is no finding.
func TestScrubGrowing(t *testing.T) {
	defer fsck.EachStep()()
	p := sealed(t, 20)
	l := p.w.Open(t, p.store, p.anchor)
	defer l.Close()
	n, last := 0, (*admission.Checked)(nil)
	grow := func() {
		if n == 400 {
			return // else it grows as fast as it is read
		}
		n++
		next := p.w.Release("grows/one", uint32(n), last, fmt.Appendf(nil, "version %d", n))
		last = next
		logtest.Submit(t, l, next)
	}
	var found []fsck.Finding
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := fsck.Scrubber{
		Origin: p.w.Origin, Mode: log.Sealed, Key: p.w.Signer.Key(), Rate: fast, Pause: time.Millisecond,
		Store: &growing{snapshots: &snapshots{store: p.store}, grow: grow},
		Events: fsck.ScrubEvents{
			Found: func(f fsck.Finding) { found = append(found, f) },
			Round: func(r fsck.Round) {
				if r.Number == 2 {
					cancel()
				}
			},
		},
	}.Run(ctx)
	if err != nil || ctx.Err() != context.Canceled {
		t.Fatal(err, ctx.Err())
	}
	for _, f := range found {
		t.Errorf("a sound log: %s", f)
	}
	if n < 20 {
		t.Errorf("%d batches while events were read", n)
	}
}

// changing is a store whose rows read otherwise in some snapshots, or not at all.
type changing struct {
	storage.Store
	taken int
	get   func(snapshot int, key, row []byte) ([]byte, error)
}

type changed struct {
	storage.Snapshot
	get func(key, row []byte) ([]byte, error)
}

func (s *changing) Snapshot() (storage.Snapshot, error) {
	below, err := s.Store.Snapshot()
	s.taken++
	n := s.taken
	return changed{below, func(key, row []byte) ([]byte, error) { return s.get(n, key, row) }}, err
}

func (s changed) Get(key []byte) ([]byte, error) {
	row, err := s.Snapshot.Get(key)
	if err != nil {
		return nil, err
	}
	return s.get(key, row)
}

// rounds scrubs a changing store for n rounds.
func (p *place) rounds(t testing.TB, s *changing, n int) (found []fsck.Finding, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err = fsck.Scrubber{
		Origin: p.w.Origin, Mode: log.Sealed, Key: p.w.Signer.Key(), Store: s, Rate: fast, Pause: time.Millisecond,
		Events: fsck.ScrubEvents{
			Found: func(f fsck.Finding) { found = append(found, f) },
			Round: func(r fsck.Round) {
				if r.Number >= n {
					cancel()
				}
			},
		},
	}.Run(ctx)
	if ctx.Err() == context.DeadlineExceeded {
		t.Fatal("it did not come to an end")
	}
	return found, err
}

// TestScrubReadErrors: one read of a tile fails, whichever it is. That is an error
// and no damage.
func TestScrubReadErrors(t *testing.T) {
	p := sealed(t, 20)
	fault := errors.New("too many open files")
	for at := 1; ; at++ {
		reads := 0
		found, err := p.rounds(t, &changing{Store: p.store, get: func(_ int, key, row []byte) ([]byte, error) {
			if bytes.Equal(key, storage.Tile(0, 0)) {
				if reads++; reads == at {
					return nil, fault
				}
			}
			return row, nil
		}}, 1)
		if len(found) > 0 {
			t.Errorf("read %d: %v", at, found)
		}
		if reads < at {
			if at < 3 {
				t.Errorf("%d reads", reads)
			}
			return
		}
		if !errors.Is(err, fault) {
			t.Errorf("read %d: %v", at, err)
		}
	}
}

// TestScrubDepth: the depth in the head row is damaged in the middle of a round.
// The next round names the row.
func TestScrubDepth(t *testing.T) {
	defer fsck.EachStep()()
	p := sealed(t, 20)
	for _, depth := range []string{"93", "31", "0", "-1"} {
		found, err := p.rounds(t, &changing{Store: p.store, get: func(n int, key, row []byte) ([]byte, error) {
			if n > 1 && bytes.Equal(key, log.HeadKey()) {
				return bytes.Replace(row, []byte(`"depth":13`), []byte(`"depth":`+depth), 1), nil
			}
			return row, nil
		}}, 2)
		if err != nil || len(found) != 1 || !strings.Contains(found[0].String(), "the head of the log") {
			t.Errorf("depth %s: %v, %v", depth, found, err)
		}
	}
}

// TestScrubRate: a round takes as long as its bytes need at the rate.
func TestScrubRate(t *testing.T) {
	p := sealed(t, 100)
	_, free := p.scrub(t, log.Sealed, &snapshots{store: p.store}, fast, 1)
	store := &snapshots{store: p.store}
	_, round := p.scrub(t, log.Sealed, store, free.Bytes, 1) // a second for it all
	if round.Took < 500*time.Millisecond || round.Took > 10*time.Second || store.taken < 2 {
		t.Errorf("%s in %d slices for %d bytes", round.Took, store.taken, round.Bytes)
	}
}

// TestScrubEnds: Run ends with its context, also while it waits.
func TestScrubEnds(t *testing.T) {
	p := sealed(t, 10)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	store := &snapshots{store: p.store}
	if err := (fsck.Scrubber{Origin: p.w.Origin, Mode: log.Sealed, Key: p.w.Signer.Key(), Store: store, Rate: 1}).Run(ctx); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 5*time.Second || store.open != 0 {
		t.Errorf("it took %s, %d snapshots open", took, store.open)
	}
	if err := p.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := (fsck.Scrubber{Origin: p.w.Origin, Mode: log.Sealed, Key: p.w.Signer.Key(), Store: store}).Run(context.Background()); err == nil {
		t.Error("a closed store gives no error")
	}
}
