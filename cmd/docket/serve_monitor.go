package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/admission"
)

func (f folders) monitorState() string { return filepath.Join(f.log(), "monitor-state.json") }
func (f folders) deadLetters() string  { return filepath.Join(f.log(), "alerts-undelivered.ndjson") }

// alertOptions are the flags of serve that say where alerts go beside the log.
type alertOptions struct {
	off     bool
	webhook string
	secret  string // file
	file    string
}

func (o *alertOptions) flags(c *cobra.Command) {
	c.Flags().BoolVar(&o.off, "no-monitor", false, "do not watch the log: no alert is raised")
	o.sinkFlags(c)
}

// sinkFlags are those that say where alerts go.
func (o *alertOptions) sinkFlags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&o.webhook, "alert-webhook", "", "https URL that gets each alert as OCSF JSON, signed")
	flags.StringVar(&o.secret, "alert-webhook-secret-file", "", "file with the secret that signs them: its first line, at least 16 bytes")
	flags.StringVar(&o.file, "alert-file", "", "file to which each alert is appended as a line of OCSF JSON")
}

// check refuses flags that contradict each other. Without a monitor, only witnesses
// give rise to alerts.
func (o *alertOptions) check(witnessed bool) error {
	switch {
	case (o.webhook == "") != (o.secret == ""):
		return usage("--alert-webhook and --alert-webhook-secret-file belong together")
	case o.off && !witnessed && (o.webhook != "" || o.file != ""):
		return usage("--no-monitor raises no alerts for --alert-webhook or --alert-file")
	}
	return nil
}

// sinks opens where alerts go: always to the process's own lines. dead is the file for
// what no webhook took.
func (o *alertOptions) sinks(dead, origin string, logger *slog.Logger) (sinks []monitor.Sink, err error) {
	sinks = []monitor.Sink{monitor.Log{Logger: logger}}
	if o.file != "" {
		file, err := monitor.OpenFile(o.file, origin, logger)
		if err != nil {
			return nil, err
		}
		sinks = append(sinks, file)
	}
	if o.webhook == "" {
		return sinks, nil
	}
	webhook, err := o.openWebhook(dead, origin, logger)
	if err != nil {
		return nil, errors.Join(err, closeSinks(sinks))
	}
	return append(sinks, webhook), nil
}

func (o *alertOptions) openWebhook(undelivered, origin string, logger *slog.Logger) (monitor.Sink, error) {
	info, err := os.Stat(o.secret)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s has the mode %v: it holds a secret, so nobody but its owner may read it (chmod 600)", o.secret, info.Mode()&(fs.ModeType|fs.ModePerm))
	}
	secret, err := readPassword(o.secret)
	if err != nil {
		return nil, err
	}
	dead, err := monitor.OpenFile(undelivered, origin, logger)
	if err != nil {
		return nil, err
	}
	w, err := monitor.NewWebhook(o.webhook, secret, origin, dead, logger)
	if err != nil {
		return nil, errors.Join(usage("--alert-webhook: %w", err), dead.Close())
	}
	return w, nil
}

func closeSinks(sinks []monitor.Sink) (err error) {
	for _, sink := range sinks {
		err = errors.Join(err, sink.Close())
	}
	return err
}

// publishedEvery is how often the monitor looks for a new view. A look costs a
// pointer, and what a view was published with is in memory, parsed: who comes
// later reads rows.
const publishedEvery = 20 * time.Millisecond

// startMonitor watches a running log beside its writer: it reads what is published,
// and files alerts like any other submitter. end stops it, keeps its state and waits.
func (s *site) startMonitor(ctx context.Context, o *serveOptions, f folders, config serverConfig, l *log.Log) (end func(), err error) {
	nothing := func() {}
	author, err := o.monitor(f, config)
	if err != nil || author == nil || o.alerts.off || l.Mode() != log.Sealed {
		return nothing, err
	}
	follower := &monitor.Follower{
		Source: published{l, s.quarantine}, Detector: monitor.New(author.ID), File: filer(author, l), Sinks: s.sinks, State: f.monitorState(), Logger: s.logger,
		Every: publishedEvery,
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := follower.Run(ctx); err != nil {
			s.logger.Error("monitor: ended, nothing is watched any more", "error", err)
		}
	}()
	return func() { cancel(); <-done }, nil
}

// filer signs alerts as the monitor and submits them to the log.
func filer(author *client.Author, l *log.Log) monitor.Filer {
	return func(ctx context.Context, alerts []monitor.Alert) error {
		statements := make([]*admission.Checked, len(alerts))
		for i, a := range alerts {
			envelope, err := author.Sign(a.Finding())
			if err != nil {
				return err
			}
			if statements[i], err = l.Check(envelope); err != nil {
				return err
			}
		}
		results, view, err := l.Submit(ctx, statements)
		if err != nil {
			return err
		}
		view.Release()
		for i, r := range results {
			if r.Refusal != nil {
				return fmt.Errorf("the log does not take the alert %s: %w", alerts[i].Dedup, r.Refusal)
			}
		}
		return nil
	}
}
