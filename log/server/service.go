package server

import (
	"encoding/hex"
	"net/http"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// serviceRoutes are those about the server itself.
func (s *Server) serviceRoutes() []route {
	all := []route{
		{http.MethodGet, "/healthz", public, s.health, operation{
			id: "health", tag: "service", summary: "Whether the log admits submissions",
			replies: []reply{jsonReply[healthAnswer]("It does.")},
			codes:   []string{"stopped", "unhealthy", "unconfirmed", "read-only", "closing", "no-space"},
			under:   map[string]int{"no-space": http.StatusServiceUnavailable, "read-only": http.StatusServiceUnavailable},
		}},
		{http.MethodGet, "/openapi.yaml", public, s.description, operation{
			id: "openapi", tag: "service", summary: "This description",
			replies: []reply{{status: http.StatusOK, media: "application/yaml", text: "OpenAPI 3.1."}},
		}},
	}
	if s.options.Metrics != nil {
		all = append(all, route{http.MethodGet, "/metrics", measuring, s.options.Metrics.serve, operation{
			id: "metrics", tag: "service", summary: "Metrics for Prometheus",
			replies: []reply{{status: http.StatusOK, media: "text/plain", text: "The text format of Prometheus."}},
		}})
	}
	return all
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) error {
	// A health check that fails says "do not send": 503, whatever a submission
	// would get.
	if err := s.log.Health(); err != nil {
		p := *problemOf(err)
		p.Status = http.StatusServiceUnavailable
		return &p
	}
	answer, err := fromView(s, func(v *log.View) (healthAnswer, error) { return healthAnswer{v.Size(), "ok"}, nil })
	if err != nil {
		return err
	}
	return writeJSON(w, "no-store", answer)
}

type healthAnswer struct {
	Size   uint64 `json:"size" doc:"The published size."`
	Status string `json:"status" enum:"ok"`
}

func (s *Server) description(w http.ResponseWriter, r *http.Request) error {
	return write(w, "application/yaml", "no-store", s.openapi)
}

// about describes the log to a person who sets up a verifier policy, and who
// compares it with what the operator published elsewhere.
func (s *Server) about(w http.ResponseWriter, r *http.Request) error {
	answer, err := fromView(s, func(v *log.View) (aboutAnswer, error) {
		genesis, err := v.Leaf(0)
		hash := proofs.LeafHash(genesis)
		var keys []string
		for _, key := range s.log.Keys() {
			keys = append(keys, key.String())
		}
		return aboutAnswer{hex.EncodeToString(hash[:]), s.log.Key().String(), keys, s.log.Origin(), statement.Rules, v.Size()}, err
	})
	if err != nil {
		return err
	}
	return writeJSON(w, "no-store", answer)
}

type aboutAnswer struct {
	Genesis string   `json:"genesis" pattern:"^[0-9a-f]{64}$" doc:"The leaf hash of entry 0."`
	Key     string   `json:"key" doc:"The log's first verifier key, of Ed25519."`
	Keys    []string `json:"keys" doc:"All verifier keys with which it signs now."`
	Origin  string   `json:"origin" doc:"The log's name."`
	Rules   string   `json:"rules" doc:"The admission rules in force."`
	Size    uint64   `json:"size" doc:"The published size."`
}
