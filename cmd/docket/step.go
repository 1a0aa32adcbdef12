package main

import (
	"context"
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
			if receipt, err = s.settled(cmd.Context(), receipt); err != nil {
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
