package server

import (
	"encoding/hex"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// eventAnswer is an event: what is hashed, what opens it, and the same to read.
type eventAnswer struct {
	Seq   uint64 `json:"seq"`
	Index uint64 `json:"index" doc:"Index of the entry."`
	Time  uint64 `json:"time" doc:"The log's clock, unix milliseconds."`
	Kind  string `json:"kind" doc:"What happened; of a run and an activity the kind of the statement."`

	Version   uint32  `json:"version,omitempty" doc:"Version of the document."`
	Digest    string  `json:"digest,omitempty" doc:"Document digest, in a document's events."`
	Statement string  `json:"statement,omitempty" doc:"Statement digest."`
	Register  string  `json:"register,omitempty" doc:"In a digest's events: key of the register of the document or of the identity; in a run's: of the grant that was given or taken back."`
	Status    string  `json:"status,omitempty" enum:"active,suspended,revoked,retired,open,success,partial,failed,aborted,cancelled,denied" doc:"Of the identity or the run, afterwards."`
	Workflow  string  `json:"workflow,omitempty" doc:"Digest of the workflow's text, where a run is opened."`
	Attempt   uint32  `json:"attempt,omitempty" doc:"Of a run, as the statement names it."`
	Step      string  `json:"step,omitempty" doc:"Of a run, as the statement names it."`
	Left      *uint32 `json:"left,omitempty" doc:"Uses that a grant has left, where it is given or spent."`

	Event []byte `json:"event" doc:"The bytes that the history hashes (docs/spec/registers.md)."`
	Blind []byte `json:"blind" doc:"With body, opens the body hash in event."`
	Body  []byte `json:"body"`
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
	register.TypeGrant: {register.GrantGranted: "granted", register.GrantSpent: "spent", register.GrantRevoked: "revoked"},
}

var runStatuses = map[uint8]string{
	register.RunOpen: "open", register.RunSuccess: "success", register.RunPartial: "partial", register.RunFailed: "failed",
	register.RunAborted: "aborted", register.RunCancelled: "cancelled", register.RunDenied: "denied",
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
	case register.TypeRun:
		return a.describeRun(e)
	case register.TypeGrant:
		return a.describeGrant(e)
	}
	return nil
}

func (a *eventAnswer) describeRun(e *log.RegisterEvent) error {
	body, err := register.ParseRunBody(e.Body)
	a.Kind, a.Statement = statement.Code(e.Kind).String(), statement.Digest(body.Statement).String()
	a.Status, a.Attempt, a.Step = runStatuses[body.Status], body.Attempt, body.Step
	switch {
	case body.Ref[0] == register.AlgorithmSHA256:
		a.Workflow = statement.Digest(body.Ref[1:]).String()
	case body.Ref != [33]byte{}:
		a.Register = hex.EncodeToString(body.Ref[1:])
	}
	return err
}

func (a *eventAnswer) describeGrant(e *log.RegisterEvent) error {
	switch e.Kind {
	case register.GrantGranted:
		body, err := register.ParseGrantedBody(e.Body)
		a.Left = &body.Uses
		return err
	case register.GrantSpent:
		body, err := register.ParseSpentBody(e.Body)
		a.Left, a.Statement = &body.Left, statement.Digest(body.Statement).String()
		return err
	}
	body, err := register.ParseRevokedBody(e.Body)
	a.Statement = statement.Digest(body.Statement).String()
	return err
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
