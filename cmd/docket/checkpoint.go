package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
)

func newCheckpoint() *cobra.Command {
	c := &cobra.Command{
		Use:   "checkpoint",
		Short: "fetch signed tree heads",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newCheckpointGet())
	return c
}

func newCheckpointGet() *cobra.Command {
	var server, out string
	c := &cobra.Command{
		Use:   "get",
		Short: "fetch, verify and print the newest checkpoint",
		Long: `get fetches the newest checkpoint, verifies it under the pinned log key, proves
that it extends the newest one that this client saw, keeps it in
DIR/client/checkpoint, and prints the signed note byte for byte.`,
		Example: `  docket checkpoint get
  docket checkpoint get --out checkpoint.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, _, err := dirOf(cmd).newClient(server)
			if err != nil {
				return err
			}
			_, note, err := cl.Checkpoint(cmd.Context())
			if err != nil {
				return err
			}
			if out != "" {
				return client.WriteFile(out, note, 0o644)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s", note)
			return nil
		},
	}
	c.Flags().StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().StringVar(&out, "out", "", "file to write the note to, instead of printing it")
	return c
}
