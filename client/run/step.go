package run

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/spool"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// A Step is what is about to be done. What is left out is usual.
type Step struct {
	Name      string // as the workflow has it
	Tool      string // empty: the workflow's only one, or docket-run
	Target    string // empty: the workflow's only one, or local
	Privilege string
	Branch    string
	In        []statement.File
	Runner    statement.Digest   // of the program that does it; zero: of this one
	Policy    *statement.Verdict // what a policy engine said; nil: none was asked
	Model     *statement.Model   // that an agent uses
	Assurance string             // empty: producer-signed

	Intend bool               // say so before, also when the workflow does not gate the step
	Spends []statement.Digest // grants of a gated step; nil: those of the run that fit
}

// A Result is how a step ended.
type Result struct {
	Result  string // ok, error or skipped; empty: ok
	Cause   string // of an error; empty: internal
	Out     []statement.File
	Changes []statement.Change // effects outside
}

// A Begun step is under way.
type Begun struct {
	run *Run
	begun
}

// Begin starts a step. If the workflow gates it, an intent is submitted that spends
// the approvals; without them it is a *client.MissingApprovals, and nothing may be
// done. If it is an [Unanswered] error, submit its envelope again before anything
// else, and go on with Intended.
func (r *Run) Begin(ctx context.Context, s Step) (*Begun, error) {
	if s.Intend || r.gated(s.Name) {
		e, err := r.Intent(ctx, s)
		if err != nil {
			return nil, err
		}
		if _, err := r.authority(ctx, e); err != nil {
			return nil, err
		}
		return r.Intended(e)
	}
	return r.Unannounced(s)
}

// Unannounced starts a step without an intent, whatever the workflow says: to report
// what was done without one.
func (r *Run) Unannounced(s Step) (*Begun, error) {
	step, err := r.stepOf(s)
	if err != nil {
		return nil, err
	}
	return r.begin(begun{Step: *step}), nil
}

// gated says whether the intent of a step spends approvals.
func (r *Run) gated(name string) bool {
	return slices.ContainsFunc(r.flow.Steps, func(s statement.WorkflowStep) bool { return s.Name == name && s.Gated })
}

// Intent signs the intent of a step, and does not submit it: for who keeps it first.
func (r *Run) Intent(ctx context.Context, s Step) (statement.Envelope, error) {
	step, err := r.stepOf(s)
	if err != nil {
		return statement.Envelope{}, err
	}
	if s.Spends == nil && r.gated(s.Name) {
		if s.Spends, err = r.approvals(ctx, step); err != nil {
			return statement.Envelope{}, err
		}
	}
	return r.author.IntendStep(r.ID(), r.Request(), *step, s.Spends)
}

// Intended is the step under way whose intent the log has.
func (r *Run) Intended(e statement.Envelope) (*Begun, error) {
	s, err := statement.Parse(e.Payload)
	if err != nil {
		return nil, err
	}
	body, ok := s.Body.(*statement.IntendStep)
	if !ok || s.Run != r.ID() {
		return nil, fmt.Errorf("a %s of run %q is no intent of run %s", s.Code, s.Run, r.ID())
	}
	intent := digest(statement.DigestOf(e.Payload))
	return r.begin(begun{Step: body.Step, Intent: &intent}), nil
}

// begin notes a step that is under way.
func (r *Run) begin(b begun) *Begun {
	if r.known.Begun == nil {
		r.known.Begun = make(map[string]begun)
	}
	r.known.Begun[b.Step.Name] = b
	if b.Step.Attempt == r.known.Attempt {
		r.known.Seq = max(r.known.Seq, b.Step.Seq)
	}
	return &Begun{run: r, begun: b}
}

// UnderWay is the step with this name that was begun and not done; nil: there is none.
func (r *Run) UnderWay(name string) *Begun {
	b, ok := r.known.Begun[name]
	if !ok {
		return nil
	}
	return &Begun{run: r, begun: b}
}

// Of is the same step, under way in the run as it was read again.
func (b *Begun) Of(r *Run) *Begun { return r.begin(b.begun) }

// Complete fills in what a step leaves out, without a word to the log: who does a step
// and begins it later learns what is missing before.
func (r *Run) Complete(s Step) (Step, error) {
	step, err := r.stepOf(s)
	if err != nil {
		return s, err
	}
	s.Tool, s.Target, s.Runner, s.Assurance = step.Tool, step.Target, step.Runner, step.Assurance
	return s, nil
}

// stepOf completes a step.
func (r *Run) stepOf(s Step) (*statement.Step, error) {
	tool, err := usual("tool", s.Tool, r.flow.Tools, "docket-run")
	if err != nil {
		return nil, err
	}
	target, err := usual("target", s.Target, r.flow.Targets, "local")
	if err != nil {
		return nil, err
	}
	step := &statement.Step{
		Attempt: r.known.Attempt, Seq: r.known.Seq + 1, Name: s.Name, Tool: tool, Target: target, Privilege: s.Privilege, In: s.In,
		Policy: statement.Verdict{ID: "none", Digest: sha256.Sum256(nil), Verdict: "none"}, Branch: s.Branch, Runner: s.Runner, Model: s.Model,
		Assurance: cmp.Or(s.Assurance, "producer-signed"),
	}
	if s.Policy != nil {
		step.Policy = *s.Policy
	}
	if step.Attempt > 1 && r.known.Outcome != nil {
		before := statement.Digest(*r.known.Outcome)
		step.RetryOf = &before
	}
	if step.Runner == (statement.Digest{}) {
		path, err := os.Executable()
		if err != nil {
			return nil, err
		}
		file, err := HashFile("runner", path)
		if err != nil {
			return nil, err
		}
		step.Runner = file.Digest
	}
	return step, nil
}

// usual is a word that the workflow bounds: as given, or its only one, or fallback.
func usual(what, given string, allowed []string, fallback string) (string, error) {
	switch {
	case given != "":
		return given, nil
	case len(allowed) == 1:
		return allowed[0], nil
	case len(allowed) == 0 || slices.Contains(allowed, fallback):
		return fallback, nil
	}
	return "", fmt.Errorf("the workflow has several: name the %s, one of %v", what, allowed)
}

// approvals finds the grants of the run that the intent of a step needs.
func (r *Run) approvals(ctx context.Context, step *statement.Step) ([]statement.Digest, error) {
	t, err := r.client.RunTerms(ctx, r.ID())
	if err != nil {
		return nil, err
	}
	intent := statement.IntendStep{Step: *step}
	object := intent.Object()
	if object.In == nil {
		object.In = []statement.File{}
	}
	if want, ok := t.Asked.Want.(statement.WantAccess); ok {
		object.Resource, object.Privilege = want.Resource, want.Privilege
	}
	return r.client.Spendable(ctx, t, client.Spending{
		By: r.author.ID, Code: statement.StepIntent, Object: object, Subject: t.Request(), Now: r.now(),
	}, client.ApprovalOf(t.Workflow))
}

func (r *Run) now() time.Time {
	if r.author.Now != nil {
		return r.author.Now()
	}
	return time.Now()
}

// Done reports how the step ended. The receipt is nil with an error; a
// *spool.WaitsError says that the report is durable and waits for the log. Of a
// workflow whose detail is rolled the report stays here, for Rolled and Close, and
// there is no receipt.
func (b *Begun) Done(ctx context.Context, res Result) (*proofs.Receipt, error) {
	r, result := b.run, cmp.Or(res.Result, "ok")
	done := statement.FinishStep{Step: b.Step, Intent: (*statement.Digest)(b.Intent), Out: res.Out, Result: result, Changes: res.Changes}
	if result == "error" {
		done.Cause = cmp.Or(res.Cause, "internal")
	}
	e, err := r.author.FinishStep(r.ID(), r.Request(), done, r.known.Late)
	if err != nil {
		return nil, err
	}
	receipt, err := r.report(ctx, e)
	var waits *spool.WaitsError
	if err != nil && !errors.As(err, &waits) {
		return nil, err
	}
	delete(r.known.Begun, b.Step.Name)
	if counts(r.flow, b.Step.Name, r.author.ID, r.known.Executor, b.Step.Attempt) {
		r.known.Results[b.Step.Name] = result
		if done.Cause != "" {
			r.known.Cause = done.Cause
		}
	}
	if len(res.Out) > 0 {
		final := digest(res.Out[0].Digest)
		r.known.Final = &final
	}
	return receipt, err
}

// HashFile is a file in a slot of a run: the log gets slot and digest, never the name.
// It is a regular file: a pipe or a device, which what was run may have left in its
// place, could be read for ever.
func HashFile(slot, path string) (statement.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // or else a pipe is waited for
	if err != nil {
		return statement.File{}, err
	}
	h := sha256.New()
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is no regular file", path)
	default:
		_, err = io.Copy(h, f)
	}
	return statement.File{Name: slot, Digest: statement.Digest(h.Sum(nil))}, errors.Join(err, f.Close())
}

// Made is the result of a step that made one file: an error if it is not there.
func Made(slot, path string) Result {
	file, err := HashFile(slot, path)
	if err != nil {
		return Result{Result: "error"}
	}
	return Result{Out: []statement.File{file}}
}
