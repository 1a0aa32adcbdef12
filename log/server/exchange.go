package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// An exchange is a request and what became of it.
type exchange struct {
	http.ResponseWriter
	begun  time.Time
	caller string // the client that authorize named; "" when nobody was
	status int
	bytes  int64
}

// WriteHeader implements http.ResponseWriter.
func (e *exchange) WriteHeader(status int) {
	if e.status == 0 {
		e.status = status
	}
	e.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (e *exchange) Write(b []byte) (int, error) {
	if e.status == 0 {
		e.status = http.StatusOK
	}
	n, err := e.ResponseWriter.Write(b)
	e.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (e *exchange) Unwrap() http.ResponseWriter { return e.ResponseWriter }

// noteCaller keeps who asks, for quotas and for the request's line.
func noteCaller(w http.ResponseWriter, caller string) {
	if e, ok := w.(*exchange); ok {
		e.caller = caller
	}
}

// callerOf returns who asks.
func callerOf(w http.ResponseWriter) string {
	if e, ok := w.(*exchange); ok {
		return e.caller
	}
	return ""
}

// failed answers where a handler panicked, and tells the operator where. What was
// begun cannot be taken back: then the connection is cut, so that nobody takes a
// part for the whole.
func (s *Server) failed(e *exchange, r *http.Request, p any) {
	begun := e.status != 0
	e.status = http.StatusInternalServerError
	if p == http.ErrAbortHandler {
		panic(p)
	}
	s.logger.Error("a request failed in the server's own code", "route", r.Pattern, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if begun {
		panic(http.ErrAbortHandler)
	}
	e.Header().Del("Content-Length")
	e.Header().Del("Location")
	writeProblem(e, problem("internal", "", internalDetail))
}

// record tells of a request that was answered: its route, never its path, which
// holds names of documents, nor its headers, which hold a token.
func (s *Server) record(e *exchange, r *http.Request) {
	took := time.Since(e.begun)
	if s.options.Metrics != nil {
		s.options.Metrics.answered(r.Pattern, e.status, took)
	}
	if s.logger.Enabled(r.Context(), slog.LevelDebug) {
		s.logger.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelDebug, "answered",
			slog.String("method", methodName(r.Method)), slog.String("route", r.Pattern), slog.Int("status", e.status),
			slog.Int64("bytes", e.bytes), slog.Duration("took", took), slog.String("client", e.caller))
	}
}

// methodName bounds what a client can have written into the server's log.
func methodName(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return method
	}
	return "other"
}
