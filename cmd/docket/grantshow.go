package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

func newGrant() *cobra.Command {
	c := &cobra.Command{
		Use:     "grant",
		Short:   "look at grants",
		Example: `  docket grant show sha256:...`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newGrantShow())
	return c
}

func newGrantShow() *cobra.Command {
	r := &reading{}
	c := &cobra.Command{
		Use:   "show DIGEST",
		Short: "what a grant binds, and by what it was spent",
		Long: `show fetches all events of a grant, by the statement digest of what gave it, and
the statement of each: what it binds, who gave it to whom, each statement that spent
it, and what took it back. That none is missing is proven: all events together give
the root in the grant's register. One that is dropped, swapped, withheld or of another
grant is an error (exit code 1), and nothing is printed.

Exit code 11: all this, but fewer cosigners signed the checkpoint than the policy
demands.`,
		Example: `  docket grant show sha256:...
  docket grant show sha256:... --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			digest, err := digestArgument(args[0])
			if err != nil {
				return err
			}
			cl, err := r.client(cmd)
			if err != nil {
				return err
			}
			g, err := cl.GrantHistory(cmd.Context(), digest)
			if err != nil {
				return err
			}
			v := viewGrant(g, time.Now().UnixMilli())
			if v.cosigning, err = cosigningOf(cl, g.History.Staple.Checkpoint); err != nil {
				return err
			}
			return r.print(cmd.OutOrStdout(), v)
		},
	}
	r.flags(c)
	return c
}

// grantView is what show prints, and what a dossier has of each grant.
type grantView struct {
	Grant     string          `json:"grant"`
	Status    string          `json:"status"`            // none, open, used up or taken back
	TooOld    bool            `json:"tooOld,omitempty"`  // by this machine's clock
	For       string          `json:"for,omitempty"`     // kind and op
	Object    string          `json:"object,omitempty"`  // the terms, in words
	Subject   string          `json:"subject,omitempty"` // digest of the bytes concerned
	About     string          `json:"about,omitempty"`   // the request
	Run       string          `json:"run,omitempty"`
	To        string          `json:"to,omitempty"`
	Role      string          `json:"role,omitempty"`
	Meaning   string          `json:"meaning,omitempty"`
	Rule      string          `json:"rule,omitempty"`
	Level     string          `json:"level,omitempty"`
	By        string          `json:"by,omitempty"`        // of a bridged grant: the person
	ActingFor string          `json:"actingFor,omitempty"` // the delegation that it uses
	Override  string          `json:"override,omitempty"`  // rule that it sets aside
	NotBefore string          `json:"notBefore,omitempty"`
	NotAfter  string          `json:"notAfter,omitempty"`
	Uses      uint32          `json:"uses,omitempty"`
	Left      uint32          `json:"left"`
	Given     *statementView  `json:"given,omitempty"`
	Spent     []statementView `json:"spent"`
	Revoked   *statementView  `json:"revoked,omitempty"`
	Size      uint64          `json:"size"` // of the tree that this speaks for
	Events    int             `json:"events"`
	Complete  string          `json:"complete"` // of the events: "proven"
	cosigning
}

var grantStatuses = map[uint8]string{register.GrantOpen: "open", register.GrantUsedUp: "used up", register.GrantTaken: "taken back"}

func viewGrant(g *client.GrantHistory, now int64) *grantView {
	v := &grantView{Grant: g.Digest.String(), Status: "none", Size: g.Size, Spent: []statementView{}, Events: len(g.History.Events), Complete: complete}
	if g.State == nil {
		return v
	}
	t := g.Terms
	given := viewStatement(g.Given)
	v.Status, v.TooOld, v.Given = grantStatuses[g.State.Status], now >= t.NotAfter, &given
	v.For, v.Object, v.Subject, v.Run = t.For.String(), objectText(t), g.Given.Statement.Subject.String(), g.Given.Statement.Run
	v.To, v.Role, v.Meaning, v.Rule, v.Level, v.By = t.To, t.Role, t.Meaning, t.Rule, t.Level, t.By
	v.NotAfter, v.Uses, v.Left = statement.FormatTime(t.NotAfter), t.Uses, g.Left()
	if t.NotBefore != 0 {
		v.NotBefore = statement.FormatTime(t.NotBefore)
	}
	if t.About != nil {
		v.About = t.About.String()
	}
	if t.ActingFor != nil {
		v.ActingFor = t.ActingFor.String()
	}
	if t.Override != nil {
		v.Override = fmt.Sprintf("%s, %s, review by %s", t.Override.Rule, t.Override.Reason, statement.FormatTime(t.Override.ReviewBy))
	}
	for _, e := range g.Spent {
		v.Spent = append(v.Spent, viewStatement(e))
	}
	if g.Revoked != nil {
		revoked := viewStatement(g.Revoked)
		v.Revoked = &revoked
	}
	return v
}

func (v *grantView) text(out io.Writer) error {
	if v.Status == "none" {
		fmt.Fprintf(out, "%s was never given, as of size %d (proven)\n", v.Grant, v.Size)
		return v.say(out)
	}
	old := ""
	if v.TooOld && v.Status == "open" {
		old = ", too old by this machine's clock"
	}
	fmt.Fprintf(out, "grant %s: %s%s, as of size %d (proven)\n", v.Grant, v.Status, old, v.Size)
	rows := [][]string{
		{"for", v.Object}, {"subject", v.Subject}, {"given", v.Given.place(), "by " + v.Given.Issuer + ", " + v.Meaning + " as " + v.Role + ", rule " + v.Rule + ", " + v.Level},
		{"to", v.To}, {"until", v.NotAfter}, {"uses", fmt.Sprintf("%d of %d left", v.Left, v.Uses)},
	}
	for _, x := range [][2]string{{"from", v.NotBefore}, {"run", v.Run}, {"about", v.About}, {"person", v.By}, {"acting for", v.ActingFor}, {"override", v.Override}} {
		if x[1] != "" {
			rows = append(rows, x[:])
		}
	}
	for _, s := range v.Spent {
		rows = append(rows, []string{"spent", s.place(), fmt.Sprintf("by %s on %s %s  %s", s.Issuer, s.Kind, s.What, s.Statement)})
	}
	if v.Revoked != nil {
		rows = append(rows, []string{"taken back", v.Revoked.place(), "by " + v.Revoked.Issuer})
	}
	if err := labelled(out, rows); err != nil {
		return err
	}
	fmt.Fprintf(out, "events: %d, complete: %s\n", v.Events, v.Complete)
	return v.say(out)
}

// place is where and when a statement came in, by the log's clock.
func (s *statementView) place() string { return fmt.Sprintf("entry %d, %s", s.Index, s.Time) }

// labelled prints rows that begin with a label.
func labelled(out io.Writer, rows [][]string) error {
	width := 0
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	for _, row := range rows {
		line := fmt.Sprintf("  %-*s", width, row[0])
		for _, cell := range row[1:] {
			line += "  " + cell
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}
