package register

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sort"
	"sync"
	"testing"
)

// A bed is a tree over n random registers, behind sorted leaves in memory.
type bed struct {
	tree *Tree
	src  leaves
	heap uint64 // bytes of the upper tree
}

var beds sync.Map // by size

func newBed(b *testing.B, n int) *bed {
	b.Helper()
	if have, ok := beds.Load(n); ok {
		return have.(*bed)
	}
	r := rand.NewChaCha8([32]byte{byte(n >> 16)})
	src := make(leaves, n)
	for i := range src {
		r.Read(src[i].Key[:])
		copy(src[i].ValueHash[:], src[i].Key[8:])
	}
	slices.SortFunc(src, func(x, y Leaf) int { return x.Key.Compare(y.Key) })
	before := heap()
	tree, err := Build(DepthFor(uint64(n)), src.all, nil)
	if err != nil {
		b.Fatal(err)
	}
	out := &bed{tree, src, heap() - before}
	beds.Store(n, out)
	return out
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// bench runs f at a million registers, and at ten million if DOCKET_BENCH_10M is set.
func bench(b *testing.B, f func(b *testing.B, bed *bed)) {
	sizes := []int{1_000_000}
	if os.Getenv("DOCKET_BENCH_10M") != "" {
		sizes = append(sizes, 10_000_000)
	}
	for _, n := range sizes {
		b.Run(fmt.Sprintf("registers=%d", n), func(b *testing.B) { f(b, newBed(b, n)) })
	}
}

// Leaves with a search that starts where a random key must be near: a stand-in for the store's seek that does not dominate.
func (bd *bed) Leaves(prefix Key, depth int, yield func(Leaf) bool) error {
	n := len(bd.src)
	guess := int(float64(binary.BigEndian.Uint64(prefix[:8])) / (1 << 64) * float64(n))
	low, high := max(guess-20000, 0), min(guess+20000, n)
	p := prefix
	for i := depth; i < 256; i++ {
		p[i>>3] &^= 1 << (7 - i&7)
	}
	from := low + sort.Search(high-low, func(i int) bool { return bd.src[low+i].Key.Compare(p) >= 0 })
	for ; from < n && bd.src[from].Key.sharesPrefix(&prefix, depth); from++ {
		if !yield(bd.src[from]) {
			break
		}
	}
	return nil
}

// BenchmarkUpdate updates the tree by batches of half new, half overwritten random keys. One op is one key. With -cpu 1, ns/op is CPU.
func BenchmarkUpdate(b *testing.B) {
	bench(b, func(b *testing.B, bd *bed) {
		for _, batch := range []int{256, 1024, 4096} {
			b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, uint64(batch)))
				changes := make([]leaves, 8)
				for i := range changes {
					m := map[Key]Hash{}
					for len(m) < batch {
						k := randomKey(r, false)
						if len(m)%2 == 0 {
							k = bd.src[r.IntN(len(bd.src))].Key
						}
						m[k] = Hash(k)
					}
					changes[i] = sorted(m)
				}
				b.ReportAllocs()
				b.ResetTimer()
				for i := 0; i < b.N; i += batch {
					if _, _, err := bd.tree.Update(bd, changes[i/batch%len(changes)]); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(bd.heap)/float64(uint64(1)<<bd.tree.Depth()), "treeB/bucket")
			})
		}
	})
}

func BenchmarkBuild(b *testing.B) {
	bench(b, func(b *testing.B, bd *bed) {
		for b.Loop() {
			if _, err := Build(bd.tree.Depth(), bd.src.all, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	bench(b, func(b *testing.B, bd *bed) {
		var rows []BucketRoot
		if _, err := Build(bd.tree.Depth(), bd.src.all, func(r BucketRoot) error { rows = append(rows, r); return nil }); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			_, err := Load(bd.tree.Depth(), bd.tree.Count(), func(yield func(BucketRoot) bool) error {
				for _, r := range rows {
					yield(r)
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkProve(b *testing.B) {
	bench(b, func(b *testing.B, bd *bed) {
		r := rand.New(rand.NewPCG(2, 3))
		keys := map[string]func() Key{
			"inclusion": func() Key { return bd.src[r.IntN(len(bd.src))].Key },
			"absence":   func() Key { return randomKey(r, false) },
		}
		for _, name := range []string{"inclusion", "absence"} {
			b.Run(name, func(b *testing.B) {
				size := 0
				for b.Loop() {
					p, err := bd.tree.Prove(bd, keys[name]())
					if err != nil {
						b.Fatal(err)
					}
					size += len(p.Marshal())
				}
				b.ReportMetric(float64(size)/float64(b.N), "proofB")
			})
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	bench(b, func(b *testing.B, bd *bed) {
		l := bd.src[len(bd.src)/3]
		p, err := bd.tree.Prove(bd, l.Key)
		if err != nil {
			b.Fatal(err)
		}
		enc, root := p.Marshal(), bd.tree.Root()
		b.ReportAllocs()
		for b.Loop() {
			p, err := ParsePath(enc)
			if err != nil {
				b.Fatal(err)
			}
			if err := p.VerifyInclusion(l.Key, l.ValueHash, root); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkRecordAppend(b *testing.B) {
	key := ActivityKey("wl/publisher")
	in := NewEvent{Kind: 0x81, LeafHash: h("leaf"), Payload: make([]byte, 900), Body: ActivityBody{Statement: h("s")}.Marshal()}
	var rec Record
	b.ReportAllocs()
	for b.Loop() {
		in.Index++
		if _, err := rec.Append(key, TypeActivity, in); err != nil {
			b.Fatal(err)
		}
		_ = rec.Value().Hash()
	}
}

func BenchmarkProveEvent(b *testing.B) {
	const n = 100_000
	rec, hist, _ := activity(b, n)
	for b.Loop() {
		p, err := ProveEvent(hist, 70_000, n)
		if err != nil {
			b.Fatal(err)
		}
		if err := VerifyEvent(hist.events[70_000], p, n, rec.Root); err != nil {
			b.Fatal(err)
		}
	}
}
