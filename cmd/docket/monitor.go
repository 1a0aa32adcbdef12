package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/client/watch"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
)

// monitorOptions are the flags of monitor.
type monitorOptions struct {
	server, policy, genesis, state string

	witnesses, documents, identities []string
	mutes                            []string

	interval, maxAge, skew time.Duration
	heartbeat              string
	replay, once, json     bool
	alerts                 alertOptions
	folders                folders
}

func newMonitor() *cobra.Command {
	var o monitorOptions
	c := &cobra.Command{
		Use:         "monitor",
		Annotations: draining(),
		Short:       "follow a log's checkpoints at the log and its witnesses; keep evidence",
		Long: `monitor asks the log and each --witness for the newest checkpoint, again and again. It
keeps every signed note, proves them to be of one history, compares what each source
shows, and looks at the seal that ends each tree and at all clocks. Of each --document
and --identity it reads the whole history, holds it to what it saw before, and tells
what is new.

What convicts the log is kept in STATE/evidence: docket verify-evidence checks a file
alone. A fork, a rollback, a stale head, a missing quorum and the like are alerts (AL-15,
AL-16 of docs/spec/alerts.md): on standard output, on standard error, and to
--alert-webhook and --alert-file. --replay recomputes every seal too; it needs a token
that may read. --heartbeat is a dead man's switch: it is touched after each round in
which everything was asked and nothing was wrong; watch it from elsewhere.

What it knows stays in --state. The pins are --policy F with F.genesis beside it, or
those in DIR/client.

Exit codes: 0 ended by a signal, or with --once all well; with --once also 30 the log
contradicted itself, now or in an earlier round of this state, 20 something is wrong
that proves nothing, 1 a source could not be asked; 1 I/O, 2 usage.`,
		Example: `  docket monitor --witness https://witness.example.com --document contracts/1
  docket monitor --policy acme.policy --server https://log.example.com --state /srv/monitor --heartbeat https://hc.example.com/x
  docket monitor --once --json --mute AL-16/stale=2026-12-01T08:00:00Z`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.folders = dirOf(cmd)
			if err := o.check(cmd); err != nil {
				return err
			}
			return o.run(cmd)
		},
	}
	flags := c.Flags()
	flags.StringVar(&o.server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	flags.StringVar(&o.policy, "policy", "", "verifier policy, a C2SP tlog-policy file (default DIR/client/policy)")
	flags.StringVar(&o.genesis, "genesis", "", "leaf hash of the log's entry 0, in hex (default: from the file POLICY.genesis)")
	flags.StringVar(&o.state, "state", "", "folder of what the monitor knows (default DIR/monitor)")
	flags.StringArrayVar(&o.witnesses, "witness", nil, "base URL of a witness that shows what it cosigned; repeat for each")
	flags.StringArrayVar(&o.documents, "document", nil, "document to watch; repeat for each")
	flags.StringArrayVar(&o.identities, "identity", nil, "identity to watch, with all that it signs; repeat for each")
	flags.StringArrayVar(&o.mutes, "mute", nil, "RULE=UNTIL: no alerts of a rule, such as AL-16/stale, until a time; repeat for each")
	flags.DurationVar(&o.interval, "interval", 30*time.Second, "pause between two rounds")
	flags.DurationVar(&o.maxAge, "max-age", 24*time.Hour, "age from which the newest seal or quorum is stale; 0: never")
	flags.DurationVar(&o.skew, "skew", evidence.Skew, "how far clocks may be apart")
	flags.StringVar(&o.heartbeat, "heartbeat", "", "file to write, or URL to post to, after each good round")
	flags.BoolVar(&o.replay, "replay", false, "replay each new checkpoint, as docket audit does")
	flags.BoolVar(&o.once, "once", false, "one round")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	o.alerts.sinkFlags(c)
	return c
}

// check refuses flags that contradict each other.
func (o *monitorOptions) check(cmd *cobra.Command) error {
	switch {
	case o.policy != "" && cmd.Flags().Changed("dir"):
		return usage("give --policy or --dir, not both: one verifier, one set of pins")
	case o.policy != "" && (o.server == "" || o.state == ""):
		return usage("with --policy give --server and --state too")
	case o.interval <= 0 || o.maxAge < 0 || o.skew <= 0:
		return usage("--interval and --skew are above 0, --max-age is 0 or more")
	}
	for _, id := range o.documents {
		if !statement.ValidDocumentID(id) {
			return usage("--document %q is not a document id", id)
		}
	}
	for _, id := range o.identities {
		if !statement.ValidID(id) {
			return usage("--identity %q is not an identity id", id)
		}
	}
	if o.state == "" {
		o.state = filepath.Join(o.folders.dir, "monitor")
	}
	return o.alerts.check(false)
}

// run watches until a signal, or once.
func (o *monitorOptions) run(cmd *cobra.Command) (err error) {
	logger, err := newLogger(cmd.ErrOrStderr(), "text", "info")
	if err != nil {
		return err
	}
	config, err := o.config()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.state, 0o700); err != nil {
		return err
	}
	lock, cancel := context.WithTimeout(cmd.Context(), time.Second)
	defer cancel()
	unlock, err := client.LockFile(lock, filepath.Join(o.state, "lock"))
	if err != nil {
		return fmt.Errorf("another monitor works in %s: name another folder with --state: %w", o.state, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if o.replay {
		state, closeState, err := openAuditState(filepath.Join(o.state, "replay"))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, closeState()) }()
		config.Replay = &audit.Auditor{Client: config.Client, State: state}
	}
	origin := config.Client.Verifier.Policy.Logs[0].Key.Name
	if config.Sinks, err = o.alerts.sinks(filepath.Join(o.state, "alerts-undelivered.ndjson"), origin, logger); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSinks(config.Sinks)) }()
	w, err := watch.Open(config)
	if err != nil {
		return err
	}
	return o.loop(cmd, w)
}

// config is what the watch is made of, but for its sinks.
func (o *monitorOptions) config() (watch.Config, error) {
	config := watch.Config{
		Documents: o.documents, Identities: o.identities, Folder: o.state, MaxAge: o.maxAge, Skew: o.skew,
		Heartbeat: heartbeat(o.heartbeat),
	}
	c, err := o.client()
	if err != nil {
		return config, err
	}
	config.Client = c
	for _, url := range o.witnesses {
		if _, err := serverURL(url); err != nil {
			return config, usage("--witness: %w", err)
		}
		config.Witnesses = append(config.Witnesses, &client.Client{Server: strings.TrimSuffix(url, "/"), Verifier: c.Verifier})
	}
	for _, text := range o.mutes {
		mute, err := watch.ParseMute(text, time.Now())
		if err != nil {
			return config, usage("--mute: %w", err)
		}
		config.Mutes = append(config.Mutes, mute)
	}
	return config, nil
}

// client has the pins of the flags, or of DIR/client, and no memory: the watch is one.
func (o *monitorOptions) client() (*client.Client, error) {
	a := auditOptions{server: o.server, policy: o.policy, genesis: o.genesis, state: o.state, folders: o.folders}
	c, err := a.client()
	if err != nil {
		return nil, err
	}
	c.Memory = nil
	return c, nil
}
