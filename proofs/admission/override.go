package admission

import (
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// reviewWithin is the longest until somebody is to review an override.
const reviewWithin = 72 * 3600 * 1000 // milliseconds

// overridable are the rules of a workflow that a grant for this may set aside.
func overridable(action statement.Code) []string {
	switch action {
	case statement.StepIntent:
		return []string{"approval", "level", "maxAttempts", "maxDuration"}
	case statement.DocumentRelease:
		return []string{"approval", "level", "destinations", "maxDuration"}
	case statement.DocumentWithdraw:
		return []string{"approval", "level", "maxDuration"}
	}
	return nil
}

// sets says whether a grant sets a rule aside.
func sets(g *statement.GrantDecision, rule string) bool {
	return g.Override != nil && g.Override.Rule == rule
}

// checkOverride is E409, at the grant and when it is spent: the policy in force
// lets this role set this rule aside, and there is such a rule.
func (e *entry) checkOverride(field string, g *statement.GrantDecision) error {
	if g.Override == nil {
		return nil
	}
	rules := overridable(g.For)
	switch rule := g.Override.Rule; {
	case len(rules) == 0:
		return refuse(CodeOverride, field, "a grant for a %s has no rule of a workflow to set aside: want it absent", g.For)
	case !slices.Contains(rules, rule):
		return refuse(CodeOverride, field, "nothing of a %s is judged by the rule %q: want one of %v", g.For, rule, rules)
	case !slices.Contains(e.policy.Overridable, rule):
		return refuse(CodeOverride, field, "the policy in force lets nobody set the rule %q aside, only those of %v", rule, e.policy.Overridable)
	case !slices.Contains(e.policy.OverrideRoles, g.Role):
		return refuse(CodeOverride, field, "the role %q sets no rule aside; the policy in force lets %v", g.Role, e.policy.OverrideRoles)
	}
	return nil
}

// checkSetsAside is E409 when a grant is spent: as at the grant, and who decided
// still holds the role. The members of the policy change.
func (e *entry) checkSetsAside(g *grant) error {
	if err := e.checkOverride(g.field, g.decision); err != nil || g.decision.Override == nil {
		return err
	}
	if !g.mind.holds(g.decision.Role) {
		return refuse(CodeOverride, g.field, "identity %q does not hold the role %q any more, in which it set the rule %q aside: want an override of one who does",
			g.mind.id, g.decision.Role, g.decision.Override.Rule).at(g.last, g.mind.last)
	}
	return nil
}

// checkReview is E409 of the grant: somebody looks at it soon.
func (e *entry) checkReview(g *statement.GrantDecision) error {
	if g.Override == nil {
		return nil
	}
	if latest := e.time + reviewWithin; g.Override.ReviewBy > latest {
		return refuse(CodeOverride, "predicate.override.reviewBy", "an override is reviewed within 72 h by the log's clock, until %s", statement.FormatTime(latest))
	}
	return nil
}
