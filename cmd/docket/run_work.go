package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	runs "github.com/docketlog/docket/client/run"
	"github.com/docketlog/docket/proofs/statement"
)

// work does the step and closes the run, if that is due. While the command runs, or
// approvals are waited for, nothing of this client is locked: the command may work in
// the same run.
func (o *runOptions) work(cmd *cobra.Command, at runPlace, step runs.Step, outputs []slotPath, child *child) error {
	ctx := cmd.Context()
	b := &beginning{step: step, until: time.Now().Add(o.wait)}
	if err := b.begin(ctx, at); err != nil {
		return err
	}
	code, err := child.run(ctx)
	if err != nil {
		return err
	}
	// Evidence is given also if a signal ended the command.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer stop()
	result, failed := resultOf(code, outputs)
	v := ranView{Run: b.run.ID(), Request: b.run.Request().String(), Step: b.step.Name, Result: result.Result, Exit: code}
	spooled, problems := o.evidence(ctx, at, b, result, &v)
	o.tellRun(cmd.ErrOrStderr(), &v, code)
	switch {
	case code != 0:
		return errors.Join(childError{code}, failed, problems)
	case failed != nil || problems != nil:
		return errors.Join(failed, problems)
	}
	return spooled
}

// evidence reports on the step in the run as it is by now. If that cannot be told, what
// was known at the beginning is enough.
func (o *runOptions) evidence(ctx context.Context, at runPlace, b *beginning, result runs.Result, v *ranView) (spooled, problems error) {
	given := false
	give := func(r *runs.Run) error {
		given = true
		spooled, problems = o.report(ctx, r, b, result, v)
		return nil
	}
	err := at.back(ctx, give)
	if !given {
		_ = give(b.run)
	}
	return spooled, errors.Join(problems, err)
}

// report brings the evidence to the log: the step, and the outcome if the run is to be
// closed. What waits in the spool is a spooledError; other errors are problems.
func (o *runOptions) report(ctx context.Context, r *runs.Run, b *beginning, result runs.Result, v *ranView) (spooled, problems error) {
	done, err := b.end(r)
	if err == nil {
		_, err = done.Done(ctx, result)
	}
	spooled, problems = sortSpooled(err, v)
	if o.join != "" && !o.close {
		return spooled, problems
	}
	closed, err := r.Close(ctx)
	if closed != nil {
		v.Status, v.Missing = closed.Status, closed.Missing
	}
	second, problem := sortSpooled(err, v)
	if second != nil {
		spooled = second
	}
	return spooled, errors.Join(problems, problem)
}

// A beginning is a step on its way to be done.
type beginning struct {
	step  runs.Step
	until time.Time   // approvals are waited for
	run   *runs.Run   // as it was at the beginning
	said  *runs.Begun // by an intent, which the log has; nil: nothing was said
}

// approvalsPause is between two looks for approvals.
const approvalsPause = 2 * time.Second

// begin says what is about to be done, if the workflow gates the step, and waits for
// its approvals.
func (b *beginning) begin(ctx context.Context, at runPlace) error {
	for {
		err := at.enter(ctx, func(s *session, r *runs.Run) error { return b.in(ctx, s, r) })
		var missing *client.MissingApprovals
		if err == nil || !errors.As(err, &missing) || time.Now().After(b.until) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(approvalsPause):
		}
	}
}

// in begins in a run. A step that nobody gates is only looked at: its number is the
// next when it is done.
func (b *beginning) in(ctx context.Context, s *session, r *runs.Run) (err error) {
	b.run = r
	if b.step.Name == "" {
		if b.step.Name, err = onlyStep(r.Workflow()); err != nil {
			return err
		}
	}
	if under := r.UnderWay(b.step.Name); under != nil && sameStep(&under.Step, b.step) {
		b.said = under // docket step intent said so before
		return nil
	}
	if !slices.ContainsFunc(r.Workflow().Steps, func(f statement.WorkflowStep) bool { return f.Name == b.step.Name && f.Gated }) {
		b.step, err = r.Complete(b.step)
		return err
	}
	if _, err := s.intend(ctx, r, b.step); err != nil {
		return err
	}
	b.said = r.UnderWay(b.step.Name)
	return nil
}

// end is the step as it is to be reported in the run as it is now.
func (b *beginning) end(r *runs.Run) (*runs.Begun, error) {
	if b.said != nil {
		return b.said.Of(r), nil
	}
	return r.Unannounced(b.step)
}

// onlyStep is the one step of a workflow that is not the release.
func onlyStep(w *statement.Workflow) (string, error) {
	var names []string
	for _, s := range w.Steps {
		if !s.Release {
			names = append(names, s.Name)
		}
	}
	if len(names) == 1 {
		return names[0], nil
	}
	return "", usage("workflow %s has several steps: name the one that the command does with --step, one of %s", w.ID, orNothing(names))
}
