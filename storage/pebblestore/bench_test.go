package pebblestore

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/docketlog/docket/storage"
)

// BenchmarkCommit commits rows of 1 KiB on the disk, each commit synced.
func BenchmarkCommit(b *testing.B) {
	for _, rows := range []int{1, 64, 256, 1024} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			s := benchStore(b)
			value := make([]byte, 1024)
			random := rand.NewChaCha8([32]byte{})
			var batch storage.Batch
			index := uint64(0)
			b.SetBytes(int64(rows * len(value)))
			for seq := uint64(1); b.Loop(); seq++ {
				batch.Reset()
				for range rows {
					random.Read(value)
					batch.Set(storage.Content(index), value)
					index++
				}
				if err := s.Commit(seq, &batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(index)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func benchStore(b *testing.B) *Store {
	b.Helper()
	s, err := Create(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// A bucket of this depth has about 20 of the rows.
const readRows, bucketBits = 655_360, 15

// key spreads numbers over the keyspace of register leaves.
func key(n uint64) []byte {
	var register [32]byte
	binary.BigEndian.PutUint64(register[:], n*0x9e3779b97f4a7c15)
	return storage.RegisterLeaf(register)
}

// readStore holds readRows rows of random keys, compacted.
func readStore(b *testing.B) *Store {
	b.Helper()
	s := benchStore(b)
	var batch storage.Batch
	for n := uint64(0); n < readRows; {
		batch.Reset()
		for range readRows / 64 {
			batch.Set(key(n), binary.BigEndian.AppendUint64(nil, n))
			n++
		}
		commitBatch(b, s, &batch)
	}
	if err := s.db.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := s.db.Compact(b.Context(), []byte{1}, []byte{0xff}, true); err != nil {
		b.Fatal(err)
	}
	return s
}

// BenchmarkRead reads at random in many rows, after a compaction.
func BenchmarkRead(b *testing.B) {
	s := readStore(b)
	random := rand.New(rand.NewPCG(1, 2))
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Get(key(random.Uint64N(readRows))); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get missing", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Get(key(readRows + random.Uint64N(readRows))); err == nil {
				b.Fatal("found")
			}
		}
	})
	b.Run("scan bucket", func(b *testing.B) {
		rows := 0
		for b.Loop() {
			var prefix [32]byte
			binary.BigEndian.PutUint64(prefix[:], random.Uint64())
			start, end := storage.RegisterLeafRange(prefix, bucketBits)
			if err := s.Scan(start, end, func(_, _ []byte) bool { rows++; return true }); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(rows)/float64(b.N), "rows/op")
	})
}
