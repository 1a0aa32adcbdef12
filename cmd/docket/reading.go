package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// reading is what commands share that only read.
type reading struct {
	server string
	json   bool
}

func (r *reading) flags(c *cobra.Command) {
	c.Flags().StringVar(&r.server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
}

func (r *reading) client(cmd *cobra.Command) (*client.Client, error) {
	cl, _, err := dirOf(cmd).newClient(r.server)
	return cl, err
}

// A view is what a command prints: as JSON, or in words.
type view interface {
	text(out io.Writer) error
	exit() error // its exit code, as an error
}

// print prints a view. Nothing is printed before all of it is made.
func (r *reading) print(out io.Writer, v view) error {
	var b strings.Builder
	if r.json {
		b.Write(jsonLine(v))
	} else if err := v.text(&b); err != nil {
		return err
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return err
	}
	return v.exit()
}

// table prints rows of cells in columns.
func table(out io.Writer, rows [][]string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		if _, err := fmt.Fprintln(w, "  "+strings.TrimRight(strings.Join(row, "\t"), "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

// statementView is a statement as queries print it: both clocks, apart.
type statementView struct {
	Index     uint64 `json:"index"`
	Time      string `json:"time"` // by the log's clock
	At        string `json:"at"`   // by the signer's clock
	Kind      string `json:"kind"`
	Issuer    string `json:"issuer"`
	What      string `json:"what,omitempty"` // what it is about, in words
	Statement string `json:"statement"`
}

func viewStatement(e *client.Entry) statementView {
	return statementView{
		Index: e.Index, Time: statement.FormatTime(e.Time), At: statement.FormatTime(e.Statement.At), Kind: e.Statement.Code.String(),
		Issuer: e.Statement.Issuer, What: whatOf(e.Statement), Statement: e.Digest.String(),
	}
}

// whatOf says in a few words what a statement says.
func whatOf(s *statement.Statement) string {
	switch b := s.Body.(type) {
	case *statement.OpenRequest:
		return "wants " + wantText(b.Want)
	case *statement.GrantDecision:
		return fmt.Sprintf("%s to %s as %s", objectText(b), b.To, b.Role)
	case *statement.DenyDecision:
		return "denies: " + b.Reason
	case *statement.RevokeDecision:
		return "takes back " + b.About.String()
	case *statement.CancelRequest:
		return "cancels: " + b.Reason
	case *statement.IntendStep:
		return fmt.Sprintf("%s, attempt %d", b.Name, b.Attempt)
	case *statement.FinishStep:
		return strings.TrimSuffix(fmt.Sprintf("%s %s, attempt %d, %s", b.Name, b.Result, b.Attempt, b.Cause), ", ")
	case *statement.CloseOutcome:
		return strings.TrimSuffix(fmt.Sprintf("claims %s, attempt %d, %s", b.Status, b.Attempt, b.Cause), ", ")
	case *statement.AttestObservation:
		var seen []string
		for _, o := range b.Observed {
			seen = append(seen, o.Resource+" "+o.Property)
		}
		return strings.Join(seen, ", ")
	}
	return otherText(s)
}

func otherText(s *statement.Statement) string {
	switch b := s.Body.(type) {
	case *statement.ReleaseDocument:
		return fmt.Sprintf("%s version %d", b.Document, b.Version)
	case *statement.WithdrawDocument:
		return fmt.Sprintf("%s version %d: %s", b.Document, b.Version, b.Reason)
	case *statement.RefuseFinding:
		return fmt.Sprintf("refused %s of %s: %s", b.Submission, b.Submitter, b.RefusalCode)
	case *statement.AlertFinding:
		return fmt.Sprintf("%s, %s", b.Rule, b.Severity)
	}
	return ""
}

func wantText(w statement.Want) string {
	switch w := w.(type) {
	case statement.WantDocument:
		return w.Document
	case statement.WantAccess:
		return fmt.Sprintf("%s on %s for %d s", w.Privilege, w.Resource, w.Seconds)
	case statement.WantTask:
		return "task " + w.Task
	}
	return ""
}

// objectText says what a grant is for.
func objectText(g *statement.GrantDecision) string {
	switch o := g.Object.(type) {
	case statement.DocumentObject:
		return fmt.Sprintf("%s %s version %d", g.For, o.Document, o.Version)
	case statement.StepObject:
		text := fmt.Sprintf("%s %s, attempt %d, %s on %s", g.For, o.Step, o.Attempt, o.Tool, o.Target)
		if o.Resource != "" {
			text += fmt.Sprintf(", %s on %s", o.Privilege, o.Resource)
		}
		return text
	case statement.IdentityObject:
		return fmt.Sprintf("%s %s", g.For, o.Identity)
	case statement.DelegationObject:
		return fmt.Sprintf("%s in the role %s below %s", g.For, o.Role, strings.Join(o.Namespaces, " "))
	}
	return g.For.String()
}
