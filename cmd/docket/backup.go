package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/backup"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

func newBackup() *cobra.Command {
	var to, server, anchorDir string
	var asJSON bool
	c := &cobra.Command{
		Use:   "backup",
		Short: "make a backup of the log's store, running or stopped",
		Long: `backup asks the server of DIR/client for a backup: it makes one on its own disk,
in a new folder below the one that docket serve --backups names, while it goes on.
The token needs the right "backup".

With --to it copies the stopped log in DIR/log itself, into a new folder below
FOLDER. The log is opened for that, as a start does, and locked.

A backup holds every row of the log, the checkpoint that the log signed for them,
and a manifest; docket backup verify checks it. It holds no private key and no
anchor. docket restore plan says what can be done with it.`,
		Example: `  docket backup --server https://log.example.com --token-file token
  docket backup --dir /srv/docket --anchor /mnt/anchor --to /mnt/backups
  docket backup verify /mnt/backups/20261122T101500Z-1200`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to != "" && server != "" {
				return usage("--to and --server exclude each other: one is of a stopped log, one of a running one")
			}
			f := dirOf(cmd)
			f.anchorDir = anchorDir
			made, err := takeBackup(cmd.Context(), f, to, server)
			if err != nil {
				return err
			}
			if asJSON {
				_, err := cmd.OutOrStdout().Write(jsonLine(made))
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "backup %s: %s leaves, %s bytes, %.1f s\n", made.Folder, grouped(int64(made.Size)), grouped(made.Bytes), made.Seconds)
			return nil
		},
	}
	flags := c.Flags()
	flags.StringVar(&to, "to", "", "folder below which the backup of a stopped log is made")
	flags.StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	flags.StringVar(&anchorDir, "anchor", "", "with --to: folder of the anchor, which holds the newest checkpoint (default DIR/anchor)")
	flags.BoolVar(&asJSON, "json", false, "print folder, size, bytes and seconds as JSON")
	c.AddCommand(newBackupVerify())
	return c
}

// takeBackup makes a backup here, or has the server make one.
func takeBackup(ctx context.Context, f folders, to, server string) (client.Backup, error) {
	if to != "" {
		made, err := backupStopped(ctx, f, to)
		return client.Backup(made), err
	}
	c, _, err := f.newClient(server)
	if err != nil {
		return client.Backup{}, err
	}
	return c.Backup(ctx)
}

// backupStopped copies a log that does not run.
func backupStopped(ctx context.Context, f folders, to string) (made backup.Made, err error) {
	config, err := f.serverConfig()
	if err != nil {
		return made, err
	}
	if err := f.backupFolder(to); err != nil {
		return made, err
	}
	store, err := pebblestore.Open(f.store(), pebblestore.Options{})
	if errors.Is(err, storage.ErrLocked) {
		return made, fmt.Errorf("%w: of a log that runs the server makes the backup: docket backup without --to", err)
	}
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	keys, err := log.ReadKeyTerms(store)
	if err != nil {
		return made, err
	}
	text, err := f.stoppedNotes(config, store, keys)
	if err != nil {
		return made, err
	}
	return backup.Make(ctx, backup.Source{
		Origin: config.Origin, Mode: log.Mode(config.Mode), Log: f.log(), Store: store, Open: openCopy, Note: backup.Anchored(text, keys), Rate: noBound,
	}, to)
}

// stoppedNotes are the anchor's. That of a log that has ended is of a size that its store
// does not have any more: there it is the note under which the store is shown.
func (f folders) stoppedNotes(config serverConfig, store storage.Reader, keys log.KeyTerms) ([]byte, error) {
	if config.ReadOnly {
		return f.noteOfStore(store, keys)
	}
	return loadAnchor(f.anchor())
}

// noBound is a rate that no disk has: nothing else needs this one.
const noBound = 1 << 50

func loadAnchor(dir string) (text []byte, err error) {
	a, err := anchor.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.Load()
}

func newBackupVerify() *cobra.Command {
	var o fsckOptions
	c := &cobra.Command{
		Use:   "verify BACKUP",
		Short: "check a backup: its files, its checkpoint, and every row",
		Long: `verify checks the files of a backup against its manifest, then every row of its
store against the others and against the signed checkpoint that came with it. It
writes nothing. It cannot tell whether the backup is the newest one.

Exit codes: 0 whole, 4 damage or no complete backup, 1 the check did not come to
its end.`,
		Example: `  docket backup verify /mnt/backups/20261122T101500Z-1200 --replay`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.MaxFindings < 1 {
				return usage("--findings is at least 1")
			}
			bar := newProgressBar(cmd.ErrOrStderr())
			bar.name = "backup verify"
			o.Progress = bar.show
			m, report, err := backup.Verify(cmd.Context(), args[0], backup.VerifyOptions{Open: openCopy, Fsck: o.Options})
			bar.clear()
			switch {
			case errors.Is(err, context.Canceled):
				return errors.New("the check was interrupted: it says nothing about the backup")
			case errors.Is(err, backup.ErrChanged), errors.Is(err, backup.ErrIncomplete), errors.Is(err, storage.ErrDamaged):
				return badBackup{err}
			case err != nil:
				return err
			}
			if err := o.print(cmd.OutOrStdout(), report); err != nil || o.json {
				return err
			}
			return sayBackup(cmd.OutOrStdout(), m)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&o.Replay, "replay", false, "verify all signatures and admit every entry anew")
	flags.IntVar(&o.MaxFindings, "findings", 20, "findings to print")
	flags.BoolVar(&o.json, "json", false, "print the report as JSON")
	return c
}

func sayBackup(out io.Writer, m *backup.Manifest) error {
	_, err := fmt.Fprintf(out, "backup of %s, made %s: size %s, %d files, %s bytes, as signed\n", m.Origin, m.Made, grouped(int64(m.Size)), len(m.Files), grouped(m.Bytes()))
	return err
}

// badBackup is a folder that is no backup as one was made: exit code 4.
type badBackup struct{ error }

func (e badBackup) Unwrap() error { return e.error }
