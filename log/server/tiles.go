package server

import (
	"net/http"
	"strings"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
)

// immutable is the caching of what never changes (C2SP tlog-tiles).
const immutable = "public, max-age=604800, immutable"

// checkpoint answers with the signed note of the published size, byte for byte.
func (s *Server) checkpoint(w http.ResponseWriter, r *http.Request) error {
	body, err := s.fromView(func(v *log.View) ([]byte, error) { return v.Checkpoint(), nil })
	if err != nil {
		return err
	}
	return write(w, "text/plain; charset=utf-8", "no-store", body)
}

// tile answers for hash tiles and entry bundles. A path that is not canonical,
// a width above the published size and a full tile that still grows are 404:
// anything else would be cached as immutable.
func (s *Server) tile(w http.ResponseWriter, r *http.Request) error {
	body, err := s.fromView(func(v *log.View) ([]byte, error) {
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
