package client

import (
	"cmp"
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// Parts of a run's timeline: approvals and executions are told apart, and joined.
const (
	PartRequest   = "request"
	PartApproval  = "approval"
	PartExecution = "execution"
	PartEvidence  = "evidence" // what others saw, and findings
)

// A Line is one statement on a run's timeline. Its Time is the log's clock, At of the
// statement the signer's: they are never merged.
type Line struct {
	*Entry
	Part  string
	Event *RunEvent // nil: the statement does not name the run, but one of the run names it or is named by it
}

// Timeline is all that the dossier has, in the order of the log: the statements of the
// run, the grants that they spend and what took those back, and attestations about them.
func (d *Dossier) Timeline() []Line {
	var all []Line
	seen := make(map[uint64]bool)
	add := func(e *Entry, event *RunEvent) {
		if e != nil && !seen[e.Index] {
			seen[e.Index] = true
			all = append(all, Line{e, partOf(e.Statement.Code), event})
		}
	}
	for i := range d.Events {
		add(d.Events[i].Entry, &d.Events[i])
	}
	for _, g := range d.Grants {
		add(g.Given, nil)
		add(g.Revoked, nil)
	}
	for _, a := range d.Attests {
		add(a.Entry, nil)
	}
	slices.SortFunc(all, func(a, b Line) int { return cmp.Compare(a.Index, b.Index) })
	return all
}

func partOf(c statement.Code) string {
	switch c.Kind() {
	case "request":
		return PartRequest
	case "decision":
		return PartApproval
	case "attest", "finding":
		return PartEvidence
	}
	return PartExecution
}
