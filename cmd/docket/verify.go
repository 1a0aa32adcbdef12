package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// askTime is how long verify waits for a server that could know something newer.
const askTime = 2 * time.Second

// verify is one run of docket verify.
type verify struct {
	folders  folders
	file     string
	receipt  string
	policy   string
	genesis  string
	document string
	offline  bool
	json     bool
	checks   bool
	maxAge   time.Duration
}

func newVerify() *cobra.Command {
	v := &verify{}
	c := &cobra.Command{
		Use:   "verify FILE",
		Short: "verify a file, its receipt and the policy; works offline",
		Long: `verify checks that FILE's bytes are what its receipt says, that the receipt's
proofs hold under the log key, genesis and quorum that you pinned, and whether
these bytes were, and still are, the authoritative version of their document.

The receipt is FILE.docket. The pins are --policy F with F.genesis beside it, or
those in DIR/client. With a client folder, verify also uses newer receipts kept
there, and then asks that folder's server for 2 seconds (--offline forbids it).
It never needs the network. A server that proves a second history of the log makes
the verdict CONTRADICTED; both signed checkpoints are kept in DIR/client/evidence.

Exit codes: 0 AUTHORITATIVE, 10 WAS AUTHORITATIVE or WITHDRAWN, 11 fewer cosigners
than the policy asks or quorum none outside a development folder, 12 too old, or
the document is not the one expected, 13 valid but the signer, or one who approved,
was later reported compromised, 20 UNKNOWN, 30 CONTRADICTED, 40 INVALID; 1 I/O, 2 usage.`,
		Example: `  docket verify report.pdf
  docket verify report.pdf --offline --policy acme.policy --doc reports/2026/q3
  docket verify report.pdf --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			v.folders, v.file = dirOf(cmd), args[0]
			if v.document != "" && !statement.ValidDocumentID(v.document) {
				return usage("--doc %q is not a document id", v.document)
			}
			if v.maxAge < 0 {
				return usage("--max-age %v is below 0: give an age such as 24h, or 0 for none", v.maxAge)
			}
			if v.policy != "" && cmd.Flags().Changed("dir") {
				return usage("give --policy or --dir, not both: one verifier, one set of pins")
			}
			verdict, err := v.run(cmd.Context(), time.Now())
			if err != nil {
				return err
			}
			return v.print(cmd.OutOrStdout(), verdict)
		},
	}
	flags := c.Flags()
	flags.StringVar(&v.receipt, "receipt", "", "the receipt (default FILE.docket)")
	flags.StringVar(&v.policy, "policy", "", "verifier policy, a C2SP tlog-policy file (default DIR/client/policy)")
	flags.StringVar(&v.genesis, "genesis", "", "leaf hash of the log's entry 0, in hex (default: from the file POLICY.genesis)")
	flags.StringVar(&v.document, "doc", "", "the document that is expected")
	flags.BoolVar(&v.offline, "offline", false, "ask no server")
	flags.BoolVar(&v.checks, "checks", false, "list every check, not only one that failed")
	flags.BoolVar(&v.json, "json", false, "print the verdict as JSON")
	flags.DurationVar(&v.maxAge, "max-age", 0, "age from which a verdict is qualified (exit 12), such as 24h; 0 for none")
	return c
}

// run comes to a verdict.
func (v *verify) run(ctx context.Context, now time.Time) (proofs.Verdict, error) {
	digest, _, err := hashFile(v.file)
	if err != nil {
		return proofs.Verdict{}, err
	}
	receipt, err := v.readReceipt()
	var malformed *malformedReceipt
	if errors.As(err, &malformed) { // a verdict, not a failure of this program
		return proofs.Verdict{Kind: proofs.Invalid, Exit: proofs.ExitInvalid, File: digest, Reason: malformed.Error()}, nil
	}
	if err != nil {
		return proofs.Verdict{}, err
	}
	expect := proofs.Expect{File: digest, Document: v.document, Now: now.UnixMilli(), MaxAge: (v.maxAge + time.Millisecond - 1).Milliseconds()}
	if v.policy != "" {
		verifier, err := readVerifier(v.policy, v.genesis)
		if err != nil {
			return proofs.Verdict{}, err
		}
		verdict := verifier.Verify(receipt, expect)
		return notAsked(verdict, "whether something newer exists: without a client folder no server is asked"), nil
	}
	c, config, err := v.folders.pinnedClient("")
	if err != nil {
		return proofs.Verdict{}, err
	}
	if v.genesis != "" {
		if c.Verifier, err = readVerifier(v.folders.policy(), v.genesis); err != nil {
			return proofs.Verdict{}, err
		}
	}
	if v.document == "" {
		expect.Namespaces = config.Expect
	}
	expect.Dev = config.Dev
	return v.withNewer(ctx, c, config, receipt, expect), nil
}

// readReceipt reads the receipt of the file.
func (v *verify) readReceipt() (*proofs.Receipt, error) {
	path := v.receipt
	if path == "" {
		path = v.file + ".docket"
	}
	b, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no receipt: %s is not there; name it with --receipt", v.file, path)
	}
	if err != nil {
		return nil, err
	}
	r, err := proofs.ParseReceipt(b)
	if err != nil {
		return nil, &malformedReceipt{path, err}
	}
	return r, nil
}

// malformedReceipt says that a file is no receipt.
type malformedReceipt struct {
	path string
	err  error
}

func (e *malformedReceipt) Error() string { return e.path + ": " + e.err.Error() }

// withNewer judges the receipt by itself, then with the newest staple that is
// kept here, then with what the server answers. An answer that does not verify
// never makes a good receipt a bad one.
func (v *verify) withNewer(ctx context.Context, c *client.Client, config clientConfig, r *proofs.Receipt, expect proofs.Expect) proofs.Verdict {
	verdict := c.Verifier.Verify(r, expect)
	if verdict.Document == "" || verdict.Kind == proofs.Invalid || verdict.Kind == proofs.Contradicted {
		return verdict
	}
	if kept, ok := v.folders.keptReceipt(verdict.Statement); ok {
		verdict = v.kept(c.Verifier, better(verdict, c.Verifier.VerifyStapled(r, kept, expect), "the newer receipt kept in "+v.folders.receipts()))
	}
	if v.offline {
		return notAsked(verdict, "whether something newer exists: --offline")
	}
	if err := v.folders.connect(c, config); err != nil {
		verdict.Warnings = append(verdict.Warnings, err.Error())
		return notAsked(verdict, "whether something newer exists: no connection could be made")
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	newer, err := c.Receipt(ctx, verdict.Statement)
	if errors.Is(err, client.ErrMemory) { // a matter of this machine: the server was not asked yet
		verdict.Warnings = append(verdict.Warnings, err.Error())
		c.Memory = nil
		newer, err = c.Receipt(ctx, verdict.Statement)
	}
	if err != nil {
		verdict.Warnings = append(verdict.Warnings, err.Error())
		verdict.Warnings = append(verdict.Warnings, v.evidence(err)...)
		var fork *client.ForkError
		if errors.As(err, &fork) { // the log's own signatures: no verdict about it stands
			verdict.Kind, verdict.Exit, verdict.Reason = proofs.Contradicted, proofs.ExitContradicted, fork.Error()
			return verdict
		}
		return notAsked(verdict, "whether something newer exists: "+shownURL(c.Server)+" gave no usable answer")
	}
	// Keeping it is a convenience for the next run: a verdict does not depend on it.
	if err := v.folders.keepReceipt(ctx, c.Verifier, newer); err != nil {
		verdict.Warnings = append(verdict.Warnings, "the newer receipt could not be kept: "+err.Error())
	}
	return v.kept(c.Verifier, better(verdict, c.Verifier.VerifyStapled(r, newer, expect), "the server's answer"))
}

// evidence keeps the signed checkpoints of an error and says where.
func (v *verify) evidence(err error) []string {
	path, failed := v.folders.keepEvidence(err)
	switch {
	case failed != nil:
		return []string{"the two signed checkpoints could not be kept: " + failed.Error()}
	case path != "":
		return []string{"both signed checkpoints are in " + path}
	}
	return nil
}

// better returns the verdict with the staple, unless the staple was no good or
// speaks for a smaller tree: an old answer never makes an ended version current.
func better(without, with proofs.Verdict, what string) proofs.Verdict {
	if with.Kind == proofs.Invalid {
		failed, _ := with.Failed()
		without.Warnings = append(without.Warnings, fmt.Sprintf("%s does not verify (%s: %s) and was not used", what, failed.Name, failed.Detail))
		return without
	}
	if with.Kind != proofs.Contradicted && with.Size < without.Size {
		without.Warnings = append(without.Warnings, fmt.Sprintf("%s speaks for size %d only and was not used", what, with.Size))
		return without
	}
	with.Warnings = append(without.Warnings, with.Warnings...)
	return with
}

func notAsked(v proofs.Verdict, what string) proofs.Verdict {
	v.NotChecked = append(v.NotChecked, what)
	return v
}

// print writes the verdict and returns its exit code as an error unless it is 0.
func (v *verify) print(out io.Writer, verdict proofs.Verdict) error {
	if v.json {
		b, err := json.MarshalIndent(verdict, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n", b)
	} else if v.checks {
		fmt.Fprint(out, verdict)
	} else {
		fmt.Fprint(out, verdict.Brief())
	}
	if verdict.Exit != 0 {
		return &verdictError{verdict.Exit}
	}
	return nil
}
