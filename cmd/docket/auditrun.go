package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/proofs"
)

// client returns a client with the pins of the flags, or of DIR/client.
func (o *auditOptions) client() (*client.Client, error) {
	if o.policy == "" {
		c, _, err := o.folders.newClient(o.server)
		if err == nil && o.genesis != "" {
			c.Verifier, err = readVerifier(o.folders.policy(), o.genesis)
		}
		return c, err
	}
	verifier, err := readVerifier(o.policy, o.genesis)
	if err != nil {
		return nil, err
	}
	if _, err := serverURL(o.server); err != nil {
		return nil, usage("--server: %w", err)
	}
	c := &client.Client{
		Server: strings.TrimSuffix(o.server, "/"), Verifier: verifier,
		Memory: &client.Memory{Path: filepath.Join(o.state, "checkpoint")},
	}
	return c, o.folders.connect(c, clientConfig{})
}

// run audits once, or follows.
func (o *auditOptions) run(cmd *cobra.Command) (err error) {
	if err := os.MkdirAll(o.state, 0o700); err != nil {
		return err
	}
	c, err := o.client()
	if err != nil {
		return err
	}
	state, closeState, err := openAuditState(filepath.Join(o.state, "replay"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeState()) }()
	bar := newProgressBar(cmd.ErrOrStderr())
	bar.name = "audit"
	a := &audit.Auditor{Client: c, State: state, Progress: auditProgress(bar)}
	if o.follow {
		return o.runFollow(cmd, a, bar)
	}
	tree, err := c.NewestTree(cmd.Context())
	var report *audit.Report
	var fork *client.ForkError
	switch {
	case err == nil:
		report, err = a.Run(cmd.Context(), tree)
	case errors.As(err, &fork):
		var failed error
		report, failed = a.Convict(cmd.Context(), fork.Shown, fork)
		err = errors.Join(err, failed)
	}
	bar.clear()
	if report == nil {
		return err
	}
	return o.conclude(cmd.OutOrStdout(), report, err)
}

// conclude prints the report, keeps it and the evidence, and returns the exit code.
func (o *auditOptions) conclude(out io.Writer, r *audit.Report, found error) error {
	path, err := o.keepDivergence(r)
	err = errors.Join(err, o.writeReport(r))
	if o.json {
		_, failed := out.Write(jsonLine(r))
		err = errors.Join(err, failed)
	} else {
		fmt.Fprintln(out, auditText(r, path))
	}
	if err != nil {
		return errors.Join(found, err)
	}
	return auditExit(r, found)
}

func (o *auditOptions) writeReport(r *audit.Report) error {
	if o.report == "" {
		return nil
	}
	page, err := r.HTML()
	if err != nil {
		return err
	}
	return client.WriteFile(o.report, page, 0o644)
}

// keepDivergence keeps the evidence of a report in a file of its own.
func (o *auditOptions) keepDivergence(r *audit.Report) (string, error) {
	if r.Evidence == nil {
		return "", nil
	}
	if err := os.MkdirAll(o.evidence, 0o700); err != nil {
		return "", err
	}
	text := r.Evidence.Marshal()
	path := filepath.Join(o.evidence, fmt.Sprintf("divergence-%d-%x.json", r.Evidence.Divergence.Index, proofs.LeafHash(text)))
	return path, client.WriteFile(path, text, 0o600)
}
