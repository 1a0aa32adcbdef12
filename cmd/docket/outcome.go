package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	runs "github.com/docketlog/docket/client/run"
	"github.com/docketlog/docket/client/spool"
	"github.com/docketlog/docket/proofs/statement"
)

// outcomeView is what outcome prints.
type outcomeView struct {
	evidenceDone
	Status  string   `json:"status"`
	Missing []string `json:"missing"`
}

func newOutcome() *cobra.Command {
	var o signOptions
	var abort bool
	c := &cobra.Command{
		Use:   "outcome RUN",
		Short: "say how a run ended: what its steps give, never more",
		Long: `outcome closes an attempt of a run, as its executor: success when every required step
is ok, failed when none is, else partial, with the steps that are missing. The log
derives the same. --abort says that you gave up.

It is evidence: written to the spool before it is sent. While the log is out of reach
it stays there: that is said, with exit code 5, and docket spool flush sends it. While
it waits, the same command again sends the same statement.`,
		Example: `  docket outcome R1 --as wl/pub
  docket outcome R1 --abort --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := o.session(dirOf(cmd))
			if err != nil {
				return err
			}
			var done *evidenceDone
			var closed *runs.Closed
			err = s.withRun(cmd.Context(), args[0], func(r *runs.Run) (err error) {
				done, closed, err = s.close(cmd, r, abort)
				return err
			})
			if done == nil {
				return err
			}
			return o.tellOutcome(cmd, &outcomeView{*done, closed.Status, closed.Missing}, args[0], err)
		},
	}
	o.flags(c, byPipeline)
	c.Flags().BoolVar(&abort, "abort", false, "say that the run was given up")
	return c
}

// close closes the attempt of a run, or sends an outcome of it that waits again.
func (s *session) close(cmd *cobra.Command, r *runs.Run, abort bool) (*evidenceDone, *runs.Closed, error) {
	ctx := cmd.Context()
	sp, err := s.spool()
	if err != nil {
		return nil, nil, err
	}
	var closed *runs.Closed
	receipt, err := s.again(ctx, sp, func(old *statement.Statement) bool {
		body, ok := old.Body.(*statement.CloseOutcome)
		if ok = ok && old.Run == r.ID() && body.Attempt == r.Attempt() && (body.Status == "aborted") == abort; ok {
			closed = &runs.Closed{Status: body.Status, Missing: body.Missing, Cause: body.Cause}
		}
		return ok
	})
	if receipt == nil && err == nil {
		if abort {
			closed, err = r.Abort(ctx)
		} else {
			closed, err = r.Close(ctx)
		}
		if closed != nil {
			receipt = closed.Receipt
		}
	}
	done, err := s.became(ctx, receipt, err)
	return done, closed, err
}

func (o *signOptions) tellOutcome(cmd *cobra.Command, v *outcomeView, run string, err error) error {
	if o.json {
		var waits *spool.WaitsError
		if err != nil && !errors.As(err, &waits) {
			return err
		}
		_, failed := cmd.OutOrStdout().Write(jsonLine(v))
		return errors.Join(failed, err)
	}
	what := fmt.Sprintf("run %s: %s", run, v.Status)
	if len(v.Missing) > 0 {
		what += ", missing " + strings.Join(v.Missing, ", ")
	}
	return o.tellEvidence(cmd.OutOrStdout(), &v.evidenceDone, what, err)
}
