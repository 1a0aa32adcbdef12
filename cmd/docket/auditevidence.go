package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/proofs"
)

func newAuditEvidence() *cobra.Command {
	var policy, genesis string
	var asJSON bool
	c := &cobra.Command{
		Use:   "evidence FILE",
		Short: "verify the evidence of an audit, offline",
		Long: `evidence verifies a file that docket audit kept when it found an entry or a seal that
the rules forbid: that the log signed a tree with these leaves; and, where it follows
from them alone, that they break the rule. Where only a replay can tell, it says so.

Exit codes: 30 the log signed what the rules forbid, proven by the file alone; 20 it
signed these leaves, and only a replay tells what is wrong with them; 40 the file
proves nothing; 1 I/O, 2 usage.`,
		Example: `  docket audit evidence docket-dev/audit/evidence/divergence-7-0a1b.json
  docket audit evidence divergence.json --policy acme.policy`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if policy == "" {
				policy = dirOf(cmd).policy()
			}
			verifier, err := readVerifier(policy, genesis)
			if err != nil {
				return err
			}
			text, err := client.ReadFile(args[0], audit.MaxEvidence)
			if err != nil {
				return err
			}
			return verifyEvidence(cmd.OutOrStdout(), verifier, text, asJSON)
		},
	}
	c.Flags().StringVar(&policy, "policy", "", "verifier policy, a C2SP tlog-policy file (default DIR/client/policy)")
	c.Flags().StringVar(&genesis, "genesis", "", "leaf hash of the log's entry 0, in hex (default: from the file POLICY.genesis)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// evidenceView is what is said of a file of evidence in JSON.
type evidenceView struct {
	Result     string            `json:"result"` // contradicted, signed or invalid
	Reason     string            `json:"reason"`
	Divergence *audit.Divergence `json:"divergence,omitempty"`
}

func verifyEvidence(out io.Writer, v proofs.Verifier, text []byte, asJSON bool) error {
	view, code := evidenceView{Result: "contradicted", Reason: "the log signed what the rules forbid: this file alone proves it"}, proofs.ExitContradicted
	e, err := audit.ParseEvidence(text)
	var alone bool
	if err == nil {
		view.Divergence = &e.Divergence
		alone, err = e.Verify(v)
	}
	switch {
	case err != nil:
		view, code = evidenceView{Result: "invalid", Reason: err.Error()}, proofs.ExitInvalid
	case !alone:
		view.Result, view.Reason = "signed", "the log signed these leaves; what is wrong with them only a replay tells: docket audit"
		code = proofs.ExitUnknown
	}
	line := jsonLine(view)
	if !asJSON {
		line = fmt.Appendf(nil, "%s: %s\n", map[string]string{"contradicted": "CONTRADICTED", "signed": "SIGNED", "invalid": "INVALID"}[view.Result], view.Reason)
		if view.Divergence != nil {
			line = fmt.Appendf(line, "  %v\n", view.Divergence)
		}
	}
	if _, err := out.Write(line); err != nil {
		return err
	}
	return &verdictError{code}
}
