package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/admission"
)

// A Problem is an error as it is sent: a problem document of RFC 9457.
type Problem struct {
	Type    string   `json:"type" format:"uri" doc:"Leads to the section of the code."`
	Title   string   `json:"title"`
	Status  int      `json:"status"`
	Code    string   `json:"code" doc:"Stable: a refusal code such as E408, or a word."`
	Field   string   `json:"field,omitempty" doc:"JSON path in what was sent, or the name of a parameter."`
	Detail  string   `json:"detail,omitempty" doc:"What is wrong, and what would be accepted."`
	Indices []uint64 `json:"indices,omitempty" nullable:"false" doc:"Entries of the log that show why."`
	Finding uint64   `json:"finding,omitempty" doc:"The entry that puts the refusal on record: a finding.refuse."`

	retryAfter int // seconds
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

const problemType = "https://github.com/docketlog/docket/blob/main/docs/problems.md#"

// codes are the codes of this package's own, with their status.
var codes = map[string]int{
	"not-found":        http.StatusNotFound,
	"method":           http.StatusMethodNotAllowed,
	"media-type":       http.StatusUnsupportedMediaType,
	"content-encoding": http.StatusUnsupportedMediaType,
	"body":             http.StatusBadRequest,
	"body-size":        http.StatusRequestEntityTooLarge,
	"too-many":         http.StatusBadRequest,
	"digest":           http.StatusBadRequest,
	"leaf-hash":        http.StatusBadRequest,
	"document":         http.StatusBadRequest,
	"identity":         http.StatusBadRequest,
	"run":              http.StatusBadRequest,
	"index":            http.StatusBadRequest,
	"size":             http.StatusBadRequest,
	"query":            http.StatusBadRequest,
	"cursor":           http.StatusBadRequest,
	"wait":             http.StatusBadRequest,
	"not-final":        http.StatusServiceUnavailable,
	"token":            http.StatusUnauthorized,
	"scope":            http.StatusForbidden,
	"off":              http.StatusForbidden,
	"host":             http.StatusForbidden,
	"no-backups":       http.StatusForbidden,
	"quota":            http.StatusTooManyRequests,
	"busy":             http.StatusServiceUnavailable,
	"internal":         http.StatusInternalServerError,
}

// problem makes a problem with one of the codes above.
func problem(code, field, detail string) *Problem {
	status, ok := codes[code]
	if !ok {
		panic("server: no problem has the code " + code)
	}
	return &Problem{Status: status, Code: code, Field: field, Detail: detail}
}

func notFound(detail string) *Problem { return problem("not-found", "", detail) }

// statusOf returns the status of any code: of this package's own, of an outcome
// of the log, or of a refusal.
func statusOf(code string) int {
	if status, ok := codes[code]; ok {
		return status
	}
	for _, p := range problems {
		if p.code == code {
			return p.status
		}
	}
	if status, ok := statuses[code]; ok {
		return status
	}
	return http.StatusUnprocessableEntity
}

// problems maps outcomes of the log to HTTP, in one place. The first that fits
// speaks: a log that stopped says so, whatever it stopped on.
var problems = []struct {
	err        error
	status     int
	code       string
	retryAfter int
}{
	{log.ErrStopped, http.StatusServiceUnavailable, "stopped", 30},
	{log.ErrUnhealthy, http.StatusServiceUnavailable, "unhealthy", 30},
	{log.ErrReadOnly, http.StatusForbidden, "read-only", 0},
	{log.ErrUnconfirmed, http.StatusServiceUnavailable, "unconfirmed", 5},
	{log.ErrClosed, http.StatusServiceUnavailable, "closing", 5},
	{log.ErrBusy, http.StatusServiceUnavailable, "busy", 1},
	{log.ErrNoSpace, http.StatusInsufficientStorage, "no-space", 60},
	{log.ErrNotFound, http.StatusNotFound, "not-found", 0},
	{log.ErrSealLike, http.StatusBadRequest, "seal-like", 0},
	{log.ErrLeafSize, http.StatusBadRequest, "leaf-size", 0},
	{context.Canceled, 499, "canceled", 0},
	{context.DeadlineExceeded, http.StatusGatewayTimeout, "timeout", 0},
}

// refusalCodes are the codes of the admission rules.
var refusalCodes = []string{
	admission.CodeForm, admission.CodeField, admission.CodeOrigin, admission.CodeSignature, admission.CodeGenesis,
	admission.CodeIssuer, admission.CodeKey, admission.CodeKeyTaken, admission.CodeDuties, admission.CodePossession, admission.CodeScope, admission.CodeIdentity,
	admission.CodeRun, admission.CodeRunTaken, admission.CodeDetail, admission.CodeWorkflow, admission.CodeDuplicate, admission.CodeRequest, admission.CodeApart, admission.CodeEligible, admission.CodeTime, admission.CodeGrant, admission.CodeApproval, admission.CodeDead, admission.CodeVersion,
	admission.CodeOverride, admission.CodeBounds, admission.CodeAttempt, admission.CodeSealedOnly, admission.CodeSkew,
}

// statuses maps refusal codes to HTTP. What is not listed is 422.
var statuses = map[string]int{
	admission.CodeForm:       http.StatusBadRequest,
	admission.CodeField:      http.StatusBadRequest,
	admission.CodeOrigin:     http.StatusBadRequest,
	admission.CodeSignature:  http.StatusBadRequest,
	admission.CodeSealedOnly: http.StatusBadRequest,
	admission.CodeIssuer:     http.StatusForbidden,
	admission.CodeKey:        http.StatusForbidden,
	admission.CodeDuties:     http.StatusForbidden,
	admission.CodeScope:      http.StatusForbidden,
	admission.CodeApart:      http.StatusForbidden,
	admission.CodeEligible:   http.StatusForbidden,
	admission.CodeKeyTaken:   http.StatusConflict,
	admission.CodeIdentity:   http.StatusConflict,
	admission.CodeDuplicate:  http.StatusConflict,
	admission.CodeVersion:    http.StatusConflict,
	admission.CodeWorkflow:   http.StatusConflict,
	admission.CodeRunTaken:   http.StatusConflict,
}

// problemOf turns an error into what is sent. Unknown errors show no detail:
// they may name paths of this machine.
func problemOf(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var r *admission.Refusal
	if errors.As(err, &r) {
		p := &Problem{Status: statusOf(r.Code), Code: r.Code, Field: r.Field, Detail: r.Reason, Indices: r.Indices}
		if on := (*recorded)(nil); errors.As(err, &on) {
			p.Finding = on.finding
		}
		return p
	}
	for _, k := range problems {
		if errors.Is(err, k.err) {
			detail := k.err.Error()
			if k.status == http.StatusNotFound {
				detail = err.Error()
			}
			return &Problem{Status: k.status, Code: k.code, Detail: detail, retryAfter: k.retryAfter}
		}
	}
	return problem("internal", "", internalDetail)
}

const internalDetail = "the server could not answer; its operator finds the reason in the server's log"

// complete fills in what follows from the other fields.
func (p *Problem) complete() *Problem {
	out := *p
	out.Type = problemType + p.Code
	if out.Title = http.StatusText(p.Status); out.Title == "" {
		out.Title = "Request Not Answered"
	}
	return &out
}

// writeProblem answers with an error. An error is never cached.
func writeProblem(w http.ResponseWriter, err error) {
	p := problemOf(err).complete()
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and numbers
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n'))
}
