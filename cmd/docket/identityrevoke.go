package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

func newIdentityRevoke() *cobra.Command {
	var o identityOptions
	var reason, since string
	c := &cobra.Command{
		Use:   "revoke ID",
		Short: "revoke an identity: it signs nothing more",
		Long: `revoke ends an identity for good. Nothing is retroactive: what it signed stays as
it was. With --compromised-since, verdicts about what it signed from then on have
exit code 13.`,
		Example: `  docket identity revoke wl/contracts --reason keyCompromise --compromised-since 2026-11-01T00:00:00Z`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !statement.ValidID(args[0]) {
				return usage("%q is not an identity id", args[0])
			}
			compromised, err := timeFlag("--compromised-since", since)
			if err != nil {
				return err
			}
			return o.revoke(cmd, args[0], reason, compromised)
		},
	}
	o.flags(c)
	c.Flags().StringVar(&reason, "reason", "cessation", "keyCompromise, cessation, affiliationChanged, superseded or other")
	c.Flags().StringVar(&since, "compromised-since", "", "from when the key is not to be trusted, such as 2026-11-01T00:00:00Z")
	return c
}

// revoke signs the revocation and submits it. One that an earlier run got no answer
// to is sent again in its place.
func (o *identityOptions) revoke(cmd *cobra.Command, id, reason string, since time.Time) error {
	f, ctx := dirOf(cmd), cmd.Context()
	cl, author, err := o.session(f)
	if err != nil {
		return err
	}
	pending := f.pendingOf(statement.IdentityRevoke, id, author.Log, func(s *statement.Statement) bool {
		body, ok := s.Body.(*statement.RevokeIdentity)
		return ok && s.Issuer == author.ID && body.ID == id && body.Reason == reason &&
			(since.IsZero() && body.CompromisedSince == 0 || !since.IsZero() && body.CompromisedSince == since.UnixMilli())
	})
	receipt, err := pending.resume(ctx, cl)
	if receipt == nil && err == nil {
		receipt, err = submitRevocation(ctx, cl, author, pending, id, reason, since)
	}
	if err != nil {
		return err
	}
	return o.print(cmd, cl, receipt, identityDone{
		Done: "revoked", Identity: id, Index: receipt.Index, text: fmt.Sprintf("revoked %s, entry %d\n", id, receipt.Index),
	})
}

// submitRevocation signs and submits the revocation of the key that is current now.
func submitRevocation(ctx context.Context, cl *client.Client, author *client.Author, pending *pendingStatement, id, reason string, since time.Time) (*proofs.Receipt, error) {
	identity, err := cl.Identity(ctx, id)
	if err != nil {
		return nil, err
	}
	if identity.State == nil {
		return nil, fmt.Errorf("%s is not enrolled, as of size %d", id, identity.Size)
	}
	envelope, err := author.Revoke(id, identity.State.Key.Hash(), reason, since)
	if err != nil {
		return nil, usageError{err}
	}
	return pending.submit(ctx, cl, envelope)
}
