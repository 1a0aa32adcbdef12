package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

func newCheckpointList() *cobra.Command {
	var server, since string
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "list the checkpoints that the log signed",
		Long: `list fetches the log's history of checkpoints page by page, oldest first, and prints
size, seal time (the log's clock) and root of each. Each note is verified under the
pinned log key and proven to be a prefix of the newest checkpoint, and so of each
one after it; its time is read from the seal that ends its tree. A checkpoint of
another history is CONTRADICTED (exit code 30); both notes are kept as evidence. With
fewer cosigners of the newest one than the policy demands the exit code is 11.

A server can leave checkpoints out: that the list is whole is not proved.`,
		Example: `  docket checkpoint list --since 2026-11-01T00:00:00Z
  docket checkpoint list --since 1000 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			after, from, err := sinceFlag(since)
			if err != nil {
				return err
			}
			cl, _, err := dirOf(cmd).newClient(server)
			if err != nil {
				return err
			}
			newest, err := listCheckpoints(cmd.Context(), cl, after, from, func(c client.SignedCheckpoint) error {
				return printCheckpoint(cmd.OutOrStdout(), c, asJSON)
			})
			if err != nil {
				return err
			}
			q, err := cosigningOf(cl, newest.Note)
			if err != nil {
				return err
			}
			return q.tell(cmd.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().StringVar(&since, "since", "0", "first size, or first time, such as 2026-11-01T00:00:00Z")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one checkpoint per line")
	return c
}

// sinceFlag reads --since: the size after which the list begins, or its time.
func sinceFlag(text string) (after uint64, from time.Time, err error) {
	if size, err := strconv.ParseUint(text, 10, 63); err == nil {
		return max(size, 1) - 1, time.Time{}, nil
	}
	if from, err = time.Parse(time.RFC3339, text); err != nil {
		return 0, from, usage("--since %q is neither a size nor a time such as 2026-11-01T00:00:00Z", text)
	}
	return 0, from, nil
}

// listCheckpoints shows each checkpoint above a size, or from a time on, and returns
// the newest tree, which they are proven to be prefixes of.
func listCheckpoints(ctx context.Context, cl *client.Client, after uint64, from time.Time, show func(client.SignedCheckpoint) error) (*client.Tree, error) {
	newest, err := cl.NewestTree(ctx)
	if err != nil {
		return nil, err
	}
	if !from.IsZero() {
		if after, err = newest.SizeBefore(ctx, from); err != nil {
			return nil, err
		}
	}
	for after < newest.Size {
		page, err := newest.Checkpoints(ctx, after, checkpointsPage)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			if err := show(c); err != nil {
				return nil, err
			}
			after = c.Size
		}
	}
	return newest, nil
}

// checkpointsPage is how many checkpoints are asked for at once.
const checkpointsPage = 100

func printCheckpoint(out io.Writer, c client.SignedCheckpoint, asJSON bool) error {
	when := statement.FormatTime(c.Time)
	if asJSON {
		v := headOf(c.Checkpoint, c.Note)
		v.Time = when
		_, err := out.Write(jsonLine(v))
		return err
	}
	_, err := fmt.Fprintf(out, "%d  %s  %s\n", c.Size, when, base64.StdEncoding.EncodeToString(c.Root[:]))
	return err
}
