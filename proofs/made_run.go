package proofs

import (
	"errors"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

func madeRun(id string, kind uint8, body []byte, m Maker) error {
	b, err := register.ParseRunBody(body)
	if err != nil {
		return err
	}
	attempt, seq, step, result := workOf(m.Statement.Body)
	if m.Statement.Code == statement.DocumentRelease { // the release step of the workflow, if it has one
		if step = b.Step; step != "" {
			result = register.ResultOK
		}
	}
	return errors.Join(
		sameMade(b.Statement == register.Hash(m.Digest), "statement"),
		sameMade(kind == uint8(m.Statement.Code), "kind"),
		sameMade(id == m.Statement.Run, "run"),
		sameMade(b.Issuer == register.IdentityKey(m.Statement.Issuer), "issuer"),
		sameMade(b.Attempt == attempt, "attempt"),
		sameMade(b.Seq == seq, "seq"),
		sameMade(b.Step == step, "step"),
		sameMade(b.Result == 0 || b.Result == result, "result"),
		sameMade(b.Ref == refOf(m), "reference"))
}

// refOf returns what the event of a statement in its run refers to: the text of the
// workflow, or the grant that was given or taken back.
func refOf(m Maker) [33]byte {
	switch b := m.Statement.Body.(type) {
	case *statement.OpenRequest:
		return register.WorkflowRef(register.SHA256Digest(b.Workflow))
	case *statement.GrantDecision:
		return register.GrantRef(register.GrantKey(register.Hash(m.Digest)))
	case *statement.RevokeDecision:
		return register.GrantRef(register.GrantKey(register.Hash(b.About)))
	}
	return [33]byte{}
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
