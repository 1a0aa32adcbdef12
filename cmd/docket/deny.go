package main

import (
	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

func newDeny() *cobra.Command {
	var o signOptions
	var rule, reason string
	c := &cobra.Command{
		Use:   "deny RUN",
		Short: "deny a request: its run ends",
		Long: `deny ends a run: nothing can be approved or released in it any more. Who may approve
may deny, also a run that is closed: then the denial is on record. Who asked cancels
instead (docket request cancel).`,
		Example: `  docket deny R1 --reason incomplete --as h/legal`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !statement.ValidID(args[0]) {
				return usage("%q is not the id of a run", args[0])
			}
			s, err := o.named(dirOf(cmd))
			if err != nil {
				return err
			}
			return o.endRun(cmd, s, statement.DecisionDeny, args[0], "denied", func(body statement.Body) bool {
				b, ok := body.(*statement.DenyDecision)
				return ok && b.Reason == reason && b.Rule == rule
			}, func(t *client.RunTerms) (statement.Envelope, error) {
				return s.author.Deny(args[0], t.Request(), rule, reason)
			})
		},
	}
	o.flags(c, "")
	c.Flags().StringVar(&reason, "reason", "other", "policy, incomplete, incorrect, risk, duties or other")
	c.Flags().StringVar(&rule, "rule", "approval", "name of the rule that you decide by")
	return c
}
