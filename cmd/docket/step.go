package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	runs "github.com/docketlog/docket/client/run"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

func newStep() *cobra.Command {
	c := &cobra.Command{
		Use:   "step",
		Short: "say what is about to be done in a run, and what was done",
		Example: `  docket step done R1 draft --runner build.sh --input claim.json --output draft.pdf
  docket step intent R4 revoke --runner rotate.sh`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newStepIntent(), newStepDone())
	return c
}

// workOptions are what intent and done say of a step.
type workOptions struct {
	signOptions
	tool, target, privilege, branch, runner string
	attempt                                 uint32
	inputs                                  []string
}

func (o *workOptions) flags(c *cobra.Command) {
	o.signOptions.flags(c, byPipeline)
	flags := c.Flags()
	flags.StringVar(&o.runner, "runner", "", "the program that does it; the log gets its digest (mandatory)")
	flags.StringVar(&o.tool, "tool", "", "tool that it uses (default: the workflow's only one, or docket-run)")
	flags.StringVar(&o.target, "target", "", "what it acts on (default: the workflow's only one, or local)")
	flags.StringVar(&o.privilege, "privilege", "", "privilege that it uses")
	flags.StringVar(&o.branch, "branch", "", "which way the workflow took")
	flags.Uint32Var(&o.attempt, "attempt", 0, "attempt of the run (default: the newest)")
	flags.StringArrayVar(&o.inputs, "input", nil, "what it starts from: FILE or SLOT=FILE, may be repeated; the log gets slot and digest")
}

// step reads the flags.
func (o *workOptions) step(name string) (runs.Step, error) {
	s := runs.Step{Name: name, Tool: o.tool, Target: o.target, Privilege: o.privilege, Branch: o.branch}
	if !slotName.MatchString(name) {
		return s, usage("%q is not the name of a step: 1 to 32 of a to z, 0 to 9 and -", name)
	}
	if o.runner == "" {
		return s, usage("--runner is mandatory: the file of the program that does the step; the log gets its digest")
	}
	runner, err := runs.HashFile("runner", o.runner)
	if err != nil {
		return s, err
	}
	s.Runner = runner.Digest
	s.In, err = slotFiles("input", o.inputs)
	return s, err
}

// enter puts the run into the attempt that was named.
func (o *workOptions) enter(r *runs.Run) error {
	for o.attempt > r.Attempt() {
		r.Retry()
	}
	if o.attempt != 0 && o.attempt < r.Attempt() {
		return usage("run %s is in attempt %d: attempt %d is over", r.ID(), r.Attempt(), o.attempt)
	}
	return nil
}

func newStepIntent() *cobra.Command {
	var o workOptions
	var spends []string
	c := &cobra.Command{
		Use:   "intent RUN STEP",
		Short: "say what is about to be done: the intent of a step",
		Long: `intent signs and submits what is about to be done. If the workflow gates the step, it
spends the approvals of the run for exactly that: they are found in the run's history.
Do nothing before it is admitted. docket step done finds the intent again.

An intent is authority: it is never spooled. If the reply is lost, run the same
command again: nothing is signed twice.`,
		Example: `  docket step intent R4 revoke --runner rotate.sh --tool vault --target payments-api`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			step, err := o.step(args[1])
			if err != nil {
				return err
			}
			if step.Spends, err = digestFlags("--spends", spends); err != nil {
				return err
			}
			s, err := o.session(dirOf(cmd))
			if err != nil {
				return err
			}
			var receipt *proofs.Receipt
			err = s.withRun(cmd.Context(), args[0], func(r *runs.Run) error {
				if err := o.enter(r); err != nil {
					return err
				}
				var err error
				receipt, err = s.intend(cmd.Context(), r, step)
				return err
			})
			if err != nil {
				return err
			}
			done, err := s.entry("intended", receipt)
			if err != nil {
				return err
			}
			return o.tell(cmd.OutOrStdout(), done, fmt.Sprintf("step %s of run %s may begin, entry %d\n  intent  %s\n", args[1], args[0], receipt.Index, done.Statement), done.cosigning)
		},
	}
	o.flags(c)
	c.Flags().StringArrayVar(&spends, "spends", nil, "digest of a grant to spend in place of those of the run; may be repeated")
	return c
}

// intend submits the intent of a step, kept until its answer came.
func (s *session) intend(ctx context.Context, r *runs.Run, step runs.Step) (*proofs.Receipt, error) {
	receipt, err := s.once(ctx, submission{
		code: statement.StepIntent, id: r.ID() + "/" + step.Name,
		same: func(old *statement.Statement) bool {
			body, ok := old.Body.(*statement.IntendStep)
			return ok && old.Run == r.ID() && sameStep(&body.Step, step)
		},
		make: func(ctx context.Context) (statement.Envelope, error) { return r.Intent(ctx, step) },
	})
	if err != nil {
		return nil, err
	}
	_, err = r.Intended(*receipt.Envelope)
	return receipt, err
}

// sameStep says whether a statement is about the step that the user named.
func sameStep(old *statement.Step, s runs.Step) bool {
	return old.Name == s.Name && old.Runner == s.Runner && slices.Equal(old.In, s.In) &&
		(s.Tool == "" || old.Tool == s.Tool) && (s.Target == "" || old.Target == s.Target) && old.Privilege == s.Privilege && old.Branch == s.Branch
}

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
	return s.became(ctx, receipt, err)
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
