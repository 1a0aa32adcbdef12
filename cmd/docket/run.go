package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	runs "github.com/docketlog/docket/client/run"
	"github.com/docketlog/docket/proofs/statement"
)

// runOptions are the flags of run.
type runOptions struct {
	signOptions
	workflow, join, step, tool, target, requestor, parent, traceparent, trigger string
	inputs, outputs                                                             []string
	wait                                                                        time.Duration
	close                                                                       bool
	wantOptions
}

func newRun() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run --workflow ID [flags] -- CMD [ARGS...]",
		Short: "run a command as a step of a workflow, on record",
		Long: `run opens a run of the workflow, runs CMD as one of its steps, reports digests of its
inputs and outputs and how it ended, and closes the run with the outcome that follows
from its steps. With --run it takes part in a run that is open, and leaves it open
unless --close. A gated step says first what it is about to do, spending the approvals
of the run; --wait waits for them.

The log gets digests alone: never arguments, environment, output or names of files.

CMD has stdin, stdout and stderr to itself; what became of the run is said on stderr.
Signals go on to CMD. Exit code: that of CMD, 128 and the signal if one ended it; and
if CMD did well, 1 if an output is missing, 5 if evidence waits in the spool. If CMD
was not started, the codes of all commands: 1, 2, 3; 126 and 127 as in a shell.`,
		Example: `  docket run --workflow flows/build --input src.tar --output app.bin -- make app
  docket run --run R1 --step draft --input claim=claim.json --output notice=notice.pdf -- ./draft.sh
  docket run --run R4 --step recon --wait 1h --close -- ./recon.sh`,
		Annotations: draining(),
		Args:        cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			s, err := o.session(dirOf(cmd))
			if err != nil {
				return err
			}
			return o.run(cmd, s, args)
		},
	}
	o.signer(c, byPipeline)
	flags := c.Flags()
	flags.SetInterspersed(false) // what follows CMD is its own
	flags.StringVar(&o.workflow, "workflow", "", "id of the workflow to open a run of")
	flags.StringVar(&o.join, "run", "", "run to take part in, in place of --workflow")
	flags.StringVar(&o.step, "step", "", "step of the workflow that CMD does (default: its only one that is not the release)")
	flags.StringVar(&o.tool, "tool", "", "tool that CMD is (default: the workflow's only one, or docket-run)")
	flags.StringVar(&o.target, "target", "", "what CMD acts on (default: the workflow's only one, or local)")
	flags.StringArrayVar(&o.inputs, "input", nil, "what it reads: FILE or SLOT=FILE, may be repeated; the log gets slot and digest")
	flags.StringArrayVar(&o.outputs, "output", nil, "what it writes: FILE or SLOT=FILE, may be repeated; the log gets slot and digest")
	flags.StringVar(&o.requestor, "requestor", "", "identity that asks for the run (default: the one that signs)")
	flags.StringVar(&o.trigger, "trigger", "api", "what started it: human, schedule, event, api or agent")
	flags.StringVar(&o.parent, "parent", "", "run that this one is a part of")
	flags.StringVar(&o.traceparent, "traceparent", "", "W3C trace context of the work")
	flags.DurationVar(&o.wait, "wait", 0, "how long to wait for the approvals of a gated step")
	flags.BoolVar(&o.close, "close", false, "with --run: close the run afterwards")
	o.wantOptions.flags(c)
	return c
}

func (o *runOptions) check() error {
	switch {
	case (o.workflow == "") == (o.join == ""):
		return usage("want --workflow ID, to open a run, or --run RUN, to take part in one")
	case o.workflow != "" && !statement.ValidID(o.workflow):
		return usage("--workflow %q is not the id of a workflow", o.workflow)
	case o.join != "" && !statement.ValidID(o.join):
		return usage("--run %q is not the id of a run", o.join)
	case o.step != "" && !slotName.MatchString(o.step):
		return usage("--step %q is not the name of a step", o.step)
	case o.wait < 0:
		return usage("--wait %s is no time", o.wait)
	}
	return nil
}

// ranView is what run tells of the run.
type ranView struct {
	Run     string   `json:"run"`
	Request string   `json:"request"`
	Step    string   `json:"step"`
	Result  string   `json:"result"`           // of the step: ok or error
	Exit    int      `json:"exit"`             // of the command
	Status  string   `json:"status,omitempty"` // of the outcome, if the run was closed
	Missing []string `json:"missing,omitempty"`
	Spooled int      `json:"spooled,omitempty"` // statements that wait for the log
}

// A childError carries the exit code of the command that was run.
type childError struct{ code int }

func (e childError) Error() string { return fmt.Sprintf("the command ended with exit code %d", e.code) }

func (o *runOptions) run(cmd *cobra.Command, s *session, argv []string) error {
	program, err := findProgram(argv[0])
	if err != nil {
		return err
	}
	step := runs.Step{Name: o.step, Tool: o.tool, Target: o.target}
	runner, err := runs.HashFile("runner", program)
	if err != nil {
		return err
	}
	step.Runner = runner.Digest
	if step.In, err = slotFiles("input", o.inputs); err != nil {
		return err
	}
	outputs, err := slotPaths("output", o.outputs)
	if err != nil {
		return err
	}
	child := &child{program: program, argv: argv, stdin: cmd.InOrStdin(), stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr()}
	if o.join != "" {
		return o.work(cmd, &joinedRun{session: s, id: o.join}, step, outputs, child)
	}
	r, err := o.open(cmd.Context(), s, step.In)
	if err != nil {
		return err
	}
	return o.work(cmd, &ownRun{s, r}, step, outputs, child)
}

// open opens the run.
func (o *runOptions) open(ctx context.Context, s *session, inputs []statement.File) (*runs.Run, error) {
	options := runs.Options{Workflow: o.workflow, Inputs: inputs, Trigger: o.trigger, Parent: o.parent, Traceparent: o.traceparent}
	var err error
	if o.document+o.access+o.task != "" {
		if options.Want, err = o.want(); err != nil {
			return nil, err
		}
	}
	if o.requestor != "" {
		if options.Requestor, err = s.folders.author(s.config.Origin, o.requestor); err != nil {
			return nil, err
		}
	}
	if options.Spool, err = s.spool(); err != nil {
		return nil, err
	}
	return runs.Open(ctx, s.client, s.author, options)
}

// tellRun says what became of the run.
func (o *runOptions) tellRun(w io.Writer, v *ranView, code int) {
	if o.json {
		_, _ = w.Write(jsonLine(v))
		return
	}
	text := fmt.Sprintf("docket: run %s: step %s %s, exit code %d", v.Run, v.Step, v.Result, code)
	if v.Status != "" {
		text += "; outcome " + v.Status
	}
	if len(v.Missing) > 0 {
		text += ", missing " + strings.Join(v.Missing, ", ")
	}
	if v.Spooled > 0 {
		text += fmt.Sprintf("; %d statements wait in the spool", v.Spooled)
	}
	fmt.Fprintln(w, text)
}
