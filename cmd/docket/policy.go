package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/proofs/statement"
)

func newPolicy() *cobra.Command {
	c := &cobra.Command{
		Use:   "policy",
		Short: "look at the policy in force, and change it",
		Example: `  docket policy show
  docket policy set policy.json --as h/alice`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newPolicyShow(), newPolicySet())
	return c
}

func newPolicyShow() *cobra.Command {
	var server string
	var asJSON, text bool
	c := &cobra.Command{
		Use:   "show",
		Short: "fetch, verify and print the policy in force",
		Long: `show fetches the policy document that is in force, proves that it is the newest
one, and prints what it says. --text prints the document itself, byte for byte: what
its admins signed, and what the next version is edited from.

Exit code 11: all this, but fewer cosigners signed the checkpoint than the policy
demands.`,
		Example: `  docket policy show
  docket policy show --text`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, _, err := dirOf(cmd).newClient(server)
			if err != nil {
				return err
			}
			t, p, err := cl.Policy(cmd.Context())
			if err != nil {
				return err
			}
			v := policyView{
				Version: p.Version, Digest: t.Digest.String(), Rules: p.Rules, Admins: memberIDs(p), Quorum: p.Admins.M, Log: p.Log.ID,
				Direct: p.Direct, SkewSeconds: p.SkewSeconds, GrantMaxSeconds: p.GrantMaxSeconds, Size: t.Size, Text: t.Text,
			}
			if v.cosigning, err = cosigningOf(cl, t.Staple.Checkpoint); err != nil {
				return err
			}
			return v.print(cmd.OutOrStdout(), asJSON, text)
		},
	}
	c.Flags().StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&text, "text", false, "print the document itself, byte for byte")
	return c
}

// policyView is what show prints.
type policyView struct {
	Version         uint32   `json:"version"`
	Digest          string   `json:"digest"` // of the text
	Rules           string   `json:"rules"`
	Admins          []string `json:"admins"`
	Quorum          uint32   `json:"m"` // of the admins
	Log             string   `json:"log"`
	Direct          []string `json:"direct"`
	SkewSeconds     uint32   `json:"skewSeconds"`
	GrantMaxSeconds uint32   `json:"grantMaxSeconds"`
	Size            uint64   `json:"size"` // of the tree that this speaks for
	Text            string   `json:"text"`
	cosigning
}

func memberIDs(p *statement.Policy) []string {
	var ids []string
	for _, m := range p.Admins.Members {
		ids = append(ids, m.ID)
	}
	return ids
}

func (v *policyView) print(w io.Writer, asJSON, text bool) error {
	switch {
	case text:
		if _, err := io.WriteString(w, v.Text); err != nil {
			return err
		}
		return v.exit()
	case asJSON:
		if _, err := w.Write(jsonLine(v)); err != nil {
			return err
		}
		return v.exit()
	}
	fmt.Fprintf(w, "policy version %d, as of size %d (proven)\n  text    %s\n  rules   %s\n  admins  %d of %s\n  log     %s\n",
		v.Version, v.Size, v.Digest, v.Rules, v.Quorum, strings.Join(v.Admins, ", "), v.Log)
	fmt.Fprintf(w, "  direct  %s\n  clocks may differ by %d s; a grant lives at most %d s\n", orNothing(v.Direct), v.SkewSeconds, v.GrantMaxSeconds)
	return v.tell(w)
}

// orNothing is a list in words.
func orNothing(list []string) string {
	if len(list) == 0 {
		return "(none)"
	}
	return strings.Join(list, ", ")
}

func newPolicySet() *cobra.Command {
	var o signOptions
	var spends []string
	c := &cobra.Command{
		Use:   "set FILE",
		Short: "put the next version of the policy into force",
		Long: `set signs and submits the policy document in FILE as the next version: an admin
does, with the grants of as many other admins as the policy demands. They make them
with docket approve --grant-for policy.set --file FILE.

FILE is JSON, with line breaks or without: what is signed is its canonical form
(RFC 8785), and whoever grants it signs the digest of that. If the reply is lost, run
the same command again: nothing is signed twice.`,
		Example: `  docket policy show --text
  docket approve --grant-for policy.set --file policy.json --to h/alice --as h/bob
  docket policy set policy.json --as h/alice`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			grants, err := digestFlags("--spends", spends)
			if err != nil {
				return err
			}
			text, err := canonicalFile(args[0])
			if err != nil {
				return err
			}
			s, err := o.named(dirOf(cmd))
			if err != nil {
				return err
			}
			return o.setPolicy(cmd, s, text, grants)
		},
	}
	o.flags(c, "")
	c.Flags().StringArrayVar(&spends, "spends", nil, "digest of another admin's grant; may be repeated (default: those found in the log)")
	return c
}

func (o *signOptions) setPolicy(cmd *cobra.Command, s *session, text []byte, spends []statement.Digest) error {
	p, err := statement.ParsePolicy(text)
	if err != nil {
		return usageError{err}
	}
	receipt, err := s.ofText(cmd.Context(), statement.PolicySet, "policy", sha256.Sum256(text), spends,
		func(grants []statement.Digest) (statement.Envelope, error) { return s.author.SetPolicy(text, grants) })
	if err != nil {
		return err
	}
	done, err := s.entry("policy", receipt)
	if err != nil {
		return err
	}
	return o.tell(cmd.OutOrStdout(), done, fmt.Sprintf("policy version %d is in force, entry %d\n", p.Version, receipt.Index), done.cosigning)
}
