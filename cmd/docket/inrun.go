package main

import (
	"github.com/spf13/cobra"

	"github.com/docketlog/docket/proofs/statement"
)

// inRunOptions place a release or a withdrawal in a run.
type inRunOptions struct {
	run    string
	to     []string           // of a release: whom it is meant for
	spends []statement.Digest // nil: those of the run that fit
}

func (o *inRunOptions) flags(c *cobra.Command, spends *[]string) {
	c.Flags().StringVar(&o.run, "run", "", "run that it belongs to; its approvals are found and spent")
	c.Flags().StringArrayVar(spends, "spends", nil, "digest of a grant to spend in place of those; may be repeated")
}

// read judges the flags.
func (o *inRunOptions) read(spends []string) (err error) {
	if o.run != "" && !statement.ValidID(o.run) {
		return usage("--run %q is not the id of a run", o.run)
	}
	o.spends, err = digestFlags("--spends", spends)
	return err
}
