package client

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/proofs"
)

// tileHeight is the height of a tile of 256 hashes.
const tileHeight = 8

// keptTiles and keptBundles are how many verified tiles and entry bundles a Tree
// keeps in memory: 512 KiB, and some bundles.
const (
	keptTiles   = 64
	keptBundles = 4
)

// A Tree is the tree of one verified checkpoint, read from the tiles and entry
// bundles that the log publishes. Nothing is used or kept before it was shown to
// lead to the checkpoint's root, so a proof that a Tree makes needs no word of the
// server: it is computed here. Its methods are safe for concurrent use.
type Tree struct {
	proofs.Checkpoint
	Note   []byte // the signed note, byte for byte
	client *Client

	mu      sync.Mutex
	begins  bool // the tree is proven to begin with the pinned genesis
	tiles   map[proofs.Tile][]byte
	bundles map[uint64][][]byte
}

// Tree returns the tree of a signed note, which it verifies under the pinned log
// keys. It makes no request, and so does not know yet with which entry the tree
// begins: CheckGenesis does.
func (c *Client) Tree(note []byte) (*Tree, error) {
	t, err := c.FileTree(note)
	if err != nil {
		return nil, c.unusable("checkpoint: %v", err)
	}
	return t, nil
}

// FileTree is Tree for a note that no server answered with: what is wrong with it is
// no ErrAnswer.
func (c *Client) FileTree(note []byte) (*Tree, error) {
	cp, err := c.openNote(note)
	if err != nil {
		return nil, err
	}
	if cp.Size > math.MaxInt64/4 { // as many as x/mod can number
		return nil, fmt.Errorf("a tree of %d leaves", cp.Size)
	}
	return &Tree{
		Checkpoint: cp, Note: note, client: c,
		tiles: make(map[proofs.Tile][]byte), bundles: make(map[uint64][][]byte),
	}, nil
}

// NewestTree fetches the newest checkpoint, verifies it, proves that it begins with
// the pinned genesis and extends the newest one that was seen, and returns its tree.
func (c *Client) NewestTree(ctx context.Context) (*Tree, error) {
	before, err := c.newest()
	if err != nil {
		return nil, err
	}
	note, _, err := c.send(ctx, http.MethodGet, "/checkpoint", "", nil, maxProblem)
	if err != nil {
		return nil, err
	}
	t, err := c.Tree(note)
	if err != nil {
		return nil, err
	}
	if err := c.remember(ctx, note, before, t.CheckGenesis); err != nil {
		return nil, err
	}
	return t, nil
}

// CheckGenesis proves that the tree begins with the pinned genesis: a log is told by
// its key and its entry 0, as one key may have signed several. Once proven, it makes
// no request. A tree that begins otherwise is a *GenesisError.
func (t *Tree) CheckGenesis(ctx context.Context) error {
	t.mu.Lock()
	known := t.begins
	t.mu.Unlock()
	if known {
		return nil
	}
	first, err := t.LeafHash(ctx, 0)
	if err != nil {
		return err
	}
	if first != t.client.Verifier.Genesis {
		return &GenesisError{Pinned: t.client.Verifier.Genesis, Shown: first}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begins = true
	return nil
}

// Inclusion returns the leaf hash at index and its inclusion proof, computed from
// verified tiles.
func (t *Tree) Inclusion(ctx context.Context, index uint64) (proofs.Hash, []proofs.Hash, error) {
	if index >= t.Size {
		return proofs.Hash{}, nil, fmt.Errorf("there is no entry %d in a tree of size %d", index, t.Size)
	}
	leaf, err := t.LeafHash(ctx, index)
	if err != nil {
		return proofs.Hash{}, nil, err
	}
	proof, err := tlog.ProveRecord(int64(t.Size), int64(index), t.reader(ctx))
	if err != nil {
		return proofs.Hash{}, nil, err
	}
	hashes := fromTLog(proof)
	return leaf, hashes, proofs.VerifyInclusion(leaf, index, t.TreeHead, hashes)
}

// Consistency returns the root that this tree had when it was of the older size,
// and the consistency proof from there, both computed from verified tiles.
func (t *Tree) Consistency(ctx context.Context, older uint64) (proofs.Hash, []proofs.Hash, error) {
	if older < 1 || older > t.Size {
		return proofs.Hash{}, nil, fmt.Errorf("a tree of size %d does not extend one of size %d", t.Size, older)
	}
	if older == t.Size {
		return t.Root, nil, nil
	}
	root, err := tlog.TreeHash(int64(older), t.reader(ctx))
	if err != nil {
		return proofs.Hash{}, nil, err
	}
	proof, err := tlog.ProveTree(int64(t.Size), int64(older), t.reader(ctx))
	if err != nil {
		return proofs.Hash{}, nil, err
	}
	hashes := fromTLog(proof)
	return proofs.Hash(root), hashes, proofs.VerifyConsistency(proofs.TreeHead{Size: older, Root: proofs.Hash(root)}, t.TreeHead, hashes)
}

// Extends proves that the tree begins with an older one, and returns the proof. A
// signed note of another history is a *ForkError: this tree's own tiles convict
// the log.
func (t *Tree) Extends(ctx context.Context, older *Tree) ([]proofs.Hash, error) {
	if err := sameLog(older.Checkpoint, t.Checkpoint); err != nil {
		return nil, err
	}
	root, proof, err := t.Consistency(ctx, older.Size)
	if err != nil {
		return nil, err
	}
	if root == older.Root {
		return proof, nil
	}
	fork := &ForkError{Seen: older.Note, Shown: t.Note, Genesis: t.client.Verifier.Genesis}
	if older.Size != t.Size {
		fork.Root, fork.Proof = root, proof
	}
	return nil, fork
}

// sameLog refuses checkpoints of two logs, which a policy may both name: they say
// nothing of each other.
func sameLog(a, b proofs.Checkpoint) error {
	if a.Origin != b.Origin {
		return fmt.Errorf("%w: checkpoints of two logs, %s and %s", ErrAnswer, a.Origin, b.Origin)
	}
	return nil
}

// LeafHash returns the leaf hash at index.
func (t *Tree) LeafHash(ctx context.Context, index uint64) (proofs.Hash, error) {
	if index >= t.Size {
		return proofs.Hash{}, fmt.Errorf("there is no entry %d in a tree of size %d", index, t.Size)
	}
	hashes, err := t.reader(ctx).ReadHashes([]int64{tlog.StoredHashIndex(0, int64(index))})
	if err != nil {
		return proofs.Hash{}, err
	}
	return proofs.Hash(hashes[0]), nil
}

// reader reads hashes of the tree, each of them proven to be in it.
func (t *Tree) reader(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		r := &tileReader{ctx: ctx, tree: t}
		hashes, err := tlog.TileHashReader(tlog.Tree{N: int64(t.Size), Hash: tlog.Hash(t.Root)}, r).ReadHashes(indexes)
		if err != nil && r.failed == nil {
			return nil, &TileError{Size: t.Size, Reason: "the tiles do not lead to the root of the checkpoint"}
		}
		return hashes, err
	})
}

// A tileReader fetches tiles for x/mod, which calls SaveTiles when they are proven.
type tileReader struct {
	ctx    context.Context
	tree   *Tree
	failed error
}

func (r *tileReader) Height() int { return tileHeight }

func (r *tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		if data[i], r.failed = r.tree.tile(r.ctx, docketTile(tile)); r.failed != nil {
			return nil, r.failed
		}
	}
	return data, nil
}

func (r *tileReader) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	r.tree.mu.Lock()
	defer r.tree.mu.Unlock()
	if len(r.tree.tiles)+len(tiles) > keptTiles {
		clear(r.tree.tiles)
	}
	for i, tile := range tiles {
		r.tree.tiles[docketTile(tile)] = data[i]
	}
}

func docketTile(t tlog.Tile) proofs.Tile {
	return proofs.Tile{Level: uint8(t.L), N: uint64(t.N), Width: t.W}
}

// tile returns a verified tile that is kept, or an unverified one of the server.
func (t *Tree) tile(ctx context.Context, tile proofs.Tile) ([]byte, error) {
	t.mu.Lock()
	kept, ok := t.tiles[tile]
	t.mu.Unlock()
	if ok {
		return kept, nil
	}
	full := tile
	full.Width = proofs.TileWidth
	b, whole, err := t.client.partial(ctx, tile.Path(), full.Path(), maxProblem)
	if err != nil {
		return nil, t.missing(tile.Path(), err)
	}
	want := tile.Width * 32
	if whole && len(b) == proofs.TileWidth*32 {
		b = b[:want]
	}
	if len(b) != want {
		return nil, &TileError{Path: tile.Path(), Size: t.Size, Reason: fmt.Sprintf("%d bytes, want %d", len(b), want)}
	}
	return b, nil
}

// missing says that a log does not serve what its checkpoint implies. Other
// problems, such as too many requests, stay what they are.
func (t *Tree) missing(path string, err error) error {
	if notFound(err) {
		return &TileError{Path: path, Size: t.Size, Reason: "it is missing"}
	}
	return err
}

// partial fetches a partial resource, or the full one in its place if the partial
// one is there no more. whole says that it is the full one.
func (c *Client) partial(ctx context.Context, path, full string, limit int64) (body []byte, whole bool, err error) {
	body, _, err = c.send(ctx, "GET", "/"+path, "", nil, limit)
	if path != full && notFound(err) {
		body, _, err = c.send(ctx, "GET", "/"+full, "", nil, limit)
		return body, true, err
	}
	return body, false, err
}

// notFound says that the resource is not there, by the word of a docket server or
// of what serves its files.
func notFound(err error) bool {
	var refused *Refused
	var page *pageError
	return errors.As(err, &refused) && refused.Status == 404 || errors.As(err, &page) && page.status == 404
}

func fromTLog(in []tlog.Hash) []proofs.Hash {
	out := make([]proofs.Hash, len(in))
	for i, h := range in {
		out[i] = proofs.Hash(h)
	}
	return out
}
