package log_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
)

// A sound log, closed, of which each test damages a copy.
type sound struct {
	b       *ledger
	rows    storage.Store
	note    []byte
	keys    [][]byte
	entries []*admission.Checked // every statement but the genesis, in order
	next    []*admission.Checked // what comes next: old ones, new ones, refused ones
}

// newSound makes a log with n releases in batches of different sizes.
func newSound(t testing.TB, n int) *sound {
	t.Helper()
	b, p := newLedger(t), newPlace(t)
	if err := log.Create(context.Background(), b.w.Config(p.store, p.anchor), b.w.Genesis()); err != nil {
		t.Fatal(err)
	}
	l := b.w.Open(t, p.store, p.anchor)
	s := &sound{b: b, rows: p.store, entries: b.w.Enrollments()}
	logtest.Submit(t, l, s.entries...)
	for made := 0; made < n; made = len(b.kept()) {
		if err := b.submit(context.Background(), l, min(n-made, 1+made)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s.entries = append(s.entries, entries(b.kept())...)
	s.note = load(t, p.anchor)
	if err := p.store.Scan(nil, nil, func(key, _ []byte) bool {
		s.keys = append(s.keys, bytes.Clone(key))
		return true
	}); err != nil {
		t.Fatal(err)
	}
	first := b.kept()[0]
	s.next = append(slices.Clone(s.entries),
		b.w.Release(first.id, 2, first.entry, []byte("version two")),
		b.w.Release("contracts/new", 1, nil, []byte("new")),
		b.w.Release(first.id, 2, first.entry, []byte("rival")),
		b.w.Withdraw(b.kept()[1].id, 1, b.kept()[1].file),
	)
	return s
}

// with returns a copy of the log's store in which one row is another one; nil:
// it is missing.
func (s *sound) with(t testing.TB, key, row []byte) storage.Store {
	t.Helper()
	store := copyStore(t, s.rows)
	var b storage.Batch
	if row == nil {
		b.Delete(key)
	} else {
		b.Set(key, row)
	}
	change(t, store, &b)
	return store
}

func (s *sound) row(t testing.TB, key []byte) []byte {
	t.Helper()
	row, err := s.rows.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// flip returns the row with one bit flipped.
func flip(row []byte, bit int) []byte {
	row = bytes.Clone(row)
	row[bit/8] ^= 1 << (bit % 8)
	return row
}

// damages are the ways in which one row is damaged: missing, cut, longer, and
// some of its bits flipped.
func damages(row []byte, r *rand.Rand, bits int) map[string][]byte {
	out := map[string][]byte{"missing": nil, "longer": append(bytes.Clone(row), 0)}
	if len(row) > 0 {
		out["cut"] = row[:len(row)-1]
		for range bits {
			bit := r.IntN(len(row) * 8)
			out[fmt.Sprintf("bit %d", bit)] = flip(row, bit)
		}
	}
	return out
}

// outcome is what a log did with s.next.
type outcome struct {
	results []log.Result
	head    proofs.TreeHead
	err     error
}

// submitNext opens the log and submits what comes next.
func (s *sound) submitNext(t testing.TB, store storage.Store, a storage.Anchor, w *logtest.World) outcome {
	t.Helper()
	l, err := log.Open(w.Config(store, a))
	if err != nil {
		return outcome{err: err}
	}
	defer l.Close()
	results, view, err := l.Submit(context.Background(), s.next)
	if err != nil {
		return outcome{err: err}
	}
	defer view.Release()
	return outcome{results: results, head: view.TreeHead()}
}

// same compares outcomes; of a refusal, its code.
func (o outcome) same(other outcome) bool {
	return o.head == other.head && slices.EqualFunc(o.results, other.results, func(a, b log.Result) bool {
		if a.Refusal != nil || b.Refusal != nil {
			return a.Refusal != nil && b.Refusal != nil && a.Refusal.Code == b.Refusal.Code
		}
		return a == b
	})
}

// refusesMore compares outcomes; o may refuse what the other one found.
func (o outcome) refusesMore(other outcome) bool {
	for i, r := range other.results {
		if r.Duplicate && o.results[i].Refusal != nil {
			o.results[i] = r
		}
	}
	return o.same(other)
}

// recording is a store that remembers which rows were asked for.
type recording struct {
	storage.Store
	mu   sync.Mutex
	read map[string]bool // key -> the row is there
}

func (s *recording) Get(key []byte) ([]byte, error) {
	row, err := s.Store.Get(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read[string(key)] = err == nil
	return row, err
}

func (s *recording) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	return s.Store.Scan(start, end, func(key, value []byte) bool {
		s.mu.Lock()
		s.read[string(key)] = true
		s.mu.Unlock()
		return yield(key, value)
	})
}

// TestWriterReadsDamage damages each row that Open and the writer read for a
// batch. Then either the log does not sign, or it admits, refuses and signs what
// it would have without the damage. Rows that should not be there are tried too.
func TestWriterReadsDamage(t *testing.T) {
	s, r := newSound(t, 9), random(t)
	seen := &recording{Store: copyStore(t, s.rows), read: map[string]bool{}}
	want := s.submitNext(t, seen, anchorHolding(t, s.note), s.b.w)
	if want.err != nil {
		t.Fatal(want.err)
	}
	tried, stopped := map[storage.Keyspace]int{}, map[storage.Keyspace]int{}
	for key, there := range seen.read {
		variants := s.phantoms(t, key)
		if there {
			row, err := s.rows.Get([]byte(key))
			if err != nil {
				continue // written by the batch, read by its recheck
			}
			variants = damages(row, r, 6*deep())
		}
		for name, row := range variants {
			notary := s.b.notary.fork()
			w := *s.b.w
			w.Signer = newSigner(t, notary)
			a := anchorHolding(t, s.note)
			before := notary.count()
			got := s.submitNext(t, s.with(t, []byte(key), row), a, &w)
			space := storage.SpaceOf([]byte(key))
			tried[space]++
			switch {
			case got.err != nil:
				stopped[space]++
				if notary.count() != before || !bytes.Equal(load(t, a), s.note) {
					t.Errorf("%s row %x, %s: it signed, then: %v", space, key, name, got.err)
				}
			case name == "missing" && space == storage.DigestIndexSpace && got.refusesMore(want):
				// Nobody finds such an entry; its statement cannot come in again.
			case !got.same(want):
				t.Errorf("%s row %x, %s:\n%+v\n%+v", space, key, name, got, want)
			}
			notary.check(t)
		}
	}
	for _, space := range slices.Sorted(maps.Keys(tried)) {
		t.Logf("%-14s %4d damaged rows, %4d stopped the log", space, tried[space], stopped[space])
	}
}

// phantoms are rows for a key that has none: those of other keys of its kind.
func (s *sound) phantoms(t testing.TB, key string) map[string][]byte {
	out := map[string][]byte{}
	for _, k := range s.keys {
		if k[0] == key[0] && len(out) < 3 {
			out[fmt.Sprintf("the row of %x", k)] = s.row(t, k)
		}
	}
	return out
}

// TestDamageIsFound flips bits in every kind of row. Each is found: by Open, by
// the writer before it signs, or by the check that reads everything.
func TestDamageIsFound(t *testing.T) {
	s, r := newSound(t, 300), random(t)
	found := map[storage.Keyspace]map[string]int{}
	spaces := map[storage.Keyspace][][]byte{}
	for _, key := range s.keys {
		spaces[storage.SpaceOf(key)] = append(spaces[storage.SpaceOf(key)], key)
	}
	for space, keys := range spaces {
		found[space] = map[string]int{}
		r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, key := range keys[:min(len(keys), 4*deep())] {
			row := s.row(t, key)
			for _, bit := range []int{r.IntN(8 * len(row)), r.IntN(8 * len(row))} {
				by := s.foundBy(t, s.with(t, key, flip(row, bit)))
				found[space][by]++
				if by == "" {
					t.Errorf("%s row %x, bit %d: nobody found it", space, key, bit)
				}
			}
		}
	}
	for _, space := range []storage.Keyspace{storage.LeafSpace, storage.TileSpace, storage.ContentSpace, storage.DigestIndexSpace,
		storage.RegisterLeafSpace, storage.BucketSpace, storage.RecordSpace, storage.EventSpace, storage.HistoryTileSpace, storage.MetaSpace} {
		if len(found[space]) == 0 {
			t.Errorf("no %s row was damaged", space)
		}
		t.Logf("%-14s %v", space, found[space])
	}
}

// foundBy says who finds the damage.
func (s *sound) foundBy(t testing.TB, store storage.Store) string {
	t.Helper()
	a := anchorHolding(t, s.note)
	l, err := log.Open(s.b.w.Config(store, a))
	if err != nil {
		return "open"
	}
	defer l.Close()
	_, view, err := l.Submit(context.Background(), s.next[len(s.next)-4:])
	if errors.Is(err, log.ErrStopped) {
		return "writer"
	}
	if err != nil {
		t.Fatal(err)
	}
	view.Release()
	if logtest.Audit(s.b.w, store, a) != nil {
		return "check"
	}
	return ""
}
