package register

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
)

func h(s string) Hash { return sha256.Sum256([]byte(s)) }

// leaves is a LeafReader over a sorted slice that is never changed.
type leaves []Leaf

func (l leaves) Leaves(prefix Key, depth int, yield func(Leaf) bool) error {
	low := prefix
	for i := depth; i < 256; i++ {
		low[i>>3] &^= 1 << (7 - i&7)
	}
	from := sort.Search(len(l), func(i int) bool { return l[i].Key.Compare(low) >= 0 })
	for ; from < len(l) && l[from].Key.sharesPrefix(&prefix, depth); from++ {
		if !yield(l[from]) {
			break
		}
	}
	return nil
}

func (l leaves) all(yield func(Leaf) bool) error {
	for _, leaf := range l {
		if !yield(leaf) {
			break
		}
	}
	return nil
}

// sorted returns the leaves of a map in key order.
func sorted(m map[Key]Hash) leaves {
	keys := slices.SortedFunc(maps.Keys(m), Key.Compare)
	out := make(leaves, len(keys))
	for i, k := range keys {
		out[i] = Leaf{k, m[k]}
	}
	return out
}

// naiveRoot computes the root straight from the definition, over a map, with keys as strings of '0' and '1'.
func naiveRoot(m map[Key]Hash) Hash {
	in := map[string]Hash{}
	for k, v := range m {
		bits := make([]byte, 0, 256)
		for _, b := range k {
			bits = fmt.Appendf(bits, "%08b", b)
		}
		in[string(bits)] = sha256.Sum256(slices.Concat([]byte{2}, k[:], v[:]))
	}
	left, right := naiveNode(in, 0, '0'), naiveNode(in, 0, '1')
	return sha256.Sum256(slices.Concat([]byte{3}, left[:], right[:]))
}

// naiveNode is the node of those leaves that have this bit at this depth.
func naiveNode(in map[string]Hash, depth int, bit byte) Hash {
	below := map[string]Hash{}
	for bits, hash := range in {
		if bits[depth] == bit {
			below[bits] = hash
		}
	}
	if len(below) < 2 {
		for _, hash := range below {
			return hash
		}
		return Hash{}
	}
	left, right := naiveNode(below, depth+1, '0'), naiveNode(below, depth+1, '1')
	return sha256.Sum256(slices.Concat([]byte{3}, left[:], right[:]))
}

// randomKey returns a key; clustered ones share all but the last bits of a few long prefixes.
func randomKey(r *rand.Rand, clustered bool) Key {
	var k Key
	for i := 0; i < 32; i += 8 {
		binary.BigEndian.PutUint64(k[i:], r.Uint64())
	}
	if clustered {
		stem := Key(h(fmt.Sprint("stem", r.IntN(3))))
		n := []int{1, 2, 7, 11, 13, 40, 250}[r.IntN(7)]
		for i := range n {
			k[i>>3] = k[i>>3]&^(1<<(7-i&7)) | stem.bit(i)<<(7-i&7)
		}
	}
	return k
}

func randomHash(r *rand.Rand) Hash { return Hash(randomKey(r, false)) }

// mustUpdate updates a tree and returns also the leaves after it.
func mustUpdate(t testing.TB, tree *Tree, before leaves, changes leaves) (*Tree, []BucketRoot, leaves) {
	t.Helper()
	next, roots, err := tree.Update(before, changes)
	if err != nil {
		t.Fatal(err)
	}
	m := map[Key]Hash{}
	for _, l := range before {
		m[l.Key] = l.ValueHash
	}
	for _, l := range changes {
		m[l.Key] = l.ValueHash
	}
	return next, roots, sorted(m)
}

// history is a HistoryReader in memory that stores tiles as a writer does.
type history struct {
	events []Event
	tiles  map[[2]uint64][]byte
}

func (s *history) Events(from, to uint64, yield func(Event) bool) error {
	for _, e := range s.events[min(from, uint64(len(s.events))):min(to, uint64(len(s.events)))] {
		if !yield(e) {
			break
		}
	}
	return nil
}

func (s *history) Tile(level uint8, n uint64) (HistoryTile, error) {
	return ParseHistoryTile(s.tiles[[2]uint64{uint64(level), n}])
}

func (s *history) append(t testing.TB, e Event) {
	t.Helper()
	s.events = append(s.events, e)
	rows, err := FilledTiles(s, uint64(len(s.events)))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if s.tiles == nil {
			s.tiles = map[[2]uint64][]byte{}
		}
		s.tiles[[2]uint64{uint64(row.Level), row.N}] = row.Tile.Marshal()
	}
}

// activity returns an activity register with n events, its history, and its event rows.
func activity(t testing.TB, n int) (*Record, *history, []EventRow) {
	t.Helper()
	var (
		rec  Record
		hist history
		rows []EventRow
		key  = ActivityKey("wl/publisher")
	)
	for i := range n {
		row, err := rec.Append(key, TypeActivity, NewEvent{
			Kind: 0x81, Index: uint64(2*i + 1), Time: 1763762400123 + uint64(i), LeafHash: h(fmt.Sprint("leaf ", i)),
			Payload: fmt.Appendf(nil, `{"nonce":"%d"}`, i),
			Body:    ActivityBody{Statement: h(fmt.Sprint("statement ", i)), Run: RunKey("run-1")}.Marshal(),
		})
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
		hist.append(t, row.Event(TypeActivity, uint64(i)))
	}
	return &rec, &hist, rows
}
