package main

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/proofs/statement"
)

func newRevokeGrant() *cobra.Command {
	var o signOptions
	var reason string
	c := &cobra.Command{
		Use:   "revoke-grant DIGEST",
		Short: "take a grant back: nobody spends it any more",
		Long: `revoke-grant takes back a grant that has a use left. DIGEST is its statement digest,
which docket approve prints. Its grantor can, and whoever may give such a grant.
Nothing is retroactive: what was done with it stands.`,
		Example: `  docket revoke-grant sha256:6d0c2e... --reason error --as h/legal`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			grant, err := statement.ParseDigest(args[0])
			if err != nil {
				return usage("%q is not a digest: sha256: and 64 lower-case hex digits", args[0])
			}
			s, err := o.named(dirOf(cmd))
			if err != nil {
				return err
			}
			return o.takeBack(cmd, s, grant, reason)
		},
	}
	o.flags(c, "")
	c.Flags().StringVar(&reason, "reason", "other", "error, superseded, policy, risk, keyCompromise or other")
	return c
}

func (o *signOptions) takeBack(cmd *cobra.Command, s *session, grant statement.Digest, reason string) error {
	receipt, err := s.once(cmd.Context(), submission{
		code: statement.DecisionRevoke, id: hex.EncodeToString(grant[:]),
		same: func(old *statement.Statement) bool {
			body, ok := old.Body.(*statement.RevokeDecision)
			return ok && body.About == grant && body.Reason == reason
		},
		make: func(ctx context.Context) (statement.Envelope, error) {
			given, err := s.client.Statement(ctx, grant)
			if err != nil {
				return statement.Envelope{}, err
			}
			if given.Code != statement.DecisionGrant {
				return statement.Envelope{}, usage("%s is a %s, not a grant", grant, given.Code)
			}
			return s.author.RevokeGrant(given.Run, grant, reason)
		},
	})
	if err != nil {
		return err
	}
	done, err := s.entry("revoked", receipt)
	if err != nil {
		return err
	}
	return o.tell(cmd.OutOrStdout(), done, fmt.Sprintf("took grant %s back, entry %d\n", grant, receipt.Index), done.cosigning)
}
