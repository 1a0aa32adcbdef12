package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// rotateOptions are the flags of identity rotate.
type rotateOptions struct {
	signOptions
	prepare  bool
	notAfter string
	spends   []string
}

func newIdentityRotate() *cobra.Command {
	var o rotateOptions
	c := &cobra.Command{
		Use:   "rotate ID",
		Short: "give an identity a new key",
		Long: `rotate gives an identity a new key; all its terms stay. It takes three steps:

  rotate ID --prepare   makes the new key, beside the one in use
  docket approve --grant-for identity.rotate ID --to ID --as svc/registrar
  rotate ID             spends that grant

The identity signs with the key that it has; if that is lost, a registrar signs
(--as), with an admin's grant. Once the log has the rotation, the new key takes the
place of the old one in DIR/client/keys. If the reply is lost, run the same command
again: nothing is signed twice.`,
		Example: `  docket identity rotate wl/contracts --prepare
  docket identity rotate wl/contracts`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !statement.ValidID(args[0]) {
				return usage("%q is not an identity id", args[0])
			}
			if o.prepare {
				return o.makeNext(cmd, dirOf(cmd), args[0])
			}
			return o.rotate(cmd, dirOf(cmd), args[0])
		},
	}
	o.flags(c, "the identity itself")
	c.Flags().BoolVar(&o.prepare, "prepare", false, "make the new key, and print its digest")
	c.Flags().StringVar(&o.notAfter, "not-after", "", "when the new key ends, such as 2027-01-31T00:00:00Z")
	c.Flags().StringArrayVar(&o.spends, "spends", nil, "digest of the grant for it; may be repeated (default: one found in the log)")
	return c
}

// prepared is what --prepare prints.
type prepared struct {
	Done     string `json:"done"`
	Identity string `json:"identity"`
	Key      string `json:"key"` // SPKI digest
	File     string `json:"file"`
}

// makeNext makes the next key of an identity, unless it is there.
func (o *rotateOptions) makeNext(cmd *cobra.Command, f folders, id string) error {
	file := f.nextKeyFile(id)
	key, err := loadIdentityKey(file, f.passwordFile())
	if errors.Is(err, fs.ErrNotExist) {
		key, err = newIdentityKey(file, f.passwordFile())
	}
	if err != nil {
		return err
	}
	p := prepared{"prepared", id, statement.Digest(sha256.Sum256(key.SPKI())).String(), file}
	return o.tell(cmd.OutOrStdout(), p, fmt.Sprintf("the next key of %s is in %s\n  key  %s\n", id, file, p.Key), cosigning{})
}

func (o *rotateOptions) rotate(cmd *cobra.Command, f folders, id string) error {
	ctx := cmd.Context()
	spends, err := digestFlags("--spends", o.spends)
	if err != nil {
		return err
	}
	until, err := timeFlag("--not-after", o.notAfter)
	if err != nil {
		return err
	}
	next, err := loadIdentityKey(f.nextKeyFile(id), f.passwordFile())
	if err != nil {
		return fmt.Errorf("the next key of %s (make it with --prepare): %w", id, err)
	}
	o.as = cmp.Or(o.as, id)
	s, err := o.session(f)
	if err != nil {
		return err
	}
	i, err := s.client.IdentityTerms(ctx, id)
	if err != nil {
		return err
	}
	if i.Key() == sha256.Sum256(next.SPKI()) { // an earlier run was cut off before the keys changed places
		answered := f.pendingOf(statement.IdentityRotate, id, s.author.Log, nil).path
		if err := errors.Join(f.replaceKey(id), removePending(answered)); err != nil {
			return err
		}
		return o.tell(cmd.OutOrStdout(), prepared{"rotated", id, i.Key().String(), f.keyFile(id)}, fmt.Sprintf("%s has its new key already\n", id), cosigning{})
	}
	return o.submitRotation(cmd, s, i, next, until, spends)
}

func (o *rotateOptions) submitRotation(cmd *cobra.Command, s *session, i *client.IdentityTerms, next client.Signer, until time.Time, spends []statement.Digest) error {
	receipt, err := s.once(cmd.Context(), submission{
		code: statement.IdentityRotate, id: i.ID,
		same: func(old *statement.Statement) bool {
			body, ok := old.Body.(*statement.RotateIdentity)
			return ok && body.ID == i.ID && old.Subject == sha256.Sum256(next.SPKI()) && body.NotAfter == milliseconds(until)
		},
		make: func(context.Context) (statement.Envelope, error) {
			return s.author.Rotate(i.Terms, next, until, spends)
		},
	})
	if err != nil {
		return err
	}
	if err := s.replaceKey(i.ID); err != nil {
		return err
	}
	done, err := s.entry("rotated", receipt)
	if err != nil {
		return err
	}
	return o.tell(cmd.OutOrStdout(), identityEntry{done, i.ID}, fmt.Sprintf("%s has a new key, entry %d\n", i.ID, receipt.Index), done.cosigning)
}

// milliseconds is a time as a statement has it; 0: none.
func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// replaceKey puts the next key of an identity in the place of the old one, durably.
func (f folders) replaceKey(id string) error {
	if err := os.Rename(f.nextKeyFile(id), f.keyFile(id)); err != nil {
		return err
	}
	return storage.SyncFolder(filepath.Dir(f.keyFile(id)))
}
