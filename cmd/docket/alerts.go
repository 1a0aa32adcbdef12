package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/proofs/statement"
)

func newAlerts() *cobra.Command {
	c := &cobra.Command{
		Use:   "alerts",
		Short: "list, acknowledge and close alerts",
		Example: `  docket alerts list
  docket alerts ack sha256:... --reason investigating --as h/dev-admin`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newAlertsList(), newAlertsAnswer("ack", "say that you look into an alert", "investigating",
		"investigating, expected, duplicate or other", ackFinding), newAlertsAnswer("close", "say that you are done with an alert", "resolved",
		"resolved, falsePositive, accepted, duplicate or other", closeFinding))
	return c
}

// alertList is one run of docket alerts list.
type alertList struct {
	monitor   string
	server    string
	open, all bool
	json      bool
}

func newAlertsList() *cobra.Command {
	o := &alertList{}
	c := &cobra.Command{
		Use:   "list",
		Short: "list the alerts that a monitor filed",
		Long: `list prints the alerts that the monitor of the log filed, oldest first: rule,
severity, when it happened and the statements that show it. That none is missing is
proven, by the activity register of the monitor's identity. Who acknowledged or
closed an alert is found by a search, which is not: a server that hides an answer
makes an alert look open, never closed.

Without --all, what was closed is left out. docs/spec/alerts.md says what each rule
looks for.`,
		Example: `  docket alerts list
  docket alerts list --all --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.open && o.all {
				return usage("--open and --all exclude each other")
			}
			f := dirOf(cmd)
			cl, _, err := f.newClient(o.server)
			if err != nil {
				return err
			}
			if o.monitor, err = f.monitorID(o.monitor); err != nil {
				return err
			}
			return o.run(cmd.Context(), cl, cmd.OutOrStdout())
		},
	}
	flags := c.Flags()
	flags.StringVar(&o.monitor, "monitor", "", "identity that filed them (default: as configured in DIR/client)")
	flags.BoolVar(&o.open, "open", false, "what nobody closed (the default)")
	flags.BoolVar(&o.all, "all", false, "what was closed, too")
	flags.StringVar(&o.server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	return c
}

// monitorID is the identity that a flag names, else the configured one.
func (f folders) monitorID(given string) (string, error) {
	if given == "" {
		config, err := f.clientConfig()
		if err != nil {
			return "", err
		}
		given = config.Monitor
	}
	switch {
	case given == "":
		return "", usage("%s names no monitor: give the id of its identity with --monitor", f.client())
	case !statement.ValidID(given):
		return "", usage("--monitor %q is not an identity id", given)
	}
	return given, nil
}

// alertsView is what list prints.
type alertsView struct {
	Monitor  string      `json:"monitor"`
	Size     uint64      `json:"size"` // of the tree that this speaks for
	Alerts   []alertView `json:"alerts"`
	Complete string      `json:"complete"` // of the alerts: "proven"
	Answers  string      `json:"answers"`  // whether these are all: "not proved"
	cosigning
}

type alertView struct {
	Index    uint64       `json:"index"`
	Time     string       `json:"time"` // by the log's clock
	Rule     string       `json:"rule"`
	Severity string       `json:"severity"`
	Status   string       `json:"status"` // open, acked or closed
	Occurred string       `json:"occurred"`
	Detected string       `json:"detected"` // by the monitor's clock
	Run      string       `json:"run,omitempty"`
	Dedup    string       `json:"dedup"`
	Evidence []string     `json:"evidence"`
	Alert    string       `json:"alert"` // statement digest
	Answers  []answerView `json:"answers,omitempty"`
}

type answerView struct {
	Index  uint64 `json:"index"`
	Time   string `json:"time"`
	Kind   string `json:"kind"` // ack or close
	By     string `json:"by"`
	Reason string `json:"reason"`
}

func (o *alertList) run(ctx context.Context, cl *client.Client, out io.Writer) error {
	list, err := monitor.List(ctx, cl, o.monitor)
	if err != nil {
		return err
	}
	v := alertsView{Monitor: list.Monitor, Size: list.Size, Alerts: []alertView{}, Complete: complete, Answers: "not proved"}
	if v.cosigning, err = cosigningOf(cl, list.Note); err != nil {
		return err
	}
	for _, f := range list.Alerts {
		if o.all || !f.Closed() {
			v.Alerts = append(v.Alerts, viewAlert(f))
		}
	}
	if o.json {
		if _, err := out.Write(jsonLine(v)); err != nil {
			return err
		}
		return v.exit()
	}
	return v.print(out, len(list.Alerts))
}

func viewAlert(f monitor.Filed) alertView {
	v := alertView{
		Index: f.Index, Time: statement.FormatTime(f.Time), Rule: f.Alert.Rule, Severity: f.Alert.Severity, Status: "open",
		Occurred: statement.FormatTime(f.Alert.Occurred), Detected: statement.FormatTime(f.Alert.Detected), Run: f.Run, Dedup: f.Alert.Dedup,
		Evidence: []string{}, Alert: f.Digest.String(),
	}
	for _, digest := range f.Alert.Evidence {
		v.Evidence = append(v.Evidence, digest.String())
	}
	for _, a := range f.Answers {
		kind := "ack"
		if v.Status = "acked"; a.Close {
			v.Status, kind = "closed", "close"
		}
		v.Answers = append(v.Answers, answerView{a.Index, statement.FormatTime(a.Time), kind, a.By, a.Reason})
	}
	return v
}

func (v *alertsView) print(out io.Writer, all int) error {
	var text strings.Builder
	for _, a := range v.Alerts {
		fmt.Fprintf(&text, "%s  %s  %s  %s  %s", a.Rule, a.Severity, a.Status, a.Occurred, a.Dedup)
		if a.Run != "" {
			fmt.Fprintf(&text, "  run %s", a.Run)
		}
		fmt.Fprintf(&text, "\n  alert     entry %d  %s\n", a.Index, a.Alert)
		for _, digest := range a.Evidence {
			fmt.Fprintf(&text, "  evidence  %s\n", digest)
		}
		for _, answer := range a.Answers {
			fmt.Fprintf(&text, "  %-9s %s  %s  by %s\n", answer.Kind, answer.Time, answer.Reason, answer.By)
		}
	}
	fmt.Fprintf(&text, "alerts: %d of %d that %s filed, as of size %d (proven complete; who answered them is not)\n", len(v.Alerts), all, v.Monitor, v.Size)
	if _, err := io.WriteString(out, text.String()); err != nil {
		return err
	}
	return v.tell(out)
}
