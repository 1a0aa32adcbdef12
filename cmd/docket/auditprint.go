package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// auditProgress shows how far an audit is.
func auditProgress(bar *progressBar) func(audit.Progress) {
	return func(p audit.Progress) {
		if p.Done == p.From {
			return // nothing yet
		}
		bar.show(fsck.Progress{Phase: "replay", Done: p.Done - p.From, Total: p.Total - p.From, Elapsed: p.Elapsed})
	}
}

// auditText is a report in a few lines.
func auditText(r *audit.Report, evidence string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.Origin, r.Result)
	for _, d := range r.Divergences {
		if d.Class == audit.ClassHistory {
			fmt.Fprintf(&b, "  %s: %s\n", d.Rule, d.Reason)
			continue
		}
		fmt.Fprintf(&b, "  entry %d  %s", d.Index, d.Rule)
		if d.Field != "" {
			fmt.Fprintf(&b, "  %s", d.Field)
		}
		fmt.Fprintf(&b, "\n  %s\n", d.Reason)
		if len(d.Indices) > 0 {
			fmt.Fprintf(&b, "  see entries %s\n", strings.Trim(fmt.Sprint(d.Indices), "[]"))
		}
	}
	if evidence != "" {
		fmt.Fprintf(&b, "  evidence: %s\n", evidence)
	}
	if r.Tally.Seals > 0 {
		fmt.Fprintf(&b, "  %s statements, %s seals from %s to %s; %s registers, %s identities, %s refusals on record",
			grouped(int64(r.Tally.Statements)), grouped(int64(r.Tally.Seals)), statement.FormatTime(r.Tally.First), statement.FormatTime(r.Tally.Last),
			grouped(int64(r.Registers)), grouped(int64(r.Tally.IdentityCount)), grouped(int64(refusalsOf(r))))
	}
	if r.Quorum == quorumNotMet {
		fmt.Fprintf(&b, "\n  but %s", fewer)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func refusalsOf(r *audit.Report) (all uint64) {
	for _, n := range r.Tally.RefusalCodes {
		all += n
	}
	return all
}

// auditExit is the exit code of an audit, as an error. What was printed already is a
// verdict; what says nothing of the log is printed as any error is.
func auditExit(r *audit.Report, found error) error {
	var (
		divergence *audit.Divergence
		ended      *audit.Ended
		withheld   *audit.Withheld
		clock      *audit.ClockError
		fork       *client.ForkError
	)
	switch {
	case found == nil && r.Quorum == quorumNotMet:
		return &verdictError{proofs.ExitCosigners}
	case found == nil:
		return nil
	case errors.As(found, &fork):
		return found // with exit code 30; both notes are kept
	case errors.As(found, &divergence):
		return &verdictError{proofs.ExitContradicted}
	case errors.As(found, &withheld), errors.As(found, &clock):
		return &verdictError{proofs.ExitUnknown}
	case errors.As(found, &ended) && ended.Divergence.Class == audit.ClassClock:
		return &verdictError{proofs.ExitUnknown}
	case errors.As(found, &ended):
		return &verdictError{proofs.ExitContradicted}
	}
	return found
}
