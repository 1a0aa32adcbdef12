package server

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/quarantine"
)

// A Server answers HTTP requests from a log. It is an http.Handler.
type Server struct {
	log          *log.Log
	options      Options
	logger       *slog.Logger
	mux          *http.ServeMux
	single       lane // submissions of one entry
	batches      lane // NDJSON submissions
	finalSingles lane // the same, that wait for a quorum of witnesses
	finalBatches lane
	waits        context.Context // of those; endWaits ends it
	endWaits     context.CancelFunc
	bodies       budget // of NDJSON
	singles      budget // of one entry each
	quotas       *quotas
	flights      atomic.Int64 // requests in progress
	backups      backups
	openapi      []byte // the description of the API, YAML
}

// Options say who may use a Server and what it tells of its work. The zero value
// leaves all resources open to everybody, and tells nothing.
type Options struct {
	// Access says who may use the protected resources when Tokens is nil.
	Access Access
	// Tokens, if not nil, makes each use of a protected resource demand one.
	Tokens *Tokens
	// Quota is how many statements a second one client may submit, with bursts
	// of twice as many; 0: any number.
	Quota int
	// Quarantine, if not nil, shows the refused statements that are kept.
	Quarantine *quarantine.Store
	// Witnessed says that witnesses are asked for cosignatures, so that receipts
	// become final: log.Log.SetFinal is called.
	Witnessed bool
	// FinalWait is for how long a submission waits for a quorum; 0: FinalWait.
	FinalWait time.Duration
	// Backup, if not nil, makes backups on request.
	Backup BackupFunc
	// Logger gets a line per request at level debug, and each error that a
	// client is not told. nil: none.
	Logger *slog.Logger
	// Metrics, if not nil, are filled, and served at /metrics.
	Metrics *Metrics
}

// Limits of a Server. Of NDJSON fewer are in progress at once: each holds up to
// log.MaxSubmission statements and then their receipts. Its body counts in
// MaxBodies from its first byte on, before it is in progress.
const (
	MaxSubmissions = 1024      // submissions of one entry in progress; more get 503
	MaxBatches     = 16        // NDJSON submissions in progress; more get 503
	MaxBody        = 128 << 10 // bytes of one envelope, also as a line of NDJSON
	MaxBatchBody   = 16 << 20  // bytes of an NDJSON body
	MaxBodies      = 256 << 20 // bytes of all NDJSON bodies that are being read; more get 503
	MaxSingles     = 128 << 20 // bytes of all bodies of one entry that are being read: slow senders of one sort shut out no other
	MaxHeader      = 32 << 10  // bytes of a request's header; more get 431
)

// New returns the handler for a log, sealed or raw, with default options.
func New(l *log.Log) *Server { return NewWith(l, Options{}) }

// NewWith returns the handler for a log, sealed or raw. Metrics go to one server
// only.
func NewWith(l *log.Log, o Options) *Server {
	s := &Server{
		log: l, options: o, logger: o.Logger, mux: http.NewServeMux(),
		single: make(lane, MaxSubmissions), batches: make(lane, MaxBatches), quotas: newQuotas(o.Quota),
		finalSingles: make(lane, MaxFinalSubmissions), finalBatches: make(lane, MaxFinalBatches),
	}
	s.waits, s.endWaits = context.WithCancel(context.Background())
	s.options.FinalWait = cmp.Or(o.FinalWait, FinalWait)
	s.bodies.left.Store(MaxBodies)
	s.singles.left.Store(MaxSingles)
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	routes := s.routes()
	s.fill(routes)
	s.openapi = describe(l, routes)
	if o.Metrics != nil {
		o.Metrics.watch(s)
	}
	return s
}

// ServeHTTP implements http.Handler. Paths are taken as they are: no cleaning,
// no escapes, no redirects. So each resource has one path, in each cache too.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &exchange{ResponseWriter: w, begun: time.Now()}
	s.flights.Add(1)
	defer func() {
		s.flights.Add(-1)
		defer s.record(e, r)
		if p := recover(); p != nil {
			s.failed(e, r, p)
		}
	}()
	e.Header().Set("X-Content-Type-Options", "nosniff")
	if p := r.URL.Path; path.Clean(p) != p || r.URL.EscapedPath() != p {
		noResource(e, r)
		return
	}
	s.mux.ServeHTTP(e, r)
}

// HTTPServer returns an http.Server for h with the limits that a server on an
// open network needs.
func HTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      120 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    MaxHeader - 4096, // net/http adds as much
	}
}

// fromView reads from the published view and gives the view back before anything
// is written: a slow reader must not hold a snapshot of the store.
func fromView[T any](s *Server, read func(*log.View) (T, error)) (out T, err error) {
	v := s.log.View()
	if v == nil {
		return out, log.ErrClosed
	}
	defer v.Release()
	return read(v)
}

// writeJSON writes a body as encoding/json prints it, but for HTML's sake
// escapes nothing: a receipt has one form.
func writeJSON(w http.ResponseWriter, cache string, v any) error {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	return write(w, "application/json", cache, body.Bytes())
}

func write(w http.ResponseWriter, contentType, cache string, body []byte) error {
	return writeStatus(w, http.StatusOK, contentType, cache, body)
}

func writeStatus(w http.ResponseWriter, status int, contentType, cache string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", cache)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client left: nothing to tell it
	return nil
}
