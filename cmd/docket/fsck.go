package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

// exitDamage is the exit code for damage that fsck found.
const exitDamage = 4

// fsckOptions are the flags of fsck.
type fsckOptions struct {
	fsck.Options
	anchorDir string
	noAnchor  bool
	json      bool
}

func newFsck() *cobra.Command {
	var o fsckOptions
	c := &cobra.Command{
		Use:   "fsck",
		Short: "check every row of a stopped log",
		Long: `fsck reads every row of the log in DIR/log and its anchor, rebuilds what follows
from other rows, and compares. It says what is damaged, what it expected, and what
to do; it repairs nothing. The server must be stopped.

With --no-anchor it checks all but the anchor: a backup of the store, which has none.
Such a check cannot say whether the store is the newest one.

With --replay it also verifies every signature and admits every entry anew, and
compares the registers with every seal. That takes about 2.5 KiB of memory for
each document.

Exit codes: 0 no damage, 4 damage, 1 the check did not come to its end.`,
		Example: `  docket fsck --dir /srv/docket --anchor /mnt/other-disk/anchor
  docket fsck --dir /srv/docket --replay --json
  docket fsck --dir /mnt/backup/docket --no-anchor`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.MaxFindings < 1 {
				return usage("--findings is at least 1")
			}
			if o.noAnchor && cmd.Flags().Changed("anchor") {
				return usage("--anchor and --no-anchor contradict each other")
			}
			f := dirOf(cmd)
			f.anchorDir = o.anchorDir
			bar := newProgressBar(cmd.ErrOrStderr())
			o.Progress = bar.show
			report, err := o.check(cmd, f)
			bar.clear()
			if errors.Is(err, context.Canceled) {
				return errors.New("fsck was interrupted: it says nothing about the log")
			}
			if err != nil {
				return err
			}
			return o.print(cmd.OutOrStdout(), report)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&o.Replay, "replay", false, "verify all signatures and admit every entry anew")
	flags.IntVar(&o.MaxFindings, "findings", 20, "findings to print")
	flags.BoolVar(&o.json, "json", false, "print the report as JSON")
	flags.StringVar(&o.anchorDir, "anchor", "", "folder of the anchor (default DIR/anchor)")
	flags.BoolVar(&o.noAnchor, "no-anchor", false, "check a copy of the store that has no anchor")
	return c
}

// check opens store and anchor and checks them.
func (o *fsckOptions) check(cmd *cobra.Command, f folders) (report fsck.Report, err error) {
	config, err := f.serverConfig()
	if err != nil {
		return report, err
	}
	keys, err := readLogKeys(filepath.Join(f.log(), "log.vkey"))
	if err != nil {
		return report, err
	}
	store, err := pebblestore.Open(f.store(), pebblestore.Options{})
	switch {
	case errors.Is(err, storage.ErrLocked):
		return report, fmt.Errorf("%w: a running log cannot be checked, its rows change meanwhile. Stop docket serve, then start fsck again", err)
	case errors.Is(err, storage.ErrDamaged):
		return fsck.Unreadable(config.Origin, err), nil
	case err != nil:
		return report, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	l := fsck.Log{Origin: config.Origin, Mode: log.Mode(config.Mode), Key: keys[0], Store: store}
	if !o.noAnchor {
		a, missing := anchor.Open(f.anchor())
		if errors.Is(missing, storage.ErrNoStore) {
			missing = fmt.Errorf("%w; check a copy that has none with --no-anchor", missing)
		}
		if missing != nil {
			return report, missing
		}
		defer func() { err = errors.Join(err, a.Close()) }()
		l.Anchor = a
	}
	return fsck.Check(cmd.Context(), l, o.Options)
}

// print prints the report; damage is exit code 4.
func (o *fsckOptions) print(out io.Writer, r fsck.Report) error {
	if o.json {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		if err := e.Encode(r); err != nil {
			return err
		}
	} else {
		for _, f := range r.Findings {
			fmt.Fprintf(out, "%s\n    %s\n", f, f.Do)
		}
		if more := r.Damaged - len(r.Findings); more > 0 {
			fmt.Fprintf(out, "%s more\n", grouped(int64(more)))
		}
		if r.Signed < r.Size && r.Damaged == 0 && !r.Unanchored {
			fmt.Fprintf(out, "the newest signed checkpoint is of size %d; size %d is not signed yet, the next start signs it\n", r.Signed, r.Size)
		}
		fmt.Fprintln(out, summary(r, o.Replay))
	}
	if r.Damaged > 0 {
		return &verdictError{exitDamage}
	}
	return nil
}

// summary is the last line.
func summary(r fsck.Report, replay bool) string {
	verdict := "no damage"
	if r.Damaged > 0 {
		verdict = "DAMAGED: " + grouped(int64(r.Damaged)) + " findings"
		if replay && !r.Replayed {
			verdict += ", not replayed to the end"
		}
	} else if r.Replayed {
		verdict = "replayed, " + verdict
	}
	if r.Unanchored {
		verdict = "the anchor was not checked, " + verdict
	}
	return fmt.Sprintf("fsck: %s leaves, %s seals, %s checkpoints, %s registers, %s events; %s, %s",
		grouped(int64(r.Size)), grouped(int64(r.Seals)), grouped(int64(r.Checkpoints)), grouped(int64(r.Registers)), grouped(int64(r.Events)),
		verdict, r.Elapsed.Round(time.Second/10))
}

// grouped writes a number with commas.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
