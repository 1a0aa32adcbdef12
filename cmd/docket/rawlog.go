package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

func newRawLog() *cobra.Command {
	var o serveOptions
	var origin string
	c := &cobra.Command{
		Use:         "raw-log",
		Annotations: draining(),
		Short:       "run a plain tile log for any bytes",
		Long: `raw-log runs a transparency log without statements, admission or seals: POST /add
takes 1 to 8192 bytes as a leaf and answers with its decimal index once a
checkpoint that covers it is published. A leaf that the log has already answers
with its first index. Reads are C2SP tlog-tiles.

It makes the log in DIR/log if there is none, and writes its verifier key to
DIR/log/log.vkey. Mode and origin are fixed from then on: a raw log never
becomes a docket log, and no receipt comes from it.`,
		Example: `  docket raw-log --dir /tmp/raw --listen 127.0.0.1:2025`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			f := dirOf(cmd)
			f.anchorDir = o.anchorDir
			if !proofs.ValidOrigin(origin) {
				return usage("--origin %q is not a bare host name", origin)
			}
			if _, err := os.Stat(f.log()); errors.Is(err, os.ErrNotExist) {
				if err := createRaw(cmd.Context(), f, origin); err != nil {
					return err
				}
			}
			config, err := f.serverConfig()
			if err != nil {
				return err
			}
			if config.Mode != string(log.Raw) {
				return fmt.Errorf("%s holds a %s log: docket serve serves it", f.log(), config.Mode)
			}
			// Also what a set-up left that was cut off: of another origin, maybe.
			if cmd.Flags().Changed("origin") && config.Origin != origin {
				return fmt.Errorf("%s holds the raw log %s, and an origin never changes: name another --dir for %s, or leave --origin away", f.log(), config.Origin, origin)
			}
			return o.serve(cmd.Context(), f, config, cmd.ErrOrStderr(), func(url string, _ uint64, _ time.Time) {
				fmt.Fprintf(cmd.OutOrStdout(), "serving raw log %s on %s\nverifier key in %s\n", config.Origin, url, filepath.Join(f.log(), "log.vkey"))
			})
		},
	}
	o.flags(c, "127.0.0.1:2025")
	c.Flags().StringVar(&origin, "origin", "raw.docket.localhost", "name of a new log, a bare host name; for a log that exists, the name that it must have")
	return c
}

// createRaw makes a raw log: key, store, anchor and the checkpoint of size 0.
func createRaw(ctx context.Context, f folders, origin string) error {
	_, err := f.setUp(func(aside folders) error { return makeRaw(ctx, aside, origin) })
	return err
}

func makeRaw(ctx context.Context, f folders, origin string) error {
	if err := os.MkdirAll(f.log(), 0o700); err != nil {
		return err
	}
	if err := newLogKey(f.log(), origin); err != nil {
		return err
	}
	signer, err := loadLogSigner(f.log(), "", origin)
	if err != nil {
		return err
	}
	if err := createRawStore(ctx, f, log.Config{Origin: origin, Mode: log.Raw, Signer: signer}); err != nil {
		return err
	}
	return writeConfig(filepath.Join(f.log(), "config.json"), serverConfig{Origin: origin, Mode: string(log.Raw)})
}

// createRawStore makes store and anchor, and the log in them. Both are closed when
// it returns.
func createRawStore(ctx context.Context, f folders, config log.Config) (err error) {
	store, err := pebblestore.Create(f.store(), pebblestore.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	a, err := anchor.Create(f.anchor())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	config.Store, config.Anchor = store, a
	return log.Create(ctx, config, nil)
}
