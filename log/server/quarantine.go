package server

import (
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/docketlog/docket/log/quarantine"
)

// maxRefusals is how many refusals one page has: each is read from a file.
const maxRefusals = 100

// quarantineRoutes show what was refused and kept. They are outside of the log:
// what they answer is not proved. The finding that each names is an entry.
func (s *Server) quarantineRoutes() []route {
	return []route{
		{http.MethodGet, "/api/v1/quarantine", reading, s.refusals, operation{
			id: "quarantine", tag: "quarantine", summary: "Refused statements that are kept",
			text: "Those of known submitters, each with the finding that puts its refusal on record. Oldest first; what is oldest is removed when the " +
				"bounds of the server are reached. The findings stay.",
			query: []param{
				{name: "after", text: "Only refusals with a higher `seq`: the `next` of the page before.", schema: huma.Schema{Type: huma.TypeInteger}},
				limitParam(maxRefusals, 50),
			},
			replies: []reply{jsonReply[refusalsAnswer]("A page of refusals.")},
		}},
		{http.MethodGet, "/api/v1/quarantine/{digest}", reading, s.refusedStatement, operation{
			id: "refusedStatement", tag: "quarantine", summary: "The envelope of a refused statement, by its digest",
			text:    "Of several envelopes with this digest the one that was refused last.",
			path:    []param{hexParam("digest", "Statement digest.")},
			replies: []reply{{status: http.StatusOK, media: envelopeMediaType, text: "The statement as it was signed, in its DSSE envelope.", schema: schemaOf[envelopeForm]}},
			codes:   []string{"digest", "not-found"},
		}},
	}
}

// refusalsAnswer is a page of what is in quarantine.
type refusalsAnswer struct {
	Refusals []refusalAnswer `json:"refusals" nullable:"false"`
	Next     uint64          `json:"next,omitempty" doc:"The after of the next page."`
}

type refusalAnswer struct {
	Seq     uint64   `json:"seq" doc:"Rises; starts anew when the operator empties the quarantine."`
	Digest  string   `json:"digest" pattern:"^[0-9a-f]{64}$" doc:"Statement digest."`
	Code    string   `json:"code" doc:"Of the refusal."`
	Field   string   `json:"field,omitempty" doc:"JSON path in the statement."`
	Detail  string   `json:"detail" doc:"What was wrong, and what would have been accepted."`
	Indices []uint64 `json:"indices,omitempty" nullable:"false" doc:"Entries of the log that show why."`
	Issuer  string   `json:"issuer" doc:"Who the statement says it is from."`
	Kind    string   `json:"kind" doc:"Of the statement."`
	Time    int64    `json:"time" doc:"The log's clock, unix milliseconds."`
	Finding uint64   `json:"finding" doc:"Index of the finding.refuse."`
}

// refusals lists what is kept.
func (s *Server) refusals(w http.ResponseWriter, r *http.Request) error {
	after, err := queryNumber(r, "after", 0, 0, 1<<63-1)
	if err != nil {
		return err
	}
	limit, err := queryLimit(r, 50, maxRefusals)
	if err != nil {
		return err
	}
	answer := refusalsAnswer{Refusals: []refusalAnswer{}}
	if s.options.Quarantine != nil {
		page, err := s.options.Quarantine.List(after, limit)
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			answer.Refusals = append(answer.Refusals, refusalAnswer(e))
		}
		answer.Next = page.Next
	}
	return writeJSON(w, "no-store", answer)
}

// refusedStatement answers with the bytes of one.
func (s *Server) refusedStatement(w http.ResponseWriter, r *http.Request) error {
	digest, err := pathDigest(r)
	if err != nil {
		return err
	}
	gone := notFound("no refused statement with this digest is kept, or not any more; its finding, if there is one, is in the log")
	if s.options.Quarantine == nil {
		return gone
	}
	e, _, err := s.options.Quarantine.Get(digest)
	if errors.Is(err, quarantine.ErrNotFound) {
		return gone
	}
	if err != nil {
		return err
	}
	return write(w, envelopeMediaType, "no-store", e.Marshal())
}
