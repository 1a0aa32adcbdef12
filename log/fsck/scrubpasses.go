package fsck

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// passes goes over the store once.
func (r *round) passes() error {
	f := findings{max: maxFound}
	sound, err := r.heads(&f)
	r.drain(&f)
	if err != nil || !sound {
		return err
	}
	for _, pass := range []func(f *findings) error{r.groups, r.indexes, r.refusals, r.registers, r.buckets} {
		if err := r.turn(); err != nil {
			return err
		}
		err := pass(&f)
		r.drain(&f)
		if err != nil {
			return err
		}
	}
	return nil
}

// heads checks the rows that speak for the whole: settings, head, newest seal,
// and the roots that tiles and buckets lead to. It takes one snapshot. It reports
// whether the size in the head can be gone by.
func (r *round) heads(f *findings) (sound bool, err error) {
	if err := strangers(r.source, r.Mode, f); err != nil {
		return false, err
	}
	row, err := r.source.get(log.HeadKey())
	if err != nil {
		return false, err
	}
	if !bytes.Equal(row, r.head.Marshal()) {
		f.row(log.HeadKey(), "the head of the log", rowText(row), "a head in its one form")
		return false, nil
	}
	shape, err := survey(r.source, r.Mode)
	if err != nil {
		return false, err
	}
	want := r.head
	want.Size, want.Depth = shape.head.Size, shape.depth
	root, wrong, err := r.rootOfTiles(want.Size)
	if err != nil {
		return false, err
	}
	if want.Root = root; wrong != nil {
		f.row(storage.Tile(0, 0), "the tiles", wrong.Error(), "tiles that lead to a root")
		want.Root = r.head.Root
	}
	sealed := true
	if r.Mode == log.Raw {
		want.Registers = 0
	}
	if r.Mode == log.Sealed {
		if sealed, err = r.newestSeal(f, &want); err != nil {
			return false, err
		}
	}
	l := Log{Origin: r.Origin, Mode: r.Mode, Key: r.Key}
	return want.Size == r.head.Size && want.Depth == r.head.Depth, checkMeta(r.source, l, want, sealed, f)
}

// rootOfTiles returns the root that the tiles lead to, or what is wrong with them.
// err is one of reading, which says nothing of the tiles.
func (r *round) rootOfTiles(size uint64) (root proofs.Hash, wrong, err error) {
	root, wrong = proofs.RootFromNodes(size, proofs.TileNodes(func(t proofs.Tile) ([]byte, error) {
		row, failed := r.source.get(storage.Tile(t.Level, t.N))
		if failed != nil {
			err = failed
			return nil, failed
		}
		if len(row) != 32*t.Width {
			return nil, fmt.Errorf("%s has %d bytes", tileName(t.Level, t.N), len(row))
		}
		return row, nil
	}, size))
	return root, wrong, err
}

// newestSeal compares the newest seal with the head and with the root that the
// bucket rows lead to. It reports whether the seal could be read.
func (r *round) newestSeal(f *findings, want *log.Head) (bool, error) {
	leaf, err := r.source.get(storage.Leaf(want.Size - 1))
	if err != nil {
		return false, err
	}
	seal, err := statement.ParseSeal(leaf)
	if err != nil {
		return false, nil // the pass over the leaves names it
	}
	want.Time, want.Registers = seal.Time, seal.Count
	b := newBuckets(r.source, maxFound, want.Depth)
	if root, err := b.storedRoot(); err != nil {
		return true, err
	} else if root != seal.Root {
		f.row(storage.Bucket(uint8(want.Depth), 0), "the bucket rows", fmt.Sprintf("root %x", root), fmt.Sprintf("%x, as in the newest seal", seal.Root))
	}
	return true, nil
}

// groups checks leaves, contents and tiles, up to the size that the log has now.
func (r *round) groups(f *findings) error {
	t := &tree{mode: r.Mode, pyramid: newPyramid(), findings: findings{max: maxFound}}
	k := r.notes(t)
	t.at = k.at
	if err := k.at(); err != nil {
		return err
	}
	batch := openBatch{known: true}
	for n, size := uint64(0), r.head.Size; n*proofs.TileWidth < size; n++ {
		work := &groups{source: r.source, mode: r.Mode, head: r.head.TreeHead, max: maxFound}
		g, err := work.check(n)
		if err != nil {
			return err
		}
		if err := r.indexed(g, &batch); err != nil {
			return err
		}
		if err := t.add(g); err != nil {
			return err
		}
		r.drain(&t.findings)
		if err := r.turn(); err != nil {
			return err
		}
	}
	if err := k.rest(r.head.Size); err != nil {
		return err
	}
	f.add(k.findings)
	return r.edge(t.pyramid, f)
}

// indexed looks each entry of a group up in the indexes.
func (r *round) indexed(g *group, batch *openBatch) error {
	for i := range g.entries {
		e := &g.entries[i]
		keys := [][]byte{storage.LeafHashIndex(e.hash)}
		if e.kind == aStatement {
			keys = append(keys, storage.DigestIndex(e.digest))
		}
		if err := r.said(g, i); err != nil {
			return err
		}
		want := binary.BigEndian.AppendUint64(nil, g.first+uint64(i))
		for _, key := range keys {
			row, err := r.source.get(key)
			if err != nil {
				return err
			}
			if !bytes.Equal(row, want) {
				g.findings.row(key, fmt.Sprintf("%s of entry %d", storage.SpaceOf(key), g.first+uint64(i)), rowText(row), rowText(want))
			}
		}
		if err := r.mentions(batch, g.first+uint64(i), e, &g.findings); err != nil {
			return err
		}
	}
	return nil
}

// edge compares the tiles above the groups with what was rebuilt, and demands
// that nothing is behind the tree. The tree may have grown since.
func (r *round) edge(p *pyramid, f *findings) error {
	size := r.head.Size
	err := p.tiles(func(level uint8, n uint64, want []byte) error {
		key := storage.Tile(level, n)
		row, err := r.source.get(key)
		switch width := 32 * proofs.WidthAt(level, n, size); {
		case err != nil:
			return err
		case len(row) != width:
			f.row(key, tileName(level, n), fmt.Sprintf("%d bytes", len(row)), fmt.Sprintf("%d bytes", width))
		case !bytes.HasPrefix(row, want):
			found, wanted := difference(row[:len(want)], want)
			f.row(key, tileName(level, n), found, wanted)
		}
		return nil
	})
	if err != nil {
		return err
	}
	start, end := storage.TileSpace.Range()
	if size > 0 {
		start = storage.Tile(0, (size+proofs.TileWidth-1)/proofs.TileWidth)
	}
	err = r.source.scan(start, end, func(key, _ []byte) bool {
		level, n, err := storage.ParseTile(key)
		if err != nil {
			f.malformed(key)
		} else if proofs.WidthAt(level, n, size) == 0 {
			f.surplus(key, fmt.Sprintf("a tree of size %d has no such tile", size))
		}
		return true
	})
	if err != nil {
		return err
	}
	return behind(r.source, size, f)
}
