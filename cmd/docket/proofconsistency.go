package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
)

func newProofConsistency() *cobra.Command {
	var server string
	var asJSON bool
	c := &cobra.Command{
		Use:   "consistency OLD NEW",
		Short: "prove that the tree of one size begins with that of another",
		Long: `consistency proves that the tree of size NEW begins with the tree of size OLD. The
log signed a checkpoint for each of the two sizes (docket checkpoint list); both
are fetched and verified. The proof is computed here, from tiles that lead to the
newer checkpoint, and verified; the server's own proofs are not used. Without NEW
it is the newest checkpoint.

The JSON holds both signed checkpoints: it can be checked again offline, with the
log's key and any implementation of RFC 6962. Two checkpoints that exclude each
other are CONTRADICTED (exit code 30) and kept as evidence. Exit code 11: proven,
but fewer cosigners signed one of the two than the policy demands.`,
		Example: `  docket proof consistency 5 1024
  docket proof consistency 5 1024 --json`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			older, newer, err := sizesOf(args)
			if err != nil {
				return err
			}
			cl, _, err := dirOf(cmd).newClient(server)
			if err != nil {
				return err
			}
			return proveConsistency(cmd.Context(), cl, older, newer, cmd.OutOrStdout(), asJSON)
		},
	}
	c.Flags().StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, with both signed checkpoints in it")
	return c
}

// sizesOf reads the arguments OLD and NEW; without NEW it is 0, the newest.
func sizesOf(args []string) (older, newer uint64, err error) {
	sizes := make([]uint64, 2)
	for i, arg := range args {
		size, err := indexArgument(arg)
		if err != nil {
			return 0, 0, err
		}
		if sizes[i] = size; size == 0 {
			return 0, 0, usage("the empty tree is a prefix of each: no proof is needed")
		}
	}
	if sizes[1] != 0 && sizes[0] > sizes[1] {
		return 0, 0, usage("OLD is at most NEW")
	}
	return sizes[0], sizes[1], nil
}

// proveConsistency fetches both trees, proves, and prints.
func proveConsistency(ctx context.Context, cl *client.Client, from, to uint64, out io.Writer, asJSON bool) error {
	older, err := treeOf(ctx, cl, from)
	if err != nil {
		return err
	}
	newer, err := treeOf(ctx, cl, to)
	if err != nil {
		return err
	}
	hashes, err := newer.Extends(ctx, older)
	if err != nil {
		return err
	}
	v, err := checkViewOf(cl, "consistent", older, newer, hashes)
	if err != nil {
		return err
	}
	text := append(fmt.Appendf(nil, "the tree of size %d begins with that of size %d (proven)\n", newer.Size, older.Size), hashLines(v.Hashes)...)
	if asJSON {
		text = jsonLine(v)
	}
	if _, err = out.Write(text); err != nil || asJSON {
		return errors.Join(err, v.exit())
	}
	return v.tell(out)
}
