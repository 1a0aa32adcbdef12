package main

import (
	"slices"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// dossierView is what dossier prints.
type dossierView struct {
	Run      string        `json:"run"`
	Status   string        `json:"status"` // none, open, success, partial, ...: derived from the steps
	Claimed  string        `json:"claimed,omitempty"`
	Attempt  uint32        `json:"attempt,omitempty"`
	Workflow *workflowPart `json:"workflow,omitempty"`
	Request  *requestPart  `json:"request,omitempty"`
	Steps    []stepPart    `json:"steps"`
	Grants   []*grantView  `json:"grants"`
	Timeline []lineView    `json:"timeline"`
	Size     uint64        `json:"size"`     // of the tree that this speaks for
	Events   int           `json:"events"`   // statements of the run
	Complete string        `json:"complete"` // of the events and of each grant: "proven"
	cosigning

	approvals, execution bool // what is printed
}

type workflowPart struct {
	ID      string        `json:"id"`
	Version uint32        `json:"version"`
	Digest  string        `json:"digest"` // of the text
	Defined statementView `json:"defined"`
	Spends  []string      `json:"spends"` // grants by which others agreed
	Demands string        `json:"-"`
}

type requestPart struct {
	statementView
	Want     string     `json:"want"`
	Trigger  string     `json:"trigger"`
	Executor string     `json:"executor"`
	Parent   string     `json:"parent,omitempty"`
	Inputs   []filePart `json:"inputs"`
}

type filePart struct {
	Slot   string `json:"slot"`
	Digest string `json:"digest"`
}

// stepPart is a step of the workflow and how it stands.
type stepPart struct {
	Step     string `json:"step"`
	Required bool   `json:"required"`
	Result   string `json:"result"` // none, ok, error or skipped
	Attempt  uint32 `json:"attempt,omitempty"`
}

// lineView is one line of the timeline.
type lineView struct {
	statementView
	Part        string        `json:"part"`             // request, approval, execution or evidence
	Status      string        `json:"status,omitempty"` // of the run, after it
	Effect      string        `json:"effect,omitempty"` // claimed or confirmed
	ConfirmedBy []confirmPart `json:"confirmedBy,omitempty"`
	Changes     []changePart  `json:"changes,omitempty"`
	In          []filePart    `json:"in,omitempty"`
	Out         []filePart    `json:"out,omitempty"`
	Counts      *bool         `json:"counts,omitempty"` // of a step or outcome: whether it moved the run
	Complete    string        `json:"complete"`         // proven, or not proved: a search found it
}

type confirmPart struct {
	By    string `json:"by"`
	Index uint64 `json:"index"`
}

type changePart struct {
	Resource    string        `json:"resource"`
	Before      string        `json:"before,omitempty"`
	After       string        `json:"after,omitempty"`
	Effect      string        `json:"effect"` // claimed or confirmed
	ConfirmedBy []confirmPart `json:"confirmedBy,omitempty"`
}

var runStatuses = map[uint8]string{
	register.RunOpen: "open", register.RunSuccess: "success", register.RunPartial: "partial", register.RunFailed: "failed",
	register.RunAborted: "aborted", register.RunCancelled: "cancelled", register.RunDenied: "denied",
}

var resultNames = map[uint8]string{0: "none", register.ResultOK: "ok", register.ResultError: "error", register.ResultSkipped: "skipped"}

func viewDossier(d *client.Dossier, now int64) *dossierView {
	v := &dossierView{
		Run: d.Run, Status: "none", Size: d.Size, Events: len(d.Events), Complete: complete,
		Steps: []stepPart{}, Grants: []*grantView{}, Timeline: []lineView{},
	}
	if d.State == nil {
		return v
	}
	v.Status, v.Claimed, v.Attempt = runStatuses[d.State.Status], runStatuses[d.State.Claimed], d.State.Attempt
	w := &workflowPart{ID: d.Workflow.ID, Version: d.Workflow.Version, Digest: d.Workflow.Digest.String(), Defined: viewStatement(d.Workflow.Defined), Spends: []string{}}
	for _, grant := range d.Workflow.Defined.Statement.Spends {
		w.Spends = append(w.Spends, grant.String())
	}
	v.Workflow = w
	v.Request = &requestPart{
		statementView: viewStatement(d.Events[0].Entry), Want: wantText(d.Request.Want), Trigger: d.Request.Trigger.Kind,
		Executor: d.Request.Executor, Parent: d.Request.Parent, Inputs: fileParts(d.Request.Inputs),
	}
	for _, s := range d.Workflow.Steps {
		part := stepPart{Step: s.Name, Required: s.Required, Result: "none"}
		if i := slices.IndexFunc(d.State.Steps, func(x register.StepState) bool { return x.Name == s.Name }); i >= 0 {
			part.Result, part.Attempt = resultNames[d.State.Steps[i].Result], d.State.Steps[i].Attempt
		}
		v.Steps = append(v.Steps, part)
	}
	for _, g := range d.Grants {
		v.Grants = append(v.Grants, viewGrant(g, now))
	}
	for _, l := range d.Timeline() {
		v.Timeline = append(v.Timeline, viewLine(d, l))
	}
	return v
}

func viewLine(d *client.Dossier, l client.Line) lineView {
	v := lineView{statementView: viewStatement(l.Entry), Part: l.Part, Complete: complete}
	if l.Event == nil {
		if l.Part == client.PartEvidence {
			v.Complete = "not proved"
		}
		return v
	}
	v.Status = runStatuses[l.Event.Body.Status]
	counts := l.Event.Body.Result != 0
	switch b := l.Statement.Body.(type) {
	case *statement.FinishStep:
		v.Counts, v.In, v.Out = &counts, fileParts(b.In), fileParts(b.Out)
		for _, c := range b.Changes {
			v.Changes = append(v.Changes, viewChange(d, l.Event, c))
		}
	case *statement.IntendStep:
		v.In = fileParts(b.In)
		return v
	case *statement.CloseOutcome:
		v.Counts = &counts
	case *statement.ReleaseDocument, *statement.WithdrawDocument:
	default:
		return v
	}
	v.Effect, v.ConfirmedBy = effectOf(d.Confirmed(l.Event))
	return v
}

// effectOf says whether an effect is only claimed.
func effectOf(by []client.Attest) (string, []confirmPart) {
	var parts []confirmPart
	for _, a := range by {
		parts = append(parts, confirmPart{a.Statement.Issuer, a.Index})
	}
	if parts == nil {
		return "claimed", nil
	}
	return "confirmed", parts
}

func viewChange(d *client.Dossier, e *client.RunEvent, c statement.Change) changePart {
	p := changePart{Resource: c.Resource}
	if c.Before != nil {
		p.Before = c.Before.String()
	}
	if c.After != nil {
		p.After = c.After.String()
	}
	p.Effect, p.ConfirmedBy = effectOf(d.ChangeConfirmed(e, c))
	return p
}

func fileParts(files []statement.File) []filePart {
	parts := []filePart{}
	for _, f := range files {
		parts = append(parts, filePart{f.Name, f.Digest.String()})
	}
	return parts
}

// only drops what is not asked for.
func (v *dossierView) only(approvals, execution bool) {
	v.approvals, v.execution = !execution, !approvals
	if execution {
		v.Grants = []*grantView{}
	}
	if approvals {
		v.Steps = []stepPart{}
	}
	v.Timeline = slices.DeleteFunc(v.Timeline, func(l lineView) bool {
		decides := l.Part == client.PartRequest || l.Part == client.PartApproval
		return approvals && !decides || execution && decides
	})
}
