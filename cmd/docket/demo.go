package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/cmd/docket/scenario"
	"github.com/docketlog/docket/proofs"
)

func newDemo() *cobra.Command {
	var keep string
	var full bool
	var f fullDemo
	c := &cobra.Command{
		Use:         "demo",
		Annotations: draining(),
		Short:       "see it work: release, verify, tamper, supersede, withdraw",
		Long: `demo runs a real server, HTTP, client and verifier in a temporary folder: it
releases a PDF, verifies it, changes one byte and sees it refused, releases
version 2 and sees version 1 superseded, withdraws, and verifies once more with
the server gone. Any deviation from what is expected fails it.

With --full it plays a whole story on a clock of its own, line by line: who asked,
who approved, what was executed and refused, which alerts fired, what outsiders
verify (docs/scenario.md). Each line is printed with what was expected and what
came of it; in the end every row of the log is checked, and every entry replayed.`,
		Example: `  docket demo
  docket demo --keep /tmp/docket-demo
  docket demo --full`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if !full && (f.json || f.story != "") {
				return usage("--json and --story go with --full")
			}
			dir := keep
			if dir == "" {
				if dir, err = os.MkdirTemp("", "docket-demo-"); err != nil {
					return err
				}
				defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
			} else if err := os.MkdirAll(dir, 0o700); err != nil {
				return err
			}
			if full {
				f.folders, f.out = folders{dir: filepath.Join(dir, "docket-story")}, cmd.OutOrStdout()
				err = f.run(cmd)
			} else {
				d := &demo{dir: dir, folders: folders{dir: filepath.Join(dir, defaultDir)}, out: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr()}
				if err = d.run(cmd.Context()); err != nil {
					err = fmt.Errorf("demo: %w", err)
				}
			}
			if keep != "" && !f.json {
				fmt.Fprintf(cmd.OutOrStdout(), "everything is kept in %s\n", dir)
			}
			return err
		},
	}
	c.Flags().StringVar(&keep, "keep", "", "use this folder and keep it")
	c.Flags().BoolVar(&full, "full", false, "play the whole story of docs/scenario.md")
	c.Flags().BoolVar(&f.json, "json", false, "with --full: print JSON, one line for each line of the story")
	c.Flags().StringVar(&f.story, "story", "", "with --full: play the story in this file instead")
	return c
}

// demo is one run of the story.
type demo struct {
	dir     string
	folders folders
	out     io.Writer
	stderr  io.Writer
	step    int
}

const demoDocument = "reports/2026/q3"

// run plays the story against a server of its own, then goes on without it.
func (d *demo) run(ctx context.Context) error {
	start := time.Now()
	d.say("make a log with keys and identities of its own, and serve it")
	if err := devSetup("http://127.0.0.1:0").create(ctx, d.folders, io.Discard); err != nil {
		return err
	}
	stop, err := d.serve(ctx)
	if err != nil {
		return err
	}
	err = d.story(ctx)
	if err := errors.Join(err, stop()); err != nil {
		return err
	}
	d.say("stop the server, and verify again from the receipts alone")
	if err := errors.Join(
		d.verify(ctx, "report-v1.pdf", "", true, proofs.WasAuthoritative),
		d.verify(ctx, "report-v2.pdf", "", true, proofs.Withdrawn),
	); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\nall as expected, in %s\n", time.Since(start).Round(100*time.Millisecond))
	return nil
}

// serve starts the server of the story on a free port.
func (d *demo) serve(ctx context.Context) (stop func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	config, err := d.folders.serverConfig()
	if err != nil {
		cancel()
		return nil, err
	}
	ready, ended := make(chan string, 1), make(chan error, 1)
	o := serveOptions{listen: "127.0.0.1:0", minFree: 16, alerts: alertOptions{off: true}}
	go func() {
		ended <- o.serve(ctx, d.folders, config, d.stderr, func(url string, _ uint64, _ time.Time) { ready <- url })
	}()
	select {
	case url := <-ready:
		d.note("serving on %s", url)
		return func() error { cancel(); return <-ended }, nil
	case err := <-ended:
		cancel()
		return nil, errors.Join(err, errors.New("the server did not start"))
	}
}

// story is what happens while the server runs.
func (d *demo) story(ctx context.Context) error {
	d.say("release a PDF as version 1 of %s", demoDocument)
	if err := d.release(ctx, "report-v1.pdf", "Quarterly report, first edition"); err != nil {
		return err
	}
	d.say("verify it")
	if err := d.verify(ctx, "report-v1.pdf", "", false, proofs.Authoritative); err != nil {
		return err
	}
	d.say("change one byte, and verify that copy with the same receipt")
	if err := d.tamper("report-v1.pdf", "tampered.pdf"); err != nil {
		return err
	}
	if err := d.verify(ctx, "tampered.pdf", "report-v1.pdf.docket", false, proofs.Unknown); err != nil {
		return err
	}
	d.say("change one byte of the receipt instead")
	if err := d.tamperReceipt("report-v1.pdf.docket", "tampered.docket"); err != nil {
		return err
	}
	if err := d.verify(ctx, "report-v1.pdf", "tampered.docket", false, proofs.Invalid); err != nil {
		return err
	}
	d.say("release version 2; version 1 is superseded")
	if err := d.release(ctx, "report-v2.pdf", "Quarterly report, second edition"); err != nil {
		return err
	}
	if err := errors.Join(
		d.verify(ctx, "report-v1.pdf", "", false, proofs.WasAuthoritative),
		d.verify(ctx, "report-v2.pdf", "", false, proofs.Authoritative),
	); err != nil {
		return err
	}
	d.say("withdraw version 2; nothing is authoritative now")
	done, err := withdraw(ctx, d.folders, withdrawOptions{document: demoDocument, reason: "error"})
	if err != nil {
		return err
	}
	d.note("%s", done)
	return d.verify(ctx, "report-v2.pdf", "", false, proofs.Withdrawn)
}

func (d *demo) say(format string, args ...any) {
	d.step++
	fmt.Fprintf(d.out, "\n%d. %s\n", d.step, fmt.Sprintf(format, args...))
}

func (d *demo) note(format string, args ...any) {
	fmt.Fprintf(d.out, "   %s\n", fmt.Sprintf(format, args...))
}

func (d *demo) path(name string) string { return filepath.Join(d.dir, name) }

// release writes a PDF and releases it.
func (d *demo) release(ctx context.Context, name, title string) error {
	if err := os.WriteFile(d.path(name), scenario.SamplePDF(title), 0o644); err != nil {
		return err
	}
	r := &release{folders: d.folders, file: d.path(name), document: demoDocument}
	if _, err := r.run(ctx); err != nil {
		return err
	}
	receipt, err := os.Stat(r.receiptFile())
	if err != nil {
		return err
	}
	d.note("%s -> %s, %d bytes", name, filepath.Base(r.receiptFile()), receipt.Size())
	return nil
}

// verify demands a verdict of this kind.
func (d *demo) verify(ctx context.Context, name, receipt string, offline bool, want proofs.Kind) error {
	v := &verify{folders: d.folders, file: d.path(name), offline: offline}
	if receipt != "" {
		v.receipt = d.path(receipt)
	}
	verdict, err := v.run(ctx, time.Now())
	if err != nil {
		return err
	}
	d.note("%s: %s (exit code %d): %s", name, verdict.Kind, verdict.Exit, verdict.Sentence())
	if verdict.Kind != want {
		return fmt.Errorf("%s is %s, expected %s\n%s", name, verdict.Kind, want, verdict)
	}
	return nil
}

// tamper copies a file with one bit changed in its middle.
func (d *demo) tamper(from, to string) error {
	b, err := os.ReadFile(d.path(from))
	if err != nil {
		return err
	}
	b[len(b)/2] ^= 1
	return os.WriteFile(d.path(to), b, 0o644)
}

// tamperReceipt copies a receipt with one hash of its inclusion proof changed.
func (d *demo) tamperReceipt(from, to string) error {
	b, err := os.ReadFile(d.path(from))
	if err != nil {
		return err
	}
	r, err := proofs.ParseReceipt(b)
	if err != nil {
		return err
	}
	r.Inclusion[0][0] ^= 1
	return os.WriteFile(d.path(to), r.Marshal(), 0o644)
}
