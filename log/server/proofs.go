package server

import (
	"net/http"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
)

// proofRoutes are the proofs about the tree. Their parameters stand in the path,
// so most of their answers never change.
func (s *Server) proofRoutes() []route {
	return []route{
		{http.MethodGet, "/api/v1/inclusion/{index}/{size}", public, s.inclusion, operation{
			id: "inclusion", tag: "proofs", summary: "Inclusion proof of a leaf in the tree of any size up to the published one",
			path:    []param{numberParam("index", "Index of the leaf.", 0), numberParam("size", "Size of the tree.", 5)},
			replies: []reply{jsonReply[inclusionAnswer]("The proof; it never changes.")},
			codes:   []string{"index", "size", "not-found", "closing"},
		}},
		{http.MethodGet, "/api/v1/consistency/{older}/{newer}", public, s.consistency, operation{
			id: "consistency", tag: "proofs", summary: "Consistency proof between two sizes up to the published one",
			path:    []param{numberParam("older", "Size of the older tree.", 2), numberParam("newer", "Size of the newer tree.", 5)},
			replies: []reply{jsonReply[consistencyAnswer]("The proof; it never changes.")},
			codes:   []string{"size", "not-found", "closing"},
		}},
		{http.MethodGet, "/api/v1/log", public, s.about, operation{
			id: "log", tag: "proofs", summary: "Origin, key and genesis of the log: to read, never to trust",
			replies: []reply{jsonReply[aboutAnswer]("What the server says of its log.")},
			codes:   []string{"closing"},
		}},
	}
}

// inclusionAnswer is an inclusion proof of RFC 6962.
type inclusionAnswer struct {
	Index    uint64   `json:"index"`
	Size     uint64   `json:"size"`
	LeafHash []byte   `json:"leafHash"`
	Hashes   [][]byte `json:"hashes" nullable:"false"`
}

func (s *Server) inclusion(w http.ResponseWriter, r *http.Request) error {
	index, err := pathIndex(r)
	if err != nil {
		return err
	}
	size, err := pathSize(r, "size")
	if err != nil {
		return err
	}
	answer, err := fromView(s, func(v *log.View) (inclusionAnswer, error) {
		leaf, hashes, err := v.InclusionAt(index, size)
		return inclusionAnswer{index, size, leaf[:], bytesOf(hashes)}, err
	})
	if err != nil {
		return err
	}
	return writeJSON(w, immutable, answer)
}

// consistencyAnswer is a consistency proof of RFC 6962.
type consistencyAnswer struct {
	Hashes [][]byte `json:"hashes" nullable:"false"`
	Newer  uint64   `json:"newer"`
	Older  uint64   `json:"older"`
}

// consistency answers with the hashes that prove the tree of the older size a
// prefix of that of the newer one.
func (s *Server) consistency(w http.ResponseWriter, r *http.Request) error {
	older, err := pathSize(r, "older")
	if err != nil {
		return err
	}
	newer, err := pathSize(r, "newer")
	if err != nil {
		return err
	}
	answer, err := fromView(s, func(v *log.View) (consistencyAnswer, error) {
		hashes, err := v.Consistency(older, newer)
		return consistencyAnswer{bytesOf(hashes), newer, older}, err
	})
	if err != nil {
		return err
	}
	return writeJSON(w, immutable, answer)
}

// bytesOf gives hashes the form that encoding/json prints in base64.
func bytesOf(hashes []proofs.Hash) [][]byte {
	out := make([][]byte, len(hashes))
	for i := range hashes {
		out[i] = hashes[i][:]
	}
	return out
}
