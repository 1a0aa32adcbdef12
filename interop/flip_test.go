package interop

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"

	"github.com/transparency-dev/tessera/api/layout"

	"github.com/docketlog/docket/interop/site"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/pebblestore"
)

// TestFsckFindsEveryFlippedByte flips every byte of every stored leaf and tile,
// one at a time, below a running log, and has fsck read what the server then
// says. The log has a full tile, a partial one, and a level above.
func TestFsckFindsEveryFlippedByte(t *testing.T) {
	flips := &flipper{}
	dir := t.TempDir()
	if err := site.Create(dir, rawConfig(t), nil); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, rawConfig(t), flips.wrap)
	grow(t, s, 258)
	key := s.Log.Key().String()
	f := handlerFetcher{server.New(s.Log)}
	if err := check(f, key); err != nil {
		t.Fatal(err)
	}
	bytesFlipped := 0
	for _, row := range rows(t, s.Store, storage.LeafSpace, storage.TileSpace) {
		for at := range row.value {
			flips.set(row.key, at)
			if err := check(f, key); err == nil {
				t.Errorf("row %x: fsck does not see byte %d flipped", row.key, at)
			}
			bytesFlipped++
		}
	}
	flips.set(nil, 0)
	if err := check(f, key); err != nil {
		t.Errorf("nothing is flipped any more: %v", err)
	}
	if bytesFlipped < 258*6+258*32+32 {
		t.Errorf("only %d bytes flipped", bytesFlipped)
	}
}

// TestFsckFindsDamageOnDisk changes a byte of a row in the closed store. Where a
// start of the log re-hashes, it refuses; elsewhere it serves what is stored,
// and fsck, as API and as program, refuses.
func TestFsckFindsDamageOnDisk(t *testing.T) {
	for _, c := range []struct {
		name   string
		key    []byte
		starts bool
	}{
		{"leaf of a full bundle", storage.Leaf(7), true},
		{"full tile", storage.Tile(0, 0), true},
		{"leaf of the last bundle", storage.Leaf(299), false},
		{"partial tile", storage.Tile(0, 1), false},
		{"tile of level 1", storage.Tile(1, 0), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := site.Create(dir, rawConfig(t), nil); err != nil {
				t.Fatal(err)
			}
			s, err := site.Open(dir, loopback, rawConfig(t), nil)
			if err != nil {
				t.Fatal(err)
			}
			grow(t, s, 300)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			damage(t, dir, c.key)
			s, err = site.Open(dir, loopback, rawConfig(t), nil)
			if !c.starts {
				if !errors.Is(err, log.ErrDamage) {
					t.Errorf("the log starts over a damaged edge: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := check(fetcher(t, s), s.Log.Key().String()); err == nil {
				t.Error("fsck takes it")
			}
			checkProgram(t, s, false)
		})
	}
}

// TestFsckFindsEveryServedFlip flips every byte of every bundle and tile as
// served, the lengths in the bundles included.
func TestFsckFindsEveryServedFlip(t *testing.T) {
	_, s := newSealed(t, 12, nil)
	f := &servedFlip{handlerFetcher: handlerFetcher{server.New(s.Log)}}
	size := head(s).Size
	width := layout.PartialTileSize(0, 0, size)
	for _, path := range []string{layout.EntriesPath(0, width), layout.TilePath(0, 0, width)} {
		f.path = ""
		body, err := f.get(path)
		if err != nil {
			t.Fatal(err)
		}
		f.path = path
		for f.at = range body {
			if err := check(f, s.Log.Key().String()); err == nil {
				t.Errorf("%s: fsck does not see byte %d flipped", path, f.at)
			}
		}
	}
}

// damage flips a bit in the middle of a row of the closed store in dir.
func damage(t *testing.T, dir string, key []byte) {
	t.Helper()
	store, err := pebblestore.Open(filepath.Join(dir, "store"), pebblestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	value, err := store.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	seq, err := store.Sequence()
	if err != nil {
		t.Fatal(err)
	}
	value[len(value)/2] ^= 1
	var b storage.Batch
	b.Set(key, value)
	if err := store.Commit(seq+1, &b); err != nil {
		t.Fatal(err)
	}
}

type row struct{ key, value []byte }

// rows reads all rows of some keyspaces.
func rows(t *testing.T, r storage.Reader, spaces ...storage.Keyspace) []row {
	t.Helper()
	var all []row
	for _, space := range spaces {
		start, end := space.Range()
		err := r.Scan(start, end, func(key, value []byte) bool {
			all = append(all, row{bytes.Clone(key), bytes.Clone(value)})
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}
