package server

import (
	"fmt"
	"net/http"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/statement"
)

// searchRoutes find entries.
func (s *Server) searchRoutes() []route {
	return []route{{http.MethodGet, "/api/v1/search", reading, s.search, operation{
		id: "search", tag: "search", summary: "Find entries",
		text: fmt.Sprintf("The filters combine; at least one is given. Newest first. One request looks at %d entries at most, so a page may hold fewer than "+
			"the limit, or none, and still have a `next`. The answer is not proved to be complete: histories are.", log.MaxSearchWork),
		query: []param{
			{name: "digest", text: "Releases of these bytes: the document digest in hex.", schema: hexParam("", "").schema},
			textParam("document", "Releases and withdrawals of this document.", "contracts/1"),
			textParam("identity", "What this identity signed.", "wl/pipeline"),
			timeParam("since", "At this time or later, by the log's clock (RFC 3339)."),
			timeParam("until", "Before this time, by the log's clock (RFC 3339)."),
			cursorParam, limitParam(log.MaxSearchPage, 50),
		},
		replies: []reply{jsonReply[searchAnswer]("A page of entries.")},
		codes:   []string{"digest", "document", "identity", "cursor", "closing"},
	}}}
}

func timeParam(name, text string) param {
	p := textParam(name, text, "2026-11-10T09:00:00Z")
	p.schema.Format = "date-time"
	return p
}

// searchAnswer is a page of what a search found.
type searchAnswer struct {
	Size    uint64        `json:"size" doc:"The published size as of the first page."`
	Entries []entryAnswer `json:"entries" nullable:"false"`
	Next    string        `json:"next,omitempty" doc:"Cursor of the next page."`
	Proved  bool          `json:"proved" doc:"Always false: nothing proves that no entry is missing."`
}

type entryAnswer struct {
	Index     uint64 `json:"index"`
	Time      int64  `json:"time" doc:"The log's clock, unix milliseconds."`
	Kind      string `json:"kind"`
	Issuer    string `json:"issuer"`
	Statement string `json:"statement" pattern:"^sha256:[0-9a-f]{64}$"`
	Document  string `json:"document,omitempty"`
	Version   uint32 `json:"version,omitempty"`
	Digest    string `json:"digest,omitempty" doc:"Document digest."`
}

// search finds entries.
func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	limit, err := queryLimit(r, 50, log.MaxSearchPage)
	if err != nil {
		return err
	}
	answer, err := fromView(s, func(v *log.View) (searchAnswer, error) {
		text := textOf(q)
		c, err := queryCursor(r, text, v.Size())
		if err != nil {
			return searchAnswer{}, err
		}
		page, err := v.Search(q, c.below, limit)
		if err != nil {
			return searchAnswer{}, err
		}
		answer := searchAnswer{Size: c.size, Entries: make([]entryAnswer, len(page.Entries))}
		for i, f := range page.Entries {
			answer.Entries[i] = newEntryAnswer(f)
		}
		if page.More != 0 {
			answer.Next = cursor{c.size, page.More}.text(text)
		}
		return answer, nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, "no-store", answer)
}

// queryOf reads what is searched for. A parameter without a value is refused: it
// would find everything.
func queryOf(r *http.Request) (q log.Query, err error) {
	values := r.URL.Query()
	if values.Has("digest") {
		digest, err := statement.ParseDigest("sha256:" + values.Get("digest"))
		if err != nil {
			return q, problem("digest", "digest", "a digest is 64 lower-case hex digits")
		}
		q.Digest = &digest
	}
	if values.Has("document") {
		q.Document = values.Get("document")
		if err := checkDocument(q.Document, "document"); err != nil {
			return q, err
		}
	}
	if values.Has("identity") {
		q.Identity = values.Get("identity")
		if err := checkIdentity(q.Identity, "identity"); err != nil {
			return q, err
		}
	}
	if q.Since, err = queryTime(r, "since"); err != nil {
		return q, err
	}
	if q.Until, err = queryTime(r, "until"); err != nil {
		return q, err
	}
	if q.Empty() {
		return q, problem("query", "", "give at least one of digest, document, identity, since and until")
	}
	return q, nil
}

// textOf is the one form of a query, to which a cursor is bound.
func textOf(q log.Query) string {
	digest := ""
	if q.Digest != nil {
		digest = q.Digest.String()
	}
	return fmt.Sprintf("search %q %q %q %d %d", digest, q.Document, q.Identity, q.Since, q.Until)
}

func newEntryAnswer(f log.Found) entryAnswer {
	a := entryAnswer{
		Index: f.Index, Time: f.Time, Kind: f.Statement.Code.String(), Issuer: f.Statement.Issuer, Statement: f.Digest.String(),
	}
	switch body := f.Statement.Body.(type) {
	case *statement.ReleaseDocument:
		a.Document, a.Version, a.Digest = body.Document, body.Version, f.Statement.Subject.String()
	case *statement.WithdrawDocument:
		a.Document, a.Version, a.Digest = body.Document, body.Version, f.Statement.Subject.String()
	case *statement.SetPolicy:
		a.Document, a.Digest = statement.PolicyDocument, f.Statement.Subject.String()
	}
	return a
}
