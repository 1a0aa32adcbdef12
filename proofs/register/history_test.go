package register

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
)

// merkleRoot is the root of the first `size` events by the merkle library alone.
func merkleRoot(t testing.TB, events []Event, size int) Hash {
	t.Helper()
	r := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for _, e := range events[:size] {
		if err := r.Append(rfc6962.DefaultHasher.HashLeaf(e.Marshal()), nil); err != nil {
			t.Fatal(err)
		}
	}
	root, err := r.GetRootHash(nil)
	if err != nil {
		t.Fatal(err)
	}
	return Hash(root)
}

func TestHistorySmall(t *testing.T) {
	const n = 40
	rec, hist, _ := activity(t, n)
	if rec.Root != merkleRoot(t, hist.events, n) {
		t.Fatal("record has another root than the merkle library")
	}
	for size := uint64(1); size <= n; size++ {
		root := merkleRoot(t, hist.events, int(size))
		for a := range size {
			p, err := ProveEvent(hist, a, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyEvent(hist.events[a], p, size, root); err != nil {
				t.Fatalf("event %d of %d: %v", a, size, err)
			}
			for b := a + 1; b <= size; b++ {
				p, err := ProveRange(hist, a, b, size)
				if err != nil {
					t.Fatal(err)
				}
				if err := VerifyRange(hist.events[a:b], p, size, root); err != nil {
					t.Fatalf("events [%d, %d) of %d: %v", a, b, size, err)
				}
			}
		}
	}
}

// TestHistoryTiles crosses the borders of tiles of two levels and proves at old sizes from newer tiles.
func TestHistoryTiles(t *testing.T) {
	const n = 65536 + 300
	rec, hist, _ := activity(t, n)
	if got, want := len(hist.tiles), 257+2+1; got != want {
		t.Fatalf("%d tiles, want %d", got, want)
	}
	if got := len(hist.tiles[[2]uint64{1, 0}]) / 32; got != 256 {
		t.Fatalf("level 1 tile 0 has %d hashes", got)
	}
	roots := map[uint64]Hash{n: rec.Root}
	for _, size := range []uint64{1, 255, 256, 257, 511, 512, 513, 40000, 65535, 65536, 65537, n} {
		if _, ok := roots[size]; !ok {
			roots[size] = merkleRoot(t, hist.events, int(size))
		}
		for _, seq := range []uint64{0, 1, 254, 255, 256, 300, 511, 512, 39999, 65279, 65280, 65535, 65536, n - 1} {
			if seq >= size {
				continue
			}
			p, err := ProveEvent(hist, seq, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyEvent(hist.events[seq], p, size, roots[size]); err != nil {
				t.Fatalf("event %d of %d: %v", seq, size, err)
			}
			b := min(seq+700, size)
			p, err = ProveRange(hist, seq, b, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyRange(hist.events[seq:b], p, size, roots[size]); err != nil {
				t.Fatalf("events [%d, %d) of %d: %v", seq, b, size, err)
			}
		}
	}
}

// TestHistoryTilesSave: with tiles a proof reads at most 255 events.
func TestHistoryTilesSave(t *testing.T) {
	_, hist, _ := activity(t, 2000)
	count := &countingHistory{history: hist}
	for _, seq := range []uint64{0, 1000, 1999} {
		count.n = 0
		if _, err := ProveEvent(count, seq, 2000); err != nil {
			t.Fatal(err)
		}
		if count.n > 255 {
			t.Errorf("proof of event %d read %d events", seq, count.n)
		}
	}
}

type countingHistory struct {
	*history
	n int
}

func (c *countingHistory) Events(from, to uint64, yield func(Event) bool) error {
	c.n += int(to - from)
	return c.history.Events(from, to, yield)
}

func TestHistoryFlips(t *testing.T) {
	const n = 7
	rec, hist, _ := activity(t, n)
	event, err := ProveEvent(hist, 4, n)
	if err != nil {
		t.Fatal(err)
	}
	between, err := ProveRange(hist, 3, 5, n)
	if err != nil {
		t.Fatal(err)
	}
	checkFlips(t, "event", [][]byte{hist.events[4].Marshal()}, event, func(evs []Event, p []Hash) error {
		return VerifyEvent(evs[0], p, n, rec.Root)
	})
	checkFlips(t, "range", [][]byte{hist.events[3].Marshal(), hist.events[4].Marshal()}, between, func(evs []Event, p []Hash) error {
		return VerifyRange(evs, p, n, rec.Root)
	})
}

// checkFlips flips every bit of the events and of the proof; each must be refused by parsing or verifying.
func checkFlips(t *testing.T, name string, events [][]byte, proof []Hash, verify func([]Event, []Hash) error) {
	t.Helper()
	parse := func() ([]Event, error) {
		var out []Event
		for _, b := range events {
			e, err := ParseEvent(b)
			if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
		return out, nil
	}
	try := func() error {
		evs, err := parse()
		if err != nil {
			return err
		}
		return verify(evs, proof)
	}
	if err := try(); err != nil {
		t.Fatal(err)
	}
	flip := func(b []byte) {
		for i := range 8 * len(b) {
			b[i/8] ^= 1 << (i % 8)
			if try() == nil {
				t.Errorf("%s: bit %d flipped, still verifies", name, i)
			}
			b[i/8] ^= 1 << (i % 8)
		}
	}
	for _, b := range events {
		flip(b)
	}
	for i := range proof {
		flip(proof[i][:])
	}
}

func TestVerifyHistoryRefuses(t *testing.T) {
	const n = 11
	rec, hist, _ := activity(t, n)
	ev := hist.events
	one, _ := ProveEvent(hist, 4, n)
	mid, _ := ProveRange(hist, 3, 6, n)
	full, _ := ProveRange(hist, 0, n, n)
	if len(full) != 0 {
		t.Errorf("full history needs %d hashes, want none", len(full))
	}
	edit := func(from, to int, f func(e []Event)) []Event {
		out := slices.Clone(ev[from:to])
		f(out)
		return out
	}
	for _, tc := range []struct {
		name string
		err  error
	}{
		{"seq beyond the size", VerifyEvent(ev[4], one, 4, rec.Root)},
		{"size of another shape", VerifyEvent(ev[4], one, 8, rec.Root)},
		{"size 0", VerifyEvent(ev[0], nil, 0, rec.Root)},
		{"another event's proof", VerifyEvent(ev[5], one, n, rec.Root)},
		{"proof too short", VerifyEvent(ev[4], one[:len(one)-1], n, rec.Root)},
		{"proof too long", VerifyEvent(ev[4], append(slices.Clone(one), Hash{}), n, rec.Root)},
		{"another root", VerifyEvent(ev[4], one, n, h("root"))},
		{"no events", VerifyRange(nil, nil, n, rec.Root)},
		{"no events of nothing", VerifyRange(nil, nil, 0, rec.Root)},
		{"more events than the size", VerifyRange(ev, nil, n-1, rec.Root)},
		{"range ends beyond the size", VerifyRange(ev[3:6], mid, 5, rec.Root)},
		{"range seq near the top of u64", VerifyRange(edit(3, 4, func(e []Event) { e[0].Seq = None }), mid, n, rec.Root)},
		{"one event left out", VerifyRange([]Event{ev[3], ev[5]}, mid, n, rec.Root)},
		{"last event left out", VerifyRange(ev[3:5], mid, n, rec.Root)},
		{"full history without its end", VerifyRange(ev[:n-1], nil, n, rec.Root)},
		{"order changed", VerifyRange([]Event{ev[4], ev[3], ev[5]}, mid, n, rec.Root)},
		{"an event twice", VerifyRange([]Event{ev[3], ev[3], ev[5]}, mid, n, rec.Root)},
		{"another type", VerifyRange(edit(3, 6, func(e []Event) { e[1].Type = TypeRun }), mid, n, rec.Root)},
		{"range proof too short", VerifyRange(ev[3:6], mid[1:], n, rec.Root)},
		{"range proof empty", VerifyRange(ev[3:6], nil, n, rec.Root)},
		{"range proof too long", VerifyRange(ev[3:6], append(slices.Clone(mid), Hash{}), n, rec.Root)},
		{"range proof in another order", VerifyRange(ev[3:6], []Hash{mid[1], mid[0], mid[2], mid[3]}, n, rec.Root)},
		{"range under another root", VerifyRange(ev[3:6], mid, n, h("root"))},
	} {
		if !errors.Is(tc.err, ErrProof) {
			t.Errorf("%s: %v, want ErrProof", tc.name, tc.err)
		}
	}
}

// TestVerifyRangeOrder: a history that a dishonest log really built must not pass when its events go back.
func TestVerifyRangeOrder(t *testing.T) {
	build := func(f func(e []Event)) ([]Event, Hash) {
		_, hist, _ := activity(t, 3)
		f(hist.events)
		return hist.events, merkleRoot(t, hist.events, 3)
	}
	for _, tc := range []struct {
		name string
		f    func(e []Event)
		ok   bool
	}{
		{"honest", func([]Event) {}, true},
		{"equal times", func(e []Event) { e[2].Time = e[1].Time }, true},
		{"same index", func(e []Event) { e[2].Index = e[1].Index }, false},
		{"index goes back", func(e []Event) { e[2].Index = 0 }, false},
		{"time goes back", func(e []Event) { e[2].Time = e[1].Time - 1 }, false},
		{"type changes", func(e []Event) { e[2].Type = TypeRun }, false},
		{"seq jumps", func(e []Event) { e[2].Seq = 7 }, false},
	} {
		events, root := build(tc.f)
		err := VerifyRange(events, nil, 3, root)
		if tc.ok && err != nil || !tc.ok && !errors.Is(err, ErrProof) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// TestValueVerifies: a value checks more of its events than the history can.
func TestValueVerifies(t *testing.T) {
	const n = 7
	rec, hist, _ := activity(t, n)
	v, ev := rec.Value(), hist.events
	prove := func(seq, size uint64) []Hash {
		p, err := ProveEvent(hist, seq, size)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if err := v.VerifyEvent(ev[4], prove(4, n)); err != nil {
		t.Error(err)
	}
	if err := v.VerifyEvent(ev[n-1], prove(n-1, n)); err != nil {
		t.Error(err)
	}
	if err := v.VerifyRange(ev, nil); err != nil {
		t.Error(err)
	}
	with := func(f func(*Value)) Value { w := v; f(&w); return w }
	otherType, older := with(func(w *Value) { w.Type = TypeRun }), with(func(w *Value) { w.Last = ev[3].Index })
	newer := with(func(w *Value) { w.Last++ })
	for _, tc := range []struct {
		name string
		err  error
	}{
		{"register of another type", otherType.VerifyEvent(ev[4], prove(4, n))},
		{"event after the newest", older.VerifyEvent(ev[4], prove(4, n))},
		{"newest event is not the last entry", newer.VerifyEvent(ev[n-1], prove(n-1, n))},
		{"wrong proof", v.VerifyEvent(ev[4], prove(5, n))},
		{"range in a register of another type", otherType.VerifyRange(ev, nil)},
		{"range after the newest", older.VerifyRange(ev, nil)},
		{"range whose newest is not the last entry", newer.VerifyRange(ev, nil)},
		{"range without its end", v.VerifyRange(ev[:n-1], nil)},
		{"no events", v.VerifyRange(nil, nil)},
	} {
		if !errors.Is(tc.err, ErrProof) {
			t.Errorf("%s: %v, want ErrProof", tc.name, tc.err)
		}
	}
}

func TestProveHistoryRefuses(t *testing.T) {
	_, hist, _ := activity(t, 600)
	failed := errors.New("read failed")
	gap := &history{events: slices.Concat(hist.events[:520], hist.events[521:]), tiles: hist.tiles}
	short := &history{events: hist.events[:590], tiles: hist.tiles}
	cut := &history{events: hist.events, tiles: map[[2]uint64][]byte{}}
	for k, v := range hist.tiles {
		cut.tiles[k] = v[:32]
	}
	prove := func(r HistoryReader, seq, size uint64) error { _, err := ProveEvent(r, seq, size); return err }
	ranged := func(a, b, size uint64) error { _, err := ProveRange(hist, a, b, size); return err }
	for _, tc := range []struct {
		name string
		err  error
		want error
	}{
		{"seq beyond the size", prove(hist, 600, 600), ErrArgument},
		{"size 0", prove(hist, 0, 0), ErrArgument},
		{"empty range", ranged(4, 4, 600), ErrArgument},
		{"range beyond the size", ranged(4, 601, 600), ErrArgument},
		{"size that is not there", prove(hist, 5, 700), ErrDamaged},
		{"an event missing", prove(gap, 530, 600), ErrDamaged},
		{"events missing at the end", prove(short, 530, 600), ErrDamaged},
		{"tile cut short", prove(cut, 5, 600), ErrDamaged},
		{"tile missing", prove(&history{events: hist.events}, 5, 600), ErrFormat},
		{"reader fails", prove(failingHistory{failed}, 5, 600), failed},
	} {
		if !errors.Is(tc.err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, tc.err, tc.want)
		}
	}
	for _, size := range []uint64{0, 1, 255, 257} {
		if rows, err := FilledTiles(failingHistory{failed}, size); rows != nil || err != nil {
			t.Errorf("size %d fills no tile: %v, %v", size, rows, err)
		}
	}
	if _, err := FilledTiles(failingHistory{failed}, 256); err != failed {
		t.Errorf("reader fails: %v", err)
	}
	if _, err := FilledTiles(gap, 512+256); !errors.Is(err, ErrDamaged) {
		t.Errorf("filled tile with events missing: %v", err)
	}
	if _, err := FilledTiles(&history{events: hist.events}, 512); !errors.Is(err, ErrFormat) {
		t.Errorf("filled tile without the tile above: %v", err)
	}
	for _, n := range []int{0, 31, 33, 257 * 32} {
		if _, err := ParseHistoryTile(make([]byte, n)); !errors.Is(err, ErrFormat) {
			t.Errorf("tile of %d bytes: %v", n, err)
		}
	}
}

type failingHistory struct{ err error }

func (f failingHistory) Events(uint64, uint64, func(Event) bool) error { return f.err }
func (f failingHistory) Tile(uint8, uint64) (HistoryTile, error)       { return nil, f.err }

func TestRecordAppend(t *testing.T) {
	key := ActivityKey("wl/publisher")
	var rec Record
	var events []Event
	for i := range 300 {
		before := rec
		beforeBytes := before.Marshal()
		row, err := rec.Append(key, TypeActivity, NewEvent{
			Kind: 0x91, Index: uint64(i * 3), Time: uint64(i), LeafHash: h(fmt.Sprint(i)),
			Payload: fmt.Append(nil, i), Body: ActivityBody{Statement: h(fmt.Sprint(i))}.Marshal(),
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(before.Marshal(), beforeBytes) {
			t.Fatal("Append wrote into an earlier copy of the record")
		}
		events = append(events, row.Event(TypeActivity, uint64(i)))
		if rec.Root != merkleRoot(t, events, i+1) {
			t.Fatalf("size %d: wrong root", i+1)
		}
		back, err := ParseRecord(rec.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		rec = *back
		v := rec.Value()
		blind, state := rec.StateOpening()
		if err := v.VerifyState(blind, state); err != nil || v.Size != uint64(i+1) || v.Last != uint64(i*3) {
			t.Fatalf("value %+v: %v", v, err)
		}
		if s, err := ParseActivityState(state); err != nil || s.Count != v.Size {
			t.Fatalf("count %d of size %d, %v", s.Count, v.Size, err)
		}
		if err := events[i].VerifyBody(row.Opening()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRecordAppendRefuses(t *testing.T) {
	key := DocumentKey("d")
	body := DocumentBody{Version: 1, Digest: SHA256Digest(h("x"))}
	var rec Record
	if _, err := rec.Append(key, TypeDocument, NewEvent{Kind: DocumentRelease, Index: 9, Body: body.Marshal()}); err != nil {
		t.Fatal(err)
	}
	before := rec.Marshal()
	body.Version = 2
	for _, tc := range []struct {
		name string
		typ  Type
		in   NewEvent
		want error
	}{
		{"another type", TypeActivity, NewEvent{Kind: 0x81, Index: 10, Body: ActivityBody{}.Marshal()}, ErrArgument},
		{"same index", TypeDocument, NewEvent{Kind: DocumentRelease, Index: 9, Body: body.Marshal()}, ErrArgument},
		{"earlier index", TypeDocument, NewEvent{Kind: DocumentRelease, Index: 8, Body: body.Marshal()}, ErrArgument},
		{"illegal kind", TypeDocument, NewEvent{Kind: 3, Index: 10, Body: body.Marshal()}, ErrTransition},
		{"malformed body", TypeDocument, NewEvent{Kind: DocumentRelease, Index: 10, Body: body.Marshal()[1:]}, ErrFormat},
	} {
		if _, err := rec.Append(key, tc.typ, tc.in); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
		if !slices.Equal(rec.Marshal(), before) {
			t.Fatalf("%s: the record changed", tc.name)
		}
	}
	if _, err := new(Record).Append(GrantKey(Hash{}), TypeGrant, NewEvent{Kind: 1}); !errors.Is(err, ErrFormat) {
		t.Errorf("grant without a body: %v, want ErrFormat", err)
	}
	full := Record{Type: TypeDocument, Size: None, Last: 1}
	if _, err := full.Append(key, TypeDocument, NewEvent{Kind: DocumentRelease, Index: 10}); !errors.Is(err, ErrArgument) {
		t.Errorf("full history: %v", err)
	}
}
