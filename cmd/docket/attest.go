package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// attestOptions are the flags of attest.
type attestOptions struct {
	signOptions
	run, about, file string
}

func newAttest() *cobra.Command {
	var o attestOptions
	c := &cobra.Command{
		Use:   "attest RESOURCE=PROPERTY...",
		Short: "say what you saw of another's work",
		Long: `attest signs and reports what an identity saw, such as that a document arrived: by
another identity than who did it, it turns a claim into a confirmed effect. PROPERTY is
received, present, absent, accepted, rejected, reviewed, disclosed, accesslog or
cosigned.

It is about the bytes of --file, or about the statement in --about. It is evidence:
written to the spool before it is sent. While the log is out of reach it stays there:
that is said, with exit code 5, and docket spool flush sends it.`,
		Example: `  docket attest portal=received --file notice.pdf --run R1 --as svc/portal
  docket attest payments-api=rejected --about sha256:6d0c... --as svc/payments`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := o.attestation(args)
			if err != nil {
				return err
			}
			s, err := o.session(dirOf(cmd))
			if err != nil {
				return err
			}
			done, err := s.evidence(cmd.Context(), func(old *statement.Statement) bool { return sameAttestation(old, a) },
				func() (statement.Envelope, error) { return s.author.Attest(a) })
			return o.tellEvidence(cmd.OutOrStdout(), done, fmt.Sprintf("%s attests %s", s.author.ID, strings.Join(args, ", ")), err)
		},
	}
	o.flags(c, byPipeline)
	c.Flags().StringVar(&o.run, "run", "", "run that it belongs to")
	c.Flags().StringVar(&o.about, "about", "", "digest of the statement that it confirms or contradicts")
	c.Flags().StringVar(&o.file, "file", "", "the bytes that were seen; the log gets their digest")
	return c
}

// attestation reads flags and arguments.
func (o *attestOptions) attestation(args []string) (client.Attestation, error) {
	a := client.Attestation{Run: o.run}
	if o.run != "" && !statement.ValidID(o.run) {
		return a, usage("--run %q is not the id of a run", o.run)
	}
	if o.about == "" && o.file == "" {
		return a, usage("want --file FILE, the bytes that you saw, or --about DIGEST, or both")
	}
	if o.about != "" {
		about, err := digestFlags("--about", []string{o.about})
		if err != nil {
			return a, err
		}
		a.About, a.Subject = &about[0], about[0]
	}
	var bytes *statement.Digest
	if o.file != "" {
		digest, _, err := hashFile(o.file)
		if err != nil {
			return a, err
		}
		bytes, a.Subject = &digest, digest
	}
	for _, arg := range args {
		resource, property, ok := strings.Cut(arg, "=")
		if !ok {
			return a, usage("%q is not RESOURCE=PROPERTY, such as portal=received", arg)
		}
		a.Observed = append(a.Observed, statement.Observed{Resource: resource, Property: property, Digest: bytes})
	}
	return a, nil
}

// sameAttestation says whether a statement says the same.
func sameAttestation(old *statement.Statement, a client.Attestation) bool {
	body, ok := old.Body.(*statement.AttestObservation)
	if !ok || old.Run != a.Run || old.Subject != a.Subject || len(body.Observed) != len(a.Observed) {
		return false
	}
	for i, o := range body.Observed {
		if o.Resource != a.Observed[i].Resource || o.Property != a.Observed[i].Property {
			return false
		}
	}
	return (body.About == nil) == (a.About == nil) && (body.About == nil || *body.About == *a.About)
}
