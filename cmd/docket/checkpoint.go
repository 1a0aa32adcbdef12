package main

import (
	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

func newCheckpoint() *cobra.Command {
	c := &cobra.Command{
		Use:   "checkpoint",
		Short: "fetch, compare and list signed tree heads",
		Example: `  docket checkpoint get
  docket checkpoint check yesterday.txt
  docket checkpoint list --since 2026-11-01T00:00:00Z`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newCheckpointGet(), newCheckpointCheck(), newCheckpointList())
	return c
}

func newCheckpointGet() *cobra.Command {
	var server, out string
	var asJSON bool
	c := &cobra.Command{
		Use:   "get",
		Short: "fetch, verify and print the newest checkpoint",
		Long: `get fetches the newest checkpoint, verifies it under the pinned log key, proves
that it begins with the pinned genesis and extends the newest one that this client
saw, keeps it in DIR/client/checkpoint, and prints the signed note byte for byte.

Exit code 11: all this, but fewer cosigners signed it than the policy demands.`,
		Example: `  docket checkpoint get
  docket checkpoint get --out checkpoint.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, _, err := dirOf(cmd).newClient(server)
			if err != nil {
				return err
			}
			cp, note, err := cl.Checkpoint(cmd.Context())
			if err != nil {
				return err
			}
			view := headOf(cp, note)
			if view.cosigning, err = cosigningOf(cl, note); err != nil {
				return err
			}
			if asJSON {
				note = jsonLine(view)
			}
			if out != "" {
				err = client.WriteFile(out, note, 0o644)
			} else {
				_, err = cmd.OutOrStdout().Write(note)
			}
			if err != nil {
				return err
			}
			return view.tell(cmd.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().StringVar(&out, "out", "", "file to write the note to, instead of printing it")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, with the note in it")
	return c
}

// headView is a checkpoint in JSON.
type headView struct {
	Origin string `json:"origin"`
	Size   uint64 `json:"size"`
	Time   string `json:"time,omitempty"` // of the seal, by the log's clock
	Root   []byte `json:"root"`
	Note   string `json:"note"` // the signed note, byte for byte
	cosigning
}

func headOf(cp proofs.Checkpoint, note []byte) headView {
	return headView{Origin: cp.Origin, Size: cp.Size, Root: cp.Root[:], Note: string(note)}
}
