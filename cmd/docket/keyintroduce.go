package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
)

func newKeyIntroduce() *cobra.Command {
	var o ceremonyOptions
	var mldsa bool
	c := &cobra.Command{
		Use:   "introduce",
		Short: "give a log a further key, before the old one retires",
		Long: `introduce makes a new key for the log in DIR/log, beside those that it has. From the
next start on each checkpoint is signed by all of them, so it verifies under the old
key and under the new one. The server must be stopped.

It writes DIR/log/keys.N: the list of the log's keys, signed by the old ones and the
new one. Publish it: who pins an old key takes the new one from it, with docket key
accept. The old key ends with docket key retire.

Without --ml-dsa the key is of Ed25519. With it, it is of ML-DSA-44: the first one of
a log that had none, or the next one. A run that was cut off is finished by the same
command.

A key that may be known to others introduces nothing, since whoever has it can do the
same: see "Keys of the log" in docs/operating.md.`,
		Example: `  docket key introduce --dir /srv/docket --anchor /mnt/anchor --password-file /etc/docket/log-password
  docket key introduce --dir /srv/docket --ml-dsa`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, err := o.begin(dirOf(cmd))
			if err != nil {
				return err
			}
			err = k.introduce(mldsa)
			if err = errors.Join(err, k.close()); err != nil {
				return err
			}
			return k.report(cmd.OutOrStdout(), "next: publish "+k.listFile()+", start the server, and have verifiers run docket key accept on it;\n"+
				"when they have, stop the server and run docket key retire with the old key's ID")
		},
	}
	o.flags(c)
	c.Flags().BoolVar(&mldsa, "ml-dsa", false, "a key of ML-DSA-44, not of Ed25519")
	return c
}

// introduce makes the key, unless a run that was cut off did, and brings files and
// store to one state. The keys that sign are opened before anything changes: a new key
// under another password than theirs would end the log.
func (k *ceremony) introduce(mldsa bool) error {
	if _, err := loadLogSigner(k.folders.log(), k.passwordFile, k.config.Origin, k.config.signing()...); err != nil {
		return err
	}
	typ := uint8(proofs.TypeEd25519)
	if mldsa {
		typ = proofs.TypeMLDSA44
	}
	at := len(k.terms) // of the new key in the list of all
	for i, t := range k.terms {
		if t.Key.Type == typ && t.Until == 0 && t.From > k.signed {
			at = i // it signed nothing yet: the same ceremony
		}
	}
	path := filepath.Join(k.folders.log(), k.file(at))
	if at == len(k.terms) {
		switch _, err := os.Lstat(path); {
		case errors.Is(err, os.ErrNotExist):
			err = makeLogKey(path, k.passwordFile, mldsa)
			if err != nil {
				return err
			}
		case err != nil:
			return err
		}
	}
	next, err := loadLogKey(path, k.passwordFile, k.config.Origin)
	if err == nil && next.Key().Type != typ {
		err = errors.New("it is a key of the other type")
	}
	if err != nil {
		return fmt.Errorf("%w: if %s is of a run that was cut off, remove it, it has signed nothing", err, path)
	}
	if k.terms, err = log.IntroduceKey(k.store, k.anchor, next.Key()); err != nil {
		return err
	}
	if err := k.writeList(); err != nil {
		return err
	}
	return k.settle()
}

// listFile is where the list of the log's keys is that introduced the newest one.
func (k *ceremony) listFile() string {
	return filepath.Join(k.folders.log(), fmt.Sprintf("keys.%d", len(k.terms)))
}

// writeList signs the list of the keys that sign now. It comes before the configuration
// names the new one: a log that starts with a key has the list that introduces it.
func (k *ceremony) writeList() error {
	signer, err := loadLogSigner(k.folders.log(), k.passwordFile, k.config.Origin, k.files()...)
	if err != nil {
		return err
	}
	list, err := signer.SignKeys(k.terms)
	if err != nil {
		return err
	}
	return client.WriteFile(k.listFile(), list.Marshal(), 0o644)
}

// report says which keys signed what.
func (k *ceremony) report(w io.Writer, next string) error {
	fmt.Fprintf(w, "keys of log %s; the newest checkpoint is of size %d:\n", k.config.Origin, k.signed)
	for i, t := range k.terms {
		kind, term := "Ed25519", fmt.Sprintf("signs from size %d on", t.From)
		if t.Key.Type == proofs.TypeMLDSA44 {
			kind = "ML-DSA-44"
		}
		switch {
		case t.Until == t.From && t.Until != 0:
			term = "never signed, given up"
		case t.Until != 0:
			term = fmt.Sprintf("signed from size %d, retired before size %d", t.From, t.Until)
		}
		fmt.Fprintf(w, "  %08x  %-9s  %s, %s\n", t.Key.ID, kind, k.file(i), term)
	}
	_, err := fmt.Fprintln(w, next)
	return err
}
