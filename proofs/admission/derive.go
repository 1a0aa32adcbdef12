package admission

import (
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A RunView is a run as somebody besides the fold knows it: a monitor holds
// evidence against the same rules that move the register.
type RunView struct {
	Request *statement.OpenRequest
	Flow    *statement.Workflow // as the request pinned it
	State   register.RunState
}

func (v RunView) run() *run { return &run{state: v.State, request: v.Request, flow: v.Flow} }

// CountsDone says whether a step.done of this issuer changes the run.
func (v RunView) CountsDone(work *statement.FinishStep, by string) bool {
	return v.run().countsDone(work, by)
}

// CountsOutcome says whether an outcome.close of this issuer changes the run.
func (v RunView) CountsOutcome(work *statement.CloseOutcome, by string) bool {
	return v.run().countsOutcome(work, by)
}

// StatusClosed is the status that an outcome which counts leaves.
func (v RunView) StatusClosed(work *statement.CloseOutcome) uint8 { return v.run().statusClosed(work) }

// Derived is the status that follows from the results of the steps.
func (v RunView) Derived() uint8 { return deriveStatus(v.Flow, v.State.Steps) }
