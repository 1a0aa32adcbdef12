package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

func ackFinding(about statement.Digest, reason string) statement.Body {
	return &statement.AckFinding{About: about, Reason: reason}
}

func closeFinding(about statement.Digest, reason string) statement.Body {
	return &statement.CloseFinding{About: about, Reason: reason}
}

// alertAnswer is one run of docket alerts ack or close.
type alertAnswer struct {
	as, reason, server string
	json               bool
	finality
	make func(about statement.Digest, reason string) statement.Body
}

func newAlertsAnswer(word, short, reason, reasons string, body func(statement.Digest, string) statement.Body) *cobra.Command {
	o := &alertAnswer{make: body}
	c := &cobra.Command{
		Use:   word + " DIGEST --as ID",
		Short: short,
		Long: word + ` signs and submits the answer of a human to a finding: the statement digest of an
alert, as docket alerts list prints it, or of a refusal on record. The log takes it
from a human identity alone (E206).`,
		Example: "  docket alerts " + word + " sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae --reason " + reason + " --as h/dev-admin",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			about, err := digestArgument(args[0])
			if err != nil {
				return err
			}
			if !statement.ValidID(o.as) {
				return usage("--as is mandatory: the human who answers, such as h/dev-admin, whose key is in DIR/client/keys")
			}
			return o.run(cmd, about)
		},
	}
	o.finality.flags(c)
	c.Flags().StringVar(&o.reason, "reason", reason, reasons)
	c.Flags().StringVar(&o.as, "as", "", "human identity that signs (mandatory)")
	c.Flags().StringVar(&o.server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().BoolVar(&o.json, "json", false, "print JSON")
	return c
}

// run signs the answer and submits it. One that an earlier run got no answer to is
// sent again in its place.
func (o *alertAnswer) run(cmd *cobra.Command, about statement.Digest) error {
	f, ctx := dirOf(cmd), cmd.Context()
	cl, config, err := f.newClient(o.server)
	if err == nil {
		err = o.check(cl.Verifier)
	}
	if err != nil {
		return err
	}
	author, err := f.author(config.Origin, o.as)
	if err != nil {
		return err
	}
	body := o.make(about, o.reason)
	envelope, err := author.Sign(statement.Statement{Subject: about, Body: body})
	if err != nil {
		return usageError{err}
	}
	known, err := cl.Receipt(ctx, about)
	if err != nil {
		return fmt.Errorf("the finding %s: %w", about, err)
	}
	if err := isFinding(known); err != nil {
		return err
	}
	pending := f.pendingOf(statement.CodeOf(body), about.String()[len("sha256:"):], config.Origin, func(s *statement.Statement) bool {
		return s.Issuer == o.as && sameAnswer(s.Body, body)
	})
	receipt, err := pending.resume(ctx, cl)
	if receipt == nil && err == nil {
		receipt, err = pending.submit(ctx, cl, envelope)
	}
	if err != nil {
		return err
	}
	receipt, late, err := o.settle(ctx, cl, receipt, func(r *proofs.Receipt) error { return f.keepReceipt(ctx, cl.Verifier, r) })
	if err != nil {
		return err
	}
	done := answered{Done: statement.CodeOf(body).String(), About: about.String(), Reason: o.reason, By: o.as, Index: receipt.Index}
	if done.cosigning, err = cosigningOf(cl, receipt.Checkpoint); err != nil {
		return err
	}
	text := []byte(done.String() + "\n")
	if o.json {
		text = jsonLine(done)
	}
	_, err = cmd.OutOrStdout().Write(text)
	return errors.Join(err, late)
}

// sameAnswer says whether two answers say the same.
func sameAnswer(a, b statement.Body) bool {
	switch x := a.(type) {
	case *statement.AckFinding:
		y, ok := b.(*statement.AckFinding)
		return ok && *x == *y
	case *statement.CloseFinding:
		y, ok := b.(*statement.CloseFinding)
		return ok && *x == *y
	}
	return false
}

// isFinding refuses an answer to what is no alert and no refusal.
func isFinding(r *proofs.Receipt) error {
	s, err := statement.Parse(r.Envelope.Payload)
	if err != nil {
		return err
	}
	if s.Code != statement.FindingAlert && s.Code != statement.FindingRefuse {
		return usageError{errors.New("that is a " + s.Code.String() + ", no finding: docket alerts list has the digests of alerts")}
	}
	return nil
}

// answered says what an answer did.
type answered struct {
	Done   string `json:"done"` // finding.ack or finding.close
	About  string `json:"about"`
	Reason string `json:"reason"`
	By     string `json:"by"`
	Index  uint64 `json:"index"`
	cosigning
}

func (a answered) String() string {
	text := fmt.Sprintf("%s of %s (%s) by %s, entry %d", a.Done, a.About, a.Reason, a.By, a.Index)
	if a.exit() != nil {
		text += "\nnote: the log has it, but " + fewer
	}
	return text
}
