package proofs

import "encoding/binary"

// MaxEntry is the largest leaf that an entry bundle can hold, in bytes. Logs may
// allow less.
const MaxEntry = 65535

// MaxEntryBundle is the size of the largest entry bundle, in bytes.
const MaxEntryBundle = TileWidth * (2 + MaxEntry)

// AppendEntry appends a leaf to an entry bundle: a big-endian 16-bit length and
// the leaf. It refuses a leaf of more than MaxEntry bytes and returns the bundle
// unchanged then.
func AppendEntry(bundle, leaf []byte) ([]byte, error) {
	if len(leaf) > MaxEntry {
		return bundle, formatError("entry bundle", "leaf of %d bytes, at most %d fit", len(leaf), MaxEntry)
	}
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(leaf)))
	return append(bundle, leaf...), nil
}

// ParseEntryBundle splits a bundle into exactly width leaves (1 to 256) of at
// most maxLeaf bytes each. It refuses missing leaves and bytes after the last
// one. The leaves are parts of b, not copies.
func ParseEntryBundle(b []byte, width, maxLeaf int) ([][]byte, error) {
	if width < 1 || width > TileWidth {
		return nil, formatError("entry bundle", "width %d, want 1 to %d", width, TileWidth)
	}
	leaves := make([][]byte, 0, width)
	for len(leaves) < width {
		if len(b) < 2 {
			return nil, formatError("entry bundle", "%d leaves, want %d", len(leaves), width)
		}
		size := int(binary.BigEndian.Uint16(b))
		if size > maxLeaf {
			return nil, formatError("entry bundle", "leaf %d has %d bytes, at most %d are allowed", len(leaves), size, maxLeaf)
		}
		if len(b)-2 < size {
			return nil, formatError("entry bundle", "leaf %d has %d bytes but %d are left", len(leaves), size, len(b)-2)
		}
		leaves = append(leaves, b[2:2+size:2+size])
		b = b[2+size:]
	}
	if len(b) > 0 {
		return nil, formatError("entry bundle", "%d bytes after leaf %d", len(b), width-1)
	}
	return leaves, nil
}

// VerifyEntries checks that the leaves of an entry bundle hash to the hashes of
// the level 0 tile of the same position and width. It returns a *FormatError
// that names the first leaf that does not.
func VerifyEntries(leaves [][]byte, tile []byte) error {
	if len(tile) != len(leaves)*32 {
		return formatError("entry bundle", "%d leaves beside a tile of %d bytes", len(leaves), len(tile))
	}
	for i, leaf := range leaves {
		if LeafHash(leaf) != Hash(tile[i*32:(i+1)*32]) {
			return formatError("entry bundle", "leaf %d does not hash to its hash in the tile", i)
		}
	}
	return nil
}
