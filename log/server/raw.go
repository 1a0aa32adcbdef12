package server

import (
	"net/http"
	"strconv"

	"github.com/docketlog/docket/proofs/statement"
)

// add takes the body as a leaf and answers with its decimal index and nothing
// else, once a checkpoint that covers it is published. A leaf that is there
// already answers with its first index.
func (s *Server) add(w http.ResponseWriter, r *http.Request) error {
	leaf, err := readBody(w, r, statement.MaxLeaf)
	if err != nil {
		return err
	}
	leave, err := s.single.enter()
	if err != nil {
		return err
	}
	defer leave()
	results, view, err := s.log.SubmitRaw(r.Context(), [][]byte{leaf})
	if err != nil {
		return err
	}
	view.Release()
	return write(w, "text/plain; charset=utf-8", "no-store", strconv.AppendUint(nil, results[0].Index, 10))
}
