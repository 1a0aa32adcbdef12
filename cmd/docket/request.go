package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

func newRequest() *cobra.Command {
	c := &cobra.Command{
		Use:   "request",
		Short: "ask for something, and so open a run; or stop asking",
		Example: `  docket request open R1 --workflow flows/notice --document claims/1 --input claim=claim.json --as h/claims
  docket request cancel R1 --as h/claims`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newRequestOpen(), newRequestCancel())
	return c
}

// requestOptions are the flags of request open.
type requestOptions struct {
	signOptions
	workflow, executor, trigger, parent, traceparent string
	inputs                                           []string
	wantOptions
}

// wantOptions say what is asked for.
type wantOptions struct{ document, access, task string }

func (o *wantOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.document, "document", "", "asks for a release of the document with this id")
	c.Flags().StringVar(&o.access, "access", "", "asks for access: RESOURCE,PRIVILEGE,SECONDS")
	c.Flags().StringVar(&o.task, "task", "", "asks for work that releases no document, by a name")
}

// want reads them: exactly one is given.
func (o *wantOptions) want() (statement.Want, error) {
	given := 0
	for _, text := range []string{o.document, o.access, o.task} {
		if text != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return nil, usage("want exactly one of --document, --access and --task")
	case o.document != "":
		return statement.WantDocument{Document: o.document}, nil
	case o.task != "":
		return statement.WantTask{Task: o.task}, nil
	}
	if parts := splitThree(o.access); parts != nil {
		if seconds, err := strconv.ParseUint(parts[2], 10, 32); err == nil {
			return statement.WantAccess{Resource: parts[0], Privilege: parts[1], Seconds: uint32(seconds)}, nil
		}
	}
	return nil, usage("--access %q is not RESOURCE,PRIVILEGE,SECONDS, such as prod-claims-db,read,7200", o.access)
}

func newRequestOpen() *cobra.Command {
	var o requestOptions
	c := &cobra.Command{
		Use:   "open RUN --workflow ID",
		Short: "ask for something: open a run of a workflow",
		Long: `open signs and submits a request, which opens the run RUN: an id of your own that was
never used. The run is bound to the text that the workflow has now.

Inputs are files, of which the log gets the digests alone, each under the name of a
slot. Who asks needs the verb request.open, and workflow and document below its
namespaces. If the reply is lost, run the same command again: nothing is signed
twice.`,
		Example: `  docket request open R1 --workflow flows/notice --document claims/1 --input claim=claim.json --as h/claims
  docket request open R3 --workflow flows/access --access prod-claims-db,admin,7200 --executor wl/pam --as h/oncall`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !statement.ValidID(args[0]) {
				return usage("%q is not the id of a run", args[0])
			}
			if !statement.ValidID(o.workflow) {
				return usage("--workflow %q is not the id of a workflow", o.workflow)
			}
			s, err := o.named(dirOf(cmd))
			if err != nil {
				return err
			}
			return o.open(cmd, s, args[0])
		},
	}
	o.signOptions.flags(c, "")
	o.wantOptions.flags(c)
	flags := c.Flags()
	flags.StringVar(&o.workflow, "workflow", "", "id of the workflow (mandatory)")
	flags.StringVar(&o.executor, "executor", "", "identity that is to do it (default: the pipeline of DIR/client)")
	flags.StringVar(&o.trigger, "trigger", "human", "what made you ask: human, schedule, event, api or agent")
	flags.StringVar(&o.parent, "parent", "", "run that this one is a part of")
	flags.StringVar(&o.traceparent, "traceparent", "", "W3C trace context of the work")
	flags.StringArrayVar(&o.inputs, "input", nil, "what it starts from: FILE or SLOT=FILE, may be repeated; the log gets slot and digest")
	return c
}

// requestDone is what open prints.
type requestDone struct {
	entryDone
	Workflow string `json:"workflow"` // id
	Version  uint32 `json:"version"`  // of the workflow
	Executor string `json:"executor"`
}

func (o *requestOptions) open(cmd *cobra.Command, s *session, run string) error {
	ctx := cmd.Context()
	inputs, err := slotFiles("input", o.inputs)
	if err != nil {
		return err
	}
	r := client.Request{
		Run: run, Trigger: o.trigger, Inputs: inputs, Executor: o.executor, Parent: o.parent, Traceparent: o.traceparent,
	}
	if r.Want, err = o.want(); err != nil {
		return err
	}
	if r.Executor == "" {
		r.Executor = s.config.Identity
	}
	t, w, err := s.client.Workflow(ctx, o.workflow)
	if err != nil {
		return err
	}
	if w == nil {
		return fmt.Errorf("no workflow has the id %s, as of size %d (proven)", o.workflow, t.Size)
	}
	r.Workflow = t.Digest
	receipt, err := s.once(ctx, submission{
		code: statement.RequestOpen, id: run,
		same: func(old *statement.Statement) bool { return sameRequest(old, r) },
		make: func(context.Context) (statement.Envelope, error) { return s.author.OpenRequest(r) },
	})
	if err != nil {
		return err
	}
	done, err := s.entry("opened", receipt)
	if err != nil {
		return err
	}
	return o.tell(cmd.OutOrStdout(), requestDone{done, w.ID, w.Version, r.Executor},
		fmt.Sprintf("opened run %s of %s version %d, entry %d\n  request  %s\n  executor %s\n", run, w.ID, w.Version, receipt.Index, done.Statement, r.Executor), done.cosigning)
}

// sameRequest says whether a statement asks for the same, whichever version of the
// workflow it was for.
func sameRequest(old *statement.Statement, r client.Request) bool {
	body, ok := old.Body.(*statement.OpenRequest)
	return ok && old.Run == r.Run && old.Traceparent == r.Traceparent && body.Executor == r.Executor && body.Parent == r.Parent &&
		body.Trigger.Kind == r.Trigger && reflect.DeepEqual(body.Want, r.Want) && slices.Equal(body.Inputs, r.Inputs)
}

func newRequestCancel() *cobra.Command {
	var o signOptions
	var reason string
	c := &cobra.Command{
		Use:   "cancel RUN",
		Short: "stop asking: cancel a run that you asked for",
		Long: `cancel ends an open run. Only who asked for it can, with the verb request.cancel;
who is to approve denies it instead (docket deny).`,
		Example: `  docket request cancel R1 --reason superseded --as h/claims`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !statement.ValidID(args[0]) {
				return usage("%q is not the id of a run", args[0])
			}
			s, err := o.named(dirOf(cmd))
			if err != nil {
				return err
			}
			return o.endRun(cmd, s, statement.RequestCancel, args[0], "cancelled", func(body statement.Body) bool {
				b, ok := body.(*statement.CancelRequest)
				return ok && b.Reason == reason
			}, func(t *client.RunTerms) (statement.Envelope, error) {
				return s.author.CancelRequest(args[0], t.Request(), t.Text(), reason)
			})
		},
	}
	o.flags(c, "")
	c.Flags().StringVar(&reason, "reason", "other", "superseded, duplicate, error or other")
	return c
}

// endRun submits a statement that ends a run.
func (o *signOptions) endRun(cmd *cobra.Command, s *session, code statement.Code, run, did string, same func(statement.Body) bool,
	sign func(*client.RunTerms) (statement.Envelope, error),
) error {
	receipt, err := s.once(cmd.Context(), submission{
		code: code, id: run,
		same: func(old *statement.Statement) bool { return old.Run == run && same(old.Body) },
		make: func(ctx context.Context) (statement.Envelope, error) {
			t, err := s.client.RunTerms(ctx, run)
			if err != nil {
				return statement.Envelope{}, err
			}
			return sign(t)
		},
	})
	if err != nil {
		return err
	}
	done, err := s.entry(did, receipt)
	if err != nil {
		return err
	}
	return o.tell(cmd.OutOrStdout(), done, fmt.Sprintf("%s run %s, entry %d\n", did, run, receipt.Index), done.cosigning)
}
