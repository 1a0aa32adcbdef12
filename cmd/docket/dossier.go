package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/proofs/statement"
)

func newDossier() *cobra.Command {
	r := &reading{}
	var approvals, execution bool
	c := &cobra.Command{
		Use:   "dossier RUN",
		Short: "all that the log has on a run: who asked, approved, executed, confirmed",
		Long: `dossier fetches all events of a run, the statement of each, the workflow's text, and
the whole life of each grant that was given or spent in it. It verifies them and
prints what was asked for and by whom, the approvals, the steps by attempt, and one
timeline of both, in the order of the log. --approvals and --execution print the one
or the other alone.

That no statement of the run is missing is proven: all events together give the root
in the run's register; so it is with each grant. A row that is dropped or swapped, a
statement that is withheld, or the history of another run is an error (exit code 1),
and nothing is printed. Attestations that do not name the run come from a search:
that there are no others is not proved.

The status of a run is derived from its steps; what its outcome claims stands beside
it. An effect is "claimed" until another identity with another owner saw it: then it
is "confirmed". Two clocks are shown and never merged: the log's (its seals) and the
signer's. All times are UTC.

Exit code 11: all this, but fewer cosigners signed the checkpoint than the policy
demands.`,
		Example: `  docket dossier claims/R1
  docket dossier claims/R1 --approvals
  docket dossier claims/R1 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case !statement.ValidID(args[0]):
				return usage("%q is not the id of a run", args[0])
			case approvals && execution:
				return usage("--approvals or --execution, not both: without them both are printed, and joined")
			}
			cl, err := r.client(cmd)
			if err != nil {
				return err
			}
			d, err := cl.Dossier(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			v := viewDossier(d, time.Now().UnixMilli())
			if v.cosigning, err = cosigningOf(cl, d.History.Staple.Checkpoint); err != nil {
				return err
			}
			v.only(approvals, execution)
			return r.print(cmd.OutOrStdout(), v)
		},
	}
	r.flags(c)
	c.Flags().BoolVar(&approvals, "approvals", false, "print the request and the decisions about it alone")
	c.Flags().BoolVar(&execution, "execution", false, "print what was done and seen alone")
	return c
}
