package server

import (
	"net/http"
	"strings"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
)

// immutable is the caching of what never changes (C2SP tlog-tiles).
const immutable = "public, max-age=604800, immutable"

// tileRoutes are the read API of C2SP tlog-tiles.
func (s *Server) tileRoutes() []route {
	return []route{
		{http.MethodGet, "/checkpoint", public, s.checkpoint, operation{
			id: "checkpoint", tag: "tiles", summary: "The newest signed note",
			replies: []reply{{status: http.StatusOK, media: "text/plain; charset=utf-8", text: "A C2SP checkpoint, byte for byte as signed."}},
			codes:   []string{"closing"},
		}},
		{http.MethodGet, "/tile/", public, s.tile, operation{
			id: "tile", tag: "tiles", summary: "Hash tiles and entry bundles",
			text: "Tiles are at `/tile/<L>/<N>[.p/<W>]`, entry bundles at `/tile/entries/<N>[.p/<W>]` (C2SP tlog-tiles); " +
				"bundles hold leaves, never content.",
			path:    []param{textParam("path", "What follows `/tile/`, with its slashes.", "0/000.p/2")},
			replies: []reply{{status: http.StatusOK, media: "application/octet-stream", text: "The tile or the bundle; it never changes."}},
			codes:   []string{"not-found", "closing"},
		}},
	}
}

// checkpoint answers with the signed note of the published size, byte for byte, and
// with the cosignatures after it once a quorum gave them.
func (s *Server) checkpoint(w http.ResponseWriter, r *http.Request) error {
	body, err := fromView(s, func(v *log.View) ([]byte, error) {
		if final := s.log.Final(); final != nil {
			defer final.Release()
			if final.Size() == v.Size() {
				return final.Checkpoint(), nil
			}
		}
		return v.Checkpoint(), nil
	})
	if err != nil {
		return err
	}
	return write(w, "text/plain; charset=utf-8", "no-store", body)
}

// tile answers for hash tiles and entry bundles. A path that is not canonical,
// a width above the published size and a full tile that still grows are 404:
// anything else would be cached as immutable.
func (s *Server) tile(w http.ResponseWriter, r *http.Request) error {
	body, err := fromView(s, func(v *log.View) ([]byte, error) {
		return tileBody(v, strings.TrimPrefix(r.URL.Path, "/"))
	})
	if err != nil {
		return err
	}
	return write(w, "application/octet-stream", immutable, body)
}

func tileBody(v *log.View, path string) ([]byte, error) {
	if strings.HasPrefix(path, "tile/entries/") {
		n, width, err := proofs.ParseEntriesPath(path)
		if err != nil {
			return nil, notFound("not a canonical path of an entry bundle")
		}
		return v.Entries(n, width)
	}
	t, err := proofs.ParseTilePath(path)
	if err != nil {
		return nil, notFound("not a canonical path of a tile")
	}
	return v.Tile(t)
}
