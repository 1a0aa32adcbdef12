package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// A change of an identity's life, and what it needs.
type lifeChange struct {
	code    statement.Code
	short   string
	long    string
	did     string
	usual   string // reason
	reasons string
	granted bool // it spends a grant
	sign    func(a *client.Author, id string, key statement.Digest, reason string, spends []statement.Digest) (statement.Envelope, error)
	reason  func(body statement.Body) (id, reason string, ok bool)
}

var suspendChange = lifeChange{
	code: statement.IdentitySuspend, did: "suspended", usual: "other", reasons: "investigation, inactivity, absence or other",
	short: "suspend an identity: it signs nothing until it is resumed",
	long: `suspend stops an identity for a while: what it signs is refused, and so is what spends
its grants. A registrar or an admin does it, without a grant.`,
	sign: func(a *client.Author, id string, key statement.Digest, reason string, _ []statement.Digest) (statement.Envelope, error) {
		return a.Suspend(id, key, reason)
	},
	reason: func(body statement.Body) (string, string, bool) {
		b, ok := body.(*statement.SuspendIdentity)
		if !ok {
			return "", "", false
		}
		return b.ID, b.Reason, true
	},
}

var resumeChange = lifeChange{
	code: statement.IdentityResume, did: "resumed", usual: "resolved", reasons: "resolved, returned, error or other", granted: true,
	short: "resume an identity that was suspended",
	long: `resume lets a suspended identity sign again. A registrar does it, with the grant of an
admin: docket approve --grant-for identity.resume ID --to svc/registrar.`,
	sign: func(a *client.Author, id string, key statement.Digest, reason string, spends []statement.Digest) (statement.Envelope, error) {
		return a.Resume(id, key, reason, spends)
	},
	reason: func(body statement.Body) (string, string, bool) {
		b, ok := body.(*statement.ResumeIdentity)
		if !ok {
			return "", "", false
		}
		return b.ID, b.Reason, true
	},
}

var retireChange = lifeChange{
	code: statement.IdentityRetire, did: "retired", usual: "cessation", reasons: "cessation, affiliationChanged, superseded or other",
	short: "retire an identity that is no longer needed",
	long: `retire ends an identity for good, without the suspicion that revoke says. Nothing is
retroactive: what it signed stays as it was. A registrar or an admin does it, without
a grant.`,
	sign: func(a *client.Author, id string, key statement.Digest, reason string, _ []statement.Digest) (statement.Envelope, error) {
		return a.Retire(id, key, reason)
	},
	reason: func(body statement.Body) (string, string, bool) {
		b, ok := body.(*statement.RetireIdentity)
		if !ok {
			return "", "", false
		}
		return b.ID, b.Reason, true
	},
}

// newIdentityLife is the command for a change.
func newIdentityLife(name string, change lifeChange) *cobra.Command {
	var o identityOptions
	var reason string
	var spends []string
	example := fmt.Sprintf("  docket identity %s wl/contracts --reason %s", name, change.usual)
	c := &cobra.Command{
		Use: name + " ID", Short: change.short, Long: change.long + `
If the reply is lost, run the same command again: nothing is signed twice.`,
		Example: example,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !statement.ValidID(args[0]) {
				return usage("%q is not an identity id", args[0])
			}
			grants, err := digestFlags("--spends", spends)
			if err != nil {
				return err
			}
			return o.change(cmd, change, args[0], reason, grants)
		},
	}
	o.flags(c)
	c.Flags().StringVar(&reason, "reason", change.usual, change.reasons)
	if change.granted {
		c.Flags().StringArrayVar(&spends, "spends", nil, "digest of an admin's grant; may be repeated (default: one found in the log)")
	}
	return c
}

// identityEntry is what the commands print that change an identity.
type identityEntry struct {
	entryDone
	Identity string `json:"identity"`
}

func (o *identityOptions) change(cmd *cobra.Command, change lifeChange, id, reason string, spends []statement.Digest) error {
	cl, author, err := o.session(dirOf(cmd))
	if err != nil {
		return err
	}
	s := &session{folders: dirOf(cmd), client: cl, author: author, finality: o.finality}
	receipt, err := s.once(cmd.Context(), submission{
		code: change.code, id: id,
		same: func(old *statement.Statement) bool {
			oldID, oldReason, ok := change.reason(old.Body)
			return ok && oldID == id && oldReason == reason
		},
		make: func(ctx context.Context) (statement.Envelope, error) {
			i, err := cl.IdentityTerms(ctx, id)
			if err != nil {
				return statement.Envelope{}, err
			}
			if change.granted {
				object := statement.IdentityObject{Identity: id, Terms: i.Terms.TermsHash()}
				if spends, err = s.agreed(ctx, spends, change.code, object, i.Key()); err != nil {
					return statement.Envelope{}, err
				}
			}
			return change.sign(author, id, i.Key(), reason, spends)
		},
	})
	if err != nil {
		return err
	}
	done, err := s.entry(change.did, receipt)
	if err != nil {
		return err
	}
	tell := signOptions{json: o.json}
	return tell.tell(cmd.OutOrStdout(), identityEntry{done, id}, fmt.Sprintf("%s %s, entry %d\n", change.did, id, receipt.Index), done.cosigning)
}
