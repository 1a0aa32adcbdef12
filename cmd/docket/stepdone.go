package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	runs "github.com/docketlog/docket/client/run"
	"github.com/docketlog/docket/proofs/statement"
)

// doneOptions are the flags of step done.
type doneOptions struct {
	workOptions
	result, cause string
	outputs       []string
	changes       []string
}

func newStepDone() *cobra.Command {
	var o doneOptions
	c := &cobra.Command{
		Use:   "done RUN STEP",
		Short: "say what was done, and with what result",
		Long: `done signs and reports what was done in a step: digests of what it read and wrote, and
how it ended. It is evidence, and never refused for what it says: the status of the
run follows from it if it is by the executor or an actor of the step.

It is written to the spool before it is sent. While the log is out of reach it stays
there: that is said, with exit code 5, and docket spool flush sends it. While it waits,
the same command again sends the same statement, never a second one.`,
		Example: `  docket step done R1 draft --runner build.sh --input claim.json --output draft.pdf
  docket step done R1 recon --runner recon.sh --result error --cause connector_timeout`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			step, err := o.step(args[1])
			if err != nil {
				return err
			}
			result := runs.Result{Result: o.result, Cause: o.cause}
			if result.Out, err = slotFiles("output", o.outputs); err != nil {
				return err
			}
			if result.Changes, err = changesOf(o.changes); err != nil {
				return err
			}
			s, err := o.session(dirOf(cmd))
			if err != nil {
				return err
			}
			var done *evidenceDone
			err = s.withRun(cmd.Context(), args[0], func(r *runs.Run) error {
				if err := o.enter(r); err != nil {
					return err
				}
				var err error
				done, err = s.finish(cmd.Context(), r, step, result)
				return err
			})
			return o.tellEvidence(cmd.OutOrStdout(), done, fmt.Sprintf("step %s of run %s: %s", args[1], args[0], o.result), err)
		},
	}
	o.flags(c)
	flags := c.Flags()
	flags.StringVar(&o.result, "result", "ok", "ok, error or skipped")
	flags.StringVar(&o.cause, "cause", "", "of an error: policy, connector_timeout, missing_mapping, denied, input or internal")
	flags.StringArrayVar(&o.outputs, "output", nil, "what it wrote: FILE or SLOT=FILE, may be repeated; the log gets slot and digest")
	flags.StringArrayVar(&o.changes, "change", nil, "effect outside: RESOURCE,BEFORE,AFTER with files of its states, empty for none; may be repeated")
	return c
}

// finish reports a step: the one under way, or one of which nothing was said before.
func (s *session) finish(ctx context.Context, r *runs.Run, step runs.Step, result runs.Result) (*evidenceDone, error) {
	sp, err := s.spool()
	if err != nil {
		return nil, err
	}
	receipt, err := s.again(ctx, sp, func(old *statement.Statement) bool {
		body, ok := old.Body.(*statement.FinishStep)
		return ok && old.Run == r.ID() && sameStep(&body.Step, step) && body.Result == result.Result && slices.Equal(body.Out, result.Out)
	})
	if receipt != nil || err != nil {
		return s.became(ctx, receipt, err)
	}
	b := r.UnderWay(step.Name)
	if b == nil || !sameStep(&b.Step, step) {
		if b, err = r.Unannounced(step); err != nil {
			return nil, err
		}
	}
	if receipt, err = b.Done(ctx, result); receipt == nil && err == nil {
		return &evidenceDone{Done: "kept", Issuer: s.author.ID, Run: r.ID()}, nil // the outcome will commit to it
	}
	return s.became(ctx, receipt, wrongUse(err))
}

// changesOf reads effects outside.
func changesOf(values []string) ([]statement.Change, error) {
	out := []statement.Change{}
	for _, value := range values {
		change, err := changeOf(value)
		if err != nil {
			return nil, err
		}
		out = append(out, change)
	}
	return out, nil
}

func changeOf(value string) (statement.Change, error) {
	parts := splitThree(value)
	if parts == nil {
		return statement.Change{}, usage("--change %q is not RESOURCE,BEFORE,AFTER, the last two files or empty", value)
	}
	c := statement.Change{Resource: parts[0]}
	var failed error
	for i, at := range []**statement.Digest{&c.Before, &c.After} {
		if path := parts[1+i]; path != "" {
			digest, _, err := hashFile(path)
			*at, failed = &digest, errors.Join(failed, err)
		}
	}
	return c, failed
}
