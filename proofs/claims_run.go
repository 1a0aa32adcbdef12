package proofs

import (
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A runClaim judges the event that an entry wrote to the run it belongs to.
type runClaim struct {
	entry   entry
	history *history
	request register.RunBody // of the event that opened the run
	now     register.RunBody // of the entry's event
}

// Positions of the events of a run that a receipt shows: the one that opened it,
// and the entry's. What stands between them is the run's own matter.
const (
	runOpened  = 0
	runEntry   = 1
	runsEvents = 2
)

// openRun verifies the run register of a release or withdrawal. It also returns
// who asked for the run.
func openRun(l *checkList, e entry, h *history) (run Run, asked Hash, ok bool) {
	c := runClaim{entry: e, history: h}
	l.run(CheckRun, func() (string, error) { return h.String(), h.checkRegister() })
	l.run(CheckRunEvents, func() (string, error) {
		return fmt.Sprintf("%d shown", len(h.proof.Events)), h.checkShown(runsEvents)
	})
	l.run(CheckRequest, func() (string, error) {
		err := c.checkRequest()
		return fmt.Sprintf("%s, for the workflow %s", statement.Digest(c.request.Statement), statement.Digest(workflowOf(c.request).Hash())), err
	})
	l.run(CheckInRun, func() (string, error) {
		err := c.checkEntry()
		return fmt.Sprintf("event %d", h.proof.Events[runEntry].Event.Seq), err
	})
	l.run(CheckRunState, func() (_ string, err error) {
		run, err = c.checkState()
		return run.Now, err
	})
	return run, c.request.Issuer, l.failed == nil
}

// checkShown is claim EV for all events, of which there are n at rising places.
func (h *history) checkShown(n int) error {
	if got := len(h.proof.Events); got != n {
		return fmt.Errorf("%d events are shown, want %d", got, n)
	}
	if err := h.checkRising(); err != nil {
		return err
	}
	return h.checkEvents()
}

// checkRising: the events shown stand in the order in which they came.
func (h *history) checkRising() error {
	events := h.proof.Events
	for i := 1; i < len(events); i++ {
		before, e := &events[i-1].Event, &events[i].Event
		if e.Seq <= before.Seq || e.Index <= before.Index || e.Time < before.Time {
			return fmt.Errorf("event %d is not later than event %d", e.Seq, before.Seq)
		}
	}
	return nil
}

// checkRequest: the first event shown is the first of the run, by its request.
func (c *runClaim) checkRequest() error {
	e := &c.history.proof.Events[runOpened].Event
	if e.Seq != 0 || e.Kind != uint8(statement.RequestOpen) {
		return fmt.Errorf("event %d of kind 0x%02x is none that opens a run", e.Seq, e.Kind)
	}
	opening, err := c.history.opened(runOpened)
	if err != nil {
		return err
	}
	if c.request, err = register.ParseRunBody(opening.Body); err != nil {
		return err
	}
	_, err = register.NextState(register.TypeRun, nil, e.Kind, opening.Body, register.Entry{Index: e.Index, Time: e.Time})
	return err
}

// checkEntry: the second is the one that the statement makes. Its status is the
// log's to derive, all else follows from the statement.
func (c *runClaim) checkEntry() error {
	e := &c.history.proof.Events[runEntry].Event
	if err := c.entry.made(e, uint8(c.entry.statement.Code)); err != nil {
		return err
	}
	opening, err := c.history.opened(runEntry)
	if err != nil {
		return err
	}
	if opening.Blind != register.EventBlind(c.history.key, e.Seq, c.entry.payload) {
		return fmt.Errorf("event %d has the blind of another statement", e.Seq)
	}
	if c.now, err = register.ParseRunBody(opening.Body); err != nil {
		return err
	}
	if c.now.Statement != Hash(c.entry.digest) || c.now.Issuer != register.IdentityKey(c.entry.statement.Issuer) || c.now.Ref != [33]byte{} {
		return fmt.Errorf("event %d is not that of the statement", e.Seq)
	}
	switch c.now.Status {
	case register.RunAborted, register.RunCancelled, register.RunDenied:
		return fmt.Errorf("the run was %s, and nothing is released or withdrawn in one that is", runStatus(c.now.Status))
	}
	return nil
}

// made: the event is of this kind, and of the entry: at its index, by its leaf.
func (e entry) made(event *register.Event, kind uint8) error {
	switch {
	case event.Index != e.index:
		return fmt.Errorf("event %d is of entry %d, not of entry %d", event.Seq, event.Index, e.index)
	case event.LeafHash != e.leafHash:
		return fmt.Errorf("event %d names another leaf at index %d", event.Seq, event.Index)
	case event.Kind != kind:
		return fmt.Errorf("event %d is of kind 0x%02x, want 0x%02x", event.Seq, event.Kind, kind)
	}
	return nil
}

// checkState opens the newest state. It is of the run that the request opened;
// while the entry's event is the newest, it is the state that this event left.
func (c *runClaim) checkState() (run Run, err error) {
	s, err := c.history.openState()
	if err != nil {
		return run, err
	}
	state, err := register.ParseRunState(s.State)
	if err != nil {
		return run, err
	}
	opened := &c.history.proof.Events[runOpened].Event
	if state.Request != c.request.Statement || state.Workflow != workflowOf(c.request) || state.Opened != opened.Time {
		return run, fmt.Errorf("it is of another request than the one that opened the run")
	}
	if c.history.newest(runEntry) {
		blind := register.EventBlind(c.history.key, c.history.proof.Events[runEntry].Event.Seq, c.entry.payload)
		if state.Status != c.now.Status || s.Blind != register.StateBlind(blind) {
			return run, fmt.Errorf("it is not the state that the newest event left")
		}
	}
	return Run{
		ID: c.entry.run(), Request: statement.Digest(c.request.Statement), Workflow: statement.Digest(state.Workflow.Hash()),
		Status: runStatus(c.now.Status), Now: runStatus(state.Status), Claimed: runStatus(state.Claimed),
	}, nil
}

// openState returns the newest state, opened.
func (h *history) openState() (*StateOpening, error) {
	s := h.proof.State
	if s == nil {
		return nil, fmt.Errorf("the newest state is not opened")
	}
	return s, h.proof.Value.VerifyState(s.Blind, s.State)
}

func workflowOf(request register.RunBody) register.TypedDigest {
	return register.TypedDigest(request.Ref)
}
