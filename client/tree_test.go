package client_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// large is a log of 310 leaves with checkpoints of sizes 5, 9, 308 and 310.
func large(t *testing.T) (*site, *client.Tree) {
	t.Helper()
	s := newSite(t)
	s.grow(ids("few", 3)...)
	s.grow(ids("many", 298)...)
	s.grow("last/1")
	return s, tree(t, s.client())
}

func tree(t *testing.T, c *client.Client) *client.Tree {
	t.Helper()
	got, err := c.NewestTree(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// tiled demands a TileError about this path, if one is named.
func tiled(t *testing.T, err error, path string) {
	t.Helper()
	var e *client.TileError
	var refused *client.Refused
	if !errors.As(err, &e) || !errors.Is(err, client.ErrAnswer) || errors.As(err, &refused) {
		t.Fatalf("%v, want a TileError", err)
	}
	if path != "" && e.Path != path {
		t.Errorf("%v, want it to be about %s", err, path)
	}
}

// Every leaf and its proof, as the log itself has them; consistency from all sizes,
// checked by x/mod.
func TestTreeIsTheLogs(t *testing.T) {
	s, got := large(t)
	v := s.l.View()
	defer v.Release()
	if got.Size != 310 {
		t.Fatal(got.Size)
	}
	for index := uint64(0); index < got.Size; index += 1 + index/64 {
		leaf, err := got.Leaf(ctx, index)
		want, err2 := v.Leaf(index)
		if err != nil || err2 != nil || !bytes.Equal(leaf, want) {
			t.Fatalf("leaf %d: %v, %v", index, err, err2)
		}
		hash, hashes, err := got.Inclusion(ctx, index)
		wanted, err2 := v.Inclusion(index)
		if err != nil || err2 != nil || hash != proofs.LeafHash(want) || !slices.Equal(hashes, wanted) {
			t.Fatalf("inclusion of %d: %v, %v", index, err, err2)
		}
	}
	for older := uint64(1); older <= got.Size; older += 1 + older/16 {
		root, hashes, err := got.Consistency(ctx, older)
		wanted, err2 := v.Consistency(older, got.Size)
		if err != nil || err2 != nil || !slices.Equal(hashes, wanted) {
			t.Fatalf("consistency from %d: %v, %v", older, err, err2)
		}
		var proof tlog.TreeProof
		for _, h := range hashes {
			proof = append(proof, tlog.Hash(h))
		}
		if err := tlog.CheckTree(proof, int64(got.Size), tlog.Hash(got.Root), int64(older), tlog.Hash(root)); err != nil {
			t.Fatalf("from %d: %v", older, err)
		}
	}
	for _, err := range []error{
		second(got.Leaf(ctx, 310)), second(got.LeafHash(ctx, 310)), third(got.Inclusion(ctx, 310)),
		third(got.Consistency(ctx, 0)), third(got.Consistency(ctx, 311)), second(got.Bundle(ctx, 2)),
	} {
		if err == nil || errors.Is(err, client.ErrAnswer) {
			t.Errorf("beyond the tree: %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func third[T, U any](_ T, _ U, err error) error { return err }

// Verified tiles are kept: what was proven once is not asked for again.
func TestTreeKeepsTiles(t *testing.T) {
	s, got := large(t)
	if _, err := got.Leaf(ctx, 3); err != nil {
		t.Fatal(err)
	}
	before := s.requests.Load()
	if _, _, err := got.Inclusion(ctx, 200); err != nil {
		t.Fatal(err)
	}
	if _, err := got.Leaf(ctx, 255); err != nil {
		t.Fatal(err)
	}
	if n := s.requests.Load() - before; n != 0 {
		t.Errorf("%d more requests", n)
	}
}

// A partial tile or bundle that is there no more: the full one is cut.
func TestPartialVanished(t *testing.T) {
	for name, gone := range map[string]func(w http.ResponseWriter){
		"by a docket server": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(404)
			fmt.Fprint(w, `{"status":404,"code":"not-found"}`)
		},
		"by a file server": func(w http.ResponseWriter) { w.WriteHeader(404) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.grow(ids("few", 20)...)
			old := tree(t, s.client()) // size 26
			s.grow(ids("many", 300)...)
			s.lie = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, ".p/") {
					return false
				}
				gone(w)
				return true
			}
			leaf, err := old.Leaf(ctx, 25)
			if err != nil || !bytes.Equal(leaf, s.leaf(25)) {
				t.Fatal(err)
			}
			if _, _, err := old.Inclusion(ctx, 7); err != nil {
				t.Error(err)
			}
			// Where there is no full one either, the log does not serve its own tree.
			_, err = s.client().NewestTree(ctx)
			tiled(t, err, "tile/1/000.p/1")
		})
	}
}

// One lie at a time about tiles and bundles. Nothing of them is handed out, and
// nothing is kept: the honest answer is taken after it.
func TestTreeLies(t *testing.T) {
	s, _ := large(t)
	path := "/tile/0/001.p/54"
	entries := "/tile/entries/001.p/54"
	honest, bundle := s.get(path), s.get(entries)
	leaves, err := proofs.ParseEntryBundle(bundle, 54, proofs.MaxEntry)
	if err != nil {
		t.Fatal(err)
	}
	pack := func(leaves ...[]byte) (b []byte) {
		for _, leaf := range leaves {
			if b, err = proofs.AppendEntry(b, leaf); err != nil {
				t.Fatal(err)
			}
		}
		return b
	}
	swapped := slices.Clone(leaves)
	swapped[3], swapped[4] = swapped[4], swapped[3]
	other := newSite(t)
	other.grow(ids("others", 310)...)
	for name, lie := range map[string]struct {
		path string
		body []byte
		says string // the path that the error names
	}{
		"a changed hash":              {path, changed(honest, 40), ""},
		"swapped hashes":              {path, slices.Concat(honest[32:64], honest[:32], honest[64:]), ""},
		"a truncated tile":            {path, honest[:len(honest)-32], path[1:]},
		"a tile cut in a hash":        {path, honest[:len(honest)-1], path[1:]},
		"a longer tile":               {path, append(bytes.Clone(honest), honest[:32]...), path[1:]},
		"an empty tile":               {path, nil, path[1:]},
		"the partial tile before":     {path, s.get("/tile/0/000")[:54*32], ""},
		"a tile of another log":       {path, other.get(path), ""},
		"a wrong tile above":          {"/tile/1/000.p/1", changed(s.get("/tile/1/000.p/1"), 1), ""},
		"a page":                      {path, []byte("<html>"), path[1:]},
		"swapped entries":             {entries, pack(swapped...), entries[1:]},
		"a changed entry":             {entries, changed(bundle, 300), entries[1:]},
		"an entry twice":              {entries, pack(append(slices.Clone(leaves[:53]), leaves[52])...), entries[1:]},
		"a truncated bundle":          {entries, pack(leaves[:53]...), entries[1:]},
		"a bundle cut in an entry":    {entries, bundle[:len(bundle)-1], entries[1:]},
		"a longer bundle":             {entries, pack(append(slices.Clone(leaves), leaves[0])...), entries[1:]},
		"an empty bundle":             {entries, nil, entries[1:]},
		"the entries of another log":  {entries, other.get(entries), entries[1:]},
		"the entries of other places": {entries, pack(parse(t, s.get("/tile/entries/000"), 256)[:54]...), entries[1:]},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.client().Tree(s.get("/checkpoint")) // no tile is kept yet
			if err != nil {
				t.Fatal(err)
			}
			s.lie = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != lie.path {
					return false
				}
				w.Write(lie.body)
				return true
			}
			leaf, err := got.Leaf(ctx, 258)
			if leaf != nil {
				t.Error("a leaf was handed out")
			}
			tiled(t, err, lie.says)
			s.lie = nil
			if leaf, err := got.Leaf(ctx, 258); err != nil || !bytes.Equal(leaf, s.leaf(258)) {
				t.Errorf("then the truth: %v", err)
			}
		})
	}
}

func changed(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[i] ^= 1
	return b
}

func parse(t *testing.T, bundle []byte, width int) [][]byte {
	t.Helper()
	leaves, err := proofs.ParseEntryBundle(bundle, width, proofs.MaxEntry)
	if err != nil {
		t.Fatal(err)
	}
	return leaves
}

// Answers that are no lie stay what they are: no server, too many requests.
func TestTreeTroubles(t *testing.T) {
	s, got := large(t)
	s.answer(429, "application/problem+json", []byte(`{"status":429,"code":"quota"}`))
	_, err := got.Leaf(ctx, 3)
	var refused *client.Refused
	if !errors.As(err, &refused) || refused.Code != "quota" || errors.Is(err, client.ErrAnswer) {
		t.Error(err)
	}
	got, err = (&client.Client{Server: "http://127.0.0.1:1", Verifier: s.client().Verifier}).Tree(got.Note)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := got.Leaf(ctx, 3); !errors.Is(err, client.ErrUnreachable) {
		t.Error(err)
	}
}

// Tiles that follow one checkpoint convict the note of another history.
func TestTreeExtends(t *testing.T) {
	s := newSite(t)
	other := s.fork()
	first := tree(t, s.client()) // common to both
	s.grow(ids("contracts", 3)...)
	other.grow(ids("others", 7)...)
	seen, shown := tree(t, s.client()), tree(t, other.client())
	for _, good := range [][2]*client.Tree{{first, seen}, {first, shown}, {seen, seen}} {
		if _, err := good[1].Extends(ctx, good[0]); err != nil {
			t.Error(err)
		}
	}
	_, err := shown.Extends(ctx, seen)
	var fork *client.ForkError
	if !errors.As(err, &fork) {
		t.Fatal(err)
	}
	convict(t, s.w.Signer.Key().String(), fork)
	if _, err := first.Extends(ctx, seen); err == nil || errors.As(err, &fork) {
		t.Errorf("a smaller tree: %v", err)
	}
	s.grow(ids("contracts/more", 3)...) // now both have 13 leaves
	same := tree(t, s.client())
	if _, err := shown.Extends(ctx, same); same.Size != shown.Size || !errors.As(err, &fork) {
		t.Fatal(err)
	}
	convict(t, s.w.Signer.Key().String(), fork)
}

// The seal that covers an entry has the log's time of it.
func TestSealOfAnEntry(t *testing.T) {
	_, got := large(t)
	for index, want := range map[uint64]uint64{0: 1, 1: 1, 2: 4, 5: 8, 8: 8, 9: 307, 256: 307, 308: 309, 309: 309} {
		seal, err := got.Seal(ctx, index)
		if err != nil || seal.Index != want || seal.Rules != statement.Rules {
			t.Errorf("entry %d: %+v, %v, want the seal at %d", index, seal, err, want)
		}
	}
}

// A policy may name two logs. Their checkpoints say nothing of each other: neither
// is a fork or an old state of the other.
func TestTwoLogs(t *testing.T) {
	s := newSite(t)
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	key, err := proofs.NewVerifierKey("other.docket.example", proofs.TypeEd25519, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := proofs.ParsePolicy([]byte("log " + s.w.Signer.Key().String() + "\nlog " + key.String() + "\nquorum none\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []uint64{2, 5, 1000} {
		body := proofs.Checkpoint{Origin: key.Name, TreeHead: proofs.TreeHead{Size: size, Root: proofs.Hash{1}}}.Marshal()
		line, err := proofs.SignLogLine(key.Name, func(b []byte) ([]byte, error) { return ed25519.Sign(private, b), nil }, key, body)
		if err != nil {
			t.Fatal(err)
		}
		other := slices.Concat(body, []byte("\n"), line)
		c, path := s.clientWithFile()
		c.Verifier.Policy = policy
		strange, err := c.Tree(other)
		if err != nil {
			t.Fatal(err)
		}
		mine, err := c.Tree(s.get("/checkpoint"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = mine.Extends(ctx, strange)
		unusable(t, err, "two logs")
		if err := os.WriteFile(path, other, 0o644); err != nil {
			t.Fatal(err)
		}
		_, note, err := c.Checkpoint(ctx)
		var fork *client.ForkError
		var rollback *client.RollbackError
		unusable(t, err, "two logs")
		if errors.As(err, &fork) || errors.As(err, &rollback) || note != nil {
			t.Errorf("size %d: %v", size, err)
		}
	}
}
