package logtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// checkDerived compares the rows that follow from others: contents and digest
// index from the leaves, history tiles from the events, bucket roots from the
// leaves of the register tree, and the head.
func checkDerived(store storage.Reader, leaves [][]byte, newest proofs.TreeHead) error {
	depth, err := checkHead(store, leaves, newest)
	if err != nil {
		return err
	}
	return errors.Join(
		checkStatements(store, leaves),
		checkSearch(store, leaves),
		checkBuckets(store, depth),
		checkHistoryTiles(store),
	)
}

// checkHead demands the one form of the head row and returns the depth that it
// names, which is a local choice.
func checkHead(store storage.Reader, leaves [][]byte, newest proofs.TreeHead) (depth int, err error) {
	row, err := store.Get(storage.Meta("head"))
	if err != nil {
		return 0, err
	}
	seal, err := statement.ParseSeal(leaves[len(leaves)-1])
	if err != nil {
		return 0, err
	}
	for depth = 1; depth <= register.MaxDepth; depth++ {
		if bytes.Equal(row, Head(newest, seal.Time, seal.Count, depth)) {
			return depth, nil
		}
	}
	return 0, fmt.Errorf("head row %s, want %s", row, Head(newest, seal.Time, seal.Count, 1))
}

// Head returns the head row of a log.
func Head(newest proofs.TreeHead, time int64, registers uint64, depth int) []byte {
	return fmt.Appendf(nil, `{"size":%d,"root":"%s","time":%d,"registers":%d,"depth":%d}`,
		newest.Size, base64.StdEncoding.EncodeToString(newest.Root[:]), time, registers, depth)
}

// checkStatements demands one content and one digest index row per statement.
func checkStatements(store storage.Reader, leaves [][]byte) error {
	index, said := make(map[string][]byte), make(map[string][]byte)
	contents := 0
	for i, leaf := range leaves {
		c, err := statement.ParseCommitment(leaf)
		if err != nil {
			continue // a seal: the replay took it for one
		}
		index[string(storage.DigestIndex(c.Digest))] = binary.BigEndian.AppendUint64(nil, uint64(i))
		content, err := store.Get(storage.Content(uint64(i)))
		if err != nil || statement.DigestOf(content) != c.Digest {
			return fmt.Errorf("content %d is not what its leaf commits to: %v", i, err)
		}
		contents++
		if f, ok := refusalIn(content); ok && said[f] == nil {
			said[f] = binary.BigEndian.AppendUint64(nil, uint64(i))
		}
	}
	start, end := storage.ContentSpace.Range()
	n := 0
	if err := store.Scan(start, end, func(_, _ []byte) bool { n++; return true }); err != nil {
		return err
	}
	if n != contents {
		return fmt.Errorf("%d contents for %d statements", n, contents)
	}
	return errors.Join(
		compareRows(store, storage.DigestIndexSpace, index),
		compareRows(store, storage.RefusalSpace, said),
	)
}

// refusalIn returns the key of the row that leads to a finding.refuse.
func refusalIn(content []byte) (key string, ok bool) {
	var s struct {
		PredicateType string
		Predicate     struct{ Code, Submission string }
	}
	if err := json.Unmarshal(content, &s); err != nil || !strings.HasSuffix(s.PredicateType, "/finding.refuse/v1") {
		return "", false
	}
	digest, err := hex.DecodeString(strings.TrimPrefix(s.Predicate.Submission, "sha256:"))
	return "R" + string(digest) + s.Predicate.Code, err == nil
}

// checkSearch demands the search rows that statements and seals give.
func checkSearch(store storage.Reader, leaves [][]byte) error {
	want := make(map[string][]byte)
	first := 0
	for i, leaf := range leaves {
		seal, err := statement.ParseSeal(leaf)
		if err != nil {
			continue
		}
		for index := first; index < i; index++ {
			content, err := store.Get(storage.Content(uint64(index)))
			if err != nil {
				return err
			}
			s, err := statement.Parse(content)
			if err != nil {
				return err
			}
			seen := make(map[string]bool)
			for _, m := range s.Mentions() {
				if m.Of == statement.MentionGrant || m == (statement.Mention{Of: statement.MentionKind, Value: "\x81"}) {
					continue
				}
				sum := sha256.Sum256([]byte("docket/v1/search-term\n" + string(byte(m.Of)) + m.Value))
				key := string(storage.Search([8]byte(sum[:]), uint64(first)))
				if seen[key] {
					continue
				}
				seen[key] = true
				if want[key] == nil {
					want[key] = binary.BigEndian.AppendUint64(nil, uint64(seal.Time))
				}
				want[key] = binary.BigEndian.AppendUint32(want[key], uint32(index-first))
			}
		}
		first = i + 1
	}
	return compareRows(store, storage.SearchSpace, want)
}

// checkLeafHashIndex demands the index of the first leaf with each hash.
func checkLeafHashIndex(store storage.Reader, hashes []proofs.Hash) error {
	index := make(map[string][]byte)
	for i, hash := range slices.Backward(hashes) {
		index[string(storage.LeafHashIndex(hash))] = binary.BigEndian.AppendUint64(nil, uint64(i))
	}
	return compareRows(store, storage.LeafHashSpace, index)
}

// checkBuckets recomputes the root of each bucket from the leaves below it.
func checkBuckets(store storage.Reader, depth int) error {
	buckets := make(map[uint32][]register.Leaf)
	var bad error
	start, end := storage.RegisterLeafSpace.Range()
	err := store.Scan(start, end, func(key, value []byte) bool {
		k, err := storage.ParseRegisterLeaf(key)
		if err != nil || len(value) != 32 {
			bad = fmt.Errorf("register leaf row %x", key)
			return false
		}
		bucket := binary.BigEndian.Uint32(k[:]) >> (32 - depth)
		buckets[bucket] = append(buckets[bucket], register.Leaf{Key: k, ValueHash: register.Hash(value)})
		return true
	})
	if err = errors.Join(err, bad); err != nil {
		return err
	}
	want := make(map[string][]byte)
	for bucket, leaves := range buckets {
		kind := register.NodeParent
		if len(leaves) == 1 {
			kind = register.NodeLeaf
		}
		hash := naiveNode(leaves, depth)
		want[string(storage.Bucket(uint8(depth), bucket))] = append([]byte{kind}, hash[:]...)
	}
	return compareRows(store, storage.BucketSpace, want)
}

// checkHistoryTiles recomputes the tiles of each history from its events: the
// full ones of level 0, and above them whatever full tiles are below.
func checkHistoryTiles(store storage.Reader) error {
	histories := make(map[[32]byte][]proofs.Hash)
	var bad error
	start, end := storage.EventSpace.Range()
	err := store.Scan(start, end, func(key, value []byte) bool {
		k, seq, err := storage.ParseEvent(key)
		row, parse := register.ParseEventRow(value)
		if err = errors.Join(err, parse); err != nil {
			bad = err
			return false
		}
		record, err := store.Get(storage.Record(k))
		if err != nil {
			bad = err
			return false
		}
		histories[k] = append(histories[k], row.Event(register.Type(record[0]), seq).Hash())
		return true
	})
	if err = errors.Join(err, bad); err != nil {
		return err
	}
	want := make(map[string][]byte)
	for key, hashes := range histories {
		for level := uint8(0); len(hashes) >= 256 || level > 0 && len(hashes) > 0; level++ {
			var above []proofs.Hash
			for n, tile := range slices.Collect(slices.Chunk(hashes, 256)) {
				if len(tile) < 256 && level == 0 {
					break
				}
				want[string(storage.HistoryTile(key, level, uint64(n)))] = bytes.Join(rows(tile), nil)
				if len(tile) == 256 {
					above = append(above, naiveRoot(tile))
				}
			}
			hashes = above
		}
	}
	return compareRows(store, storage.HistoryTileSpace, want)
}

func rows(hashes []proofs.Hash) [][]byte {
	out := make([][]byte, len(hashes))
	for i := range hashes {
		out[i] = hashes[i][:]
	}
	return out
}
