package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// approveOptions are the flags of approve.
type approveOptions struct {
	signOptions
	grantFor string
	document string
	version  uint32
	file     string
	to, role string
	rule     string
	meaning  string
	uses     uint32
	lifetime time.Duration
	acting   string
	stepOptions
	overrideOptions
	bridgeOptions
	governOptions
}

func newApprove() *cobra.Command {
	var o approveOptions
	c := &cobra.Command{
		Use:   "approve [RUN]",
		Short: "approve a release, a withdrawal, a step or a change of governance",
		Long: `approve signs and submits a grant: it lets one identity sign one thing, for a while,
as often as you say. It binds everything that matters: these exact bytes, this
document and version, this run. Nothing is copied by hand: request, workflow, policy,
recipient, role and next version are read from the log and verified.

  docket approve RUN --document D --file F     a release of F in RUN
  docket approve RUN --grant-for step.intent   a gated step
  docket approve --grant-for CODE ...          governance, in no run:
    policy.set --file F; workflow.define --file F; workflow.retire --workflow ID;
    identity.enroll ID or identity.rotate ID with --public-key; identity.resume ID;
    decision.grant --to WHO --role R --namespace P lets WHO decide in your stead, who
    then approves with --acting-for

You cannot approve what you asked for, execute or receive, nor can one of your owner.
If the reply is lost, run the same command again: nothing is signed twice.`,
		Example: `  docket approve R1 --document claims/1 --file notice.pdf --as h/legal
  docket approve R1 --grant-for step.intent --step recon --tool make --target db --as h/risk
  docket approve R1 --grant-for document.withdraw --document claims/1 --file notice.pdf --as h/risk
  docket approve --grant-for workflow.define --file notice.json --to h/plat --as h/alice
  docket approve --grant-for identity.resume wl/contracts --to svc/registrar --as h/alice`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			code, err := statement.ParseCode(o.grantFor)
			if err != nil {
				return usage("--grant-for %q: %w", o.grantFor, err)
			}
			s, err := o.named(dirOf(cmd))
			if err != nil {
				return err
			}
			about := ""
			if len(args) > 0 {
				about = args[0]
			}
			return o.approve(cmd, s, code, about)
		},
	}
	o.flags(c)
	return c
}

func (o *approveOptions) flags(c *cobra.Command) {
	o.signOptions.flags(c, "")
	flags := c.Flags()
	flags.StringVar(&o.grantFor, "grant-for", "document.release", "kind and op that the grant lets sign")
	flags.StringVar(&o.document, "document", "", "id of the document to release or withdraw")
	flags.Uint32Var(&o.version, "version", 0, "its version (default: the next, of a withdrawal the current one)")
	flags.StringVar(&o.file, "file", "", "the document, or the policy or workflow document, as it is to be signed")
	flags.StringVar(&o.to, "to", "", "identity that may spend the grant (default: the run's executor)")
	flags.StringVar(&o.role, "role", "", "role that you decide in (default: the one that is asked for and you hold)")
	flags.StringVar(&o.rule, "rule", "approval", "name of the rule that you decide by")
	flags.StringVar(&o.meaning, "meaning", "approval", "review, approval, responsibility or authorship")
	flags.Uint32Var(&o.uses, "uses", 1, "how often it may be spent")
	flags.DurationVar(&o.lifetime, "lifetime", 0, "how long it may be spent (default: as long as workflow and policy allow)")
	flags.StringVar(&o.acting, "acting-for", "", "digest of the delegation that you use")
	o.stepOptions.flags(c)
	o.overrideOptions.flags(c)
	o.bridgeOptions.flags(c)
	o.governOptions.flags(c)
}

// decision is what the flags say of the decision itself.
func (o *approveOptions) decision() (client.Decision, error) {
	d := client.Decision{To: o.to, Role: o.role, Rule: o.rule, Meaning: o.meaning, Lifetime: o.lifetime, Uses: o.uses}
	if o.lifetime < 0 {
		return d, usage("--lifetime %s is no time", o.lifetime)
	}
	if o.acting != "" {
		delegations, err := digestFlags("--acting-for", []string{o.acting})
		if err != nil {
			return d, err
		}
		d.ActingFor = &delegations[0]
	}
	var err error
	if d.Override, err = o.override(); err != nil {
		return d, err
	}
	d.By, d.Source, err = o.bridge()
	return d, err
}

// A draft is what approve is to sign: what tells it from other grants, and how it is
// made.
type draft struct {
	what string // in words
	make func(ctx context.Context, d client.Decision) (statement.Envelope, error)
	// subject is of the grant; of a step it follows from the log, and is zero.
	subject statement.Digest
	run     string
}

func (o *approveOptions) approve(cmd *cobra.Command, s *session, code statement.Code, about string) error {
	d, err := o.decision()
	if err != nil {
		return err
	}
	var made *draft
	switch code.Kind() {
	case "document", "step":
		made, err = o.ofRun(s, code, about)
	default:
		made, err = o.ofGovernance(cmd.Context(), s, code, about)
	}
	if err != nil {
		return err
	}
	receipt, err := s.once(cmd.Context(), submission{
		code: statement.DecisionGrant, id: o.place(s, code, made),
		same: func(old *statement.Statement) bool { return o.fits(old, code, made, d) },
		make: func(ctx context.Context) (statement.Envelope, error) { return made.make(ctx, d) },
	})
	if err != nil {
		return err
	}
	return o.granted(cmd, s, receipt, made.what)
}

// place names a grant among those whose answer did not come, as the user named it.
func (o *approveOptions) place(s *session, code statement.Code, d *draft) string {
	text := fmt.Sprintf("%s\n%s\n%s\n%s\n%s\n%s\n%d\n%x", s.author.ID, code, d.run, d.what, o.to, o.role, o.version, d.subject[:])
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// fits says whether a grant that waits for its answer is the one to be made now. The
// role and the recipient may have followed from the log.
func (o *approveOptions) fits(old *statement.Statement, code statement.Code, d *draft, said client.Decision) bool {
	g, ok := old.Body.(*statement.GrantDecision)
	return ok && old.Run == d.run && g.For == code && (d.subject == statement.Digest{} || old.Subject == d.subject) &&
		(said.To == "" || g.To == said.To) && (said.Role == "" || g.Role == said.Role) && g.Uses == max(said.Uses, 1) &&
		g.Rule == said.Rule && g.Meaning == said.Meaning && g.By == said.By && (g.ActingFor == nil) == (said.ActingFor == nil) && (g.Override == nil) == (said.Override == nil)
}

// grantDone is what approve prints.
type grantDone struct {
	entryDone
	For      string `json:"for"`
	To       string `json:"to"`
	Role     string `json:"role"`
	Subject  string `json:"subject"`
	NotAfter string `json:"notAfter"`
}

func (o *approveOptions) granted(cmd *cobra.Command, s *session, r *proofs.Receipt, what string) error {
	done, err := s.entry("granted", r)
	if err != nil {
		return err
	}
	parsed, err := statement.Parse(r.Envelope.Payload)
	if err != nil {
		return err
	}
	g := parsed.Body.(*statement.GrantDecision) // once compared it
	until := statement.FormatTime(g.NotAfter)
	text := fmt.Sprintf("%s approves %s, as %s, entry %d\n  grant  %s\n  to     %s, until %s\n", parsed.Issuer, what, g.Role, r.Index, done.Statement, g.To, until)
	return o.tell(cmd.OutOrStdout(), grantDone{done, g.For.String(), g.To, g.Role, parsed.Subject.String(), until}, text, done.cosigning)
}
