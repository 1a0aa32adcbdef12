package main

import (
	"fmt"
	"io"
	"strings"
)

func (v *dossierView) text(out io.Writer) error {
	if v.Status == "none" {
		fmt.Fprintf(out, "run %s was never opened, as of size %d (proven)\n", v.Run, v.Size)
		return v.say(out)
	}
	fmt.Fprintf(out, "run %s: %s, as of size %d (proven)\n", v.Run, v.Status, v.Size)
	if err := labelled(out, v.head()); err != nil {
		return err
	}
	if v.execution {
		rows := [][]string{}
		for _, s := range v.Steps {
			rows = append(rows, s.row())
		}
		fmt.Fprintf(out, "steps\n")
		if err := table(out, rows); err != nil {
			return err
		}
	}
	if v.approvals {
		if err := v.grantTable(out); err != nil {
			return err
		}
	}
	if err := v.timeline(out); err != nil {
		return err
	}
	grants := ""
	if v.approvals {
		grants = fmt.Sprintf("; grants: %d, each complete: %s", len(v.Grants), v.Complete)
	}
	fmt.Fprintf(out, "statements of the run: %d, complete: %s%s\n", v.Events, v.Complete, grants)
	return v.say(out)
}

// head is what was asked for, and how it ended.
func (v *dossierView) head() [][]string {
	rows := [][]string{
		{"asked", v.Request.place(), "by " + v.Request.Issuer + ", " + v.Request.Trigger},
		{"wants", v.Request.Want},
		{"workflow", fmt.Sprintf("%s version %d", v.Workflow.ID, v.Workflow.Version), v.Workflow.Digest},
		{"", "defined by " + v.Workflow.Defined.Issuer + ", " + v.Workflow.Defined.place()},
		{"executor", v.Request.Executor},
	}
	if v.Request.Parent != "" {
		rows = append(rows, []string{"part of", v.Request.Parent})
	}
	for _, f := range v.Request.Inputs {
		rows = append(rows, []string{"input", f.Digest, f.Slot})
	}
	status := []string{"status", v.Status + ", derived from the steps"}
	switch {
	case v.Claimed == "":
		status = append(status, "no outcome claims anything")
	case v.Claimed == v.Status:
		status = append(status, "its outcome claims the same")
	default:
		status = append(status, "BUT its outcome claims "+v.Claimed)
	}
	return append(rows, status, []string{"attempt", fmt.Sprint(v.Attempt)})
}

func (s *stepPart) row() []string {
	required, attempt := "optional", ""
	if s.Required {
		required = "required"
	}
	if s.Attempt > 0 {
		attempt = fmt.Sprintf("attempt %d", s.Attempt)
	}
	return []string{s.Step, required, s.Result, attempt}
}

// grantTable prints each grant on a line: who lets whom do what, and what became of it.
func (v *dossierView) grantTable(out io.Writer) error {
	fmt.Fprintf(out, "grants\n")
	var rows [][]string
	for _, g := range v.Grants {
		became := g.Status
		for _, s := range g.Spent {
			became += fmt.Sprintf(", spent by entry %d", s.Index)
		}
		if g.Override != "" {
			became += ", OVERRIDE " + g.Override
		}
		rows = append(rows, []string{fmt.Sprintf("entry %d", g.Given.Index), g.Given.Issuer, "as " + g.Role, g.Object, "to " + g.To, became, g.Grant})
	}
	if len(rows) == 0 {
		rows = [][]string{{"none"}}
	}
	return table(out, rows)
}

// timeline prints approvals and executions joined, the clocks apart.
func (v *dossierView) timeline(out io.Writer) error {
	fmt.Fprintf(out, "timeline\n")
	rows := [][]string{{"entry", "log's clock", "signer's clock", "part", "who", "what", "", "run", "effect"}}
	for _, l := range v.Timeline {
		rows = append(rows, []string{fmt.Sprint(l.Index), l.Time, l.At, l.Part, l.Issuer, l.Kind, l.What, l.Status, l.effect()})
		for _, c := range l.Changes {
			rows = append(rows, []string{"", "", "", "", "", "", "changes " + c.Resource, "", confirmedText(c.Effect, c.ConfirmedBy)})
		}
	}
	return table(out, rows)
}

// effect says what is known of the effect of a line beside the word of its signer.
func (l *lineView) effect() string {
	switch {
	case l.Counts != nil && !*l.Counts:
		return "on record, changes nothing"
	case l.Effect != "":
		return confirmedText(l.Effect, l.ConfirmedBy)
	case l.Complete != complete:
		return "found by a search"
	}
	return ""
}

func confirmedText(effect string, by []confirmPart) string {
	if len(by) == 0 {
		return effect
	}
	var who []string
	for _, c := range by {
		who = append(who, fmt.Sprintf("%s (entry %d)", c.By, c.Index))
	}
	return strings.ToUpper(effect) + " by " + strings.Join(who, ", ")
}
