package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client/watch"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// loop makes rounds, and prints those that say something.
func (o *monitorOptions) loop(cmd *cobra.Command, w *watch.Watch) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	for size, good := uint64(0), true; ; {
		r, err := w.Round(ctx)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		if o.once || r.Size != size || len(r.Alerts) > 0 || r.Good() != good {
			if err := o.print(out, r); err != nil {
				return err
			}
		}
		if size, good = r.Size, r.Good(); o.once {
			return roundExit(r)
		}
		pause := time.NewTimer(o.interval)
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil
		case <-pause.C:
		}
	}
}

// roundExit is the exit code of a single round.
func roundExit(r *watch.Round) error {
	switch {
	case r.Convicted:
		return &verdictError{proofs.ExitContradicted}
	case r.Uneasy:
		return &verdictError{proofs.ExitUnknown}
	case len(r.Failed) > 0:
		return &verdictError{exitIO}
	}
	return nil
}

// roundView is what is said of a round in JSON.
type roundView struct {
	Time     string           `json:"time"`
	Result   string           `json:"result"` // good, convicted, uneasy or unasked
	Size     uint64           `json:"size"`   // of the newest tree of the one history
	Alerts   []roundAlertView `json:"alerts"`
	Muted    int              `json:"muted"` // of them
	Evidence []string         `json:"evidence"`
	Failed   []string         `json:"failed"` // what could not be asked
}

type roundAlertView struct {
	Rule      string `json:"rule"`
	Condition string `json:"condition"`
	Severity  string `json:"severity"`
	Text      string `json:"text"`
	Detail    string `json:"detail"`
	Dedup     string `json:"dedup"`
}

func viewRound(r *watch.Round) roundView {
	v := roundView{Time: statement.FormatTime(r.Time), Result: "good", Size: r.Size, Alerts: []roundAlertView{}, Muted: r.Muted, Evidence: append([]string{}, r.Files...), Failed: []string{}}
	switch {
	case r.Convicted:
		v.Result = "convicted"
	case r.Uneasy:
		v.Result = "uneasy"
	case len(r.Failed) > 0:
		v.Result = "unasked"
	}
	for _, a := range r.Alerts {
		v.Alerts = append(v.Alerts, roundAlertView{a.Rule, a.Condition, a.Severity, a.Text(), a.Detail, a.Dedup})
	}
	for _, err := range r.Failed {
		v.Failed = append(v.Failed, err.Error())
	}
	return v
}

func (o *monitorOptions) print(out io.Writer, r *watch.Round) error {
	v := viewRound(r)
	if o.json {
		_, err := out.Write(jsonLine(v))
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: size %s", v.Time, strings.ToUpper(v.Result), grouped(int64(v.Size)))
	if v.Muted > 0 {
		fmt.Fprintf(&b, ", %d muted", v.Muted)
	}
	b.WriteByte('\n')
	for _, a := range v.Alerts {
		fmt.Fprintf(&b, "  %s/%s %s: %s\n    %s\n", a.Rule, a.Condition, a.Severity, a.Text, printable(a.Detail))
	}
	for _, text := range v.Failed {
		fmt.Fprintf(&b, "  not asked: %s\n", printable(text))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// printable leaves out of a source's words what could steer a terminal.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return unicode.ReplacementChar
	}, text)
}
