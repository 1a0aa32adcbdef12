package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

func newWorkflowShow() *cobra.Command {
	var server string
	var asJSON, text bool
	c := &cobra.Command{
		Use:   "show ID",
		Short: "fetch, verify and print a workflow",
		Long: `show fetches the newest version of a workflow, proves that it is the newest one,
and prints what it demands. --text prints the document itself, byte for byte: what
its authors signed, and what the next version is edited from.

Exit code 11: all this, but fewer cosigners signed the checkpoint than the policy
demands.`,
		Example: `  docket workflow show flows/notice
  docket workflow show flows/notice --text`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !statement.ValidID(args[0]) {
				return usage("%q is not the id of a workflow", args[0])
			}
			cl, _, err := dirOf(cmd).newClient(server)
			if err != nil {
				return err
			}
			t, w, err := cl.Workflow(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			v := workflowView{Workflow: args[0], Status: "none", Size: t.Size, flow: w}
			if w != nil {
				v.Status, v.Version, v.Digest, v.Text = "defined", w.Version, t.Digest.String(), t.Text
				if t.State.Status == register.DocumentWithdrawn {
					v.Status = "retired"
				}
			}
			if v.cosigning, err = cosigningOf(cl, t.Staple.Checkpoint); err != nil {
				return err
			}
			return v.print(cmd.OutOrStdout(), asJSON, text)
		},
	}
	c.Flags().StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&text, "text", false, "print the document itself, byte for byte")
	return c
}

// workflowView is what show prints.
type workflowView struct {
	Workflow string `json:"workflow"` // id
	Status   string `json:"status"`   // none, defined or retired
	Version  uint32 `json:"version,omitempty"`
	Digest   string `json:"digest,omitempty"` // of the text
	Size     uint64 `json:"size"`             // of the tree that this speaks for
	Text     string `json:"text,omitempty"`
	cosigning
	flow *statement.Workflow
}

func (v *workflowView) print(w io.Writer, asJSON, text bool) error {
	switch {
	case asJSON:
		if _, err := w.Write(jsonLine(v)); err != nil {
			return err
		}
		return v.exit()
	case v.flow == nil:
		fmt.Fprintf(w, "%s was never defined, as of size %d (proven)\n", v.Workflow, v.Size)
		return v.tell(w)
	case text:
		if _, err := io.WriteString(w, v.Text); err != nil {
			return err
		}
		return v.exit()
	}
	fmt.Fprintf(w, "%s: %s, version %d, as of size %d (proven)\n  text        %s\n", v.Workflow, v.Status, v.Version, v.Size, v.Digest)
	a := v.flow.Approval
	fmt.Fprintf(w, "  approvals   %d of distinct owners, roles %s, class %s, for at most %d s\n", a.N, orNothing(a.Roles), a.Class, a.TTLSeconds)
	for _, s := range v.flow.Steps {
		fmt.Fprintf(w, "  step        %s%s\n", s.Name, stepWords(s))
	}
	fmt.Fprintf(w, "  releases    below %s\n  tools       %s\n  expects     %s\n", orNothing(v.flow.Namespaces), orNothing(v.flow.Tools), orNothing(v.flow.Expects))
	return v.tell(w)
}

// stepWords says what is special about a step.
func stepWords(s statement.WorkflowStep) string {
	text := ""
	for _, word := range []struct {
		set  bool
		name string
	}{{s.Required, "required"}, {s.Gated, "gated"}, {s.Release, "the release"}} {
		if word.set {
			text += ", " + word.name
		}
	}
	if len(s.Actors) > 0 {
		text += fmt.Sprintf(", by the executor or %v", s.Actors)
	}
	return text
}
