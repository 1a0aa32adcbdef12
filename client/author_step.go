package client

import "github.com/docketlog/docket/proofs/statement"

// IntendStep makes a step.intent in a run, spending the grants of a gated step.
// request is the statement digest of the run's request.
func (a *Author) IntendStep(run string, request statement.Digest, step statement.Step, spends []statement.Digest) (statement.Envelope, error) {
	step.In = files(step.In)
	return a.Sign(statement.Statement{
		Subject: subjectOf(request, step.In), Run: run, Spends: spends, Body: &statement.IntendStep{Step: step},
	})
}

// FinishStep makes a step.done in a run. late says why it comes late: offline,
// outage or migration; empty when it does not.
func (a *Author) FinishStep(run string, request statement.Digest, done statement.FinishStep, late string) (statement.Envelope, error) {
	done.In, done.Out = files(done.In), files(done.Out)
	if done.Changes == nil {
		done.Changes = []statement.Change{}
	}
	return a.Sign(statement.Statement{
		Subject: subjectOf(request, done.Out, done.In), Run: run, Late: late, Body: &done,
	})
}

// CloseOutcome makes an outcome.close of a run. output is the final output; nil:
// there is none, and the outcome is about the request.
func (a *Author) CloseOutcome(run string, request statement.Digest, outcome statement.CloseOutcome, output *statement.Digest, late string) (statement.Envelope, error) {
	subject := request
	if output != nil {
		subject = *output
	}
	outcome.Missing = list(outcome.Missing)
	return a.Sign(statement.Statement{Subject: subject, Run: run, Late: late, Body: &outcome})
}

// subjectOf is what a step is about: the first file of the first list that has one,
// else the request.
func subjectOf(request statement.Digest, lists ...[]statement.File) statement.Digest {
	for _, files := range lists {
		if len(files) > 0 {
			return files[0].Digest
		}
	}
	return request
}

// files makes an absent list an empty one.
func files(f []statement.File) []statement.File {
	if f == nil {
		return []statement.File{}
	}
	return f
}
