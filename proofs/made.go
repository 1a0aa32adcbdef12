package proofs

import (
	"errors"
	"fmt"
	"slices"
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
		return madeIdentity(id, e.Body, m)
	case register.TypeDocument:
		return madeDocument(id, e.Body, m)
	}
	return nil
}

func madeIdentity(id string, body []byte, m Maker) error {
	b, err := register.ParseIdentityBody(body)
	if err != nil {
		return err
	}
	err = sameMade(nil, b.Statement == register.Hash(m.Digest), "statement")
	named := id
	switch s := m.Statement.Body.(type) {
	case *statement.EnrollIdentity:
		named = s.ID
		err = errors.Join(err, sameMade(nil, b.State.Key == register.SPKIKey(s.SPKI), "key"))
	case *statement.RotateIdentity:
		named = s.ID
		err = errors.Join(err, sameMade(nil, b.State.Key == register.SPKIKey(s.SPKI), "key"))
	case *statement.SuspendIdentity:
		named = s.ID
	case *statement.ResumeIdentity:
		named = s.ID
	case *statement.RevokeIdentity:
		named = s.ID
	case *statement.RetireIdentity:
		named = s.ID
	case *statement.SetPolicy: // genesis: it enrolls its members
	default:
		return fmt.Errorf("a %s changes no identity", m.Statement.Code)
	}
	return errors.Join(err, sameMade(nil, named == id, "identity"))
}

func madeDocument(id string, body []byte, m Maker) error {
	b, err := register.ParseDocumentBody(body)
	if err != nil {
		return err
	}
	return errors.Join(
		sameMade(nil, b.Statement == register.Hash(m.Digest), "statement"),
		sameMade(nil, b.Digest == register.SHA256Digest(register.Hash(m.Statement.Subject)), "digest"),
		sameMade(nil, b.Run == runOf(m.Statement, m.Statement.Code.Kind() == "document"), "run"),
		sameVersion(id, b.Version, m.Statement),
		sameMade(nil, writesTo(m.Statement, id), "document"))
}

// runOf is the key of the run that a statement names, where it counts; else zeros.
func runOf(s *statement.Statement, counts bool) register.Key {
	if s.Run == "" || !counts {
		return register.Key{}
	}
	return register.RunKey(s.Run)
}

// sameVersion compares the version with what the statement says of it: one that retires
// a workflow says nothing, and each text of a workflow is version 1 of itself.
func sameVersion(id string, version uint32, s *statement.Statement) error {
	want := version
	switch b := s.Body.(type) {
	case *statement.ReleaseDocument:
		want = b.Version
	case *statement.WithdrawDocument:
		want = b.Version
	case *statement.SetPolicy:
		policy, err := b.Policy()
		if err != nil {
			return err
		}
		want = policy.Version
	case *statement.DefineWorkflow:
		flow, err := b.Workflow()
		if err != nil {
			return err
		}
		if want = flow.Version; id == statement.TextDocument(s.Subject) {
			want = 1
		}
	}
	return sameMade(nil, version == want, "version")
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

// sameMade is err, or says what differs.
func sameMade(err error, ok bool, what string) error {
	if err == nil && !ok {
		err = fmt.Errorf("the %s differs", what)
	}
	return err
}

func madeActivity(id string, kind uint8, body []byte, m Maker) error {
	b, err := register.ParseActivityBody(body)
	if err != nil {
		return err
	}
	return errors.Join(
		sameMade(nil, b.Statement == register.Hash(m.Digest), "statement"),
		sameMade(nil, kind == uint8(m.Statement.Code), "kind"),
		sameMade(nil, b.Run == runOf(m.Statement, true), "run"),
		sameMade(nil, id == m.Statement.Issuer, "issuer"))
}

func madeRun(id string, kind uint8, body []byte, m Maker) error {
	b, err := register.ParseRunBody(body)
	if err != nil {
		return err
	}
	attempt, seq, step, result := workOf(m.Statement.Body)
	return errors.Join(
		sameMade(nil, b.Statement == register.Hash(m.Digest), "statement"),
		sameMade(nil, kind == uint8(m.Statement.Code), "kind"),
		sameMade(nil, id == m.Statement.Run, "run"),
		sameMade(nil, b.Issuer == register.IdentityKey(m.Statement.Issuer), "issuer"),
		sameMade(nil, attempt == 0 || b.Attempt == attempt, "attempt"),
		sameMade(nil, seq == 0 || b.Seq == seq, "seq"),
		sameMade(nil, step == "" || b.Step == step, "step"),
		sameMade(nil, b.Result == 0 || result == 0 || b.Result == result, "result"))
}

// workOf returns what a step or an outcome says of itself, as its run's events do.
func workOf(body statement.Body) (attempt, seq uint32, step string, result uint8) {
	switch b := body.(type) {
	case *statement.IntendStep:
		return b.Attempt, b.Seq, b.Name, 0
	case *statement.FinishStep:
		return b.Attempt, b.Seq, b.Name, stepResults[b.Result]
	case *statement.CloseOutcome:
		return b.Attempt, 0, "", runClaims[b.Status]
	}
	return 0, 0, "", 0
}

var (
	stepResults = map[string]uint8{"ok": register.ResultOK, "error": register.ResultError, "skipped": register.ResultSkipped}
	runClaims   = map[string]uint8{
		"success": register.RunSuccess, "partial": register.RunPartial, "failed": register.RunFailed, "aborted": register.RunAborted,
	}
)

func madeGrant(id string, kind uint8, body []byte, m Maker) error {
	switch kind {
	case register.GrantGranted:
		return madeGranted(id, body, m)
	case register.GrantSpent:
		b, err := register.ParseSpentBody(body)
		if err != nil {
			return err
		}
		grant, err := statement.ParseDigest(id)
		return errors.Join(err,
			sameMade(nil, b.Statement == register.Hash(m.Digest), "statement"),
			sameMade(nil, b.By == register.IdentityKey(m.Statement.Issuer), "spender"),
			sameMade(nil, slices.Contains(m.Statement.Mentions(), statement.MentionDigest(statement.MentionGrant, grant)), "grant"))
	}
	b, err := register.ParseRevokedBody(body)
	if err != nil {
		return err
	}
	revoked, ok := m.Statement.Body.(*statement.RevokeDecision)
	return errors.Join(
		sameMade(nil, b.Statement == register.Hash(m.Digest), "statement"),
		sameMade(nil, b.By == register.IdentityKey(m.Statement.Issuer), "issuer"),
		sameMade(nil, ok && revoked.About.String() == id, "grant"))
}

func madeGranted(id string, body []byte, m Maker) error {
	b, err := register.ParseGrantedBody(body)
	if err != nil {
		return err
	}
	g, ok := m.Statement.Body.(*statement.GrantDecision)
	if !ok {
		return fmt.Errorf("it is a %s", m.Statement.Code)
	}
	var request register.Hash
	if g.About != nil {
		request = register.Hash(*g.About)
	}
	return errors.Join(
		sameMade(nil, m.Digest.String() == id, "statement"),
		sameMade(nil, b.Request == request, "request"),
		sameMade(nil, (b.Delegator == register.Key{}) == (g.ActingFor == nil), "delegator"),
		sameMade(nil, b.Object == register.Hash(g.ObjectHash()), "object"),
		sameMade(nil, b.Subject == register.SHA256Digest(register.Hash(m.Statement.Subject)), "subject"),
		sameMade(nil, b.To == register.IdentityKey(g.To), "recipient"),
		sameMade(nil, b.Grantor == register.IdentityKey(m.Statement.Issuer), "grantor"),
		sameMade(nil, b.NotBefore == uint64(g.NotBefore) && b.NotAfter == uint64(g.NotAfter), "time"),
		sameMade(nil, b.Uses == g.Uses, "number of uses"))
}
