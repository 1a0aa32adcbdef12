package storagetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/storage"
)

// testModel runs random commits, snapshots and reopenings against a map.
func testModel(t *testing.T, newStore NewStore) {
	const steps, keys = 300, 60
	random := rand.New(rand.NewPCG(1, 2))
	key := func() string { return string(storage.Meta(fmt.Sprint(random.IntN(keys)))) }
	s, reopen := newStore(t)
	model := map[string]string{}
	var view storage.Snapshot
	var viewModel map[string]string
	for step := range steps {
		switch random.IntN(10) {
		case 0:
			s, view = reopen(), nil
		case 1:
			view, viewModel = snapshot(t, s), maps.Clone(model)
		default:
			var b storage.Batch
			for range random.IntN(20) {
				k, v := key(), fmt.Sprint(step)
				if random.IntN(3) == 0 {
					b.Delete([]byte(k))
					delete(model, k)
				} else {
					b.Set([]byte(k), []byte(v))
					model[k] = v
				}
			}
			commitBatch(t, s, &b)
		}
		if view != nil {
			compare(t, view, viewModel, key(), key())
		}
		compare(t, s, model, key(), key())
		if t.Failed() {
			t.Fatalf("at step %d", step)
		}
	}
}

// compare checks one Get and one Scan against a model.
func compare(t *testing.T, r storage.Reader, model map[string]string, start, end string) {
	t.Helper()
	if want, ok := model[start]; ok {
		expectValue(t, r, start, want)
	} else {
		expectMissing(t, r, start)
	}
	var want []pair
	for _, k := range slices.Sorted(maps.Keys(model)) {
		if start <= k && k < end {
			want = append(want, pair{k, model[k]})
		}
	}
	if diff := cmp.Diff(want, rows(t, r, start, end)); diff != "" {
		t.Errorf("Scan(%q, %q) (-want +got):\n%s", start, end, diff)
	}
}

// testFence lets several writers compete for each number: one wins it, and
// the others write nothing.
func testFence(t *testing.T, newStore NewStore) {
	const writers, numbers = 4, 25
	s, _ := newStore(t)
	won := make([][]uint64, writers)
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for {
				last, err := s.Sequence()
				if err != nil || last >= numbers {
					return
				}
				var b storage.Batch
				b.Set(claim(last+1, w), nil)
				b.Set([]byte("last"), claim(last+1, w))
				switch err := s.Commit(last+1, &b); {
				case err == nil:
					won[w] = append(won[w], last+1)
				case !errors.Is(err, storage.ErrSequence):
					t.Errorf("Commit: %v", err)
					return
				}
			}
		})
	}
	group.Wait()

	var want []pair
	var last pair
	for w, numbers := range won {
		for _, n := range numbers {
			p := pair{string(claim(n, w)), ""}
			want = append(want, p)
			last = max2(last, p)
		}
	}
	slices.SortFunc(want, func(a, b pair) int { return slices.Compare([]byte(a.Key), []byte(b.Key)) })
	if len(want) != numbers {
		t.Errorf("%d commits were won, want %d", len(want), numbers)
	}
	for i, p := range want {
		if p.Key[:len("claim 000")] != fmt.Sprintf("claim %03d", i+1) {
			t.Fatalf("number %d has no winner or two of them: %q", i+1, p.Key)
		}
	}
	expect(t, s, append(want, pair{"last", last.Key})...)
}

func claim(n uint64, writer int) []byte { return fmt.Appendf(nil, "claim %03d by %d", n, writer) }

func max2(a, b pair) pair {
	if a.Key > b.Key {
		return a
	}
	return b
}

// testWholeBatches reads beside a writer whose every batch sets two rows to
// the same value.
func testWholeBatches(t *testing.T, newStore NewStore) {
	s, _ := newStore(t)
	commit(t, s, pair{"a", "0"}, pair{"z", "0"})
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				v, err := s.Snapshot()
				if err != nil {
					t.Errorf("Snapshot: %v", err)
					return
				}
				whole(t, v)
				whole(t, s)
				if err := v.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}
		})
	}
	for i := range 50 {
		commit(t, s, pair{"a", fmt.Sprint(i)}, pair{"m", fmt.Sprint(i)}, pair{"z", fmt.Sprint(i)})
	}
	close(stop)
	group.Wait()
}

func whole(t *testing.T, r storage.Reader) {
	values := map[string]bool{}
	err := r.Scan(nil, nil, func(_, value []byte) bool {
		values[string(value)] = true
		return true
	})
	if err != nil || len(values) != 1 {
		t.Errorf("a scan saw a part of a batch: values %v, %v", values, err)
	}
}

// testCloseUnderLoad closes a store while others use it: they end with
// ErrClosed, and what was acknowledged is there afterwards.
func testCloseUnderLoad(t *testing.T, newStore NewStore) {
	s, reopen := newStore(t)
	commit(t, s, pair{"k", "1"})
	var group sync.WaitGroup
	var acknowledged uint64
	started := make(chan struct{})
	group.Go(func() {
		for seq := uint64(2); ; seq++ {
			var b storage.Batch
			b.Set([]byte("k"), fmt.Append(nil, seq))
			if err := s.Commit(seq, &b); err != nil {
				expectError(t, "Commit", err, storage.ErrClosed)
				return
			}
			acknowledged = seq
			if seq == 10 {
				close(started)
			}
		}
	})
	for range 2 {
		group.Go(func() {
			for {
				if _, err := s.Get([]byte("k")); err != nil {
					expectError(t, "Get", err, storage.ErrClosed)
					return
				}
				err := s.Scan(nil, nil, func(key, _ []byte) bool {
					_, err := s.Get(key)
					return err == nil
				})
				if err != nil {
					expectError(t, "Scan", err, storage.ErrClosed)
					return
				}
			}
		})
	}
	<-started
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	group.Wait()
	s = reopen()
	if n, err := s.Sequence(); n != acknowledged || err != nil {
		t.Errorf("Sequence after Close: %d, %v; %d was acknowledged", n, err, acknowledged)
	}
	expect(t, s, pair{"k", fmt.Sprint(acknowledged)})
}
