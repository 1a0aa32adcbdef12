package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// stepOptions are the terms of a step that is approved.
type stepOptions struct {
	step, tool, target string
	attempt            uint32
	inputs             []string
}

func (o *stepOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.step, "step", "", "name of the step to approve")
	c.Flags().StringVar(&o.tool, "tool", "", "tool that the step uses")
	c.Flags().StringVar(&o.target, "target", "", "what the step acts on")
	c.Flags().Uint32Var(&o.attempt, "attempt", 0, "attempt that the step is in (default: the newest)")
	c.Flags().StringArrayVar(&o.inputs, "input", nil, "what the step starts from: FILE or SLOT=FILE; may be repeated")
}

// ofRun is the draft of an approval in a run, or of a withdrawal of its release.
func (o *approveOptions) ofRun(s *session, code statement.Code, run string) (*draft, error) {
	if run != "" && !statement.ValidID(run) {
		return nil, usage("%q is not the id of a run", run)
	}
	if run == "" && code != statement.DocumentWithdraw {
		return nil, usage("name the run: docket approve RUN")
	}
	p := client.Approval{Run: run, For: code}
	d := &draft{run: run}
	if code == statement.StepIntent {
		if o.step == "" || o.tool == "" || o.target == "" {
			return nil, usage("a step is approved with --step, --tool and --target, as its intent will have them")
		}
		in, err := slotFiles("input", o.inputs)
		if err != nil {
			return nil, err
		}
		p.Object = statement.StepObject{Step: o.step, Attempt: o.attempt, Tool: o.tool, Target: o.target, In: in}
		d.what = fmt.Sprintf("step %s of run %s", o.step, run)
	} else {
		if !statement.ValidDocumentID(o.document) || o.file == "" {
			return nil, usage("want --document ID and --file FILE: the exact bytes that you approve")
		}
		digest, _, err := hashFile(o.file)
		if err != nil {
			return nil, err
		}
		p.Bytes, d.subject = digest, digest
		p.Object = statement.DocumentObject{Document: o.document, Version: o.version}
		d.what = fmt.Sprintf("the %s of %s, %s", strings.TrimPrefix(code.String(), "document."), o.document, digest)
	}
	d.make = func(ctx context.Context, said client.Decision) (statement.Envelope, error) {
		p.Decision = said
		return s.client.Approve(ctx, s.author, p)
	}
	return d, nil
}

// overrideOptions set a rule of the workflow aside.
type overrideOptions struct {
	rule, reason string
	reviewIn     time.Duration
}

func (o *overrideOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.rule, "override", "", "rule to set aside: approval, level, destinations, maxAttempts or maxDuration")
	c.Flags().StringVar(&o.reason, "override-reason", "", "emergency, outage, legal, safety or other")
	c.Flags().DurationVar(&o.reviewIn, "review-in", 24*time.Hour, "until when somebody is to review the override")
}

func (o *overrideOptions) override() (*statement.Override, error) {
	if o.rule == "" {
		return nil, nil
	}
	if o.reason == "" {
		return nil, usage("--override wants --override-reason: emergency, outage, legal, safety or other")
	}
	return &statement.Override{Rule: o.rule, Reason: o.reason, ReviewBy: time.Now().Add(o.reviewIn).UnixMilli()}, nil
}

// bridgeOptions bring a decision that was taken in another system.
type bridgeOptions struct{ by, source string }

func (o *bridgeOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.by, "by", "", "person who decided in another system, which you bring as a bridge")
	c.Flags().StringVar(&o.source, "source", "", "file with the ticket there; the log gets its digest")
}

func (o *bridgeOptions) bridge() (by string, source *statement.Digest, err error) {
	if (o.by == "") != (o.source == "") {
		return "", nil, usage("a decision of another system wants --by and --source")
	}
	if o.by == "" {
		return "", nil, nil
	}
	digest, _, err := hashFile(o.source)
	return o.by, &digest, err
}
