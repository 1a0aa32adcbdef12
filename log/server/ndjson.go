package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/admission"
)

// line is one line of the answer to an NDJSON submission: its number, counted
// from 0, an HTTP status, and a receipt or a problem.
type line struct {
	Line    int         `json:"line"`
	Status  int         `json:"status"`
	Receipt receiptText `json:"receipt,omitempty"`
	Problem *Problem    `json:"problem,omitempty"`
}

// submitMany reads the body before it takes one of the few places: a slow sender
// holds up nobody. What is read meanwhile is bounded by the budget of bodies.
func (s *Server) submitMany(w http.ResponseWriter, r *http.Request, final bool) error {
	body, release, err := s.bodies.readBody(w, r, MaxBatchBody)
	defer release()
	if err != nil {
		s.count(problemOf(err).Code, 1)
		return err
	}
	bodies, err := splitLines(body)
	if err == nil {
		err = s.quotas.take(callerOf(w), time.Now(), len(bodies))
	}
	if err != nil {
		s.count(problemOf(err).Code, max(1, len(bodies)))
		return err
	}
	lines, err := s.submitLines(r.Context(), bodies, final)
	if err != nil {
		s.count(problemOf(err).Code, len(bodies))
		return err
	}
	s.countLines(lines)
	w.Header().Set("Content-Type", ndjsonMediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	var text []byte
	for i := range lines {
		text = lines[i].append(text[:0])
		if _, err := w.Write(text); err != nil {
			return nil // the client left
		}
	}
	return nil
}

// append writes a line as encoding/json would, which reads a receipt once more to
// find what it knows already: that it is JSON in its one form.
func (l *line) append(text []byte) []byte {
	text = fmt.Appendf(text, `{"line":%d,"status":%d`, l.Line, l.Status)
	if len(l.Receipt) > 0 {
		text = append(append(text, `,"receipt":`...), l.Receipt...)
	}
	if l.Problem != nil {
		problem, err := json.Marshal(l.Problem)
		if err != nil {
			panic(err) // strings and numbers
		}
		text = append(append(text, `,"problem":`...), problem...)
	}
	return append(text, "}\n"...)
}

// splitLines splits a body, but first counts: 16 Mi empty lines would take 400 MB.
func splitLines(body []byte) ([][]byte, error) {
	newline := []byte("\n")
	body = bytes.TrimSuffix(body, newline)
	if n := bytes.Count(body, newline) + 1; n > log.MaxSubmission {
		return nil, problem("too-many", "", fmt.Sprintf("%d lines; at most %d are taken at once", n, log.MaxSubmission))
	}
	return bytes.Split(body, newline), nil
}

// submitLines submits the lines that pass the check, in one of the places for it.
func (s *Server) submitLines(ctx context.Context, bodies [][]byte, final bool) ([]line, error) {
	leave, err := laneFor(final, s.finalBatches, s.batches).enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	lines := make([]line, len(bodies))
	checked, reported := make([]*admission.Checked, len(bodies)), make([]*log.Reported, len(bodies))
	parallel(len(bodies), func(i int) {
		lines[i].Line = i
		var err error
		if checked[i], reported[i], err = s.check(bodies[i]); err != nil {
			lines[i].fail(err)
		}
	})
	if err := s.submitChecked(ctx, checked, reported, lines, final); err != nil {
		return nil, err
	}
	return lines, nil
}

// putLinesOnRecord hands those lines to the log that were refused before it saw
// them, and go on record.
func (s *Server) putLinesOnRecord(ctx context.Context, reported []*log.Reported, lines []line) {
	var reports []log.Reported
	var at []int
	for i, r := range reported {
		if r != nil {
			reports, at = append(reports, *r), append(at, i)
		}
	}
	if len(reports) == 0 {
		return
	}
	for i, err := range s.putOnRecord(ctx, reports...) {
		lines[at[i]].fail(err)
	}
}

func (s *Server) countLines(lines []line) {
	for i := range lines {
		switch l := &lines[i]; {
		case l.Problem != nil:
			s.count(l.Problem.Code, 1)
		case l.Status == http.StatusCreated:
			s.count("created", 1)
		default:
			s.count("duplicate", 1)
		}
	}
}

func (l *line) fail(err error) {
	l.Problem = problemOf(err).complete()
	l.Status = l.Problem.Status
}

// submitChecked submits those that passed the check, as one submission, and fills in
// their lines. What was refused before goes on record when that is done, and before a
// quorum is waited for: whether there is one is no matter of a refusal.
func (s *Server) submitChecked(ctx context.Context, checked []*admission.Checked, reported []*log.Reported, lines []line, final bool) error {
	var in []*admission.Checked
	var at []int
	for i, c := range checked {
		if c != nil {
			in, at = append(in, c), append(at, i)
		}
	}
	if len(in) == 0 {
		s.putLinesOnRecord(ctx, reported, lines)
		return nil
	}
	results, view, err := s.log.Submit(ctx, in)
	if err != nil {
		return err
	}
	s.putLinesOnRecord(ctx, reported, lines)
	if final {
		if view, err = s.awaitFinal(ctx, view, results); err != nil {
			return err
		}
	}
	defer view.Release()
	parallel(len(results), func(i int) { s.answerLine(view, results[i], &lines[at[i]]) })
	return nil
}

// answerLine fills in the line of a statement that the log judged.
func (s *Server) answerLine(v *log.View, result log.Result, l *line) {
	if result.Refusal != nil {
		l.fail(refusalOf(result))
		return
	}
	receipt, err := v.Receipt(result.Index)
	if err != nil {
		s.report("/api/v1/statements", err)
		l.fail(err)
		return
	}
	l.Status, l.Receipt = status(result), receipt.Marshal()
}
