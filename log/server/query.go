package server

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/statement"
)

// searched reads the filters of a search. A parameter without a value is refused:
// it would find everything. The first mistake stays.
type searched struct {
	values url.Values
	query  log.Query
	err    error
}

// queryOf reads what is searched for.
func queryOf(r *http.Request) (log.Query, error) {
	s := &searched{values: r.URL.Query()}
	s.query.Digest = s.digest("digest")
	s.query.Grant = s.digest("grant")
	s.text("document", func(id string) error { s.query.Document = id; return checkDocument(id, "document") })
	s.text("identity", func(id string) error { s.query.Identity = id; return checkIdentity(id, "identity") })
	s.mentions()
	if s.err != nil {
		return s.query, s.err
	}
	var err error
	if s.query.Since, err = queryTime(r, "since"); err != nil {
		return s.query, err
	}
	if s.query.Until, err = queryTime(r, "until"); err != nil {
		return s.query, err
	}
	if s.query.Empty() {
		return s.query, problem("query", "", "give at least one filter: see the parameters of search")
	}
	return s.query, nil
}

// mentions reads the filters that are mentions, in one order.
func (s *searched) mentions() {
	s.text("kind", s.kind)
	s.text("run", func(id string) error { s.add(statement.MentionRun, id); return checkRun(id, "run") })
	s.text("parent", func(id string) error { s.add(statement.MentionParent, id); return checkRun(id, "parent") })
	s.text("traceparent", s.trace)
	s.text("external", s.external)
	for _, m := range []struct {
		name string
		of   statement.MentionOf
	}{
		{"about", statement.MentionAbout}, {"input", statement.MentionInput}, {"output", statement.MentionOutput}, {"workflow", statement.MentionWorkflow},
	} {
		if d := s.digest(m.name); d != nil {
			s.query.Mentions = append(s.query.Mentions, statement.MentionDigest(m.of, *d))
		}
	}
}

func (s *searched) add(of statement.MentionOf, value string) {
	s.query.Mentions = append(s.query.Mentions, statement.Mention{Of: of, Value: value})
}

// text reads a parameter if it is given.
func (s *searched) text(name string, read func(value string) error) {
	if s.err == nil && s.values.Has(name) {
		s.err = read(s.values.Get(name))
	}
}

func (s *searched) digest(name string) (d *statement.Digest) {
	s.text(name, func(value string) error {
		digest, err := statement.ParseDigest("sha256:" + value)
		if err != nil {
			return problem("digest", name, "a digest is 64 lower-case hex digits")
		}
		d = &digest
		return nil
	})
	return d
}

func (s *searched) kind(value string) error {
	code, err := statement.ParseCode(value)
	if err != nil {
		return problem("query", "kind", "not a kind of statement: want one such as request.open")
	}
	s.add(statement.MentionKind, string([]byte{byte(code)}))
	return nil
}

func (s *searched) trace(value string) error {
	id, ok := statement.TraceID(value)
	if !ok {
		return problem("query", "traceparent", "not a traceparent of W3C Trace Context, nor a trace id of 32 lower-case hex digits")
	}
	s.add(statement.MentionTrace, id)
	return nil
}

func (s *searched) external(value string) error {
	if !statement.ValidExternal(value) {
		return problem("query", "external", "want a system, '/' and an id there, such as itsm/CHG-20441")
	}
	s.add(statement.MentionExternal, value)
	return nil
}

// textOf is the one form of a query, to which a cursor is bound.
func textOf(q log.Query) string {
	var b strings.Builder
	for _, d := range []*statement.Digest{q.Digest, q.Grant} {
		text := ""
		if d != nil {
			text = d.String()
		}
		fmt.Fprintf(&b, "%q ", text)
	}
	return fmt.Sprintf("search %s%q %q %q %d %d", b.String(), q.Document, q.Identity, q.Mentions, q.Since, q.Until)
}
