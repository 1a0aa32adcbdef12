package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/proofs"
)

func newKey() *cobra.Command {
	c := &cobra.Command{
		Use:   "key",
		Short: "make key files, look at them, and exchange the keys of a log",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newKeyNew(), newKeyShow(), newKeyIntroduce(), newKeyRetire(), newKeyAccept())
	return c
}

// keyOptions are the flags of key new and key show.
type keyOptions struct {
	passwordFile string
	origin       string
	json         bool
}

func (o *keyOptions) flags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&o.passwordFile, "password-file", "", "file with the password of the key (default FILE.password)")
	flags.StringVar(&o.origin, "origin", "", "name under which an ed25519 or ml-dsa-44 key signs, to print its verifier key")
	flags.BoolVar(&o.json, "json", false, "print as JSON")
}

func (o *keyOptions) check() error {
	if o.origin != "" && !proofs.ValidOrigin(o.origin) {
		return usage("--origin %q is not a bare host name such as log.example.com", o.origin)
	}
	return nil
}

func newKeyNew() *cobra.Command {
	var o keyOptions
	var kind string
	c := &cobra.Command{
		Use:   "new FILE",
		Short: "make a key in a file, encrypted",
		Long: `new makes a key and writes it to FILE, which must not exist, encrypted with the
password in --password-file. Without one it makes a random password and puts it
into FILE.password, readable by its owner alone: move it to where your secrets are.

A p256 key signs statements, as an identity. An ed25519 key signs checkpoints, as
a log or a cosigner; with --origin its verifier key is printed, the line that goes
into verifier policies. An ml-dsa-44 key does the same against quantum computers.`,
		Example: `  docket key new wl+contracts.key
  docket key new log.key --type ed25519 --origin log.example.com --password-file /run/secrets/log`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if kind != "p256" && kind != "ed25519" && kind != "ml-dsa-44" {
				return usage("--type %q: p256, ed25519 or ml-dsa-44", kind)
			}
			if kind == "p256" && o.origin != "" {
				return usage("--origin is for keys that sign checkpoints: a p256 key belongs to no log")
			}
			if err := o.check(); err != nil {
				return err
			}
			if err := o.create(args[0], kind); err != nil {
				return err
			}
			return o.show(args[0], cmd.OutOrStdout())
		},
	}
	o.flags(c)
	c.Flags().StringVar(&kind, "type", "p256", "p256 for an identity, ed25519 or ml-dsa-44 for a log or a cosigner")
	return c
}

func newKeyShow() *cobra.Command {
	var o keyOptions
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "print the public part of a key file",
		Long: `show prints what is public of the key in FILE: its digest, by which the log knows
the key of an identity, and the key itself in PEM. FILE is encrypted, so its
password is needed: --password-file, FILE.password, or the file password or
key-password in the same folder, where docket init puts it.`,
		Example: `  docket key show docket-dev/client/keys/wl+dev-pipeline.key
  docket key show docket-dev/log/log.key --origin docket.localhost --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return o.show(args[0], cmd.OutOrStdout())
		},
	}
	o.flags(c)
	return c
}

// create makes key and, if none is named, password. A key that is there is never
// written over, and no password is made for it.
func (o *keyOptions) create(file, kind string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s exists: a key is never written over another one", file), err)
	}
	if o.passwordFile == "" {
		o.passwordFile = file + ".password"
		if err := newPassword(o.passwordFile); err != nil {
			return err
		}
	}
	if kind == "p256" {
		_, err := newIdentityKey(file, o.passwordFile)
		return err
	}
	key, err := newCosignerKey("any", cosignerTypes[kind]) // the file has no name
	if err != nil {
		return err
	}
	return key.write(file, o.passwordFile)
}

// show prints the public part of a key file.
func (o *keyOptions) show(file string, w io.Writer) error {
	p, err := publicOfFile(file, passwordOf(file, o.passwordFile), o.origin)
	if err != nil {
		return err
	}
	if o.json {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(p)
	}
	_, err = io.WriteString(w, p.String())
	return err
}

// passwordOf is the password file of a key: the one that was named, else the first
// of those that are there.
func passwordOf(file, named string) string {
	if named != "" {
		return named
	}
	beside := file + ".password"
	for _, path := range []string{beside, filepath.Join(filepath.Dir(file), "password"), filepath.Join(filepath.Dir(file), "key-password")} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return beside
}
