package server

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
)

// submitRoutes take statements.
func (s *Server) submitRoutes() []route {
	codes := []string{
		"wait", "media-type", "content-encoding", "body", "body-size", "too-many", "quota",
		"busy", "stopped", "unhealthy", "unconfirmed", "read-only", "closing", "no-space", "not-final",
	}
	envelope := reply{schema: schemaOf[envelopeForm]}
	one, dsse := envelope, envelope
	one.media, dsse.media = "application/json", envelopeMediaType
	location := map[string]string{"Location": "Path of the receipt."}
	created := receiptReply(http.StatusCreated, "The receipt of a new entry.")
	known := receiptReply(http.StatusOK, "The receipt of an entry that the log had, or a line for each line of NDJSON.")
	created.headers, known.headers = location, location
	return []route{{http.MethodPost, "/api/v1/statements", submitting, s.submit, operation{
		id: "submit", tag: "submissions", summary: "Submit statements and wait for their receipts",
		text: fmt.Sprintf("One DSSE envelope, or with application/x-ndjson up to %d, one a line, which are judged in their order and come in under one seal. "+
			"The answer comes when the entries are sealed, signed and published. Sending a statement again is safe: its digest is its name.", log.MaxSubmission),
		query: []param{{
			name: "wait", text: "What the answer waits for: the seal, or with `final` a quorum of witnesses, for 30 seconds at most.", example: "sealed",
			schema: huma.Schema{Type: huma.TypeString, Enum: []any{"sealed", "final"}, Default: "sealed"},
		}},
		body: []reply{one, dsse, {media: ndjsonMediaType}},
		replies: []reply{
			created, known,
			{status: http.StatusOK, media: ndjsonMediaType, text: known.text, schema: schemaOf[line]},
		},
		codes: append(codes, refusalCodes...),
	}}}
}

const ndjsonMediaType = "application/x-ndjson"

// submit takes one envelope, or with Content-Type application/x-ndjson one per
// line, and answers when they are sealed, signed and published.
func (s *Server) submit(w http.ResponseWriter, r *http.Request) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		media = ""
	}
	final, err := s.waitsFinal(r)
	switch {
	case err != nil:
	case media == ndjsonMediaType:
		return s.submitMany(w, r, final)
	case media == "application/json" || media == envelopeMediaType:
		err = s.submitOne(w, r, final)
	default:
		err = problem("media-type", "", "send one DSSE envelope as application/json, or up to 1000, one a line, as application/x-ndjson")
	}
	if err != nil {
		s.count(problemOf(err).Code, 1)
	}
	return err
}

// waitsFinal says whether a submission waits for a quorum, which must be configured.
func (s *Server) waitsFinal(r *http.Request) (bool, error) {
	query := r.URL.Query()
	switch {
	case !query.Has("wait") || query.Get("wait") == "sealed":
		return false, nil
	case query.Get("wait") != "final":
		return false, problem("wait", "wait", "want wait=sealed, wait=final, or nothing")
	case !s.options.Witnessed:
		return false, problem("wait", "wait", "no witness quorum is configured here, so no receipt ever is final: wait=sealed")
	}
	return true, nil
}

// submitOne reads the body before it counts: a slow sender holds up nobody. What
// is read meanwhile is bounded by the budget of bodies.
func (s *Server) submitOne(w http.ResponseWriter, r *http.Request, final bool) error {
	if err := s.quotas.take(callerOf(w), time.Now(), 1); err != nil {
		return err
	}
	body, release, err := s.singles.readBody(w, r, MaxBody)
	defer release()
	if err != nil {
		return err
	}
	leave, err := laneFor(final, s.finalSingles, s.single).enter()
	if err != nil {
		return err
	}
	defer leave()
	c, reported, err := s.check(body)
	if reported != nil {
		return s.putOnRecord(r.Context(), *reported)[0]
	}
	if err != nil {
		return err
	}
	result, answer, err := s.receiptFor(r.Context(), c, final)
	if err != nil {
		return err
	}
	s.count(outcome(result), 1)
	w.Header().Set("Location", fmt.Sprintf("/api/v1/receipts/%x", c.Digest[:]))
	return writeStatus(w, status(result), proofs.ReceiptMediaType, "no-store", answer)
}

// receiptFor submits one statement and returns its receipt. It gives the view
// back before anything is written: the client may be slow.
func (s *Server) receiptFor(ctx context.Context, c *admission.Checked, final bool) (log.Result, []byte, error) {
	results, view, err := s.log.Submit(ctx, []*admission.Checked{c})
	if err != nil {
		return log.Result{}, nil, err
	}
	if final {
		if view, err = s.awaitFinal(ctx, view, results); err != nil {
			return log.Result{}, nil, err
		}
	}
	defer view.Release()
	answer, err := receiptOf(view, results[0])
	return results[0], answer, err
}

// receiptOf returns the receipt that answers a submission, or its refusal.
func receiptOf(v *log.View, r log.Result) ([]byte, error) {
	if r.Refusal != nil {
		return nil, refusalOf(r)
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

// outcome is the word under which metrics count what came in.
func outcome(r log.Result) string {
	if r.Duplicate {
		return "duplicate"
	}
	return "created"
}

// count tells the metrics what became of n statements.
func (s *Server) count(outcome string, n int) {
	if s.options.Metrics != nil {
		s.options.Metrics.submissions.WithLabelValues(outcome).Add(float64(n))
	}
}
