package scenario

import (
	"context"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// TestApprovalsAndExecutionJoin: the approvals of all runs and what was executed in
// them, each alone, hold every statement of the log that names a run, once; and the
// two join without an orphan: each grant that was spent was spent by a statement of
// the other half, each statement that spends grants finds them, and each approval
// is about the request of its run.
func TestApprovalsAndExecutionJoin(t *testing.T) {
	playOn(t, whole(t), memory(), &Player{After: func(y *Play) error {
		j := &halves{t: t, approvals: make(map[statement.Digest]*client.Entry), executed: make(map[statement.Digest]*client.Entry), grants: make(map[statement.Digest]*client.GrantHistory)}
		runs := 0
		for _, l := range y.story.Lines {
			if l.verb != "open" || l.Expect.Outcome != "OK" {
				continue
			}
			d, err := y.client.Dossier(context.Background(), l.words[0])
			if err != nil {
				return err
			}
			runs++
			j.add(d)
		}
		if runs < 9 || len(j.approvals) < 15 || len(j.executed) < 30 {
			t.Errorf("%d runs, %d approvals, %d executed", runs, len(j.approvals), len(j.executed))
		}
		j.join()
		j.whole(y)
		return nil
	}})
}

// halves are two exports, by statement digest.
type halves struct {
	t                   *testing.T
	approvals, executed map[statement.Digest]*client.Entry
	grants              map[statement.Digest]*client.GrantHistory
	requests            map[string]statement.Digest // by run
}

// add splits the dossier of a run.
func (j *halves) add(d *client.Dossier) {
	if j.requests == nil {
		j.requests = make(map[string]statement.Digest)
	}
	j.requests[d.Run] = d.Events[0].Digest
	for _, l := range d.Timeline() {
		half := j.executed
		if l.Part == client.PartRequest || l.Part == client.PartApproval {
			half = j.approvals
		}
		half[l.Entry.Digest] = l.Entry
	}
	for _, g := range d.Grants {
		j.grants[g.Digest] = g
	}
}

// join looks for orphans.
func (j *halves) join() {
	for digest, e := range j.approvals {
		switch body := e.Statement.Body.(type) {
		case *statement.GrantDecision:
			if body.About != nil && *body.About != j.requests[e.Statement.Run] {
				j.t.Errorf("grant %s is about another request than that of its run", digest)
			}
		case *statement.DenyDecision:
			if body.About != j.requests[e.Statement.Run] {
				j.t.Errorf("denial %s is about another request", digest)
			}
		}
	}
	for digest, g := range j.grants {
		if j.approvals[digest] == nil {
			j.t.Errorf("grant %s is no approval of any run", digest)
		}
		spenders := j.executed
		if g.Terms.For == statement.DecisionGrant { // a delegation is spent by deciding
			spenders = j.approvals
		}
		for _, by := range g.Spent {
			if by.Statement.Run != "" && spenders[by.Digest] == nil {
				j.t.Errorf("grant %s was spent by %s, which is in the wrong half, or in none", digest, by.Digest)
			}
		}
	}
	for digest, e := range j.executed {
		for _, spent := range e.Statement.Spends {
			if j.approvals[spent] == nil {
				j.t.Errorf("%s spent grant %s, which nobody gave", digest, spent)
			}
		}
	}
}

// whole demands that nothing in the log that names a run is missing in the halves.
func (j *halves) whole(y *Play) {
	tree, err := y.client.NewestTree(context.Background())
	if err != nil {
		j.t.Fatal(err)
	}
	a := newAuditor(y.story.Origin)
	a.refused = func(context.Context, *statement.RefuseFinding) error { return nil }
	named := 0
	for ; a.next < tree.Size; a.next++ {
		entries, err := a.one(context.Background(), tree)
		if err != nil {
			j.t.Fatal(err)
		}
		for _, e := range entries {
			s := e.checked.Statement
			if s.Run == "" || j.requests[s.Run] == (statement.Digest{}) {
				continue
			}
			if named++; (j.approvals[e.checked.Digest] == nil) == (j.executed[e.checked.Digest] == nil) {
				j.t.Errorf("entry %d, a %s in run %s, is not in exactly one half", e.index, s.Code, s.Run)
			}
		}
	}
	if named < 60 {
		j.t.Errorf("%d statements name a run", named)
	}
}
