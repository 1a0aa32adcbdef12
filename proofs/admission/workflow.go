package admission

import (
	"encoding/hex"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A workflow is a release of two reserved documents: docket:workflow/<id>, whose
// versions are the workflow's, and docket:text/<digest>, which leads from a text
// to the statement that defined it. Who names a workflow names its text.

// textDocument is the reserved document of a text.
func textDocument(text statement.Digest) string { return "docket:text/" + hex.EncodeToString(text[:]) }

// define judges workflow.define: E206, E304, E408, then its grants.
func (e *entry) define() ([]Effect, error) {
	flow := e.c.workflow
	if err := e.by.checkWorkflow(e.c.Statement.Code); err != nil {
		return nil, err
	}
	if err := e.by.checkWorkflowID("predicate.text.id", flow.ID); err != nil {
		return nil, err
	}
	if flow.Detail == "rolled" && flow.Materiality == "external" {
		return nil, refuse(CodeDetail, "predicate.text.detail", "a workflow of materiality external keeps every step in the log: want detail full")
	}
	d, err := readDocument(e.st, statement.WorkflowDocument(flow.ID))
	if err != nil {
		return nil, err
	}
	last := uint32(0)
	if d.state != nil {
		last = d.state.Version
	}
	if flow.Version != last+1 {
		r := refuse(CodeVersion, "predicate.text.version", "version %d of workflow %q is the last: the next is %d, not %d", last, flow.ID, last+1, flow.Version)
		if d.state != nil {
			r.at(d.last)
		}
		return nil, r
	}
	spent, err := e.spendGoverned(statement.TextObject{})
	if err != nil {
		return nil, err
	}
	text := document{key: register.DocumentKey(textDocument(e.c.Statement.Subject))}
	return append(append(spent, d.release(e.c, flow.Version)...), text.effect(register.DocumentRelease, e.c, 1)), nil
}

// retireWorkflow judges workflow.retire: E206, E305, then its grants.
func (e *entry) retireWorkflow(body *statement.RetireWorkflow) ([]Effect, error) {
	if err := e.by.checkWorkflow(e.c.Statement.Code); err != nil {
		return nil, err
	}
	flow, d, err := e.workflow(body.Workflow)
	if err != nil {
		return nil, err
	}
	if flow == nil {
		return nil, refuse(CodeWorkflow, "predicate.workflow", "no workflow has the text %s", body.Workflow)
	}
	if err := e.by.checkWorkflowID("predicate.workflow", flow.ID); err != nil {
		return nil, err
	}
	if err := d.checkCurrentWorkflow(flow, body.Workflow); err != nil {
		return nil, err
	}
	spent, err := e.spendGoverned(statement.TextObject{})
	if err != nil {
		return nil, err
	}
	return append(spent, d.effect(register.DocumentWithdraw, e.c, flow.Version)), nil
}

// workflow finds the workflow that a text defined, and its reserved document;
// nil: none has this text.
func (e *entry) workflow(text statement.Digest) (*statement.Workflow, *document, error) {
	t, err := readDocument(e.st, textDocument(text))
	if err != nil || t.state == nil {
		return nil, nil, err
	}
	n, err := e.fold.named(e.st, t.state.Statement)
	if err != nil {
		return nil, nil, err
	}
	d, err := readDocument(e.st, statement.WorkflowDocument(n.flow.ID))
	return n.flow, d, err
}

// checkCurrentWorkflow is E305.
func (d *document) checkCurrentWorkflow(flow *statement.Workflow, text statement.Digest) error {
	if d.state.Status != register.DocumentCurrent {
		return refuse(CodeWorkflow, "predicate.workflow", "workflow %q is retired", flow.ID).at(d.last)
	}
	if d.state.Digest != register.SHA256Digest(text) {
		return refuse(CodeWorkflow, "predicate.workflow", "version %d of workflow %q is current, not version %d: want %s",
			d.state.Version, flow.ID, flow.Version, statement.Digest(d.state.Digest.Hash())).at(d.last)
	}
	return nil
}
