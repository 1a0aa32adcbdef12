package proofs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// RegisterKey derives the key of a register from its type and name, which is as in a
// [RegisterProof].
func RegisterKey(t register.Type, id string) (register.Key, error) { return registerKey(t, id) }

// A Maker is a statement as it stands in a log: what [CheckMade] compares with events.
type Maker struct {
	Payload   []byte
	LeafHash  Hash
	Statement *statement.Statement // of Payload
	Digest    statement.Digest     // of Payload
}

// MakerOf derives all of a maker from its envelope.
func MakerOf(e *statement.Envelope) (Maker, error) {
	s, err := statement.Parse(e.Payload)
	digest := statement.DigestOf(e.Payload)
	return Maker{e.Payload, leafHashOf(e, digest), s, digest}, err
}

// CheckMade compares an event of the register of this type and name with the statement
// that it says made it: the leaf, the blind, which follows from the statement, and all
// of the body that the statement says. What else the body holds, such as the status
// of a run, follows from rules; who replays the log checks those. Of digest
// registers the leaf and the blind alone are compared.
func CheckMade(t register.Type, id string, e OpenedEvent, m Maker) error {
	key, err := registerKey(t, id)
	if err != nil {
		return err
	}
	if e.LeafHash != m.LeafHash {
		return errors.New("it is of another leaf")
	}
	if err := e.VerifyBody(register.EventBlind(key, e.Seq, m.Payload), e.Body); err != nil {
		return err
	}
	switch t {
	case register.TypeRun:
		return madeRun(id, e.Kind, e.Body, m)
	case register.TypeGrant:
		return madeGrant(id, e.Kind, e.Body, m)
	case register.TypeActivity:
		return madeActivity(id, e.Kind, e.Body, m)
	case register.TypeIdentity:
		return madeIdentity(id, e.Kind, e.Body, m)
	case register.TypeDocument:
		return madeDocument(id, e.Kind, e.Body, m)
	}
	return nil
}

func madeDocument(id string, kind uint8, body []byte, m Maker) error {
	b, err := register.ParseDocumentBody(body)
	if err != nil {
		return err
	}
	err = errors.Join(
		sameMade(b.Statement == register.Hash(m.Digest), "statement"),
		sameMade(b.Digest == register.SHA256Digest(register.Hash(m.Statement.Subject)), "digest"),
		sameMade(writesTo(m.Statement, id), "document"))
	made, failed := documentEventOf(m.Statement)
	switch {
	case failed != nil:
		return errors.Join(err, failed)
	case made == nil:
		made = textEventOf(m.Statement, id)
	}
	return errors.Join(err,
		sameMade(made.kind == kind, "kind"),
		sameMade(made.version == b.Version || made.version == 0, "version"),
		sameMade(made.run == b.Run, "run"))
}

// textEventOf returns what a statement about a workflow writes to a reserved document.
// Version 0: it does not say which, such as one that retires a text by its digest.
func textEventOf(s *statement.Statement, id string) *documentEvent {
	b, ok := s.Body.(*statement.DefineWorkflow)
	if !ok {
		return &documentEvent{kind: register.DocumentWithdraw}
	}
	flow, err := b.Workflow()
	switch {
	case err != nil: // it was judged when the statement was parsed
		return &documentEvent{}
	case id == statement.TextDocument(s.Subject):
		return &documentEvent{kind: register.DocumentRelease, version: 1}
	}
	return &documentEvent{kind: register.DocumentRelease, version: flow.Version}
}

// writesTo says whether a statement writes to the register of a document. One that
// retires a workflow names its text, not its id: there the digest says which.
func writesTo(s *statement.Statement, id string) bool {
	switch b := s.Body.(type) {
	case *statement.ReleaseDocument:
		return id == b.Document
	case *statement.WithdrawDocument:
		return id == b.Document
	case *statement.SetPolicy:
		return id == statement.PolicyDocument
	case *statement.RetireWorkflow:
		return strings.HasPrefix(id, statement.WorkflowDocument(""))
	case *statement.DefineWorkflow:
		flow, err := b.Workflow()
		return err == nil && (id == statement.WorkflowDocument(flow.ID) || id == statement.TextDocument(s.Subject))
	}
	return false
}

// sameMade says what differs, if it does.
func sameMade(ok bool, what string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("the %s differs", what)
}

func madeActivity(id string, kind uint8, body []byte, m Maker) error {
	b, err := register.ParseActivityBody(body)
	if err != nil {
		return err
	}
	return errors.Join(
		sameMade(b.Statement == register.Hash(m.Digest), "statement"),
		sameMade(kind == uint8(m.Statement.Code), "kind"),
		sameMade(b.Run == runKeyOf(m.Statement), "run"),
		sameMade(id == m.Statement.Issuer, "issuer"))
}
