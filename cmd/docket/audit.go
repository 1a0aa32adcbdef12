package main

import (
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
)

// auditOptions are the flags of audit.
type auditOptions struct {
	server, policy, genesis, state string

	json     bool
	report   string
	evidence string

	follow   bool
	interval time.Duration
	keyFiles []string // to cosign with
	name     string
	password string
	outFile  string
	listen   string
	tlsCert  string
	tlsKey   string

	folders folders // of the client, for its pins, and what it keeps
}

func newAudit() *cobra.Command {
	var o auditOptions
	c := &cobra.Command{
		Use:         "audit",
		Annotations: draining(),
		Short:       "replay a log: every leaf, signature, rule, register and seal",
		Long: `audit reads every leaf of the log from tiles that lead to its signed checkpoint and
every statement, verifies every signature, admits every entry anew by the log's own
rules, and compares every seal with the registers that follow. It needs no trust in
the server or its operator. It ends with one sentence, or with the first entry that
should not be there, its rule, and evidence that anybody can hold against the log.

What it knows stays in --state: it goes on from there after an interrupt, or when the
log has grown. The pins are --policy F with F.genesis beside it, or those in DIR/client.
Statements are read with a token that may read: --token-file.

With --follow it goes on with the log. With --cosign it is an audit cosigner: it signs
each checkpoint that it has replayed, and its cosignature means that every seal up to
there is right. A verifier policy can demand it like that of a witness. --out keeps the
newest cosigned checkpoint in a file; with --listen the log can ask for it itself.

Exit codes: 0 every leaf is right, 11 it is, but fewer cosigners signed than the policy
asks, 20 a content is withheld, or a seal's time is not what this machine's clock bears
out: nothing can be said, 30 CONTRADICTED: an entry or a seal that the rules forbid, or
two histories; 1 I/O, network or an answer that does not verify, 2 usage, 3 refused by
the server.`,
		Example: `  docket audit --dir /srv/auditor --server https://log.example.com --report audit.html
  docket audit --policy acme.policy --server https://log.example.com --state /srv/audit --json
  docket audit --follow --cosign audit.key --name audit.example.com/a1 --out cosigned.txt --listen :8072`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
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
	flags.StringVar(&o.state, "state", "", "folder of what the audit knows (default DIR/audit)")
	flags.BoolVar(&o.json, "json", false, "print the report as JSON")
	flags.StringVar(&o.report, "report", "", "file to write the report to, as HTML")
	flags.StringVar(&o.evidence, "evidence", "", "folder for evidence (default STATE/evidence)")
	flags.BoolVar(&o.follow, "follow", false, "go on with the log until an interrupt")
	flags.DurationVar(&o.interval, "interval", 5*time.Second, "with --follow: pause between two looks at the log")
	flags.StringArrayVar(&o.keyFiles, "cosign", nil, "with --follow: key file to cosign with (docket key new FILE --type ed25519 or ml-dsa-44); repeat for each key")
	flags.StringVar(&o.name, "name", "", "name under which it cosigns, such as audit.example.com/a1")
	flags.StringVar(&o.password, "password-file", "", "file with the password of the keys (default FILE.password)")
	flags.StringVar(&o.outFile, "out", "", "with --cosign: file for the newest cosigned checkpoint")
	flags.StringVar(&o.listen, "listen", "", "with --cosign: address to answer the log's add-checkpoint on")
	flags.StringVar(&o.tlsCert, "tls-cert", "", "with --listen: PEM file with the server's certificate; read again when it changes")
	flags.StringVar(&o.tlsKey, "tls-key", "", "with --listen: PEM file with the certificate's private key")
	c.AddCommand(newAuditEvidence())
	return c
}

// check refuses flags that contradict each other.
func (o *auditOptions) check(cmd *cobra.Command) error {
	o.folders = dirOf(cmd)
	switch {
	case o.policy != "" && cmd.Flags().Changed("dir"):
		return usage("give --policy or --dir, not both: one verifier, one set of pins")
	case o.policy != "" && (o.server == "" || o.state == ""):
		return usage("with --policy give --server and --state too")
	case len(o.keyFiles) > 0 && !o.follow:
		return usage("--cosign goes with --follow")
	case (len(o.keyFiles) == 0) != (o.name == ""):
		return usage("--cosign and --name go together")
	case (o.outFile != "" || o.listen != "") && len(o.keyFiles) == 0:
		return usage("--out and --listen go with --cosign")
	case (o.tlsCert == "") != (o.tlsKey == ""):
		return usage("--tls-cert and --tls-key go together")
	case o.tlsCert != "" && o.listen == "":
		return usage("--tls-cert goes with --listen")
	case o.interval <= 0:
		return usage("--interval is above 0")
	}
	if o.state == "" {
		o.state = filepath.Join(o.folders.dir, "audit")
	}
	if o.evidence == "" {
		o.evidence = filepath.Join(o.state, "evidence")
	}
	return nil
}
