package server

import (
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// Occupy takes all places for submissions, until leave is called.
func (s *Server) Occupy() (leave func()) {
	var taken []func()
	for _, l := range []lane{s.single, s.batches} {
		for len(l) < cap(l) {
			out, err := l.enter()
			if err != nil {
				panic(err)
			}
			taken = append(taken, out)
		}
	}
	return func() {
		for _, out := range taken {
			out()
		}
	}
}

// InProgress returns the number of submissions in progress.
func (s *Server) InProgress() int { return len(s.single) + len(s.batches) }

// A Described is a route as tests see it.
type Described struct {
	ID, Method, Pattern, Path string
	Public                    bool
	Codes                     map[string]int // of its problems, with their status
	Query                     []string
}

// Described returns the table of routes.
func (s *Server) Described() []Described {
	var all []Described
	for _, r := range s.routes() {
		d := Described{ID: r.doc.id, Method: r.method, Pattern: r.pattern, Path: r.path(), Public: r.access == public, Codes: make(map[string]int)}
		for _, code := range r.problemCodes() {
			d.Codes[code] = r.statusOf(code)
		}
		for _, p := range r.doc.query {
			d.Query = append(d.Query, p.name)
		}
		all = append(all, d)
	}
	return all
}

// OpenAPI returns the description of the API.
func (s *Server) OpenAPI() *huma.OpenAPI { return openAPI(s.log, s.routes()) }

// PatternOf returns the pattern under which the mux finds a request.
func (s *Server) PatternOf(r *http.Request) string {
	_, pattern := s.mux.Handler(r)
	return pattern
}

// RefusalCodes are the codes of the admission rules.
var RefusalCodes = refusalCodes

// Codes returns the codes of all problems, but for refusals.
func Codes() []string {
	all := slices.Collect(maps.Keys(codes))
	for _, p := range problems {
		all = append(all, p.code)
	}
	return all
}

// QuotaClients returns how many clients are remembered.
func (s *Server) QuotaClients() int { return len(s.quotas.clients) }

// BodiesLeft returns what of the budget of bodies is left.
func (s *Server) BodiesLeft() int64 { return s.bodies.left.Load() }

// SinglesLeft is the same of bodies of one entry.
func (s *Server) SinglesLeft() int64 { return s.singles.left.Load() }

// TakeSingles is TakeBodies of the other budget.
func (s *Server) TakeSingles(n int64) { s.singles.left.Add(-n) }

// TakeBodies takes a part of the budget of bodies; a negative one gives it back.
func (s *Server) TakeBodies(n int64) { s.bodies.left.Add(-n) }
