package fsck

import (
	"bytes"
	"errors"
	"math"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/storage"
)

// spaces are the keyspaces of each mode.
var spaces = map[log.Mode][]storage.Keyspace{
	log.Raw: {
		storage.LeafHashSpace, storage.CheckpointSpace, storage.LeafSpace, storage.MetaSpace, storage.TileSpace,
	},
	log.Sealed: {
		storage.BucketSpace, storage.ContentSpace, storage.DigestIndexSpace, storage.EventSpace, storage.LeafHashSpace,
		storage.HistoryTileSpace, storage.SearchSpace, storage.CheckpointSpace, storage.LeafSpace, storage.MetaSpace, storage.TileSpace,
		storage.RefusalSpace, storage.RecordSpace, storage.RegisterLeafSpace,
	},
}

// strangers names the rows outside the keyspaces of the mode, and the meta rows
// that no log has.
func strangers(s *source, mode log.Mode, f *findings) error {
	from := []byte{1} // below is the store's own
	for _, space := range spaces[mode] {
		start, end := space.Range()
		if err := surplusIn(s, from, start, "no keyspace of this log", f); err != nil {
			return err
		}
		from = end
	}
	if err := surplusIn(s, from, nil, "no keyspace of this log", f); err != nil {
		return err
	}
	start, end := storage.MetaSpace.Range()
	return s.scan(start, end, func(key, _ []byte) bool {
		if !bytes.Equal(key, log.HeadKey()) && !bytes.Equal(key, log.SettingsKey()) {
			f.surplus(key, "no log has a meta row of this name")
		}
		return true
	})
}

func surplusIn(s *source, start, end []byte, why string, f *findings) error {
	if end != nil && bytes.Compare(start, end) >= 0 {
		return nil
	}
	return s.scan(start, end, func(key, _ []byte) bool {
		f.surplus(key, why)
		return true
	})
}

// shape is what the check takes the log to be, before it reads it all.
type shape struct {
	head  log.Head // as the row says, with the size that most rows speak for
	depth int      // of the bucket rows
}

// survey reads the head and holds its size against the last leaf and the last
// tile: where one row of the three is damaged, two speak for the size.
func survey(s *source, mode log.Mode) (shape, error) {
	var v shape
	head, headErr := log.ReadHead(s.rows)
	if headErr != nil && !errors.Is(headErr, log.ErrDamage) {
		return v, headErr
	}
	v.head = head
	leaves, err := lastLeaf(s)
	if err != nil {
		return v, err
	}
	tiles, err := lastTile(s)
	if err != nil {
		return v, err
	}
	if headErr != nil || head.Size != leaves && head.Size != tiles {
		v.head.Size = min(leaves, tiles)
	}
	if mode == log.Raw {
		return v, nil
	}
	v.depth, err = depthOf(s, head.Depth)
	return v, err
}

// lastLeaf returns the number of leaves by the key of the last one.
func lastLeaf(s *source) (uint64, error) {
	_, end := storage.LeafSpace.Range()
	return last(func(index uint64) (bool, error) { return anyRow(s, storage.Leaf(index), end) })
}

// lastTile returns the number of leaves by the last tile of level 0.
func lastTile(s *source) (uint64, error) {
	tiles, err := last(func(n uint64) (bool, error) { return anyRow(s, storage.Tile(0, n), storage.Tile(1, 0)) })
	if err != nil || tiles == 0 {
		return 0, err
	}
	row, err := s.get(storage.Tile(0, tiles-1))
	return (tiles-1)*proofs.TileWidth + uint64(len(row))/32, err
}

// last returns the number above the highest at which there is a row.
func last(any func(n uint64) (bool, error)) (uint64, error) {
	low, high := uint64(0), uint64(math.MaxInt64)
	for low < high { // rows end below high, and there is one at low-1 or above
		middle := low + (high-low)/2
		there, err := any(middle)
		if err != nil {
			return 0, err
		}
		if there {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

func anyRow(s *source, start, end []byte) (bool, error) {
	found := false
	err := s.scan(start, end, func(_, _ []byte) bool { found = true; return false })
	return found, err
}

// depthOf returns the depth at which the bucket rows are cut: that of the first
// and the last of them, else what the head says.
func depthOf(s *source, head int) (int, error) {
	_, end := storage.BucketSpace.Range()
	for depth := 1; depth <= register.MaxDepth; depth++ {
		first, err := anyRow(s, storage.Bucket(uint8(depth), 0), storage.Bucket(uint8(depth)+1, 0))
		if err != nil {
			return 0, err
		}
		if !first {
			continue
		}
		more, err := anyRow(s, storage.Bucket(uint8(depth)+1, 0), end)
		if err == nil && more && head >= 1 && head <= register.MaxDepth {
			depth = head
		}
		return depth, err
	}
	if head < 1 || head > register.MaxDepth {
		head = 1
	}
	return head, nil
}

// checkMeta compares the two meta rows with what all other rows give.
func checkMeta(s *source, l Log, want log.Head, sealed bool, f *findings) error {
	settings, err := s.get(log.SettingsKey())
	if err != nil {
		return err
	}
	if row := log.MarshalSettings(l.Origin, l.Mode, l.keysOf(s.rows)); !bytes.Equal(settings, row) {
		f.row(log.SettingsKey(), "the settings of the log", rowText(settings), rowText(row)+", as configured")
	}
	head, err := s.get(log.HeadKey())
	if err != nil {
		return err
	}
	if !sealed { // the newest seal is damaged and was named already
		if got, err := log.ReadHead(s.rows); err == nil && got.TreeHead == want.TreeHead {
			return nil
		}
	}
	if row := want.Marshal(); !bytes.Equal(head, row) {
		f.row(log.HeadKey(), "the head of the log", rowText(head), rowText(row)+", as the leaves give")
	}
	return nil
}
