package pack

import (
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs/statement"
)

// words says what a statement does, for people: in a few words, and in detail.
func words(s *statement.Statement) (what, detail string) {
	switch b := s.Body.(type) {
	case *statement.OpenRequest:
		return "asks, and opens run " + s.Run, wantWords(b.Want) + ", to be done by " + b.Executor
	case *statement.CancelRequest:
		return "cancels run " + s.Run, b.Reason
	case *statement.GrantDecision:
		return "approves as " + b.Role, objectWords(b) + ", by " + b.To
	case *statement.DenyDecision:
		return "denies run " + s.Run, b.Reason
	case *statement.RevokeDecision:
		return "takes an approval back", b.Reason
	case *statement.IntendStep:
		return "is about to do " + b.Name, stepWords(b.Step)
	case *statement.FinishStep:
		return "did " + b.Name + ": " + b.Result, strings.TrimSuffix(stepWords(b.Step)+", "+b.Cause, ", ")
	case *statement.CloseOutcome:
		return "says the run ended in " + b.Status, strings.TrimSuffix(fmt.Sprintf("attempt %d, %s", b.Attempt, b.Cause), ", ")
	case *statement.AttestObservation:
		var seen []string
		for _, o := range b.Observed {
			seen = append(seen, o.Resource+" "+o.Property)
		}
		return "saw", strings.Join(seen, ", ")
	}
	return otherWords(s)
}

func otherWords(s *statement.Statement) (what, detail string) {
	switch b := s.Body.(type) {
	case *statement.ReleaseDocument:
		return fmt.Sprintf("released version %d of %s", b.Version, b.Document), strings.TrimSuffix(fmt.Sprintf("%d bytes of %s, for %s", b.Size, b.Media, strings.Join(b.To, ", ")), ", for ")
	case *statement.WithdrawDocument:
		return fmt.Sprintf("withdrew version %d of %s", b.Version, b.Document), b.Reason
	case *statement.SetPolicy:
		if policy, err := b.Policy(); err == nil {
			return fmt.Sprintf("set version %d of the log's policy", policy.Version), ""
		}
	case *statement.DefineWorkflow:
		if flow, err := b.Workflow(); err == nil {
			return fmt.Sprintf("defined version %d of workflow %s", flow.Version, flow.ID), fmt.Sprintf("a release needs %d approvals, in the roles %s", flow.Approval.N, strings.Join(flow.Approval.Roles, ", "))
		}
	case *statement.EnrollIdentity:
		return "enrolled " + b.ID, b.Class + " of " + b.Owner
	case *statement.RotateIdentity:
		return "gave a new key to " + b.ID, ""
	case *statement.SuspendIdentity:
		return "suspended " + b.ID, b.Reason
	case *statement.ResumeIdentity:
		return "ended the suspension of " + b.ID, b.Reason
	case *statement.RevokeIdentity:
		return "revoked " + b.ID, b.Reason
	case *statement.RetireIdentity:
		return "retired " + b.ID, b.Reason
	case *statement.RefuseFinding:
		return "put on record that a statement of " + b.Submitter + " was refused", b.RefusalCode
	case *statement.AlertFinding:
		return "raised the alert " + b.Rule, b.Severity
	}
	return s.Code.String(), ""
}

func wantWords(w statement.Want) string {
	switch w := w.(type) {
	case statement.WantDocument:
		return "a release of " + w.Document
	case statement.WantAccess:
		return fmt.Sprintf("access to %s, %s, for %d s", w.Resource, w.Privilege, w.Seconds)
	case statement.WantTask:
		return "the task " + w.Task
	}
	return "something"
}

// objectWords says what a grant lets its holder do.
func objectWords(g *statement.GrantDecision) string {
	switch o := g.Object.(type) {
	case statement.DocumentObject:
		verb := "release"
		if g.For == statement.DocumentWithdraw {
			verb = "withdrawal"
		}
		return fmt.Sprintf("the %s of version %d of %s", verb, o.Version, o.Document)
	case statement.StepObject:
		text := fmt.Sprintf("the step %s, attempt %d, with %s on %s", o.Step, o.Attempt, o.Tool, o.Target)
		if o.Resource != "" {
			text += fmt.Sprintf(", %s on %s", o.Privilege, o.Resource)
		}
		return text
	case statement.IdentityObject:
		return g.For.String() + " of " + o.Identity
	case statement.DelegationObject:
		return fmt.Sprintf("decisions in the role %s below %s, in its stead", o.Role, strings.Join(o.Namespaces, " "))
	}
	return g.For.String()
}

func stepWords(s statement.Step) string {
	return fmt.Sprintf("attempt %d, with %s on %s", s.Attempt, s.Tool, s.Target)
}
