package server

import (
	"encoding/hex"
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
	{register.TypeActivity, "activities", "activity", idParam("Identity id; it may contain slashes.", "wl/pipeline"), "identity", (*log.View).Activity},
}

func stapleDigest(v *log.View, id string) (*proofs.Receipt, error) {
	digest, err := statement.ParseDigest(id)
	if err != nil {
		return nil, err
	}
	return v.Digest(digest)
}

// segment is the last part of the path of a register.
func (g *shownRegister) segment() string {
	if g.typ == register.TypeDigest {
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
	Type   string        `json:"type" enum:"document,digest,identity,activity"`
	ID     string        `json:"id" doc:"Name of the register; of a digest in hex."`
	Size   uint64        `json:"size" doc:"The published size."`
	Count  uint64        `json:"count" doc:"Events of the register."`
	Root   []byte        `json:"root" doc:"RFC 6962 root over all of them."`
	From   uint64        `json:"from"`
	Events []eventAnswer `json:"events" nullable:"false"`
	Next   uint64        `json:"next,omitempty" doc:"The from of the next page."`
}

// eventAnswer is an event: what is hashed, what opens it, and the same to read.
type eventAnswer struct {
	Seq   uint64 `json:"seq"`
	Index uint64 `json:"index" doc:"Index of the entry."`
	Time  uint64 `json:"time" doc:"The log's clock, unix milliseconds."`
	Kind  string `json:"kind" doc:"What happened; of an activity the kind of the statement."`

	Version   uint32 `json:"version,omitempty" doc:"Version of the document."`
	Digest    string `json:"digest,omitempty" doc:"Document digest, in a document's events."`
	Statement string `json:"statement,omitempty" doc:"Statement digest."`
	Register  string `json:"register,omitempty" doc:"In a digest's events: key of the register of the document or of the identity."`
	Status    string `json:"status,omitempty" enum:"active,suspended,revoked,retired" doc:"Of the identity, afterwards."`

	Event []byte `json:"event" doc:"The bytes that the history hashes (docs/spec/registers.md)."`
	Blind []byte `json:"blind" doc:"With body, opens the body hash in event."`
	Body  []byte `json:"body"`
}

func newHistoryAnswer(g shownRegister, id string, size, from uint64, h log.History) (historyAnswer, error) {
	if g.typ == register.TypeDigest {
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

func newEventAnswer(e *log.RegisterEvent) (eventAnswer, error) {
	out := eventAnswer{Seq: e.Seq, Index: e.Index, Time: e.Time, Event: e.Marshal(), Blind: e.Blind[:], Body: e.Body}
	return out, out.describe(e)
}

var eventKinds = map[register.Type]map[uint8]string{
	register.TypeDocument: {register.DocumentRelease: "release", register.DocumentWithdraw: "withdraw"},
	register.TypeDigest:   {register.DigestReleased: "released", register.DigestKeyed: "keyed"},
	register.TypeIdentity: {
		register.IdentityEnroll: "enroll", register.IdentityRotate: "rotate", register.IdentitySuspend: "suspend",
		register.IdentityResume: "resume", register.IdentityRevoke: "revoke", register.IdentityRetire: "retire",
	},
}

var identityStatuses = map[uint8]string{
	register.IdentityActive: "active", register.IdentitySuspended: "suspended", register.IdentityRevoked: "revoked", register.IdentityRetired: "retired",
}

// describe says what an event's body holds.
func (a *eventAnswer) describe(e *log.RegisterEvent) error {
	a.Kind = eventKinds[e.Type][e.Kind]
	switch e.Type {
	case register.TypeDocument:
		body, err := register.ParseDocumentBody(e.Body)
		a.Version, a.Statement = body.Version, statement.Digest(body.Statement).String()
		if body.Digest.Algorithm() == register.AlgorithmSHA256 {
			a.Digest = statement.Digest(body.Digest.Hash()).String()
		}
		return err
	case register.TypeDigest:
		return a.describeDigest(e)
	case register.TypeIdentity:
		body, err := register.ParseIdentityBody(e.Body)
		a.Status, a.Statement = identityStatuses[body.State.Status], statement.Digest(body.Statement).String()
		return err
	case register.TypeActivity:
		body, err := register.ParseActivityBody(e.Body)
		a.Kind, a.Statement = statement.Code(e.Kind).String(), statement.Digest(body.Statement).String()
		return err
	}
	return nil
}

func (a *eventAnswer) describeDigest(e *log.RegisterEvent) error {
	if e.Kind == register.DigestKeyed {
		body, err := register.ParseKeyBody(e.Body)
		a.Register = hex.EncodeToString(body.Identity[:])
		return err
	}
	body, err := register.ParseReleasedBody(e.Body)
	a.Register, a.Version = hex.EncodeToString(body.Document[:]), body.Version
	return err
}
