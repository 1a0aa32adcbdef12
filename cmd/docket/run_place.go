package main

import (
	"context"

	runs "github.com/docketlog/docket/client/run"
)

// A runPlace is where a run is before and after its command works. enter leads to it
// before; back again, and never fails for what the log answers: what happened is
// reported whatever that is.
type runPlace interface {
	enter(ctx context.Context, do func(*session, *runs.Run) error) error
	back(ctx context.Context, do func(*runs.Run) error) error
}

// ownRun is a run that this process opened, and nobody else knows.
type ownRun struct {
	session *session
	run     *runs.Run
}

func (o *ownRun) enter(_ context.Context, do func(*session, *runs.Run) error) error {
	return do(o.session, o.run)
}

// back keeps the reports on steps that the log does not get: nobody else has them.
func (o *ownRun) back(_ context.Context, do func(*runs.Run) error) error {
	if err := do(o.run); err != nil || o.run.Workflow().Detail != "rolled" {
		return err
	}
	return o.session.keepRun(o.run)
}

// joinedRun is a run in the client's folder, which other processes may work in.
type joinedRun struct {
	session *session
	id      string
}

func (j *joinedRun) enter(ctx context.Context, do func(*session, *runs.Run) error) error {
	return j.session.withRun(ctx, j.id, func(r *runs.Run) error { return do(j.session, r) })
}

func (j *joinedRun) back(ctx context.Context, do func(*runs.Run) error) error {
	return j.session.backInRun(ctx, j.id, do)
}
