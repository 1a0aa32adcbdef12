package main

import (
	"errors"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
)

func newKeyRetire() *cobra.Command {
	var o ceremonyOptions
	c := &cobra.Command{
		Use:   "retire ID",
		Short: "end an old key of a log",
		Long: `retire ends what a key of the log in DIR/log signs: from the next checkpoint on the
others sign alone. The server must be stopped. ID is the key's, the 8 hex digits in its
verifier key.

Another key of its type must have signed a checkpoint beside it: docket key introduce
makes one. A key that signed nothing yet, since it was introduced only now, can be given
up by its ID as well. What the old key signed stays as it is, and verifies wherever it is pinned.
Its file becomes FILE.retired: destroy it, and its backups. A run that was cut off is
finished by the same command.`,
		Example: `  docket key retire 8a1c0d3e --dir /srv/docket --anchor /mnt/anchor`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			k, err := o.begin(dirOf(cmd))
			if err != nil {
				return err
			}
			key, err := k.keyByID(args[0])
			if err == nil {
				k.terms, err = log.RetireKey(k.store, k.anchor, key)
			}
			if err == nil {
				err = k.settle()
			}
			if err = errors.Join(err, k.close()); err != nil {
				return err
			}
			at := slices.IndexFunc(k.terms, func(t log.KeyTerm) bool { return sameKey(t.Key, key) })
			return k.report(cmd.OutOrStdout(), "next: start the server, and destroy "+filepath.Join(k.folders.log(), k.file(at)+".retired")+" with its backups: "+
				"whoever has it can still sign for those who pin it")
		},
	}
	o.flags(c)
	return c
}

func sameKey(a, b proofs.VerifierKey) bool { return a.String() == b.String() }
