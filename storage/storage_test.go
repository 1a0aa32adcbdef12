package storage_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/storage"
)

type op struct {
	Delete     bool
	Key, Value string
}

func ops(b *storage.Batch) []op {
	var all []op
	b.Each(func(del bool, key, value []byte) {
		all = append(all, op{del, string(key), string(value)})
		// Appending to what Each hands out must not reach the next row.
		_ = append(key, "overwritten"...)
		_ = append(value, "overwritten"...)
	})
	return all
}

func TestBatch(t *testing.T) {
	var b storage.Batch
	if b.Len() != 0 || b.Size() != 0 || ops(&b) != nil {
		t.Errorf("the zero batch is not empty: %d, %d", b.Len(), b.Size())
	}
	long := strings.Repeat("v", 1000)
	key := []byte("a")
	b.Set(key, []byte("1"))
	key[0] = 'x'
	b.Delete([]byte("b"))
	b.Set([]byte("c"), nil)
	b.Set([]byte("\xff"), []byte(long))
	b.Set([]byte("a"), []byte("2"))
	want := []op{{false, "a", "1"}, {true, "b", ""}, {false, "c", ""}, {false, "\xff", long}, {false, "a", "2"}}
	for range 2 {
		if diff := cmp.Diff(want, ops(&b)); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	}
	if b.Len() != 5 || b.Size() < 1000 {
		t.Errorf("Len %d, Size %d", b.Len(), b.Size())
	}
	b.Reset()
	if b.Len() != 0 || b.Size() != 0 || ops(&b) != nil {
		t.Errorf("after Reset: %d, %d", b.Len(), b.Size())
	}
	b.Set([]byte("d"), []byte("4"))
	if diff := cmp.Diff([]op{{false, "d", "4"}}, ops(&b)); diff != "" {
		t.Errorf("after Reset (-want +got):\n%s", diff)
	}
}

func TestBatchValuesAreNilForDeletionsOnly(t *testing.T) {
	var b storage.Batch
	b.Set([]byte("a"), nil)
	b.Delete([]byte("a"))
	b.Each(func(del bool, _, value []byte) {
		if del != (value == nil) {
			t.Errorf("deletion %t has value %v", del, value)
		}
	})
}

func TestBatchRefusesKeysOfNoKeyspace(t *testing.T) {
	for _, key := range []string{"", "\x00", "\x00number"} {
		for name, add := range map[string]func(*storage.Batch){
			"Set":    func(b *storage.Batch) { b.Set([]byte(key), nil) },
			"Delete": func(b *storage.Batch) { b.Delete([]byte(key)) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s of key %q does not panic", name, key)
					}
				}()
				add(new(storage.Batch))
			}()
		}
	}
}

// register is a register key that counts up.
var register = func() (r [32]byte) {
	for i := range r {
		r[i] = byte(i + 1)
	}
	return r
}()

const registerHex = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"

// The layout of keys is on disks: it does not change.
func TestKeys(t *testing.T) {
	for _, test := range []struct {
		name  string
		key   []byte
		want  string // the first byte as text, the rest in hex
		space storage.Keyspace
		parse func(key []byte) (string, error)
		value string
	}{
		{"Leaf", storage.Leaf(258), "L0000000000000102", storage.LeafSpace, number(storage.ParseLeaf), "258"},
		{"Content", storage.Content(1), "C0000000000000001", storage.ContentSpace, number(storage.ParseContent), "1"},
		{"Tile", storage.Tile(3, 70000), "N030000000000011170", storage.TileSpace, func(k []byte) (string, error) {
			level, n, err := storage.ParseTile(k)
			return fmt.Sprint(level, n), err
		}, "3 70000"},
		{"DigestIndex", storage.DigestIndex(register), "D" + registerHex, storage.DigestIndexSpace, hash(storage.ParseDigestIndex), registerHex},
		{"Refusal", storage.Refusal(register, "E405"), "R" + registerHex + "45343035", storage.RefusalSpace, func(k []byte) (string, error) {
			digest, code, err := storage.ParseRefusal(k)
			return fmt.Sprintf("%x %s", digest, code), err
		}, registerHex + " E405"},
		{"Witness", storage.Witness(register), "W" + registerHex, storage.WitnessSpace, hash(storage.ParseWitness), registerHex},
		{"RegisterLeaf", storage.RegisterLeaf(register), "T" + registerHex, storage.RegisterLeafSpace, hash(storage.ParseRegisterLeaf), registerHex},
		{"Record", storage.Record(register), "S" + registerHex, storage.RecordSpace, hash(storage.ParseRecord), registerHex},
		{"Bucket", storage.Bucket(20, 1<<20), "B1400100000", storage.BucketSpace, func(k []byte) (string, error) {
			depth, bucket, err := storage.ParseBucket(k)
			return fmt.Sprint(depth, bucket), err
		}, "20 1048576"},
		{"Event", storage.Event(register, 9), "E" + registerHex + "0000000000000009", storage.EventSpace, func(k []byte) (string, error) {
			r, seq, err := storage.ParseEvent(k)
			return fmt.Sprintf("%x %d", r, seq), err
		}, registerHex + " 9"},
		{"HistoryTile", storage.HistoryTile(register, 1, 2), "H" + registerHex + "010000000000000002", storage.HistoryTileSpace, func(k []byte) (string, error) {
			r, level, n, err := storage.ParseHistoryTile(k)
			return fmt.Sprintf("%x %d %d", r, level, n), err
		}, registerHex + " 1 2"},
		{"Search", storage.Search([8]byte(register[:8]), 258), "I0102030405060708fffffffffffffefd", storage.SearchSpace, func(k []byte) (string, error) {
			term, first, err := storage.ParseSearch(k)
			return fmt.Sprintf("%x %d", term, first), err
		}, "0102030405060708 258"},
		{"Meta", storage.Meta("head"), "M68656164", storage.MetaSpace, storage.ParseMeta, "head"},
		{"Meta of no name", storage.Meta(""), "M", storage.MetaSpace, storage.ParseMeta, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := fmt.Sprintf("%c%x", test.key[0], test.key[1:]); got != test.want {
				t.Errorf("key %s, want %s", got, test.want)
			}
			if got := storage.SpaceOf(test.key); got != test.space {
				t.Errorf("keyspace %v, want %v", got, test.space)
			}
			if start, end := test.space.Range(); bytes.Compare(start, test.key) > 0 || bytes.Compare(test.key, end) >= 0 {
				t.Errorf("%x is outside of its keyspace %x to %x", test.key, start, end)
			}
			if got, err := test.parse(test.key); got != test.value || err != nil {
				t.Errorf("parsed %q, %v; want %q", got, err, test.value)
			}
			wrong := [][]byte{nil, {}, {0}, append([]byte{'Z'}, test.key[1:]...)}
			if test.space != storage.MetaSpace {
				wrong = append(wrong, test.key[:len(test.key)-1], append(bytes.Clone(test.key), 0), test.key[:1])
			}
			for _, key := range wrong {
				if got, err := test.parse(key); err == nil {
					t.Errorf("parsed %x as %q", key, got)
				}
			}
		})
	}
}

// The rows of a term that begin below an index, the newest first, and no other row.
func TestSearchRange(t *testing.T) {
	last := [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	for _, term := range [][8]byte{{1, 2, 3}, last} {
		start, end := storage.SearchRange(term, 9)
		var before []byte
		for _, first := range []uint64{8, 5, 0} {
			key := storage.Search(term, first)
			if bytes.Compare(key, start) < 0 || bytes.Compare(key, end) >= 0 || bytes.Compare(before, key) >= 0 {
				t.Errorf("%x: row %d is at %x, in %x to %x, behind %x", term, first, key, start, end, before)
			}
			before = key
		}
		next := term
		next[7]++
		for _, key := range [][]byte{storage.Search(term, 9), storage.Search(term, 10), storage.Search(next, 0), storage.Search(next, 100)} {
			if bytes.Compare(key, start) >= 0 && bytes.Compare(key, end) < 0 {
				t.Errorf("%x: %x is in %x to %x", term, key, start, end)
			}
		}
		if start, end := storage.SearchRange(term, 0); bytes.Compare(start, end) < 0 {
			t.Errorf("%x: rows below 0: %x to %x", term, start, end)
		}
	}
}

func number(parse func([]byte) (uint64, error)) func([]byte) (string, error) {
	return func(key []byte) (string, error) {
		n, err := parse(key)
		return fmt.Sprint(n), err
	}
}

func hash(parse func([]byte) ([32]byte, error)) func([]byte) (string, error) {
	return func(key []byte) (string, error) {
		h, err := parse(key)
		return fmt.Sprintf("%x", h), err
	}
}

func TestKeyspacesAreApart(t *testing.T) {
	seen := map[storage.Keyspace]string{}
	for name, space := range map[string]storage.Keyspace{
		"bucket": storage.BucketSpace, "content": storage.ContentSpace, "digest index": storage.DigestIndexSpace,
		"event": storage.EventSpace, "history tile": storage.HistoryTileSpace, "leaf": storage.LeafSpace,
		"meta": storage.MetaSpace, "tile": storage.TileSpace, "record": storage.RecordSpace, "refusal": storage.RefusalSpace,
		"register leaf": storage.RegisterLeafSpace, "search": storage.SearchSpace, "reserved": storage.ReservedSpace, "witness": storage.WitnessSpace,
	} {
		if other, ok := seen[space]; ok {
			t.Errorf("%s and %s share %#02x", name, other, byte(space))
		}
		seen[space] = name
		if got := space.String(); got != name {
			t.Errorf("the name of %#02x is %q, want %q", byte(space), got, name)
		}
	}
	if got := storage.Keyspace('z').String(); got != "keyspace 0x7a" {
		t.Errorf("the name of no keyspace: %q", got)
	}
}

// Keys sort as the numbers in them do.
func TestRanges(t *testing.T) {
	in := func(key, start, end []byte) bool {
		return bytes.Compare(start, key) <= 0 && (len(end) == 0 || bytes.Compare(key, end) < 0)
	}
	for _, test := range []struct {
		name               string
		inside, start, end []byte
		below, above       []byte
	}{
		{"leaves", storage.Leaf(255), nil, nil, storage.Leaf(9), storage.Leaf(256)},
		{"contents", storage.Content(10), nil, nil, storage.Content(9), storage.Content(256)},
		{"events", storage.Event(register, 10), nil, nil, storage.Event(register, 9), storage.Event(register, 256)},
		{"buckets", storage.Bucket(20, math.MaxUint32), nil, nil, storage.Bucket(19, math.MaxUint32), storage.Bucket(21, 0)},
	} {
		switch test.name {
		case "leaves":
			test.start, test.end = storage.LeafRange(10, 256)
		case "contents":
			test.start, test.end = storage.ContentRange(10, 256)
		case "events":
			test.start, test.end = storage.EventRange(register, 10, 256)
		case "buckets":
			test.start, test.end = storage.BucketRange(20)
		}
		if !in(test.inside, test.start, test.end) || in(test.below, test.start, test.end) || in(test.above, test.start, test.end) {
			t.Errorf("%s: bounds %x to %x", test.name, test.start, test.end)
		}
	}
}

func TestPrefixRange(t *testing.T) {
	for _, test := range []struct{ prefix, end string }{
		{"a", "b"}, {"ab", "ac"}, {"a\xff", "b"}, {"a\xff\xff", "b"}, {"\xff", ""}, {"\xff\xff", ""}, {"", ""}, {"a\x00", "a\x01"},
	} {
		prefix := []byte(test.prefix)
		start, end := storage.PrefixRange(prefix)
		if string(start) != test.prefix || string(end) != test.end || string(prefix) != test.prefix {
			t.Errorf("PrefixRange(%q) = %q, %q; want end %q", test.prefix, start, end, test.end)
		}
	}
}

// RegisterLeafRange holds exactly the keys that share the first bits.
func TestRegisterLeafRange(t *testing.T) {
	prefixes := [][32]byte{{}, register, {0xff, 0xff, 0xff}, {0xa5, 0x5a}}
	for i := range prefixes[2] {
		prefixes[2][i] = 0xff
	}
	for _, prefix := range prefixes {
		for depth := 0; depth <= 256; depth++ {
			start, end := storage.RegisterLeafRange(prefix, depth)
			inside := func(key [32]byte) bool {
				k := storage.RegisterLeaf(key)
				return bytes.Compare(start, k) <= 0 && bytes.Compare(k, end) < 0
			}
			first, last := prefix, prefix
			for bit := depth; bit < 256; bit++ {
				first[bit/8] &^= 0x80 >> (bit % 8)
				last[bit/8] |= 0x80 >> (bit % 8)
			}
			if !inside(prefix) || !inside(first) || !inside(last) {
				t.Fatalf("depth %d: the range %x to %x leaves out keys of %x", depth, start, end, prefix)
			}
			for bit := range depth {
				other := prefix
				other[bit/8] ^= 0x80 >> (bit % 8)
				if inside(other) {
					t.Fatalf("depth %d: the range %x to %x has %x, which differs in bit %d", depth, start, end, other, bit)
				}
			}
			if string(start) > string(end) || storage.SpaceOf(start) != storage.RegisterLeafSpace {
				t.Fatalf("depth %d: bounds %x to %x", depth, start, end)
			}
		}
	}
	for _, depth := range []int{-1, 257} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("depth %d does not panic", depth)
				}
			}()
			storage.RegisterLeafRange(register, depth)
		}()
	}
}
