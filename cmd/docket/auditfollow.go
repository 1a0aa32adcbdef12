package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/log/auditor"
)

// A follower is an audit that goes on with its log.
type follower struct {
	*auditOptions
	out    io.Writer
	logger *slog.Logger
	bar    *progressBar
	audit  *audit.Auditor
	cosign *auditor.Cosigner // nil: it only watches
	size   uint64            // of the newest line that was printed
	note   []byte            // in --out
}

// runFollow follows until an interrupt, which is a clean end, or a finding that ends
// the audit.
func (o *auditOptions) runFollow(cmd *cobra.Command, a *audit.Auditor, bar *progressBar) error {
	logger, err := newLogger(cmd.ErrOrStderr(), "text", "info")
	if err != nil {
		return err
	}
	f := &follower{auditOptions: o, out: cmd.OutOrStdout(), logger: logger, bar: bar, audit: a}
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	if len(o.keyFiles) == 0 {
		return f.loop(ctx)
	}
	closeCosigner, err := f.openCosigner(stop)
	if err != nil {
		return err
	}
	return errors.Join(f.loop(ctx), closeCosigner())
}

// loop looks at the log, again and again.
func (f *follower) loop(ctx context.Context) error {
	wake := make(<-chan struct{})
	if f.cosign != nil {
		wake = f.cosign.Wake()
	}
	for {
		if err := f.look(ctx); err != nil {
			return err
		}
		pause := time.NewTimer(f.interval)
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil
		case <-wake:
		case <-pause.C:
		}
		pause.Stop()
	}
}

// look replays what is new, and tells of it. The error ends the audit; what the next
// look may find otherwise is a line on stderr.
func (f *follower) look(ctx context.Context) error {
	report, note, err := f.step(ctx)
	f.bar.clear()
	switch {
	case ctx.Err() != nil:
		return nil
	case passing(err):
		f.logger.Warn("the log could not be replayed to its end; trying again", "error", err)
		return nil
	case report == nil:
		return err
	case err != nil:
		return f.conclude(f.out, report, err)
	}
	if note != nil && f.outFile != "" && !bytes.Equal(note, f.note) {
		if err := client.WriteFile(f.outFile, note, 0o644); err != nil {
			return err
		}
		f.note = note
	}
	if report.Size == f.size {
		return nil
	}
	f.size = report.Size
	if err := f.writeReport(report); err != nil {
		return err
	}
	if f.json {
		_, err = f.out.Write(jsonLine(report))
	} else {
		_, err = fmt.Fprintf(f.out, "%s: size %s: %s\n", report.Origin, grouped(int64(report.Size)), report.Result)
	}
	return err
}

// passing says that the next look may find otherwise: the network, a server that is
// busy or shows an old state, what it withholds, and a clock of this machine that went
// back.
func passing(err error) bool {
	var (
		refused  *client.Refused
		withheld *audit.Withheld
		rollback *client.RollbackError
	)
	switch {
	case err == nil || auditor.Final(err):
		return false
	case errors.As(err, &refused):
		return refused.Status >= 500 || refused.Status == http.StatusTooManyRequests || refused.Status == http.StatusNotFound
	}
	return errors.Is(err, client.ErrUnreachable) || errors.Is(err, audit.ErrOwnClock) || errors.Is(err, client.ErrAnswer) || errors.As(err, &withheld) || errors.As(err, &rollback)
}

func (f *follower) step(ctx context.Context) (*audit.Report, []byte, error) {
	if f.cosign != nil {
		return f.cosign.Step(ctx)
	}
	tree, err := f.audit.Client.NewestTree(ctx)
	var fork *client.ForkError
	if errors.As(err, &fork) {
		report, failed := f.audit.Convict(ctx, fork.Shown, fork)
		return report, nil, errors.Join(err, failed)
	}
	if err != nil {
		return nil, nil, err
	}
	report, err := f.audit.Run(ctx, tree)
	return report, nil, err
}
