package server

import (
	"context"
	"log/slog"
	"net/http"
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
