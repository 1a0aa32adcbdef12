package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

func newWithdraw() *cobra.Command {
	var document, reason, server string
	c := &cobra.Command{
		Use:   "withdraw --doc ID",
		Short: "withdraw the current version of a document",
		Long: `withdraw signs and submits the statement that the current version of the document
is no longer authoritative. No other version takes its place: until the next
release the document has none. The withdrawn release stays in the log.`,
		Example: `  docket withdraw --doc reports/2026/q3 --reason error`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !statement.ValidDocumentID(document) {
				return usage("--doc %q is not a document id", document)
			}
			text, err := withdraw(cmd.Context(), dirOf(cmd), server, document, reason)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), text)
			return nil
		},
	}
	c.Flags().StringVar(&document, "doc", "", "document id (mandatory)")
	c.Flags().StringVar(&reason, "reason", "error", "superseded, error, legal, privacy, expired or other")
	c.Flags().StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	return c
}

// withdraw withdraws the version that is current now and says what it did.
func withdraw(ctx context.Context, f folders, server, document, reason string) (string, error) {
	c, config, err := f.newClient(server)
	if err != nil {
		return "", err
	}
	d, err := c.Document(ctx, document)
	if err != nil {
		return "", err
	}
	if d.State == nil || d.State.Status != register.DocumentCurrent {
		return "", fmt.Errorf("%s has no current version, as of size %d: there is nothing to withdraw", document, d.Size)
	}
	author, err := f.author(config.Origin, config.Identity)
	if err != nil {
		return "", err
	}
	e, err := author.Withdraw(document, d.State.Version, d.State.Digest.Hash(), reason)
	if err != nil {
		return "", err
	}
	receipt, _, err := c.Submit(ctx, e)
	if err != nil {
		return "", err
	}
	verdict := c.Verifier.Verify(receipt, proofs.Expect{File: d.State.Digest.Hash(), Document: document, Dev: config.Dev})
	if verdict.Kind == proofs.Invalid {
		return "", fmt.Errorf("the receipt of the withdrawal does not verify: %s", verdict.Sentence())
	}
	if err := errors.Join(f.keepReceipt(receipt), f.refresh(ctx, c, d.State.Statement)); err != nil {
		return "", fmt.Errorf("version %d of %s is withdrawn, but its newest receipt could not be kept: %w", d.State.Version, document, err)
	}
	return fmt.Sprintf("withdrew version %d of %s, entry %d", d.State.Version, document, receipt.Index), nil
}
