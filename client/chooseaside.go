package client

import (
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// choose finds what is spent: grants that are enough by themselves, and those that set
// another rule aside. Only if there are not enough, one that sets the level aside, or
// else approval itself: an override that was not needed must not stop what has all its
// approvals, and is not used up. nil: there is nothing that is enough; counted are the
// grants that were looked at.
func (d Demand) choose(usable []voice) (chosen []statement.Digest, counted []voice) {
	aside := make(map[string][]statement.Digest)
	var others []statement.Digest
	for _, v := range usable {
		switch asked := d.Workflow.Approval.Roles; {
		case v.sets == "approval" || v.sets == "level":
			aside[v.sets] = append(aside[v.sets], v.digest)
		case v.sets != "":
			others = append(others, v.digest)
		case len(asked) == 0 || slices.Contains(asked, v.role):
			counted = append(counted, v)
		}
	}
	all := counted
	if d.Workflow.Approval.Level == "direct" {
		counted = slices.DeleteFunc(slices.Clone(all), func(v voice) bool { return v.bridged })
	}
	chosen = chooseApart(counted, d.Roles, int(d.N))
	if level := aside["level"]; chosen == nil && len(level) > 0 {
		if chosen = chooseApart(all, d.Roles, int(d.N)); chosen != nil {
			chosen = append(chosen, level[0])
		}
	}
	if approval := aside["approval"]; chosen == nil && len(approval) > 0 {
		chosen = approval[:1]
	}
	if chosen == nil {
		return nil, counted
	}
	return append(chosen, others[:max(0, min(len(others), statement.MaxSpends-len(chosen)))]...), counted
}
