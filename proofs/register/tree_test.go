package register

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"testing"
)

// checkTree compares a tree with the definition, and proves every present and some absent keys.
func checkTree(t *testing.T, r *rand.Rand, tree *Tree, src leaves, m map[Key]Hash, clustered bool) {
	t.Helper()
	if want := naiveRoot(m); tree.Root() != want {
		t.Fatalf("depth %d, %d leaves: root %x, want %x", tree.Depth(), len(m), tree.Root(), want)
	}
	if tree.Count() != uint64(len(m)) {
		t.Fatalf("count %d, want %d", tree.Count(), len(m))
	}
	checkProofs(t, r, tree, src, clustered)
}

func checkProofs(t *testing.T, r *rand.Rand, tree *Tree, src leaves, clustered bool) {
	t.Helper()
	for _, l := range src {
		p, err := tree.Prove(src, l.Key)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.VerifyInclusion(l.Key, l.ValueHash, tree.Root()); err != nil {
			t.Fatal(err)
		}
		checkMinimal(t, p)
	}
	for i := range 40 {
		key := randomKey(r, clustered)
		if i%2 == 0 && len(src) > 0 { // near a present one
			key = src[r.IntN(len(src))].Key
			bit := r.IntN(256)
			key[bit>>3] ^= 1 << (7 - bit&7)
		}
		p, err := tree.Prove(src, key)
		if err != nil {
			t.Fatal(err)
		}
		if p.Result == ResultInclusion {
			continue // flipped into another present one
		}
		if err := p.VerifyAbsence(key, tree.Root()); err != nil {
			t.Fatal(err)
		}
		checkMinimal(t, p)
	}
}

// checkMinimal checks that a leaf has risen as far as the rule says: its own sibling is there, unless it stands below the root.
func checkMinimal(t *testing.T, p Path) {
	t.Helper()
	if p.Depth() > 1 && p.Siblings[0] == (Hash{}) {
		t.Fatalf("path of result %d ends beside nothing at depth %d", p.Result, p.Depth())
	}
	back, err := ParsePath(p.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(p, back) {
		t.Fatalf("path %+v came back as %+v", p, back)
	}
}

// TestRandomBatches grows the same registers at every depth from 1 to 12, in batches of random sizes, and compares each step with the
// definition. Clustered keys make lone leaves rise over the bucket border and sink below it.
func TestRandomBatches(t *testing.T) {
	for depth := 1; depth <= 12; depth++ {
		for _, clustered := range []bool{false, true} {
			t.Run(fmt.Sprintf("depth %d clustered %v", depth, clustered), func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(depth), 7))
				m := map[Key]Hash{}
				tree, src := New(depth), leaves(nil)
				for step := range 12 {
					changes := map[Key]Hash{}
					for range 1 + r.IntN(1+step*2) {
						k := randomKey(r, clustered)
						if len(src) > 0 && r.IntN(3) == 0 {
							k = src[r.IntN(len(src))].Key
						}
						changes[k] = randomHash(r)
					}
					maps.Copy(m, changes)
					tree, _, src = mustUpdate(t, tree, src, sorted(changes))
					checkTree(t, r, tree, src, m, clustered)
				}
			})
		}
	}
}

// TestRootIndependent: neither the depth nor how changes are split into batches is in the root; Build and Load make the same tree.
func TestRootIndependent(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	m := map[Key]Hash{}
	for range 3000 {
		m[randomKey(r, r.IntN(4) == 0)] = randomHash(r)
	}
	all := sorted(m)
	one, _, _ := mustUpdate(t, New(5), nil, all)
	for _, depth := range []int{1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17} {
		tree, src := New(depth), leaves(nil)
		stored := map[uint32]BucketRoot{}
		order := r.Perm(len(all))
		for len(order) > 0 {
			n := min(1+r.IntN(1500), len(order))
			changes := map[Key]Hash{}
			for _, i := range order[:n] {
				changes[all[i].Key] = all[i].ValueHash
			}
			order = order[n:]
			var roots []BucketRoot
			tree, roots, src = mustUpdate(t, tree, src, sorted(changes))
			for _, b := range roots {
				stored[b.Bucket] = b
			}
		}
		if tree.Root() != one.Root() || tree.Count() != one.Count() {
			t.Errorf("depth %d: another root or count", depth)
		}
		var emitted []BucketRoot
		built, err := Build(depth, all.all, func(b BucketRoot) error { emitted = append(emitted, b); return nil })
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(tree, built) { // all pages, hash by hash
			t.Errorf("depth %d: built tree differs", depth)
		}
		if len(emitted) != len(stored) {
			t.Errorf("depth %d: Build gave %d bucket roots, Update %d", depth, len(emitted), len(stored))
		}
		loaded, err := Load(depth, uint64(len(all)), func(yield func(BucketRoot) bool) error {
			for _, b := range emitted {
				row, err := ParseBucketRoot(b.Bucket, stored[b.Bucket].Marshal())
				if err != nil {
					return err
				}
				if !yield(row) {
					break
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(tree, loaded) {
			t.Errorf("depth %d: loaded tree differs", depth)
		}
	}
}

// TestOldTrees: trees stay as they were; with the leaves of their time they prove under their old roots.
func TestOldTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	type moment struct {
		tree *Tree
		src  leaves
		root Hash
	}
	var moments []moment
	tree, src := New(6), leaves(nil)
	for range 12 {
		moments = append(moments, moment{tree, src, tree.Root()})
		changes := map[Key]Hash{}
		for range 25 {
			changes[randomKey(r, r.IntN(2) == 0)] = randomHash(r)
		}
		for range min(len(src), 10) {
			changes[src[r.IntN(len(src))].Key] = randomHash(r)
		}
		tree, _, src = mustUpdate(t, tree, src, sorted(changes))
	}
	for _, m := range moments {
		want := map[Key]Hash{}
		for _, l := range m.src {
			want[l.Key] = l.ValueHash
		}
		if m.tree.Root() != m.root {
			t.Fatal("a later update changed an old tree")
		}
		checkTree(t, r, m.tree, m.src, want, true)
	}
	// With leaves of another moment an old tree must not prove anything wrong.
	for _, l := range src {
		p, err := moments[6].tree.Prove(src, l.Key)
		if err == nil {
			if p.Result == ResultInclusion {
				err = p.VerifyInclusion(l.Key, l.ValueHash, moments[6].root)
			} else {
				err = p.VerifyAbsence(l.Key, moments[6].root)
			}
			if err != nil {
				t.Fatalf("Prove returned a path that does not verify: %v", err)
			}
		} else if !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
	}
}

// TestRiseAndSink walks two leaves through all depths of parting, across the bucket border.
func TestRiseAndSink(t *testing.T) {
	for depth := 1; depth <= 9; depth++ {
		for part := range 256 {
			a := Key(h("a"))
			b := a
			b[part>>3] ^= 1 << (7 - part&7)
			m := map[Key]Hash{a: h("va")}
			tree, roots, src := mustUpdate(t, New(depth), nil, sorted(m))
			if want := naiveRoot(m); tree.Root() != want || roots[0].Kind != NodeLeaf {
				t.Fatalf("depth %d: one leaf: kind %d, root %x, want %x", depth, roots[0].Kind, tree.Root(), want)
			}
			m[b] = h("vb")
			tree, _, src = mustUpdate(t, tree, src, leaves{{b, h("vb")}})
			p, err := tree.Prove(src, a)
			if err != nil {
				t.Fatal(err)
			}
			if p.Depth() != part+1 {
				t.Fatalf("depth %d: leaf that parts at bit %d stands at depth %d", depth, part, p.Depth())
			}
			if part%37 == 0 && tree.Root() != naiveRoot(m) {
				t.Fatalf("depth %d, bit %d: wrong root", depth, part)
			}
		}
	}
}

func TestUpdateRefuses(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	m := map[Key]Hash{}
	for range 200 {
		m[randomKey(r, false)] = randomHash(r)
	}
	tree, _, src := mustUpdate(t, New(4), nil, sorted(m))
	change := leaves{{src[100].Key, h("new")}}
	without := append(append(leaves{}, src[:101]...), src[102:]...)
	altered := append(leaves{}, src...)
	altered[101].ValueHash[0] ^= 1
	swapped := append(leaves{}, src...)
	swapped[100], swapped[101] = swapped[101], swapped[100]
	failed := errors.New("read failed")
	fails := readerFunc(func(Key, int, func(Leaf) bool) error { return failed })
	stray := readerFunc(func(_ Key, _ int, yield func(Leaf) bool) error { yield(src[0]); return nil })
	twice := readerFunc(func(prefix Key, depth int, yield func(Leaf) bool) error {
		return src.Leaves(prefix, depth, func(l Leaf) bool { yield(l); return yield(l) })
	})

	for _, tc := range []struct {
		name    string
		src     LeafReader
		changes []Leaf
		want    error
	}{
		{"changes out of order", src, []Leaf{src[3], src[2]}, ErrArgument},
		{"a key twice", src, []Leaf{src[3], src[3]}, ErrArgument},
		{"a leaf missing", without, change, ErrDamaged},
		{"all leaves missing", leaves(nil), change, ErrDamaged},
		{"a value changed", altered, change, ErrDamaged},
		{"rows out of order", swapped, change, ErrDamaged},
		{"a row outside the bucket", stray, change, ErrDamaged},
		{"rows twice", twice, change, ErrDamaged},
		{"reader fails", fails, change, failed},
	} {
		next, roots, err := tree.Update(tc.src, tc.changes)
		if !errors.Is(err, tc.want) || next != nil || roots != nil {
			t.Errorf("%s: %v, want %v and nothing else", tc.name, err, tc.want)
		}
		if tc.want == ErrArgument {
			continue
		}
		if _, err := tree.Prove(tc.src, src[100].Key); !errors.Is(err, tc.want) {
			t.Errorf("%s: Prove: %v, want %v", tc.name, err, tc.want)
		}
	}
	if same, roots, err := tree.Update(fails, nil); same != tree || roots != nil || err != nil {
		t.Error("an empty update must return the tree itself")
	}
	if same, _, err := tree.Update(src, []Leaf{src[5]}); err != nil || same.Root() != tree.Root() {
		t.Error("writing a leaf again must not change the root")
	}
}

// TestBuildLarge: more buckets than are taken into the tree at once.
func TestBuildLarge(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 17))
	m := map[Key]Hash{}
	for range 3 * buildBatch {
		m[randomKey(r, false)] = randomHash(r)
	}
	tree, roots, src := mustUpdate(t, New(18), nil, sorted(m))
	built, err := Build(18, src.all, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(roots) <= 2*buildBatch || !reflect.DeepEqual(tree, built) {
		t.Errorf("tree of %d buckets differs", len(roots))
	}
}

func TestCheckBucket(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 13))
	m := map[Key]Hash{}
	for range 50 {
		m[randomKey(r, false)] = randomHash(r)
	}
	tree, _, src := mustUpdate(t, New(5), nil, sorted(m))
	altered := append(leaves{}, src...)
	altered[20].ValueHash[5] ^= 1
	for bucket := range uint32(32) {
		if err := tree.CheckBucket(src, bucket); err != nil {
			t.Error(err)
		}
		damaged := tree.bucket(&altered[20].Key) == bucket
		if err := tree.CheckBucket(altered, bucket); damaged != errors.Is(err, ErrDamaged) {
			t.Errorf("bucket %d: %v", bucket, err)
		}
	}
	if err := tree.CheckBucket(src, 32); !errors.Is(err, ErrArgument) {
		t.Errorf("bucket 32 at depth 5: %v", err)
	}
}

// TestDeafReaders: a reader that goes on after it was told to stop does no harm.
func TestDeafReaders(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 15))
	m := map[Key]Hash{}
	for range 40 {
		m[randomKey(r, false)] = randomHash(r)
	}
	tree, _, src := mustUpdate(t, New(4), nil, sorted(m))
	all := func(yield func(Leaf) bool) error {
		for _, l := range src {
			yield(l)
		}
		return nil
	}
	deaf := readerFunc(func(_ Key, _ int, yield func(Leaf) bool) error { return all(yield) })
	if _, _, err := tree.Update(deaf, src[39:]); !errors.Is(err, ErrDamaged) {
		t.Errorf("Update: %v", err)
	}
	if _, err := tree.Prove(deaf, src[39].Key); !errors.Is(err, ErrDamaged) {
		t.Errorf("Prove: %v", err)
	}
	one, _, _ := mustUpdate(t, New(4), nil, src[:1])
	if _, err := one.Prove(deaf, src[0].Key); !errors.Is(err, ErrDamaged) {
		t.Errorf("Prove among more leaves than there are: %v", err)
	}
	reversed := func(yield func(Leaf) bool) error { yield(src[1]); yield(src[0]); yield(src[2]); return nil }
	if _, err := Build(4, reversed, nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("Build: %v", err)
	}
	rows := func(yield func(BucketRoot) bool) error {
		for _, kind := range []uint8{NodeLeaf, 9, NodeLeaf} {
			yield(BucketRoot{3, kind, h("x")})
		}
		return nil
	}
	if _, err := Load(4, 2, rows); !errors.Is(err, ErrDamaged) {
		t.Errorf("Load: %v", err)
	}
}

type readerFunc func(Key, int, func(Leaf) bool) error

func (f readerFunc) Leaves(prefix Key, depth int, yield func(Leaf) bool) error {
	return f(prefix, depth, yield)
}

func TestBuildAndLoadRefuse(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 11))
	a, b := Leaf{randomKey(r, false), h("a")}, Leaf{randomKey(r, false), h("b")}
	if a.Key.Compare(b.Key) > 0 {
		a, b = b, a
	}
	failed := errors.New("failed")
	if _, err := Build(8, leaves{b, a}.all, nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("leaves out of order: %v", err)
	}
	if _, err := Build(8, leaves{a, a}.all, nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("a leaf twice: %v", err)
	}
	if _, err := Build(8, leaves{a, b}.all, func(BucketRoot) error { return failed }); err != failed {
		t.Errorf("emit fails: %v", err)
	}
	if _, err := Build(8, func(func(Leaf) bool) error { return failed }, nil); err != failed {
		t.Errorf("reading fails: %v", err)
	}
	leaf := func(n uint32) BucketRoot { return BucketRoot{n, NodeLeaf, h("x")} }
	for _, tc := range []struct {
		name  string
		count uint64
		rows  []BucketRoot
	}{
		{"out of order", 2, []BucketRoot{leaf(5), leaf(4)}},
		{"twice", 2, []BucketRoot{leaf(5), leaf(5)}},
		{"beyond the depth", 1, []BucketRoot{leaf(256)}},
		{"empty bucket", 0, []BucketRoot{{Bucket: 3}}},
		{"unknown kind", 1, []BucketRoot{{3, 3, h("x")}}},
		{"count too small", 1, []BucketRoot{leaf(4), leaf(5)}},
		{"count too large", 3, []BucketRoot{leaf(4), leaf(5)}},
		{"count too small for parents", 2, []BucketRoot{leaf(4), {5, NodeParent, h("x")}}},
	} {
		_, err := Load(8, tc.count, func(yield func(BucketRoot) bool) error {
			for _, row := range tc.rows {
				if !yield(row) {
					break
				}
			}
			return nil
		})
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if tree, err := Load(8, 0, func(func(BucketRoot) bool) error { return nil }); err != nil || tree.Root() != New(8).Root() {
		t.Errorf("empty: %v", err)
	}
	for _, row := range [][]byte{nil, make([]byte, 33), make([]byte, 34), append([]byte{3}, make([]byte, 32)...), append([]byte{2}, make([]byte, 31)...)} {
		if _, err := ParseBucketRoot(0, row); !errors.Is(err, ErrFormat) {
			t.Errorf("bucket row %x: %v", row, err)
		}
	}
}

func TestDepth(t *testing.T) {
	for _, tc := range []struct {
		n    uint64
		want int
	}{{0, 8}, {1, 8}, {2560, 8}, {3_700, 9}, {1_000_000, 17}, {10_000_000, 20}, {1_000_000_000, 26}, {None, 26}} {
		if got := DepthFor(tc.n); got != tc.want {
			t.Errorf("DepthFor(%d) = %d, want %d", tc.n, got, tc.want)
		}
	}
	for _, depth := range []int{0, -1, MaxDepth + 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("New(%d) did not panic", depth)
				}
			}()
			New(depth)
		}()
	}
	deep, _, src := mustUpdate(t, New(MaxDepth), nil, leaves{{Key(h("a")), h("va")}})
	if p, err := deep.Prove(src, Key(h("a"))); err != nil || p.Depth() != 1 {
		t.Errorf("one leaf at depth %d: path of depth %d, %v", MaxDepth, p.Depth(), err)
	}
}
