package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// submit takes one envelope, or with Content-Type application/x-ndjson one per
// line, and answers when they are sealed, signed and published.
func (s *Server) submit(w http.ResponseWriter, r *http.Request) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		media = ""
	case media == "application/x-ndjson":
		return s.submitMany(w, r)
	}
	if media != "application/json" && media != "application/vnd.dsse.envelope.v1+json" {
		return &Problem{Status: http.StatusUnsupportedMediaType, Code: "media-type",
			Detail: "send one DSSE envelope as application/json, or up to 1000, one a line, as application/x-ndjson"}
	}
	return s.submitOne(w, r)
}

// submitOne reads the body before it counts: a slow sender holds up nobody.
func (s *Server) submitOne(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r, MaxBody)
	if err != nil {
		return err
	}
	leave, err := s.single.enter()
	if err != nil {
		return err
	}
	defer leave()
	c, err := s.check(body)
	if err != nil {
		return err
	}
	results, view, err := s.log.Submit(r.Context(), []*admission.Checked{c})
	if err != nil {
		return err
	}
	answer, err := receiptOf(view, results[0])
	view.Release() // before anything is written: the client may be slow
	if err != nil {
		return err
	}
	w.Header().Set("Location", fmt.Sprintf("/api/v1/receipts/%x", c.Digest[:]))
	return writeStatus(w, status(results[0]), proofs.ReceiptMediaType, "no-store", answer)
}

// receiptOf returns the receipt that answers a submission, or its refusal.
func receiptOf(v *log.View, r log.Result) ([]byte, error) {
	if r.Refusal != nil {
		return nil, r.Refusal
	}
	receipt, err := v.Receipt(r.Index)
	if err != nil {
		return nil, err
	}
	return receipt.Marshal(), nil
}

// status is 201 for a new entry and 200 for one that the log had.
func status(r log.Result) int {
	if r.Duplicate {
		return http.StatusOK
	}
	return http.StatusCreated
}

// check parses an envelope and runs the stateless rules.
func (s *Server) check(body []byte) (*admission.Checked, error) {
	e, err := statement.ParseEnvelope(body)
	if err != nil {
		var bad *statement.Error
		if errors.As(err, &bad) {
			return nil, &admission.Refusal{Code: bad.Code, Field: bad.Field, Reason: bad.Reason}
		}
		return nil, err
	}
	return s.log.Check(e)
}

// line is one line of the answer to an NDJSON submission: its number, counted
// from 0, an HTTP status, and a receipt or a problem.
type line struct {
	Line    int             `json:"line"`
	Status  int             `json:"status"`
	Receipt json.RawMessage `json:"receipt,omitempty"`
	Problem *Problem        `json:"problem,omitempty"`
}

// submitMany counts before it reads: the bodies are large.
func (s *Server) submitMany(w http.ResponseWriter, r *http.Request) error {
	leave, err := s.batches.enter()
	if err != nil {
		return err
	}
	defer leave()
	body, err := readBody(w, r, MaxBatchBody)
	if err != nil {
		return err
	}
	newline := []byte("\n")
	body = bytes.TrimSuffix(body, newline)
	// Counted before they are split: 16 Mi empty lines would take 400 MB.
	if n := bytes.Count(body, newline) + 1; n > log.MaxSubmission {
		return badRequest("too-many", "", fmt.Sprintf("%d lines; at most %d are taken at once", n, log.MaxSubmission))
	}
	bodies := bytes.Split(body, newline)
	lines := make([]line, len(bodies))
	checked := make([]*admission.Checked, len(bodies))
	parallel(len(bodies), func(i int) {
		lines[i].Line = i
		c, err := s.check(bodies[i])
		if err != nil {
			lines[i].fail(err)
			return
		}
		checked[i] = c
	})
	if err := s.submitChecked(r.Context(), checked, lines); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false) // a receipt has one form
	for i := range lines {
		if out.Encode(&lines[i]) != nil {
			return nil // the client left
		}
	}
	return nil
}

func (l *line) fail(err error) {
	l.Problem = problemOf(err).complete()
	l.Status = l.Problem.Status
}

// submitChecked submits those that passed the check, as one submission, and
// fills in their lines.
func (s *Server) submitChecked(ctx context.Context, checked []*admission.Checked, lines []line) error {
	var in []*admission.Checked
	var at []int
	for i, c := range checked {
		if c != nil {
			in, at = append(in, c), append(at, i)
		}
	}
	if len(in) == 0 {
		return nil
	}
	results, view, err := s.log.Submit(ctx, in)
	if err != nil {
		return err
	}
	defer view.Release()
	parallel(len(results), func(i int) {
		l := &lines[at[i]]
		if results[i].Refusal != nil {
			l.fail(results[i].Refusal)
			return
		}
		receipt, err := view.Receipt(results[i].Index)
		if err != nil {
			l.fail(err)
			return
		}
		l.Status, l.Receipt = status(results[i]), receipt.Marshal()
	})
	return nil
}

// parallel runs f for 0..n-1 on all processors. If f panics, parallel does: then
// one request fails, not the process.
func parallel(n int, f func(i int)) {
	var next atomic.Int64
	var panicked atomic.Pointer[any]
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					panicked.Store(&p)
				}
			}()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wait.Wait()
	if p := panicked.Load(); p != nil {
		panic(*p)
	}
}
