package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// evidenceCheck is one run of docket verify-evidence.
type evidenceCheck struct {
	policy, genesis string
	skew            time.Duration
	json            bool
}

func newVerifyEvidence() *cobra.Command {
	c := newEvidenceCheck("verify-evidence FILE", "verify evidence against a log, offline")
	c.Long = `verify-evidence checks a file of evidence that docket monitor, docket audit or a
client kept, or that somebody handed you: two signed objects that cannot both be true,
or a leaf that the rules forbid. It believes nothing in the file but the log's
signatures, and of a seal's time the quorum of your policy. It asks nobody.

The pins are --policy F with F.genesis beside it, or those in DIR/client; what a witness
kept needs the policy alone. The format is docs/spec/evidence.md.

` + evidenceExits
	c.Example = `  docket verify-evidence docket-dev/client/evidence/fork-0a1b2c3d4e5f6071.json
  docket verify-evidence fork.json --policy acme.policy --json`
	return c
}

func newAuditEvidence() *cobra.Command {
	c := newEvidenceCheck("evidence FILE", "verify the evidence of an audit, offline")
	c.Long = `evidence is docket verify-evidence: it verifies a file that docket audit kept when it
found an entry or a seal that the rules forbid.

` + evidenceExits
	c.Example = `  docket audit evidence docket-dev/audit/evidence/divergence-7-0a1b.json
  docket audit evidence divergence.json --policy acme.policy`
	return c
}

const evidenceExits = `Exit codes: 30 the log contradicts itself or signed what the rules forbid: the file
alone proves it; 20 what is in it is the log's, and proves nothing alone, such as an
older state, or a wrong register root, which only a replay tells; 40 it is malformed, of
another log, or does not verify; 1 I/O, 2 usage.`

func newEvidenceCheck(use, short string) *cobra.Command {
	var k evidenceCheck
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if k.skew < 0 {
				return usage("--skew is 0 or more")
			}
			if k.policy == "" {
				k.policy = dirOf(cmd).policy()
			}
			text, err := client.ReadFile(args[0], evidence.Max)
			if err != nil {
				return err
			}
			return k.judge(cmd.OutOrStdout(), text)
		},
	}
	c.Flags().StringVar(&k.policy, "policy", "", "verifier policy, a C2SP tlog-policy file (default DIR/client/policy)")
	c.Flags().StringVar(&k.genesis, "genesis", "", "leaf hash of the log's entry 0, in hex (default: from the file POLICY.genesis)")
	c.Flags().DurationVar(&k.skew, "skew", evidence.Skew, "how far a seal may be ahead of the witnesses' time")
	c.Flags().BoolVar(&k.json, "json", false, "print JSON")
	return c
}

// evidenceView is what is said of a file of evidence in JSON.
type evidenceView struct {
	Result     string               `json:"result"` // contradicted, unproven or invalid
	Code       string               `json:"code"`   // why: docs/spec/evidence.md, section 2
	Kind       string               `json:"kind,omitempty"`
	Says       string               `json:"says"`
	Divergence *evidence.Divergence `json:"divergence,omitempty"`
}

// verifier reads the pins. Two notes without a genesis, from a witness, are checked
// with the log's key alone.
func (k *evidenceCheck) verifier(e *evidence.Evidence) (proofs.Verifier, error) {
	if e != nil && e.Genesis == nil && k.genesis == "" {
		policy, err := readLogPolicy(k.policy)
		return proofs.Verifier{Policy: policy}, err
	}
	return readVerifier(k.policy, k.genesis)
}

func (k *evidenceCheck) judge(out io.Writer, text []byte) error {
	view, word, code := evidenceView{Result: "invalid"}, "INVALID", proofs.ExitInvalid
	e, err := evidence.Parse(text)
	v, failed := k.verifier(e)
	if failed != nil {
		return failed
	}
	var judged evidence.Judgement
	if err == nil {
		view.Kind = e.Kind
		judged, err = e.Judge(v, k.skew)
	}
	switch {
	case err != nil:
		view.Code, view.Says = whyInvalid(err), err.Error()
	case judged.Convicts:
		view.Result, word, code = "contradicted", "CONTRADICTED", proofs.ExitContradicted
	default:
		view.Result, word, code = "unproven", "UNPROVEN", proofs.ExitUnknown
	}
	if err == nil {
		view.Code, view.Says, view.Divergence = judged.Code, judged.Says, e.Divergence
	}
	line := jsonLine(view)
	if !k.json {
		line = fmt.Appendf(nil, "%s: %s\n", word, view.Says)
		if view.Divergence != nil {
			line = fmt.Appendf(line, "  who found it says of entry %d: %.40q: %q\n", view.Divergence.Index, view.Divergence.Rule, view.Divergence.Reason)
		}
	}
	if _, err := out.Write(line); err != nil {
		return err
	}
	return &verdictError{code}
}

// whyInvalid says why a file is no evidence.
func whyInvalid(err error) string {
	if none := (*evidence.Invalid)(nil); errors.As(err, &none) {
		return none.Code
	}
	return evidence.CodeForm
}
