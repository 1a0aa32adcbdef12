package server

import (
	"net/http"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// shownRegister is a type of register with its place in the API.
type shownRegister struct {
	typ    register.Type
	folder string // of its staples, and below histories
	one    string
	id     param
	code   string // of a path that names none
	staple func(v *log.View, id string) (*proofs.Receipt, error)
}

var shownRegisters = []shownRegister{
	{register.TypeDocument, "documents", "document", idParam("Document id; it may contain slashes.", "contracts/1"), "document", (*log.View).Document},
	{register.TypeDigest, "digests", "digest", hexParam("digest", "SHA-256 of a document's bytes, or of a public key."), "digest", stapleDigest},
	{register.TypeIdentity, "identities", "identity", idParam("Identity id; it may contain slashes.", "wl/pipeline"), "identity", (*log.View).Identity},
	{register.TypeRun, "runs", "run", idParam("Run id; it may contain slashes.", "runs/2026-11-10.1"), "run", (*log.View).Run},
	{register.TypeGrant, "grants", "grant", hexParam("digest", "Statement digest of the grant."), "digest", stapleGrant},
	{register.TypeActivity, "activities", "activity", idParam("Identity id; it may contain slashes.", "wl/pipeline"), "identity", (*log.View).Activity},
}

func stapleDigest(v *log.View, id string) (*proofs.Receipt, error) {
	digest, err := statement.ParseDigest(id)
	if err != nil {
		return nil, err
	}
	return v.Digest(digest)
}

func stapleGrant(v *log.View, id string) (*proofs.Receipt, error) {
	digest, err := statement.ParseDigest(id)
	if err != nil {
		return nil, err
	}
	return v.Grant(digest)
}

// named by a digest, in hex; the others by an id.
func (g *shownRegister) byDigest() bool {
	return g.typ == register.TypeDigest || g.typ == register.TypeGrant
}

// segment is the last part of the path of a register.
func (g *shownRegister) segment() string {
	if g.byDigest() {
		return "{digest}"
	}
	return "{id...}"
}

// registerRoutes are the staples and the histories of registers.
func (s *Server) registerRoutes() []route {
	var all []route
	for _, g := range shownRegisters {
		all = append(all,
			route{http.MethodGet, "/api/v1/" + g.folder + "/" + g.segment(), reading, s.stapleOf(g), operation{
				id: g.one, tag: "registers", summary: "Staple: the " + g.one + " register, or the proof that there is none",
				text:    newestText + " Both are 200, since both are answers.",
				path:    []param{g.id},
				replies: []reply{receiptReply(http.StatusOK, "The staple: a receipt without an entry.")},
				codes:   []string{g.code, "closing"},
			}},
			route{http.MethodGet, "/api/v1/histories/" + g.folder + "/" + g.segment(), reading, s.historyOf(g), operation{
				id: g.one + "History", tag: "registers", summary: "Events of the " + g.one + " register, oldest first",
				text: "Who has read all `count` events computes `root` from them (RFC 6962 over the `event`s) and compares both with the value in " +
					"the register's staple: then none is missing.",
				path:    []param{g.id},
				query:   []param{numberParam("from", "Sequence number of the first event; 0 if it is not given.", 0), limitParam(log.MaxHistoryPage, 100)},
				replies: []reply{jsonReply[historyAnswer]("A page of events; `next` is there when more follow.")},
				codes:   []string{g.code, "not-found", "closing"},
			}})
	}
	return all
}

// stapleOf answers with a register, or the proof that there is none.
func (s *Server) stapleOf(g shownRegister) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := pathRegister(r, g.typ)
		if err != nil {
			return err
		}
		return s.staple(w, func(v *log.View) (*proofs.Receipt, error) { return g.staple(v, id) })
	}
}

// historyOf answers with a page of a register's events.
func (s *Server) historyOf(g shownRegister) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := pathRegister(r, g.typ)
		if err != nil {
			return err
		}
		from, err := queryNumber(r, "from", 0, 0, 1<<53)
		if err != nil {
			return err
		}
		limit, err := queryLimit(r, 100, log.MaxHistoryPage)
		if err != nil {
			return err
		}
		answer, err := fromView(s, func(v *log.View) (historyAnswer, error) {
			h, err := v.History(g.typ, id, from, limit)
			if err != nil {
				return historyAnswer{}, err
			}
			return newHistoryAnswer(g, id, v.Size(), from, h)
		})
		if err != nil {
			return err
		}
		return writeJSON(w, "no-store", answer)
	}
}

// historyAnswer is a page of the events of a register.
type historyAnswer struct {
	Type   string        `json:"type" enum:"document,digest,run,identity,grant,activity"`
	ID     string        `json:"id" doc:"Name of the register; of a digest and a grant in hex."`
	Size   uint64        `json:"size" doc:"The published size."`
	Count  uint64        `json:"count" doc:"Events of the register."`
	Root   []byte        `json:"root" doc:"RFC 6962 root over all of them."`
	From   uint64        `json:"from"`
	Events []eventAnswer `json:"events" nullable:"false"`
	Next   uint64        `json:"next,omitempty" doc:"The from of the next page."`
}

func newHistoryAnswer(g shownRegister, id string, size, from uint64, h log.History) (historyAnswer, error) {
	if g.byDigest() {
		id = id[len("sha256:"):]
	}
	out := historyAnswer{
		Type: g.typ.String(), ID: id, Size: size, Count: h.Size, Root: h.Root[:], From: from, Events: make([]eventAnswer, 0, len(h.Events)),
	}
	for i := range h.Events {
		e, err := newEventAnswer(&h.Events[i])
		if err != nil {
			return out, err
		}
		out.Events = append(out.Events, e)
	}
	if end := from + uint64(len(h.Events)); end < h.Size {
		out.Next = end
	}
	return out, nil
}
