package admission

import (
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// checkInRun is E402 and E501 of a document: who executes the run, or does its
// release step, and what was wanted.
func (e *entry) checkInRun(id string) error {
	if err := e.checkActor(e.run.releaseStep()); err != nil {
		return err
	}
	if want, ok := e.run.request.Want.(statement.WantDocument); !ok || want.Document != id {
		return refuse(CodeBounds, "predicate.document", "the request of run %q does not want document %q", e.run.id, id).at(e.run.last)
	}
	if flow := e.run.flow; !inAny(flow.Namespaces, id) {
		return refuse(CodeBounds, "predicate.document", "workflow %q works within %v", flow.ID, flow.Namespaces).at(e.run.last)
	}
	return nil
}

// checkActor is E402: the executor signs, or an actor of the step.
func (e *entry) checkActor(step *statement.WorkflowStep) error {
	if e.by.id == e.run.request.Executor || step != nil && slices.Contains(step.Actors, e.by.id) {
		return nil
	}
	return refuse(CodeApart, "predicate.issuer", "run %q is executed by %q; identity %q is no actor of this step of workflow %q", e.run.id, e.run.request.Executor, e.by.id, e.run.flow.ID).at(e.run.last)
}

// checkDestinations is E501: it is meant for those alone whom the workflow names.
func (e *entry) checkDestinations(to []string) error {
	aside, err := e.setsAside("destinations")
	if err != nil || aside {
		return err
	}
	for _, id := range to {
		if flow := e.run.flow; !slices.Contains(flow.Destinations, id) {
			return refuse(CodeBounds, "predicate.to", "%q is no destination of workflow %q: want some of %v", id, flow.ID, flow.Destinations).at(e.run.last)
		}
	}
	return nil
}
