package server_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/proofs"
)

const immutable = "public, max-age=604800, immutable"

// SPEC: tlog-tiles, Merkle Tree: "<L> is the level of the tile, and MUST be a decimal
// ASCII integer between 0 and 63, with no additional leading zeroes. ... <N> ... MUST
// be a non-negative integer encoded into zero-padded 3-digit path elements. All but
// the last path element MUST begin with an x. ... <W> is the width of the tile, a
// decimal ASCII integer between 1 and 255, with no additional leading zeroes."
//
// Whatever has another form is no resource, so that each resource has one path.
func TestTilePathsAreCanonical(t *testing.T) {
	s := newRawSite(t)
	for i := range 258 {
		s.add(fmt.Sprint("leaf ", i))
	}
	for _, good := range []string{
		"/tile/0/000", "/tile/0/000.p/255", "/tile/0/001.p/2", "/tile/1/000.p/1", "/tile/entries/000", "/tile/entries/001.p/2",
		"/tile/0/000?x=1", "/tile/entries/001.p/2?", "/checkpoint?x",
	} {
		if a := s.do("GET", good, nil); a.status != http.StatusOK {
			t.Errorf("%s: %d", good, a.status)
		}
	}
	for name, bad := range map[string]string{
		"level 00": "/tile/00/000", "level +1": "/tile/+1/000", "level -0": "/tile/-0/000", "level 64": "/tile/64/000", "level 256": "/tile/256/000",
		"level 2^64": "/tile/18446744073709551616/000", "level 8, no entries": "/tile/8/000", "no level": "/tile//000", "height": "/tile/8/0/000",
		"position 1": "/tile/0/1", "position 0000": "/tile/0/0000", "needless group": "/tile/0/x000/000", "x at the last": "/tile/0/x000",
		"X": "/tile/0/X000/000", "no x": "/tile/0/000/000", "sign": "/tile/0/+00", "position 2^63": "/tile/0/x009/x223/x372/x036/x854/x775/808",
		"width 0": "/tile/0/000.p/0", "width 01": "/tile/0/000.p/01", "width 256": "/tile/0/000.p/256", "width 257": "/tile/0/000.p/257",
		"width +1": "/tile/0/000.p/+1", "width -1": "/tile/0/000.p/-1", "no width": "/tile/0/000.p/", "no width, no slash": "/tile/0/000.p",
		"width twice": "/tile/0/000.p/1.p/1", "slash at the end": "/tile/0/000/", "double slash": "//tile/0/000", "double slash within": "/tile/0//000",
		"dot": "/tile/./0/000", "dots": "/tile/0/../0/000", "escaped digit": "/tile/0/00%30", "escaped letter": "/%74ile/0/000",
		"escaped slash": "/tile/0%2f000", "escaped dot": "/tile/0/000%2ep/255", "escaped dots": "/tile/%2e%2e/checkpoint", "NUL": "/tile/0/000%00",
		"newline": "/tile/0/000%0a", "space": "/tile/0/000%20", "plus": "/tile/0/000+", "semicolon": "/tile/0/000;x=1", "backslash": `/tile\0\000`,
		"pipe": "/tile/0/000|", "unicode digit": "/tile/0/00٠", "upper case": "/TILE/0/000", "listing": "/tile/", "listing of a level": "/tile/0/",
		"folder": "/tile", "folder of a level": "/tile/0", "folder of bundles": "/tile/entries", "listing of bundles": "/tile/entries/",
		"escaped checkpoint": "/%63heckpoint", "checkpoint as folder": "/checkpoint/", "fragment": "/tile/0/000%23", "question mark": "/tile/0/000%3fx",
		"full path still growing": "/tile/0/001", "bundle still growing": "/tile/entries/001", "level 1 still growing": "/tile/1/000",
		"width above the size": "/tile/0/001.p/3", "bundle above the size": "/tile/entries/001.p/3", "level 1 above the size": "/tile/1/000.p/2",
		"tile above the size": "/tile/0/002.p/1", "absent level": "/tile/2/000.p/1", "absent full": "/tile/1/001", "huge": "/tile/0/" + strings.Repeat("x999/", 2000) + "999",
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{bad, strings.Replace(bad, "/tile/0/", "/tile/entries/", 1)} {
				missing(t, s, "GET", path)
				missing(t, s, "HEAD", path)
			}
		})
	}
	if a := s.do("GET", "/tile/0/000%", nil); a.status != http.StatusBadRequest {
		t.Errorf("a broken escape: %d", a.status)
	}
}

// missing demands exactly 404, and none of the headers of a resource: no cache
// may keep an answer about what may come to exist.
func missing(t *testing.T, s *site, method, path string) {
	t.Helper()
	a := s.do(method, path, nil)
	a.refused(t, http.StatusNotFound, "not-found", "")
	for _, name := range []string{"Content-Encoding", "Location", "ETag", "Last-Modified", "Expires"} {
		if v := a.header.Get(name); v != "" {
			t.Errorf("%s %s: %s %q", method, path, name, v)
		}
	}
}

// For each size: exactly the widths that the size implies, each a byte prefix of
// all wider ones, and equal to what x/mod computes from the leaves.
//
// SPEC: tlog-tiles, Partial Tiles: "The partial tile at level l for a tree of size s
// has floor(s / 256**l) mod 256 entries. Empty tiles MUST NOT be served. ... Logs MUST
// serve partial tiles corresponding to tree sizes for which a checkpoint was produced".
func TestWidthsOfAllSizes(t *testing.T) {
	s := newRawSite(t)
	var hashes, bundle []byte
	for size := uint64(1); size <= 300; size++ {
		leaf := fmt.Appendf(nil, "leaf %d of %d", size, size*size)
		s.add(string(leaf))
		hash := tlog.RecordHash(leaf)
		hashes = append(hashes, hash[:]...)
		bundle = append(binary.BigEndian.AppendUint16(bundle, uint16(len(leaf))), leaf...)
		if size%proofs.TileWidth == 1 {
			hashes, bundle = hash[:], append(binary.BigEndian.AppendUint16(nil, uint16(len(leaf))), leaf...)
		}
		if size == 1 { // a checkpoint of a docket log has at least two leaves; a raw log may have one
			continue
		}
		for level := uint8(0); level < 3; level++ {
			for n := range uint64(3) {
				width := widthAt(level, n, size)
				exists(t, s, proofs.Tile{Level: level, N: n, Width: width}, width)
			}
		}
		n, width := (size-1)/proofs.TileWidth, int((size-1)%proofs.TileWidth)+1
		same(t, s, "/"+proofs.Tile{N: n, Width: width}.Path(), hashes)
		same(t, s, "/"+proofs.EntriesPath(n, width), bundle)
	}
	full := s.do("GET", "/tile/0/000", nil).body
	entries := s.do("GET", "/tile/entries/000", nil).body
	// SPEC: tlog-tiles: "Full tiles MUST be exactly 256 hashes wide, or 8,192 bytes."
	if len(full) != 8192 {
		t.Fatalf("full tile of %d bytes", len(full))
	}
	for width := 1; width < proofs.TileWidth; width++ {
		same(t, s, "/"+proofs.Tile{Width: width}.Path(), full[:32*width])
		part := s.do("GET", "/"+proofs.EntriesPath(0, width), nil)
		if leaves, err := proofs.ParseEntryBundle(part.body, width, 8192); err != nil || len(leaves) != width || !bytes.HasPrefix(entries, part.body) {
			t.Fatalf("bundle of width %d: %d leaves, %v", width, len(leaves), err)
		}
	}
	// SPEC: tlog-tiles: "At level 1 and above, each hash in a tile is the Merkle Tree
	// Hash of a full tile at the level below."
	root, err := proofs.TileRoot(full)
	if err != nil {
		t.Fatal(err)
	}
	same(t, s, "/tile/1/000.p/1", root[:])
}

// widthAt is written apart from the one under test: hashes of a level are
// counted, tile after tile.
func widthAt(level uint8, n, size uint64) int {
	for range level {
		size /= 256
	}
	for range n {
		size -= min(size, 256)
	}
	return int(min(size, 256))
}

// exists demands the tile up to this width, and nothing wider, nor the full path
// while it grows.
func exists(t *testing.T, s *site, tile proofs.Tile, width int) {
	t.Helper()
	path := func(width int) string {
		if tile.Level == 0 {
			return "/" + proofs.EntriesPath(tile.N, width)
		}
		return "/" + proofs.Tile{Level: tile.Level, N: tile.N, Width: width}.Path()
	}
	for w, want := range map[int]int{
		width: http.StatusOK, max(1, width-1): http.StatusOK, min(256, width+1): http.StatusNotFound, 256: http.StatusNotFound,
	} {
		if width == 0 || width == 256 {
			want = map[int]int{0: http.StatusNotFound, 256: http.StatusOK}[width]
		}
		if w == 0 {
			continue
		}
		a := s.do("GET", path(w), nil)
		if a.status != want {
			t.Fatalf("size %d, %s: %d, want %d", s.size(), path(w), a.status, want)
		}
		if cached := a.header.Get("Cache-Control") == immutable; cached != (want == http.StatusOK) {
			t.Fatalf("%s: Cache-Control %q", path(w), a.header.Get("Cache-Control"))
		}
	}
}

func same(t *testing.T, s *site, path string, want []byte) {
	t.Helper()
	a := s.do("GET", path, nil)
	if a.status != http.StatusOK || !bytes.Equal(a.body, want) {
		t.Fatalf("%s: status %d, %d bytes, want %d other ones", path, a.status, len(a.body), len(want))
	}
	// SPEC: tlog-tiles, Merkle Tree: "with Content-Type: application/octet-stream. ...
	// This endpoint is immutable, so its caching headers SHOULD be long-lived."
	if a.header.Get("Content-Type") != "application/octet-stream" || a.header.Get("Cache-Control") != immutable {
		t.Fatalf("%s: %v", path, a.header)
	}
}

// SPEC: tlog-tiles, Checkpoints: "with Content-Type: text/plain; charset=utf-8. This
// endpoint is mutable, so its headers SHOULD prevent caching beyond a few seconds. ...
// the checkpoint MUST carry at least one Ed25519 signature by the log."
func TestCheckpointIsReadByXMod(t *testing.T) {
	s := newSite(t)
	verifier, err := note.NewVerifier(s.l.Key().String())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		a := s.do("GET", "/checkpoint", nil)
		if a.header.Get("Content-Type") != "text/plain; charset=utf-8" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v", a.header)
		}
		n, err := note.Open(a.body, note.VerifierList(verifier))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(n.Text, "\n")
		if want := fmt.Sprint(s.size()); len(lines) != 4 || lines[0] != s.l.Origin() || lines[1] != want {
			t.Errorf("checkpoint %q, want size %s", n.Text, want)
		}
		s.post(s.release(fmt.Sprint("contracts/", s.size())))
	}
}
