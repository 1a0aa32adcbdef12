package client

import "github.com/docketlog/docket/proofs/statement"

// A Request is what a request.open asks for.
type Request struct {
	Run         string               // id of the run that it opens, never used before
	Workflow    statement.Digest     // SHA-256 of the text of the workflow's current version
	Trigger     string               // human, schedule, event, api or agent
	TriggeredBy *statement.Digest    // of what triggered it; nil: absent
	Inputs      []statement.File     // what the run starts from; none: it starts from nothing
	Executor    string               // identity that is to do it
	Want        statement.Want       // a document, access or a task
	Parent      string               // run that this one is a part of; empty: none
	Traceparent string               // W3C trace context; empty: none
	External    []statement.External // things in other systems
}

// OpenRequest makes a request.open.
func (a *Author) OpenRequest(r Request) (statement.Envelope, error) {
	inputs := r.Inputs
	if inputs == nil {
		inputs = []statement.File{}
	}
	return a.Sign(statement.Statement{
		Subject: r.Workflow, Run: r.Run, Traceparent: r.Traceparent, External: r.External,
		Body: &statement.OpenRequest{
			Workflow: r.Workflow, Trigger: statement.Trigger{Kind: r.Trigger, Digest: r.TriggeredBy},
			Inputs: inputs, NoInputs: len(inputs) == 0, Executor: r.Executor, Want: r.Want, Parent: r.Parent,
		},
	})
}

// CancelRequest makes a request.cancel of a run that the author asked for. request
// is the statement digest of its request.open, workflow that of its text.
func (a *Author) CancelRequest(run string, request, workflow statement.Digest, reason string) (statement.Envelope, error) {
	return a.Sign(statement.Statement{
		Subject: workflow, Run: run, Body: &statement.CancelRequest{About: request, Reason: reason},
	})
}
