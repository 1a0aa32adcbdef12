package server

import (
	"context"
	"errors"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// A recorded refusal is one that a finding of the log says.
type recorded struct {
	*admission.Refusal
	finding uint64 // its index
}

// Unwrap gives the refusal.
func (r *recorded) Unwrap() error { return r.Refusal }

// refusalOf is the error of a result that is a refusal.
func refusalOf(r log.Result) error {
	if r.Finding == 0 {
		return r.Refusal
	}
	return &recorded{r.Refusal, r.Finding}
}

// check parses an envelope and runs the stateless rules. An envelope that they
// refuse by a code that goes on record is returned for putOnRecord.
func (s *Server) check(body []byte) (*admission.Checked, *log.Reported, error) {
	e, err := statement.ParseEnvelope(body)
	if err != nil {
		var bad *statement.Error
		if errors.As(err, &bad) {
			err = &admission.Refusal{Code: bad.Code, Field: bad.Field, Reason: bad.Reason}
		}
		s.countRefusal(err)
		return nil, nil, err
	}
	c, err := s.log.Check(e)
	var refusal *admission.Refusal
	if errors.As(err, &refusal) && log.OnRecord(refusal.Code) {
		return nil, &log.Reported{Envelope: e, Refusal: refusal}, err
	}
	s.countRefusal(err)
	return c, nil, err
}

// putOnRecord hands refusals to the log and returns what to answer. A log that
// cannot take them now changes nothing about the answer: they are refused.
func (s *Server) putOnRecord(ctx context.Context, reports ...log.Reported) []error {
	answers := make([]error, len(reports))
	results, err := s.log.Report(ctx, reports)
	for i, r := range reports {
		answers[i] = r.Refusal
		if err == nil {
			answers[i] = refusalOf(results[i])
		}
	}
	return answers
}

// countRefusal counts what was refused before the log saw it; the rest is counted
// by the events of the log.
func (s *Server) countRefusal(err error) {
	var refusal *admission.Refusal
	if s.options.Metrics != nil && errors.As(err, &refusal) {
		s.options.Metrics.refused(log.RefusalEvent{Code: refusal.Code, Record: log.RecordCode})
	}
}
