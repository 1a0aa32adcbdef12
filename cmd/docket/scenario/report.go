package scenario

import (
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs"
)

// A Played is a line and what came of it.
type Played struct {
	Line
	Actual Expectation
	Detail string // what the server said of a refusal, or an error
	OK     bool   // as the story says
}

// A Report says how a story went.
type Report struct {
	Lines, Deviations int
	Checks            int // things that were expected, and looked at
	Entries           uint64
	Refusals, Alerts  int

	Policy  []byte      // the verifier policy, a tlog-policy file
	Genesis proofs.Hash // leaf hash of entry 0
	Files   []Kept      // what was released
}

// A Kept is a file that was released, and the newest receipt of it in the story.
type Kept struct {
	Name    string // of the sample file
	Receipt *proofs.Receipt
}

// conclude adds to the report what the story leaves.
func (y *Play) conclude() Report {
	r := y.report
	r.Entries, r.Policy, r.Genesis = y.auditor.next, y.policy, y.genesis.LeafHash
	for _, l := range y.story.Lines {
		if n := y.named[l.args["as"]]; n != nil && l.verb == "release" {
			r.Files = append(r.Files, Kept{Name: l.args["file"], Receipt: n.receipt})
		}
	}
	return r
}

// complete demands that whatever the story expects was looked at.
func (y *Play) complete() error {
	want := 0
	for _, l := range y.story.Lines {
		want += l.Expect.Checks()
	}
	if y.report.Checks != want {
		return fmt.Errorf("%d things are expected, %d were looked at", want, y.report.Checks)
	}
	return nil
}

// judge holds what came of a line against what the story says: each detail that it
// names, and exactly its alerts.
func (y *Play) judge(p *Played, a actual) {
	p.Actual = Expectation{Outcome: a.Outcome, Alerts: a.Alerts}
	p.OK = a.Outcome == p.Expect.Outcome
	y.report.Checks++
	for _, d := range p.Expect.Details {
		y.report.Checks++
		if slices.Contains(a.Details, d) {
			p.Actual.Details = append(p.Actual.Details, d)
		} else {
			p.OK = false
		}
	}
	if !p.OK {
		p.Actual.Details = a.Details
	}
	y.report.Checks += len(p.Expect.Alerts)
	p.OK = p.OK && slices.Equal(a.Alerts, p.Expect.Alerts)
	y.report.Lines++
	y.report.Alerts += len(a.Alerts)
	if !p.OK {
		y.report.Deviations++
	}
}

// An actual is what came of an act.
type actual struct {
	Expectation
	detail string
}
