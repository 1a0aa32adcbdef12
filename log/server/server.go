package server

import (
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/docketlog/docket/log"
)

// A Server answers HTTP requests from a log. It is an http.Handler.
type Server struct {
	log     *log.Log
	mux     *http.ServeMux
	single  lane // submissions of one entry
	batches lane // NDJSON submissions
}

// Limits of a Server. Of NDJSON fewer are taken at once: each may hold
// MaxBatchBody bytes and their receipts.
const (
	MaxSubmissions = 1024      // submissions of one entry in progress; more get 503
	MaxBatches     = 16        // NDJSON submissions in progress; more get 503
	MaxBody        = 128 << 10 // bytes of one envelope
	MaxBatchBody   = 16 << 20  // bytes of an NDJSON body
)

// New returns the handler for a log, sealed or raw.
func New(l *log.Log) *Server {
	s := &Server{
		log: l, mux: http.NewServeMux(),
		single: make(lane, MaxSubmissions), batches: make(lane, MaxBatches),
	}
	s.get("/checkpoint", s.checkpoint)
	s.get("/tile/", s.tile)
	s.get("/healthz", s.health)
	if l.Mode() == log.Raw {
		s.post("/add", s.add)
	} else {
		s.post("/api/v1/statements", s.submit)
		s.get("/api/v1/receipts/{digest}", s.receipt)
		s.get("/api/v1/documents/{id...}", s.document)
		s.get("/api/v1/identities/{id...}", s.identity)
		s.get("/api/v1/consistency/{older}/{newer}", s.consistency)
		s.get("/api/v1/log", s.about)
	}
	// The folders too: the mux would redirect to them with a slash at the end.
	for _, none := range []string{"/", "/tile", "/api/v1/documents", "/api/v1/identities"} {
		s.mux.HandleFunc(none, func(w http.ResponseWriter, r *http.Request) {
			writeProblem(w, notFound("no such resource"))
		})
	}
	return s
}

// ServeHTTP implements http.Handler. Paths are taken as they are: no cleaning,
// no escapes, no redirects. So each resource has one path, in each cache too.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	if p := r.URL.Path; path.Clean(p) != p || r.URL.EscapedPath() != p {
		writeProblem(w, notFound("no such resource"))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// HTTPServer returns an http.Server for h with the time limits that a server on
// an open network needs.
func HTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      120 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    32 << 10,
	}
}

// handler answers a request, or returns the error to answer with.
type handler func(w http.ResponseWriter, r *http.Request) error

func (s *Server) get(pattern string, h handler) {
	s.handle(pattern, h, http.MethodGet, http.MethodHead)
}

func (s *Server) post(pattern string, h handler) { s.handle(pattern, h, http.MethodPost) }

func (s *Server) handle(pattern string, h handler, methods ...string) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		for _, m := range methods {
			if r.Method == m {
				if err := h(w, r); err != nil {
					writeProblem(w, err)
				}
				return
			}
		}
		w.Header().Set("Allow", strings.Join(methods, ", "))
		writeProblem(w, &Problem{Status: http.StatusMethodNotAllowed, Code: "method", Detail: "use " + methods[0]})
	})
}

// fromView reads a body from the published view and gives the view back before
// anything is written: a slow reader must not hold a snapshot of the store.
func (s *Server) fromView(read func(*log.View) ([]byte, error)) ([]byte, error) {
	v, err := s.view()
	if err != nil {
		return nil, err
	}
	defer v.Release()
	return read(v)
}

// view returns the published view, for the caller to Release.
func (s *Server) view() (*log.View, error) {
	if v := s.log.View(); v != nil {
		return v, nil
	}
	return nil, log.ErrClosed
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) error {
	// A health check that fails says "do not send": 503, whatever a submission
	// would get.
	if err := s.log.Health(); err != nil {
		p := *problemOf(err)
		p.Status = http.StatusServiceUnavailable
		return &p
	}
	v, err := s.view()
	if err != nil {
		return err
	}
	defer v.Release()
	return writeJSON(w, "no-store", map[string]any{"status": "ok", "size": v.Size()})
}

// writeJSON writes a body whose keys are sorted.
func writeJSON(w http.ResponseWriter, cache string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return write(w, "application/json", cache, append(body, '\n'))
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
