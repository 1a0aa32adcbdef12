package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/statement"
)

// rawRoutes are those of a raw log.
func (s *Server) rawRoutes() []route {
	return []route{{http.MethodPost, "/add", submitting, s.add, operation{
		id: "add", tag: "submissions", summary: "Add a leaf",
		body:    []reply{{media: "application/octet-stream"}},
		replies: []reply{{status: http.StatusOK, media: "text/plain; charset=utf-8", text: "The decimal index of the leaf, once it is published."}},
		codes: []string{
			"leaf-size", "seal-like", "body", "body-size", "content-encoding", "quota", "busy", "stopped", "unhealthy", "unconfirmed", "read-only", "closing", "no-space",
		},
	}}}
}

// add takes the body as a leaf and answers with its decimal index and nothing
// else, once a checkpoint that covers it is published. A leaf that is there
// already answers with its first index.
func (s *Server) add(w http.ResponseWriter, r *http.Request) error {
	result, err := s.addLeaf(w, r)
	if err != nil {
		s.count(problemOf(err).Code, 1)
		return err
	}
	s.count(outcome(result), 1)
	return write(w, "text/plain; charset=utf-8", "no-store", strconv.AppendUint(nil, result.Index, 10))
}

func (s *Server) addLeaf(w http.ResponseWriter, r *http.Request) (log.Result, error) {
	leaf, release, err := s.singles.readBody(w, r, statement.MaxLeaf)
	defer release()
	if err != nil {
		return log.Result{}, err
	}
	if err := s.quotas.take(callerOf(w), time.Now(), 1); err != nil {
		return log.Result{}, err
	}
	leave, err := s.single.enter()
	if err != nil {
		return log.Result{}, err
	}
	defer leave()
	results, view, err := s.log.SubmitRaw(r.Context(), [][]byte{leaf})
	if err != nil {
		return log.Result{}, err
	}
	view.Release()
	return results[0], nil
}
