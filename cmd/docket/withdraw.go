package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

func newWithdraw() *cobra.Command {
	var o withdrawOptions
	var spends []string
	var asJSON bool
	c := &cobra.Command{
		Use:   "withdraw --doc ID",
		Short: "withdraw the current version of a document",
		Long: `withdraw signs and submits the statement that the current version of the document
is no longer authoritative. No other version takes its place: until the next
release the document has none. The withdrawn release stays in the log.

What a run released needs approvals, as many as its workflow says: of a run of its own
(--run), where they are found, or named by --spends.`,
		Example: `  docket withdraw --doc reports/2026/q3 --reason error
  docket withdraw --doc claims/1 --run R7 --reason legal --as wl/pub`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !statement.ValidDocumentID(o.document) {
				return usage("--doc %q is not a document id", o.document)
			}
			if err := o.read(spends); err != nil {
				return err
			}
			w, err := withdraw(cmd.Context(), dirOf(cmd), o)
			if err != nil {
				return err
			}
			text := []byte(w.String() + "\n")
			if asJSON {
				text = jsonLine(w)
			}
			_, err = cmd.OutOrStdout().Write(text)
			return errors.Join(err, w.late)
		},
	}
	c.Flags().StringVar(&o.document, "doc", "", "document id (mandatory)")
	c.Flags().StringVar(&o.reason, "reason", "error", "superseded, error, legal, privacy, expired or other")
	o.inRunOptions.flags(c, &spends)
	o.finality.flags(c)
	c.Flags().StringVar(&o.as, "as", "", "identity that signs (default: the pipeline of DIR/client)")
	c.Flags().StringVar(&o.server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// withdrawOptions are the flags of withdraw.
type withdrawOptions struct {
	document, reason, server, as string
	inRunOptions
	finality
}

// withdrawn says what a withdrawal did.
type withdrawn struct {
	Document string `json:"document"`
	Version  uint32 `json:"version"`
	Index    uint64 `json:"index"`
	cosigning
}

func (w *withdrawn) String() string {
	text := fmt.Sprintf("withdrew version %d of %s, entry %d", w.Version, w.Document, w.Index)
	if w.exit() != nil {
		text += "\nnote: the log has it, but " + fewer
	}
	return text
}

// withdraw withdraws the version that is current now, and says what it did. A
// withdrawal that an earlier run got no answer to is sent again in its place.
func withdraw(ctx context.Context, f folders, o withdrawOptions) (*withdrawn, error) {
	c, config, err := f.newClient(o.server)
	if err == nil {
		err = o.check(c.Verifier)
	}
	if err != nil {
		return nil, err
	}
	pending := f.pendingOf(statement.DocumentWithdraw, o.document, config.Origin, func(s *statement.Statement) bool {
		body, ok := s.Body.(*statement.WithdrawDocument)
		return ok && body.Document == o.document && body.Reason == o.reason && s.Run == o.run
	})
	receipt, err := pending.resume(ctx, c)
	if receipt == nil && err == nil {
		receipt, err = submitWithdrawal(ctx, f, c, pending, o)
	}
	if err != nil {
		return nil, err
	}
	var w *withdrawn
	_, late, err := o.settle(ctx, c, receipt, func(r *proofs.Receipt) (err error) {
		w, err = f.keepWithdrawal(ctx, c, r)
		return err
	})
	if w != nil {
		w.late = late
	}
	return w, err
}

// submitWithdrawal signs and submits the withdrawal of the current version.
func submitWithdrawal(ctx context.Context, f folders, c *client.Client, pending *pendingStatement, o withdrawOptions) (*proofs.Receipt, error) {
	config, err := f.clientConfig()
	if err != nil {
		return nil, err
	}
	author, err := f.author(config.Origin, cmp.Or(o.as, config.Identity))
	if err != nil {
		return nil, err
	}
	e, err := c.WithdrawInRun(ctx, author, client.RunWithdrawal{Run: o.run, Document: o.document, Reason: o.reason, Spends: o.spends})
	if err != nil {
		return nil, wrongUse(err)
	}
	return pending.submit(ctx, c, e)
}

// keepWithdrawal keeps the receipt of a withdrawal, and the newer one of the
// release that it ended.
func (f folders) keepWithdrawal(ctx context.Context, c *client.Client, receipt *proofs.Receipt) (*withdrawn, error) {
	s, err := statement.Parse(receipt.Envelope.Payload)
	if err != nil {
		return nil, err
	}
	body, ok := s.Body.(*statement.WithdrawDocument)
	if !ok {
		return nil, errors.New("the receipt is not that of a withdrawal")
	}
	verdict := c.Verifier.Verify(receipt, proofs.Expect{File: s.Subject, Document: body.Document})
	if verdict.Kind == proofs.Invalid {
		return nil, fmt.Errorf("the receipt of the withdrawal does not verify: %s", verdict.Sentence())
	}
	q, err := cosigningOf(c, receipt.Checkpoint)
	if err != nil {
		return nil, err
	}
	w := &withdrawn{Document: body.Document, Version: body.Version, Index: receipt.Index, cosigning: q}
	d, err := c.Document(ctx, body.Document)
	if err == nil && d.State != nil {
		err = f.refresh(ctx, c, statement.Digest(d.State.Statement))
	}
	if err := errors.Join(f.keepReceipt(ctx, c.Verifier, receipt), err); err != nil {
		return nil, fmt.Errorf("version %d of %s is withdrawn, but its newest receipt could not be kept: %w", w.Version, w.Document, err)
	}
	return w, nil
}
