package server

import (
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/docketlog/docket/proofs/statement"
)

// add takes the body as a leaf and answers with its decimal index and nothing
// else, once a checkpoint that covers it is published. A leaf that is there
// already answers with its first index.
func (s *Server) add(w http.ResponseWriter, r *http.Request) error {
	release, err := s.enter()
	if err != nil {
		return err
	}
	defer release()
	leaf, err := readBody(w, r, statement.MaxLeaf)
	if err != nil {
		return err
	}
	results, view, err := s.log.SubmitRaw(r.Context(), [][]byte{leaf})
	if err != nil {
		return err
	}
	view.Release()
	return write(w, "text/plain; charset=utf-8", "no-store", strconv.AppendUint(nil, results[0].Index, 10))
}

// readBody reads a body of at most limit bytes.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, &Problem{Status: http.StatusRequestEntityTooLarge, Code: "body-size",
			Detail: "the body is above " + strconv.FormatInt(limit, 10) + " bytes"}
	}
	if err != nil {
		return nil, badRequest("body", "", "the body could not be read to its end")
	}
	return body, nil
}

// enter counts a submission; above the limit it is sent away at once.
func (s *Server) enter() (release func(), err error) {
	select {
	case s.busy <- struct{}{}:
		return func() { <-s.busy }, nil
	default:
		return nil, &Problem{Status: http.StatusServiceUnavailable, Code: "busy", Detail: "too many submissions in progress", retryAfter: 1}
	}
}
