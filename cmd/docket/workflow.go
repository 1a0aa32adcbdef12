package main

import (
	"crypto/sha256"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/proofs/statement"
)

func newWorkflow() *cobra.Command {
	c := &cobra.Command{
		Use:   "workflow",
		Short: "define and retire workflows, and look at them",
		Example: `  docket workflow define notice.json --as h/plat
  docket workflow show flows/notice`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newWorkflowDefine(), newWorkflowRetire(), newWorkflowShow())
	return c
}

func newWorkflowDefine() *cobra.Command {
	var o signOptions
	var spends []string
	c := &cobra.Command{
		Use:   "define FILE",
		Short: "put a version of a workflow into force",
		Long: `define signs and submits the workflow document in FILE: a human does who has the
verb workflow.define, with the grant of another human on the same text (docket
approve --grant-for workflow.define --file FILE). Runs that are open stay on the
version that they were opened with.

FILE is JSON, with line breaks or without: what is signed is its canonical form
(RFC 8785). docs/workflows.md has one to begin with. If the reply is lost, run the
same command again: nothing is signed twice.`,
		Example: `  docket approve --grant-for workflow.define --file notice.json --to h/plat --as h/alice
  docket workflow define notice.json --as h/plat`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			grants, err := digestFlags("--spends", spends)
			if err != nil {
				return err
			}
			text, err := canonicalFile(args[0])
			if err != nil {
				return err
			}
			w, err := statement.ParseWorkflow(text)
			if err != nil {
				return usage("%s: %w", args[0], err)
			}
			s, err := o.named(dirOf(cmd))
			if err != nil {
				return err
			}
			return o.define(cmd, s, text, w, grants)
		},
	}
	o.flags(c, "")
	c.Flags().StringArrayVar(&spends, "spends", nil, "digest of another human's grant; may be repeated (default: one found in the log)")
	return c
}

// workflowDone is what define and retire print.
type workflowDone struct {
	entryDone
	Workflow string `json:"workflow"` // id
	Version  uint32 `json:"version"`
	Text     string `json:"text"` // digest
}

func (o *signOptions) define(cmd *cobra.Command, s *session, text []byte, w *statement.Workflow, spends []statement.Digest) error {
	digest := statement.Digest(sha256.Sum256(text))
	receipt, err := s.ofText(cmd.Context(), statement.WorkflowDefine, w.ID, digest, spends,
		func(grants []statement.Digest) (statement.Envelope, error) {
			return s.author.DefineWorkflow(text, grants)
		})
	if err != nil {
		return err
	}
	done, err := s.entry("defined", receipt)
	if err != nil {
		return err
	}
	return o.tell(cmd.OutOrStdout(), workflowDone{done, w.ID, w.Version, digest.String()},
		fmt.Sprintf("defined version %d of %s, entry %d\n  text  %s\n", w.Version, w.ID, receipt.Index, digest), done.cosigning)
}

func newWorkflowRetire() *cobra.Command {
	var o signOptions
	var spends []string
	c := &cobra.Command{
		Use:   "retire ID",
		Short: "retire a workflow: no new run of it opens",
		Long: `retire ends a workflow, in its current version: a human does who has the verb
workflow.retire, with the grant of another human (docket approve --grant-for
workflow.retire --workflow ID). Runs that are open go on.`,
		Example: `  docket workflow retire flows/notice --as h/plat`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !statement.ValidID(args[0]) {
				return usage("%q is not the id of a workflow", args[0])
			}
			grants, err := digestFlags("--spends", spends)
			if err != nil {
				return err
			}
			s, err := o.named(dirOf(cmd))
			if err != nil {
				return err
			}
			return o.retireWorkflow(cmd, s, args[0], grants)
		},
	}
	o.flags(c, "")
	c.Flags().StringArrayVar(&spends, "spends", nil, "digest of another human's grant; may be repeated (default: one found in the log)")
	return c
}

func (o *signOptions) retireWorkflow(cmd *cobra.Command, s *session, id string, spends []statement.Digest) error {
	ctx := cmd.Context()
	t, w, err := s.client.Workflow(ctx, id)
	if err != nil {
		return err
	}
	if w == nil {
		return fmt.Errorf("no workflow has the id %s, as of size %d", id, t.Size)
	}
	receipt, err := s.ofText(ctx, statement.WorkflowRetire, id, t.Digest, spends,
		func(grants []statement.Digest) (statement.Envelope, error) {
			return s.author.RetireWorkflow(t.Digest, grants)
		})
	if err != nil {
		return err
	}
	done, err := s.entry("retired", receipt)
	if err != nil {
		return err
	}
	return o.tell(cmd.OutOrStdout(), workflowDone{done, id, w.Version, t.Digest.String()},
		fmt.Sprintf("retired %s at version %d, entry %d\n", id, w.Version, receipt.Index), done.cosigning)
}
