package client

import (
	"errors"
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// made compares event i with the entry that it says made it: the place, the blind,
// which follows from the statement, and all of the body that the statement says.
// What else the body holds, such as the status of a run, follows from rules; who
// replays the log checks those.
func (h *History) made(i int, e *Entry) error {
	event, body := h.Events[i], h.Bodies[i]
	key, err := registerKeyOf(h.Type, h.ID)
	switch {
	case err != nil:
		return err
	case event.LeafHash != e.leaf:
		return errors.New("it is of another leaf")
	case int64(event.Time) != e.Time:
		return fmt.Errorf("its time is %d, that of the seal %d", event.Time, e.Time)
	}
	if err := event.VerifyBody(register.EventBlind(key, event.Seq, e.payload), body); err != nil {
		return err
	}
	switch h.Type {
	case register.TypeRun:
		return madeRun(h.ID, event.Kind, body, e)
	case register.TypeGrant:
		return madeGrant(h.ID, event.Kind, body, e)
	case register.TypeActivity:
		return madeActivity(h.ID, event.Kind, body, e)
	case register.TypeIdentity:
		b, err := register.ParseIdentityBody(body)
		return same(err, b.Statement == register.Hash(e.Digest), "statement")
	case register.TypeDocument:
		b, err := register.ParseDocumentBody(body)
		return same(err, b.Statement == register.Hash(e.Digest), "statement")
	}
	return nil
}

// same is err, or says what differs.
func same(err error, ok bool, what string) error {
	if err == nil && !ok {
		err = fmt.Errorf("the %s differs", what)
	}
	return err
}

func madeActivity(id string, kind uint8, body []byte, e *Entry) error {
	b, err := register.ParseActivityBody(body)
	if err != nil {
		return err
	}
	return errors.Join(
		same(nil, b.Statement == register.Hash(e.Digest), "statement"),
		same(nil, kind == uint8(e.Statement.Code), "kind"),
		same(nil, id == e.Statement.Issuer, "issuer"))
}

func madeRun(id string, kind uint8, body []byte, e *Entry) error {
	b, err := register.ParseRunBody(body)
	if err != nil {
		return err
	}
	attempt, seq, step, result := workOf(e.Statement.Body)
	return errors.Join(
		same(nil, b.Statement == register.Hash(e.Digest), "statement"),
		same(nil, kind == uint8(e.Statement.Code), "kind"),
		same(nil, id == e.Statement.Run, "run"),
		same(nil, b.Issuer == register.IdentityKey(e.Statement.Issuer), "issuer"),
		same(nil, attempt == 0 || b.Attempt == attempt, "attempt"),
		same(nil, seq == 0 || b.Seq == seq, "seq"),
		same(nil, step == "" || b.Step == step, "step"),
		same(nil, b.Result == 0 || result == 0 || b.Result == result, "result"))
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

func madeGrant(id string, kind uint8, body []byte, e *Entry) error {
	switch kind {
	case register.GrantGranted:
		return madeGranted(id, body, e)
	case register.GrantSpent:
		b, err := register.ParseSpentBody(body)
		if err != nil {
			return err
		}
		grant, err := statement.ParseDigest(id)
		return errors.Join(err,
			same(nil, b.Statement == register.Hash(e.Digest), "statement"),
			same(nil, b.By == register.IdentityKey(e.Statement.Issuer), "spender"),
			same(nil, slices.Contains(e.Statement.Mentions(), statement.MentionDigest(statement.MentionGrant, grant)), "grant"))
	}
	b, err := register.ParseRevokedBody(body)
	if err != nil {
		return err
	}
	revoked, ok := e.Statement.Body.(*statement.RevokeDecision)
	return errors.Join(
		same(nil, b.Statement == register.Hash(e.Digest), "statement"),
		same(nil, b.By == register.IdentityKey(e.Statement.Issuer), "issuer"),
		same(nil, ok && revoked.About.String() == id, "grant"))
}

func madeGranted(id string, body []byte, e *Entry) error {
	b, err := register.ParseGrantedBody(body)
	if err != nil {
		return err
	}
	g, ok := e.Statement.Body.(*statement.GrantDecision)
	if !ok {
		return fmt.Errorf("it is a %s", e.Statement.Code)
	}
	var request register.Hash
	if g.About != nil {
		request = register.Hash(*g.About)
	}
	return errors.Join(
		same(nil, e.Digest.String() == id, "statement"),
		same(nil, b.Request == request, "request"),
		same(nil, (b.Delegator == register.Key{}) == (g.ActingFor == nil), "delegator"),
		same(nil, b.Object == register.Hash(g.ObjectHash()), "object"),
		same(nil, b.Subject == register.SHA256Digest(register.Hash(e.Statement.Subject)), "subject"),
		same(nil, b.To == register.IdentityKey(g.To), "recipient"),
		same(nil, b.Grantor == register.IdentityKey(e.Statement.Issuer), "grantor"),
		same(nil, b.NotBefore == uint64(g.NotBefore) && b.NotAfter == uint64(g.NotAfter), "time"),
		same(nil, b.Uses == g.Uses, "number of uses"))
}

// registerKeyOf returns the key of a register, named as in a staple.
func registerKeyOf(t register.Type, id string) (register.Key, error) {
	switch t {
	case register.TypeDocument:
		return register.DocumentKey(id), nil
	case register.TypeRun:
		return register.RunKey(id), nil
	case register.TypeIdentity:
		return register.IdentityKey(id), nil
	case register.TypeActivity:
		return register.ActivityKey(id), nil
	}
	digest, err := statement.ParseDigest(id)
	if t == register.TypeGrant {
		return register.GrantKey(register.Hash(digest)), err
	}
	return register.DigestKey(register.SHA256Digest(register.Hash(digest))), err
}
