package main

import (
	"context"
	"errors"
	"fmt"

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
			verdict.InForce = nil
			return verdict
		}
		return notAsked(verdict, "whether something newer exists: "+shownURL(c.Server)+" gave no usable answer")
	}
	// Keeping it is a convenience for the next run: a verdict does not depend on it.
	if err := v.folders.keepReceipt(ctx, c.Verifier, newer); err != nil {
		verdict.Warnings = append(verdict.Warnings, "the newer receipt could not be kept: "+err.Error())
	}
	return v.kept(c.Verifier, better(verdict, c.Verifier.VerifyAt(r, append(used, newer), v.then, expect), "the server's answer"))
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
