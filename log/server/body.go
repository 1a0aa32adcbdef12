package server

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
)

// readBody reads a body of at most limit bytes, which is what was meant: a
// compressed one is refused, as a raw log would take it for the leaf.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return nil, problem("content-encoding", "", "send the body without Content-Encoding")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, problem("body-size", "", "the body is above "+strconv.FormatInt(limit, 10)+" bytes")
	}
	var p *Problem
	if errors.As(err, &p) {
		return nil, p
	}
	if err != nil {
		return nil, problem("body", "", "the body could not be read to its end")
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
		return nil, busy("too many submissions in progress")
	}
}

func busy(detail string) *Problem {
	p := problem("busy", "", detail)
	p.retryAfter = 1
	return p
}

// bodyStep is how many bytes of the budget a body takes at once.
const bodyStep = 8 << 10

// A budget bounds the bytes of all bodies of a sort that are being read at once.
type budget struct{ left atomic.Int64 }

// take takes n bytes, or nothing.
func (b *budget) take(n int64) error {
	if b.left.Add(-n) < 0 {
		b.left.Add(n)
		return busy("too many submissions are being read")
	}
	return nil
}

// A share is what one body took of the budget.
type share struct {
	io.ReadCloser
	budget *budget
	read   int64
	taken  int64
}

// Read implements io.Reader. A sender who stalls keeps what was read, rounded up.
func (s *share) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	for s.read += int64(n); s.read > s.taken; s.taken += bodyStep {
		if err := s.budget.take(bodyStep); err != nil {
			return 0, err
		}
	}
	return n, err
}

func (s *share) release() { s.budget.left.Add(s.taken) }

// readBody reads a body of at most limit bytes within the budget, which gets it
// back when the caller calls release.
func (b *budget) readBody(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, release func(), err error) {
	share := &share{ReadCloser: r.Body, budget: b}
	r.Body = share
	body, err = readBody(w, r, limit)
	return body, share.release, err
}
