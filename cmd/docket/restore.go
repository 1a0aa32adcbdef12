package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/restore"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage/anchor"
)

func newRestore() *cobra.Command {
	c := &cobra.Command{
		Use:   "restore",
		Short: "bring a log back from a backup, with a written plan",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newRestorePlan(), newRestoreRun())
	return c
}

// restoreTools are what a plan is made and run with.
func restoreTools() restore.Tools {
	return restore.Tools{
		Open: openCopy,
		Ask: func(ctx context.Context, policy *proofs.Policy, newest witness.Head) ([]witness.Answer, bool, error) {
			return witness.Ask(ctx, witness.GatherConfig{Policy: policy}, newest)
		},
	}
}

func newRestorePlan() *cobra.Command {
	var in restore.Inputs
	var out string
	c := &cobra.Command{
		Use:   "plan",
		Short: "look at everything, and write what can be done",
		Long: `plan changes nothing. It verifies the backup, every row of it; looks at what is left
of the log in DIR/log and at its anchor; asks the witnesses of --policy for the
newest checkpoint that they know; takes the checkpoints that clients and readers
hold; and decides:

  go-on      nobody knows more than the backup holds: the log goes on from it
  use-store  the log's own store is whole and the newest: nothing is restored
  read-only  somebody knows more: those entries are gone, and this log has ended
  refuse     two things contradict each other, or nobody can tell

It prints the plan and writes it to --out. Read it, and have it done with
docket restore run. Exit code 1 if it refuses.`,
		Example: `  docket restore plan --from /mnt/backups/20261122T101500Z-1200 --dir /srv/docket --anchor /mnt/anchor --policy witnesses --checkpoint alice.checkpoint --out plan.json`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if in.Backup == "" {
				return usage("--from names the backup")
			}
			if err := absent(out); err != nil {
				return err
			}
			f := dirOf(cmd)
			f.anchorDir = in.Anchor
			in.Log, in.Anchor = f.log(), f.anchor()
			if err := errors.Join(absolute(&in), f.restoreApart(in.Backup)); err != nil {
				return err
			}
			p, err := restore.Make(cmd.Context(), in, restoreTools(), time.Now())
			if err != nil {
				return err
			}
			if err := client.WriteFile(out, p.Marshal(), 0o644); err != nil {
				return err
			}
			fmt.Fprint(cmd.OutOrStdout(), p.Text())
			switch {
			case p.Decision.Kind == restore.Refuse:
				return &verdictError{exitIO}
			case len(p.Decision.Steps) > 0:
				fmt.Fprintf(cmd.OutOrStdout(), "\nto have it done: docket restore run --plan %s --confirm %s\n", out, p.Facts.Origin)
			}
			return nil
		},
	}
	flags := c.Flags()
	flags.StringVar(&in.Backup, "from", "", "folder of the backup")
	flags.StringVar(&in.Anchor, "anchor", "", "folder of the anchor (default DIR/anchor)")
	flags.StringVar(&in.Policy, "policy", "", "policy (C2SP tlog-policy) whose witnesses, by their URLs, are asked")
	flags.StringArrayVar(&in.Checkpoints, "checkpoint", nil, "file with a checkpoint that somebody holds; may be given several times")
	flags.StringVar(&out, "out", "restore-plan.json", "file to write the plan to; it must not exist")
	return c
}

// restoreApart demands that nothing that moves is in something else that moves.
func (f folders) restoreApart(from string) error {
	if err := anchor.Apart(f.anchor(), f.store()); err != nil {
		return err
	}
	for what, other := range map[string]string{"store": f.store(), "anchor": f.anchor()} {
		over, err := anchor.Overlap(from, other)
		if err != nil {
			return err
		}
		if over {
			return fmt.Errorf("the backup %s is not apart from the folder of the %s, %s: copy it elsewhere first", from, what, other)
		}
	}
	return nil
}

// absolute makes the paths of a plan good wherever it is run.
func absolute(in *restore.Inputs) (err error) {
	paths := []*string{&in.Backup, &in.Log, &in.Anchor}
	if in.Policy != "" {
		paths = append(paths, &in.Policy)
	}
	for i := range in.Checkpoints {
		paths = append(paths, &in.Checkpoints[i])
	}
	for _, p := range paths {
		abs, failed := filepath.Abs(*p)
		*p, err = abs, errors.Join(err, failed)
	}
	if in.Checkpoints == nil {
		in.Checkpoints = []string{}
	}
	return err
}

// absent demands that a file is not there.
func absent(path string) error {
	there, err := exists(path)
	if err == nil && there {
		err = fmt.Errorf("%s is there already: a plan is never written over another one", path)
	}
	return err
}

func newRestoreRun() *cobra.Command {
	var file, confirm string
	c := &cobra.Command{
		Use:   "run",
		Short: "do what a plan says",
		Long: `run does the steps of a plan, one after the other, and nothing else. Before the
first one it gathers all that the plan rests on again: if anything changed, it does
nothing. What is in the way moves aside, nothing is deleted. If it is cut off, run
it again with the same plan: it goes on.

Steps that cannot be undone are done only with --confirm and the log's origin, typed
by whoever answers for it. DIR/log/restored/ keeps the plan and what was done.`,
		Example: `  docket restore run --plan plan.json --confirm log.example.com`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if file == "" {
				return usage("--plan names the plan that docket restore plan wrote")
			}
			b, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			p, err := restore.ParsePlan(b)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			unlock, err := lockRestore(cmd.Context(), p)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, unlock()) }()
			r := &restore.Runner{Plan: p, Tools: restoreTools(), Confirm: confirm, Now: time.Now, Out: cmd.OutOrStdout()}
			record, err := r.Run(cmd.Context())
			if errors.Is(err, restore.ErrUnconfirmed) {
				return usage("%w", err)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "done; the record is %s\n%s\n", record, afterRestore(p))
			return nil
		},
	}
	c.Flags().StringVar(&file, "plan", "", "the plan")
	c.Flags().StringVar(&confirm, "confirm", "", "the log's origin: what cannot be undone may be done")
	return c
}

// lockRestore keeps a second run out.
func lockRestore(ctx context.Context, p *restore.Plan) (unlock func() error, err error) {
	if err := os.MkdirAll(p.Inputs.Log, 0o700); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return client.LockFile(ctx, filepath.Join(p.Inputs.Log, ".restore.lock"))
}

// afterRestore says what a person does next.
func afterRestore(p *restore.Plan) string {
	if p.Decision.Kind == restore.ReadOnly {
		return "this log has ended: show it with docket serve --read-only"
	}
	return "next: put log.key and the other keys back if they are missing, be sure that no other server runs with this key, and start the server"
}
