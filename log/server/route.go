package server

import (
	"net/http"
	"slices"
	"strings"

	"github.com/docketlog/docket/log"
)

// A route is one resource of the API: where it is, who may use it, what answers,
// and what the description says of it. The table of all routes is the only list
// of resources: it fills the mux and makes /openapi.yaml.
type route struct {
	method  string // GET answers HEAD too
	pattern string // of http.ServeMux, without the method
	access  access
	handle  handler
	doc     operation
}

// handler answers a request, or returns the error to answer with.
type handler func(w http.ResponseWriter, r *http.Request) error

// routes is the table of a log's mode.
func (s *Server) routes() []route {
	common := slices.Concat(s.tileRoutes(), s.serviceRoutes(), s.backupRoutes())
	if s.log.Mode() == log.Raw {
		return slices.Concat(common, s.rawRoutes())
	}
	return slices.Concat(common, s.submitRoutes(), s.receiptRoutes(), s.registerRoutes(), s.searchRoutes(), s.quarantineRoutes(),
		s.proofRoutes(), s.checkpointRoutes(), s.finalRoutes())
}

// fill registers the routes. What lies between them is a problem document too;
// the folders as well: the mux would redirect to them with a slash at the end.
func (s *Server) fill(routes []route) {
	taken := make(map[string]bool)
	for _, r := range routes {
		s.mux.HandleFunc(r.pattern, s.answer(r))
		taken[r.pattern] = true
	}
	none := []string{"/"}
	for _, r := range routes {
		if folder, _, ok := strings.Cut(r.pattern, "/{id...}"); ok {
			none = append(none, folder)
		} else if folder, ok := strings.CutSuffix(r.pattern, "/"); ok {
			none = append(none, folder)
		}
	}
	for _, pattern := range none {
		if !taken[pattern] {
			s.mux.HandleFunc(pattern, noResource)
		}
	}
}

// noResource answers where there is nothing, which is no secret.
func noResource(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	writeProblem(w, notFound("no such resource"))
}

// answer wraps the handler of a route: method, caller and query are judged
// before it, and its error is written after it.
func (s *Server) answer(route route) http.HandlerFunc {
	methods := []string{route.method}
	if route.method == http.MethodGet {
		methods = append(methods, http.MethodHead)
	}
	allow := strings.Join(methods, ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		if route.access == public {
			w.Header().Set("Access-Control-Allow-Origin", "*")
		}
		if r.Method != route.method && !(r.Method == http.MethodHead && route.method == http.MethodGet) {
			w.Header().Set("Allow", allow)
			writeProblem(w, problem("method", "", "use "+route.method))
			return
		}
		if err := s.serveRoute(route, w, r); err != nil {
			s.report(route.pattern, err)
			writeProblem(w, err)
		}
	}
}

func (s *Server) serveRoute(route route, w http.ResponseWriter, r *http.Request) error {
	caller, err := s.authorize(r, route.access)
	if err == nil {
		noteCaller(w, caller)
		err = route.doc.checkQuery(r)
	}
	if err != nil {
		if route.access == submitting {
			s.count(problemOf(err).Code, 1)
		}
		return err
	}
	return route.handle(w, r)
}

// report tells the operator what the answer does not: why the server could not
// answer.
func (s *Server) report(pattern string, err error) {
	if p := problemOf(err); p.Code == "internal" {
		s.logger.Error("a request could not be answered", "route", pattern, "error", err)
	}
}
