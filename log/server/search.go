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
			textParam("kind", "Statements of this kind.", "request.open"),
			textParam("run", "What names this run, whether it was opened or not.", "runs/2026-11-10.1"),
			textParam("parent", "Requests of runs that are a part of this run.", "runs/2026-11-10.1"),
			{name: "grant", text: "The grant with this statement digest, in hex; what spends it, acts for it, or is about it.", schema: hexParam("", "").schema},
			{name: "about", text: "What is about the statement with this digest, in hex, or has it as evidence.", schema: hexParam("", "").schema},
			textParam("traceparent", "What belongs to this trace: a traceparent, or the 32 hex digits of its trace id.", "4bf92f3577b34da6a3ce929d0e0e4736"),
			textParam("external", "What names this thing in another system: the system, \"/\" and the id there.", "itsm/CHG-20441"),
			{name: "input", text: "Requests and steps that start from these bytes: their digest in hex.", schema: hexParam("", "").schema},
			{name: "output", text: "Steps and outcomes that brought these bytes about: their digest in hex.", schema: hexParam("", "").schema},
			{name: "workflow", text: "The workflow whose text has this digest, in hex, and the requests for it.", schema: hexParam("", "").schema},
			timeParam("since", "At this time or later, by the log's clock (RFC 3339)."),
			timeParam("until", "Before this time, by the log's clock (RFC 3339)."),
			cursorParam, limitParam(log.MaxSearchPage, 50),
		},
		replies: []reply{jsonReply[searchAnswer]("A page of entries.")},
		codes:   []string{"digest", "document", "identity", "run", "cursor", "closing"},
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
	Run       string `json:"run,omitempty" doc:"The run that the statement names."`
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

func newEntryAnswer(f log.Found) entryAnswer {
	a := entryAnswer{
		Index: f.Index, Time: f.Time, Kind: f.Statement.Code.String(), Issuer: f.Statement.Issuer, Statement: f.Digest.String(), Run: f.Statement.Run,
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
