package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/storage"
)

// NewStore makes an empty store of a new place and opens it. reopen closes
// what is open, opens the same place again and returns that. Both end the
// test when they cannot; the last store is closed when the test ends.
type NewStore func(t *testing.T) (s storage.Store, reopen func() storage.Store)

// Run checks a store against the contract of storage.Store.
func Run(t *testing.T, newStore NewStore) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, NewStore)
	}{
		{"empty", testEmpty},
		{"rows", testRows},
		{"values", testValues},
		{"copies", testCopies},
		{"batch order", testBatchOrder},
		{"batch reuse", testBatchReuse},
		{"scan bounds", testScanBounds},
		{"scan stops", testScanStops},
		{"scan is of one time", testScanOneTime},
		{"scan nested", testScanNested},
		{"sequence", testSequence},
		{"empty batch", testEmptyBatch},
		{"reopen", testReopen},
		{"snapshot", testSnapshot},
		{"snapshot close", testSnapshotClose},
		{"closed", testClosed},
		{"free space", testFreeSpace},
		{"model", testModel},
		{"fence", testFence},
		{"whole batches", testWholeBatches},
		{"close under load", testCloseUnderLoad},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newStore) })
	}
}

func testEmpty(t *testing.T, newStore NewStore) {
	s, _ := newStore(t)
	if n, err := s.Sequence(); n != 0 || err != nil {
		t.Errorf("Sequence of an empty store: %d, %v", n, err)
	}
	expect(t, s)
	expectMissing(t, s, "k")
	expectMissing(t, s, "")
	expectMissing(t, s, "\x00")
}

func testRows(t *testing.T, newStore NewStore) {
	s, _ := newStore(t)
	commit(t, s, pair{"b", "1"}, pair{"a", "2"}, pair{"\xff\xff", "3"}, pair{"\x01", "4"})
	expect(t, s, pair{"\x01", "4"}, pair{"a", "2"}, pair{"b", "1"}, pair{"\xff\xff", "3"})
	for _, key := range []string{"a\x00", "c", "", "\xff"} {
		expectMissing(t, s, key)
	}

	var b storage.Batch
	b.Set([]byte("a"), []byte("5"))
	b.Delete([]byte("b"))
	b.Delete([]byte("never"))
	commitBatch(t, s, &b)
	expect(t, s, pair{"\x01", "4"}, pair{"a", "5"}, pair{"\xff\xff", "3"})
	expectMissing(t, s, "b")
}

func testValues(t *testing.T, newStore NewStore) {
	s, reopen := newStore(t)
	large := bytes.Repeat([]byte("0123456789abcdef"), 3<<16) // 3 MiB
	commit(t, s, pair{"empty", ""}, pair{"large", string(large)}, pair{"nul", "\x00\x00"})
	for range 2 {
		got, err := s.Get([]byte("empty"))
		if err != nil || got == nil || len(got) != 0 {
			t.Errorf("empty value: %v, %v; want an empty slice that is not nil", got, err)
		}
		expect(t, s, pair{"empty", ""}, pair{"large", string(large)}, pair{"nul", "\x00\x00"})
		s = reopen()
	}
}

func testCopies(t *testing.T, newStore NewStore) {
	s, _ := newStore(t)
	key, value := []byte("k"), []byte("value")
	var b storage.Batch
	b.Set(key, value)
	key[0], value[0] = 'x', 'x'
	commitBatch(t, s, &b)
	got, err := s.Get([]byte("k"))
	if err != nil {
		t.Fatal(err)
	}
	got[0] = 'y'
	_ = append(got, "more"...)
	expect(t, s, pair{"k", "value"})
}

func testBatchOrder(t *testing.T, newStore NewStore) {
	s, _ := newStore(t)
	commit(t, s, pair{"a", "1"}, pair{"a", "2"})
	expect(t, s, pair{"a", "2"})
	var b storage.Batch
	b.Delete([]byte("a"))
	b.Set([]byte("a"), []byte("3"))
	b.Set([]byte("b"), []byte("4"))
	b.Delete([]byte("b"))
	commitBatch(t, s, &b)
	expect(t, s, pair{"a", "3"})
}

func testBatchReuse(t *testing.T, newStore NewStore) {
	s, _ := newStore(t)
	var b storage.Batch
	b.Set([]byte("a"), []byte("1"))
	commitBatch(t, s, &b)
	if b.Len() != 1 {
		t.Errorf("Commit changed the batch: %d rows", b.Len())
	}
	b.Reset()
	b.Set([]byte("b"), []byte("2"))
	commitBatch(t, s, &b)
	expect(t, s, pair{"a", "1"}, pair{"b", "2"})
}

func testScanBounds(t *testing.T, newStore NewStore) {
	s, _ := newStore(t)
	a, ab, b, c := pair{"a", "1"}, pair{"ab", "2"}, pair{"b", "3"}, pair{"c", "4"}
	commit(t, s, a, ab, b, c)
	for _, test := range []struct {
		start, end string
		want       []pair
	}{
		{"", "", []pair{a, ab, b, c}},
		{"a", "", []pair{a, ab, b, c}},
		{"a\x00", "", []pair{ab, b, c}},
		{"", "b", []pair{a, ab}},
		{"", "b\x00", []pair{a, ab, b}},
		{"a", "ab", []pair{a}},
		{"ab", "c", []pair{ab, b}},
		{"b", "b", nil},
		{"c", "a", nil},
		{"d", "", nil},
		{"", "\x00", nil},
		{"\x00", "\x01", nil},
		{"", "a", nil},
	} {
		if diff := cmp.Diff(test.want, rows(t, s, test.start, test.end)); diff != "" {
			t.Errorf("Scan(%q, %q) (-want +got):\n%s", test.start, test.end, diff)
		}
	}
}

func testScanStops(t *testing.T, newStore NewStore) {
	s, _ := newStore(t)
	commit(t, s, pair{"a", "1"}, pair{"b", "2"}, pair{"c", "3"})
	calls := 0
	if err := s.Scan(nil, nil, func(_, _ []byte) bool { calls++; return calls < 2 }); err != nil || calls != 2 {
		t.Errorf("a scan that is stopped at the second row: %d calls, %v", calls, err)
	}
}

func testScanOneTime(t *testing.T, newStore NewStore) {
	s, _ := newStore(t)
	commit(t, s, pair{"a", "1"}, pair{"b", "1"}, pair{"c", "1"})
	var seen []pair
	err := s.Scan(nil, nil, func(key, value []byte) bool {
		seen = append(seen, pair{string(key), string(value)})
		if len(seen) == 1 {
			var b storage.Batch
			b.Set([]byte("b"), []byte("2"))
			b.Delete([]byte("c"))
			b.Set([]byte("d"), []byte("2"))
			commitBatch(t, s, &b)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]pair{{"a", "1"}, {"b", "1"}, {"c", "1"}}, seen); diff != "" {
		t.Errorf("a scan saw a commit made during it (-want +got):\n%s", diff)
	}
	expect(t, s, pair{"a", "1"}, pair{"b", "2"}, pair{"d", "2"})
}

func testScanNested(t *testing.T, newStore NewStore) {
	s, _ := newStore(t)
	commit(t, s, pair{"a", "1"}, pair{"b", "2"})
	var got []string
	err := s.Scan(nil, nil, func(key, value []byte) bool {
		for _, p := range rows(t, s, "", "") {
			got = append(got, string(key)+p.Key)
		}
		expectValue(t, s, string(key), string(value))
		return true
	})
	if want := []string{"aa", "ab", "ba", "bb"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("nested scans: %q, %v; want %q", got, err, want)
	}
}

func testSequence(t *testing.T, newStore NewStore) {
	s, reopen := newStore(t)
	try := func(seq uint64, want error) {
		t.Helper()
		var b storage.Batch
		b.Set([]byte("k"), fmt.Append(nil, seq))
		b.Set(fmt.Append(nil, "row", seq), nil)
		if err := s.Commit(seq, &b); !errors.Is(err, want) {
			t.Errorf("Commit(%d): %v; want %v", seq, err, want)
		}
	}
	lost := storage.ErrSequence
	for _, seq := range []uint64{0, 2, 1 << 63, 1<<64 - 1} {
		try(seq, lost)
	}
	expect(t, s)
	try(1, nil)
	try(1, lost)
	try(3, lost)
	try(2, nil)
	expect(t, s, pair{"k", "2"}, pair{"row1", ""}, pair{"row2", ""})
	s = reopen()
	for _, seq := range []uint64{0, 1, 2, 4} {
		try(seq, lost)
	}
	expect(t, s, pair{"k", "2"}, pair{"row1", ""}, pair{"row2", ""})
	try(3, nil)
	expectValue(t, s, "k", "3")
}

func testEmptyBatch(t *testing.T, newStore NewStore) {
	s, reopen := newStore(t)
	commit(t, s)
	commit(t, s)
	s = reopen()
	if n, err := s.Sequence(); n != 2 || err != nil {
		t.Errorf("Sequence after two empty commits: %d, %v", n, err)
	}
	expect(t, s)
}

func testReopen(t *testing.T, newStore NewStore) {
	s, reopen := newStore(t)
	var want []pair
	for i := range 30 {
		p := pair{fmt.Sprintf("k%02d", i), fmt.Sprint(i)}
		want = append(want, p)
		commit(t, s, p)
		if i%10 == 9 {
			s = reopen()
			expect(t, s, want...)
			if n, err := s.Sequence(); n != uint64(i+1) || err != nil {
				t.Errorf("Sequence after %d commits and reopening: %d, %v", i+1, n, err)
			}
		}
	}
}
