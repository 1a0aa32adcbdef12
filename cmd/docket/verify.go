package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

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
	staples  []string
	at       string
	size     uint64
	then     *proofs.Moment // that --at or --as-of asks for; nil: now
	never    bool
	absent   string
}

func newVerify() *cobra.Command {
	v := &verify{}
	c := &cobra.Command{
		Use:   "verify FILE | --absent DOCUMENT",
		Short: "verify a file, its receipt and the policy, or an evidence pack; works offline",
		Long: `verify checks that FILE's bytes are what its receipt says, that the receipt's
proofs hold under the log key, genesis and quorum that you pinned, and whether
these bytes were, and still are, the authoritative version of their document.

The receipt is FILE.docket. The pins are --policy F with F.genesis beside it, or
those in DIR/client. With a client folder, verify also uses newer receipts kept
there, and then asks that folder's server for 2 seconds (--offline forbids it).
A newer tree that your quorum has not signed yet, and that says the same, does not
weaken a verdict; what it says otherwise is told, with exit code 11.
It never needs the network. A server that proves a second history of the log makes
the verdict CONTRADICTED; both signed checkpoints are kept in DIR/client/evidence.

With --at TIME or --as-of SIZE it answers for that moment instead of now: exit code 0
if these bytes were in force then, 10 if not, 20 if the evidence does not reach so
far. A time is proven or refuted by the cosigners' clock, or known by the log's clock
alone, and the answer says which. --staple F (docket staple) takes newer or older
evidence of the same release from files; then no server is asked.

--never-released turns the question round: exit code 0 if it is proven that this log
released no document with these bytes, 10 if it did. --absent DOCUMENT asks the same
of a document. Both take the staple of that register, or ask the folder's server.

A file of docket pack, with a name that ends in .zip and without a receipt, is verified
as an evidence pack, offline and by your pins alone; nothing that it says of itself is
believed. The verdict is about what is in the pack, not about the bytes of the zip file:
where a zip file is itself the document, name its receipt with --receipt.

Exit codes: 0 AUTHORITATIVE, 10 WAS AUTHORITATIVE or WITHDRAWN, 11 fewer cosigners
than the policy asks or quorum none outside a development folder, 12 too old, or
the document is not the one expected, 13 valid but the signer, or one who approved,
was later reported compromised, 20 UNKNOWN, 30 CONTRADICTED, 40 INVALID; 1 I/O, 2 usage.`,
		Example: `  docket verify report.pdf
  docket verify report.pdf --offline --policy acme.policy --doc reports/2026/q3
  docket verify report.pdf --at 2026-11-01T00:00:00Z --staple report.staple
  docket verify draft.pdf --never-released
  docket verify report.pdf --json
  docket verify run-R1.zip --policy acme.policy`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			v.folders = dirOf(cmd)
			if err := v.check(args, cmd.Flags().Changed); err != nil {
				return err
			}
			if v.isPack() {
				return v.verifyPack(cmd)
			}
			if v.then, err = v.moment(cmd.Flags().Changed("as-of")); err != nil {
				return err
			}
			if v.never || v.absent != "" {
				return v.answer(cmd)
			}
			verdict, err := v.run(cmd.Context(), time.Now())
			if err != nil {
				return err
			}
			return v.print(cmd.OutOrStdout(), verdict)
		},
	}
	v.flags(c)
	return c
}

func (v *verify) flags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&v.receipt, "receipt", "", "the receipt (default FILE.docket)")
	flags.StringVar(&v.policy, "policy", "", "verifier policy, a C2SP tlog-policy file (default DIR/client/policy)")
	flags.StringVar(&v.genesis, "genesis", "", "leaf hash of the log's entry 0, in hex (default: from the file POLICY.genesis)")
	flags.StringVar(&v.document, "doc", "", "the document that is expected")
	flags.BoolVar(&v.offline, "offline", false, "ask no server")
	flags.BoolVar(&v.checks, "checks", false, "list every check, not only one that failed")
	flags.BoolVar(&v.json, "json", false, "print the verdict as JSON")
	flags.StringArrayVar(&v.staples, "staple", nil, "newer or older evidence of the same release, or of the register asked for; may be repeated")
	flags.StringVar(&v.at, "at", "", "answer for this time, such as 2026-11-01T00:00:00Z")
	flags.Uint64Var(&v.size, "as-of", 0, "answer for the log of this size: entries below it count")
	flags.BoolVar(&v.never, "never-released", false, "prove that this log released no document with FILE's bytes")
	flags.StringVar(&v.absent, "absent", "", "prove that this log has no release of this document")
	flags.DurationVar(&v.maxAge, "max-age", 0, "age from which a verdict is qualified (exit 12), such as 24h; 0 for none")
}

// check judges the arguments, and takes the file from them.
func (v *verify) check(args []string, given func(flag string) bool) error {
	if len(args) == 1 {
		v.file = args[0]
	}
	for _, flag := range []struct{ name, value string }{
		{"at", v.at}, {"doc", v.document}, {"policy", v.policy}, {"genesis", v.genesis}, {"receipt", v.receipt}, {"absent", v.absent},
	} {
		if given(flag.name) && flag.value == "" { // a variable that is not set must not ask for less
			return usage("--%s is empty: give it a value, or leave it out", flag.name)
		}
	}
	switch {
	case (len(args) == 1) == (v.absent != ""):
		return usage("give one FILE, or --absent DOCUMENT")
	case v.document != "" && !statement.ValidDocumentID(v.document):
		return usage("--doc %q is not a document id", v.document)
	case v.maxAge < 0:
		return usage("--max-age %v is below 0: give an age such as 24h, or 0 for none", v.maxAge)
	case v.policy != "" && given("dir"):
		return usage("give --policy or --dir, not both: one verifier, one set of pins")
	}
	return nil
}

// answer says what --never-released and --absent ask.
func (v *verify) answer(cmd *cobra.Command) error {
	switch {
	case v.never && v.absent != "":
		return usage("--never-released or --absent, not both")
	case v.then != nil || v.receipt != "" || v.document != "":
		return usage("--never-released and --absent are of a register: they go with none of --at, --as-of, --receipt and --doc")
	case v.absent != "" && !statement.ValidDocumentID(v.absent):
		return usage("--absent %q is not a document id", v.absent)
	}
	claim, err := v.claim(cmd.Context(), time.Now())
	if err != nil {
		return err
	}
	return v.printClaim(cmd.OutOrStdout(), claim)
}

// print writes the verdict and returns its exit code as an error unless it is 0.
func (v *verify) print(out io.Writer, verdict proofs.Verdict) error {
	if v.json {
		b, err := json.MarshalIndent(verdict, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n", escapeControls(b))
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
