package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs/statement"
)

func newToken() *cobra.Command {
	c := &cobra.Command{
		Use:   "token",
		Short: "make tokens for clients of a server",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newTokenNew())
	return c
}

func newTokenNew() *cobra.Command {
	return &cobra.Command{
		Use:   "new NAME [read] [submit] [metrics] [backup]",
		Short: "print a line with a new token for the file of serve --tokens",
		Long: `new prints a line for the file that serve --tokens reads: NAME, a new token of 256
random bits, and what it is good for; without any of them, read and submit. The
server keeps a hash only; give the token to the client, and append the line to the
file, which nobody but its owner may read (chmod 600).

NAME says whose token it is, in quotas and in the server's log. It may stand on
several lines: add the new one, change the client, then remove the old one.`,
		Example: `  docket token new ci/release
  docket token new prometheus metrics
  docket token new cron/backup backup`,
		Args: cobra.RangeArgs(1, 5),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !statement.ValidID(args[0]) {
				return usage("%q is not a name: segments of letters, digits, '.', '_' and '-', joined by '/'", args[0])
			}
			line, err := server.NewToken(args[0], args[1:]...)
			if err != nil {
				return usage("%v", err)
			}
			fmt.Fprintln(cmd.OutOrStdout(), line)
			return nil
		},
	}
}
