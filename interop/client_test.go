package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"

	"github.com/docketlog/docket/interop/site"
	"github.com/docketlog/docket/proofs"
)

// TestClientFollowsGrowth: Tessera's client proves every checkpoint consistent
// with the one before, from empty on, and reads back what was added.
func TestClientFollowsGrowth(t *testing.T) {
	ctx := context.Background()
	s := newRaw(t, 0)
	f := fetcher(t, s)
	tracker := newTracker(t, s, f)
	for _, size := range sizes {
		grow(t, s, size)
		if _, _, _, err := tracker.Update(ctx); err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		if got := tracker.Latest(); got.Size != uint64(size) || !bytes.Equal(got.Hash, rootOf(s)) {
			t.Errorf("the client is at size %d, root %x; the log at %v", got.Size, got.Hash, head(s))
		}
		for i := 0; i < size; i += 100 { // some of each bundle; fsck reads all
			bundle, err := client.GetEntryBundle(ctx, f.ReadEntryBundle, uint64(i/256), uint64(size))
			if err != nil {
				t.Fatal(err)
			}
			if got := bundle.Entries[i%256]; !bytes.Equal(got, leaf(i)) {
				t.Fatalf("leaf %d reads %q", i, got)
			}
		}
	}
}

// TestClientFollowsSealedLog does the same over statements and seals.
func TestClientFollowsSealedLog(t *testing.T) {
	ctx := context.Background()
	var tracker *client.LogStateTracker
	newSealed(t, 150, func(s *site.Site) {
		if tracker == nil {
			tracker = newTracker(t, s, fetcher(t, s))
		}
		if _, _, _, err := tracker.Update(ctx); err != nil {
			t.Fatal(err)
		}
		if got := tracker.Latest(); got.Size != head(s).Size || !bytes.Equal(got.Hash, rootOf(s)) {
			t.Errorf("the client is at size %d, root %x; the log at %v", got.Size, got.Hash, head(s))
		}
	})
}

// TestClientRefusesFork: a log that shows another tree of the same leaves' number
// and more does not pass for a later state of the first.
func TestClientRefusesFork(t *testing.T) {
	ctx := context.Background()
	s := newRaw(t, 100)
	dir := t.TempDir()
	if err := site.Create(dir, rawConfig(t), nil); err != nil {
		t.Fatal(err)
	}
	fork := open(t, dir, rawConfig(t), nil) // the same key, other leaves
	_, view, err := fork.Log.SubmitRaw(ctx, [][]byte{[]byte("fork")})
	if err != nil {
		t.Fatal(err)
	}
	view.Release()
	grow(t, fork, 200)
	f := fetcher(t, fork)
	verifier := logVerifier(t, s)
	tracker, err := client.NewLogStateTracker(ctx, f.ReadTile, get(t, s.URL+"/checkpoint"), verifier, verifier.Name(),
		client.UnilateralConsensus(f.ReadCheckpoint))
	if err != nil {
		t.Fatal(err)
	}
	var inconsistent client.ErrInconsistency
	if _, _, _, err := tracker.Update(ctx); !errors.As(err, &inconsistent) {
		t.Errorf("got %v, want ErrInconsistency", err)
	}
}

// TestProofsEqualTessera compares our inclusion and consistency proofs with those
// that Tessera's proof builder makes from the served tiles.
func TestProofsEqualTessera(t *testing.T) {
	ctx := context.Background()
	s := newRaw(t, 700)
	for _, size := range []uint64{1, 2, 3, 255, 256, 257, 511, 512, 513, 699, 700} {
		builder, err := client.NewProofBuilder(ctx, size, fetcher(t, s).ReadTile)
		if err != nil {
			t.Fatal(err)
		}
		nodes := httpNodes(t, s, size)
		for _, i := range []uint64{0, 1, size / 3, size / 2, size - 2, size - 1} {
			if i >= size {
				continue
			}
			want, err := builder.InclusionProof(ctx, i)
			compare(t, fmt.Sprintf("inclusion of %d in %d", i, size), want, err, func() ([]proofs.Hash, error) {
				return proofs.ProveInclusion(i, size, nodes)
			})
			if i == 0 {
				continue
			}
			want, err = builder.ConsistencyProof(ctx, i, size)
			compare(t, fmt.Sprintf("consistency of %d with %d", i, size), want, err, func() ([]proofs.Hash, error) {
				return proofs.ProveConsistency(i, size, nodes)
			})
		}
	}
}

// TestServedProofsEqualTessera does so for what the log itself proves.
func TestServedProofsEqualTessera(t *testing.T) {
	ctx := context.Background()
	s := newRaw(t, 700)
	v := s.Log.View()
	defer v.Release()
	builder, err := client.NewProofBuilder(ctx, v.Size(), fetcher(t, s).ReadTile)
	if err != nil {
		t.Fatal(err)
	}
	for i := range v.Size() {
		want, err := builder.InclusionProof(ctx, i)
		compare(t, fmt.Sprintf("inclusion of %d", i), want, err, func() ([]proofs.Hash, error) { return v.Inclusion(i) })
		if i == 0 {
			continue
		}
		want, err = builder.ConsistencyProof(ctx, i, v.Size())
		compare(t, fmt.Sprintf("consistency of %d", i), want, err, func() ([]proofs.Hash, error) {
			return v.Consistency(i, v.Size())
		})
	}
}

// TestNothingAboveThePublishedSize asks with Tessera's paths for what must be
// there, cut to its width, and for what must not: its client falls back to the
// full tile on 404 alone.
func TestNothingAboveThePublishedSize(t *testing.T) {
	ctx := context.Background()
	s := newRaw(t, 300)
	f := fetcher(t, s)
	for _, c := range []struct {
		level, n uint64
		width    uint8
		there    bool
	}{
		{0, 0, 0, true}, {0, 0, 255, true}, {0, 1, 1, true}, {0, 1, 44, true}, {1, 0, 1, true},
		{0, 1, 0, false}, {0, 1, 45, false}, {0, 2, 1, false}, {1, 0, 0, false}, {1, 0, 2, false}, {1, 1, 1, false}, {2, 0, 1, false},
	} {
		body, err := f.ReadTile(ctx, c.level, c.n, c.width)
		if c.there && err != nil || !c.there && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("tile %s: %d bytes, %v; want it there: %v", layout.TilePath(c.level, c.n, c.width), len(body), err, c.there)
		}
		if want := (int(c.width)+255)%256 + 1; c.there && len(body) != want*32 {
			t.Errorf("tile %s has %d bytes, want %d hashes", layout.TilePath(c.level, c.n, c.width), len(body), want)
		}
		if c.level > 0 {
			continue
		}
		body, err = f.ReadEntryBundle(ctx, c.n, c.width)
		if c.there && err != nil || !c.there && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("bundle %s: %d bytes, %v; want it there: %v", layout.EntriesPath(c.n, c.width), len(body), err, c.there)
		}
		if hashes, err := leafHashes(body); c.there && (err != nil || len(hashes) != (int(c.width)+255)%256+1) {
			t.Errorf("bundle %s has %d leaves, %v", layout.EntriesPath(c.n, c.width), len(hashes), err)
		}
	}
}

func newTracker(t testing.TB, s *site.Site, f *client.HTTPFetcher) *client.LogStateTracker {
	t.Helper()
	verifier := logVerifier(t, s)
	tracker, err := client.NewLogStateTracker(context.Background(), f.ReadTile, nil, verifier, verifier.Name(),
		client.UnilateralConsensus(f.ReadCheckpoint))
	if err != nil {
		t.Fatal(err)
	}
	return tracker
}

func logVerifier(t testing.TB, s *site.Site) note.Verifier {
	t.Helper()
	v, err := note.NewVerifier(s.Log.Key().String())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func rootOf(s *site.Site) []byte {
	root := head(s).Root
	return root[:]
}

// compare demands that two programs found the same proof.
func compare(t *testing.T, name string, want [][]byte, err error, ours func() ([]proofs.Hash, error)) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s, theirs: %v", name, err)
	}
	got, err := ours()
	if err != nil {
		t.Fatalf("%s, ours: %v", name, err)
	}
	if !slices.EqualFunc(want, got, func(w []byte, g proofs.Hash) bool { return bytes.Equal(w, g[:]) }) {
		t.Errorf("%s: theirs %x, ours %x", name, want, got)
	}
}
