package server

import (
	"errors"
	"io"
	"net/http"
	"strconv"
)

// readBody reads a body of at most limit bytes, which is what was meant: a
// compressed one is refused, as a raw log would take it for the leaf.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return nil, &Problem{Status: http.StatusUnsupportedMediaType, Code: "content-encoding", Detail: "send the body without Content-Encoding"}
	}
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

// A lane counts submissions in progress.
type lane chan struct{}

// enter counts a submission; above the limit it is sent away at once.
func (l lane) enter() (leave func(), err error) {
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	default:
		return nil, &Problem{Status: http.StatusServiceUnavailable, Code: "busy", Detail: "too many submissions in progress", retryAfter: 1}
	}
}
