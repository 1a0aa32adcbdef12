package admission

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An agreement is what a workflow demands of the grants that a statement spends.
type agreement struct {
	flow  *statement.Workflow
	n     uint32   // grants of as many owners
	roles []string // one in each
}

// approvedBy is E406 of a release or a step: n owners, and all roles.
func (e *entry) approvedBy(flow *statement.Workflow) func([]*grant) error {
	return e.checkApproved(agreement{flow, flow.Approval.N, flow.Approval.Roles})
}

// withdrawnBy is E406 of a withdrawal: as many owners as the workflow says, in
// whichever of its roles.
func (e *entry) withdrawnBy(flow *statement.Workflow) func([]*grant) error {
	return e.checkApproved(agreement{flow: flow, n: flow.WithdrawGrants})
}

// checkApproved is E406: owners count, not identities. A grant counts for the
// owner of who decided, and a hand that signed for several counts once. One that
// sets approval aside meets number and roles alone.
func (e *entry) checkApproved(a agreement) func([]*grant) error {
	return func(grants []*grant) error {
		good := a.ofClass(a.ofLevel(grants))
		if slices.ContainsFunc(good, func(g *grant) bool { return sets(g.decision, "approval") }) {
			return nil
		}
		var minds, hands []register.Hash
		var twice []string // grants of owners who count already
		missing := slices.Clone(a.roles)
		for _, g := range good {
			if !a.counts(g) {
				continue
			}
			before := min(len(minds), len(hands))
			minds, hands = addOwner(minds, g.mind), addOwner(hands, g.hand())
			if min(len(minds), len(hands)) == before {
				twice = append(twice, g.field)
			}
			missing = slices.DeleteFunc(missing, func(role string) bool { return role == g.decision.Role })
		}
		if got := min(len(minds), len(hands)); got < int(a.n) {
			return unapproved(grants, "workflow %q demands grants of %d distinct owners%s; of the %d named here %d count%s", a.flow.ID, a.n, a.whose(), len(grants), got, ownersOf(twice))
		}
		if len(missing) > 0 {
			return unapproved(grants, "workflow %q demands a grant in each of the roles %v; none here is in %v", a.flow.ID, a.roles, missing)
		}
		return nil
	}
}

// whose says which grants count at all.
func (a agreement) whose() string {
	var words []string
	if a.flow.Approval.Class == "human" {
		words = append(words, "by humans")
	}
	if a.flow.Approval.Level == "direct" {
		words = append(words, "signed by those who decide")
	}
	if asked := a.flow.Approval.Roles; len(asked) > 0 {
		words = append(words, fmt.Sprintf("in the roles %v, still held", asked))
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// ownersOf says which grants count for nothing, since their owner counts already.
func ownersOf(twice []string) string {
	if len(twice) == 0 {
		return ""
	}
	return ": those in " + strings.Join(twice, ", ") + " are of owners who count already"
}

// unapproved refuses, and names the grants.
func unapproved(grants []*grant, format string, args ...any) error {
	r := refuse(CodeApproval, "predicate.spends", format, args...)
	for _, g := range grants {
		r.at(g.last)
	}
	return r
}

// ofLevel are the grants at the level that the workflow demands, or all if one
// sets that aside.
func (a agreement) ofLevel(grants []*grant) []*grant {
	if a.flow.Approval.Level != "direct" || slices.ContainsFunc(grants, func(g *grant) bool { return sets(g.decision, "level") }) {
		return grants
	}
	return slices.DeleteFunc(slices.Clone(grants), func(g *grant) bool { return g.decision.Level != "direct" })
}

// ofClass are the grants of humans, where humans decide. Their own workflow judged
// that when they were given; it is another than this one where what a run released
// is withdrawn in another run.
func (a agreement) ofClass(grants []*grant) []*grant {
	if a.flow.Approval.Class != "human" {
		return grants
	}
	return slices.DeleteFunc(slices.Clone(grants), func(g *grant) bool {
		return g.mind.state.Class != register.ClassHuman || g.hand().state.Class != register.ClassHuman
	})
}

// counts says whether a grant was given in a role that the workflow asks for, by
// one who still holds it.
func (a agreement) counts(g *grant) bool {
	asked := a.flow.Approval.Roles
	return (len(asked) == 0 || slices.Contains(asked, g.decision.Role)) && g.mind.holds(g.decision.Role)
}

// hand is who stands behind the signature. A bridge brings what many decided, so
// it is no hand of its own.
func (g *grant) hand() *issuer {
	if g.decision.By != "" {
		return g.mind
	}
	return g.grantor
}

func addOwner(owners []register.Hash, who *issuer) []register.Hash {
	if slices.Contains(owners, who.state.Owner) {
		return owners
	}
	return append(owners, who.state.Owner)
}
