package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

// withNewer judges the receipt by itself, then with the newest staple that is
// kept here, then with what the server answers. An answer that does not verify
// never makes a good receipt a bad one.
func (v *verify) withNewer(ctx context.Context, c *client.Client, config clientConfig, r *proofs.Receipt, expect proofs.Expect) proofs.Verdict {
	verdict := c.Verifier.VerifyAt(r, nil, v.then, expect)
	if verdict.Document == "" || verdict.Kind == proofs.Invalid || verdict.Kind == proofs.Contradicted {
		return verdict
	}
	var used []*proofs.Receipt
	if kept, ok := v.folders.keptReceipt(verdict.Statement); ok {
		with := c.Verifier.VerifyAt(r, []*proofs.Receipt{kept}, v.then, expect)
		if with.Kind != proofs.Invalid && v.then != nil { // a moment in the past has use for more than the newest
			used = append(used, kept)
		}
		verdict = v.kept(c.Verifier, better(verdict, with, "the newer receipt kept in "+v.folders.receipts()))
		if verdict.Kind == proofs.Contradicted { // whatever a server says of it
			return verdict
		}
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
		if verdict = v.unanswered(verdict, err); verdict.Kind == proofs.Contradicted {
			return verdict
		}
		return notAsked(verdict, "whether something newer exists: "+shownURL(c.Server)+" gave no usable answer")
	}
	verdict, newer = v.withCosigned(ctx, c, r, used, newer, verdict, expect)
	// Keeping it is a convenience for the next run: a verdict does not depend on it.
	if err := v.folders.keepReceipt(ctx, c.Verifier, newer); err != nil {
		verdict.Warnings = append(verdict.Warnings, "the newer receipt could not be kept: "+err.Error())
	}
	return v.kept(c.Verifier, verdict)
}

// unanswered is the verdict beside an answer that is of no use. One that is a fork is
// the log's own signatures: no verdict about it stands.
func (v *verify) unanswered(verdict proofs.Verdict, err error) proofs.Verdict {
	verdict.Warnings = append(verdict.Warnings, err.Error())
	verdict.Warnings = append(verdict.Warnings, v.evidence(err)...)
	var fork *client.ForkError
	if errors.As(err, &fork) {
		verdict.Kind, verdict.Exit, verdict.Reason = proofs.Contradicted, proofs.ExitContradicted, fork.Error()
		verdict.InForce = nil
	}
	return verdict
}

// withCosigned judges the receipt with the server's newest answer. Cosigners follow a
// log that grows at a distance: where too few of them signed the newest tree, the newest
// one that they did sign is asked for too, and it is what speaks as long as the log has
// nothing else to say in the newest. It also returns the answer to keep.
func (v *verify) withCosigned(ctx context.Context, c *client.Client, r *proofs.Receipt, used []*proofs.Receipt, newest *proofs.Receipt, verdict proofs.Verdict, expect proofs.Expect) (proofs.Verdict, *proofs.Receipt) {
	judge := func(answers ...*proofs.Receipt) proofs.Verdict {
		return c.Verifier.VerifyAt(r, append(slices.Clone(used), answers...), v.then, expect)
	}
	with := judge(newest)
	if with.Exit != proofs.ExitCosigners || c.Verifier.Policy.Quorum == proofs.NoQuorum {
		return better(verdict, with, "the server's answer"), newest
	}
	final, err := c.FinalReceipt(ctx, verdict.Statement)
	var fork *client.ForkError
	switch {
	case errors.As(err, &fork):
		return v.unanswered(verdict, err), newest
	case err != nil: // there is none yet
		return better(verdict, with, "the server's answer"), newest
	}
	verdict = better(verdict, judge(final), "the server's cosigned answer")
	if with = judge(final, newest); uncosigned(verdict, with) {
		return better(verdict, with, "the server's newest answer"), final
	}
	return better(verdict, with, "the server's newest answer"), newest
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

// uncosigned says that a newer tree adds nothing but that fewer cosigners signed it than
// the policy asks: the answer is the same.
func uncosigned(without, with proofs.Verdict) bool {
	same := without.Kind == with.Kind && (without.InForce == nil) == (with.InForce == nil)
	if same && with.InForce != nil {
		same = without.InForce.Answer == with.InForce.Answer
	}
	return same && with.Exit == proofs.ExitCosigners && without.Exit != proofs.ExitCosigners
}

// better returns the verdict with the staple, unless the staple was no good, speaks for
// a smaller tree, or says the same of one that is not cosigned yet: an old answer never
// makes an ended version current, a newer one never a cosigned verdict a weaker one.
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
	if uncosigned(without, with) {
		without.Warnings = append(without.Warnings, fmt.Sprintf("%s says the same of size %d, which fewer cosigners signed than the policy asks: it was not used", what, with.Size))
		return without
	}
	with.Warnings = append(without.Warnings, with.Warnings...)
	return with
}

func notAsked(v proofs.Verdict, what string) proofs.Verdict {
	v.NotChecked = append(v.NotChecked, what)
	return v
}
