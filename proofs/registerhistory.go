package proofs

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An OpenedEvent is an event of a register with what its body hash hides.
type OpenedEvent struct {
	register.Event
	EventOpening
}

// openRecord verifies what a staple shows of one register, and that events are all
// events of it: they rebuild its root and lead to its state. The newest state is
// nil if the register is proven absent.
func (v Verifier) openRecord(staple *Receipt, t register.Type, id string, events []OpenedEvent) (as AsOf, h *history, err error) {
	var l checkList
	if staple == nil {
		staple = &Receipt{}
	}
	w, _ := v.openView(&l, staple, noLatest)
	l.run(CheckRules, func() (string, error) { return w.seal.Rules, checkRules(w.seal.Rules) })
	l.run(CheckRegister, func() (string, error) {
		h, err = findRegister(staple.Registers, t, id, w.seal)
		if err == nil {
			err = h.check()
		}
		return "", err
	})
	l.run(CheckHistory, func() (string, error) { return "", h.checkHistory(events) })
	if l.failed != nil {
		return AsOf{}, nil, l.failed
	}
	return v.asOf(w), h, nil
}

// findRegister takes the one register of this name.
func findRegister(list []RegisterProof, t register.Type, id string, seal statement.Seal) (h *history, err error) {
	for _, p := range list {
		if p.Type != t || p.ID != id {
			continue
		}
		if h != nil {
			return nil, fmt.Errorf("the register of %v %q is shown twice", t, id)
		}
		if h, err = newHistory(p, seal); err != nil {
			return nil, err
		}
	}
	if h == nil {
		return nil, fmt.Errorf("the register of %v %q is not shown", t, id)
	}
	return h, nil
}

// checkHistory: the events are all there are, each opened, at possible times; and
// they lead to the state that is shown.
func (h *history) checkHistory(events []OpenedEvent) error {
	value := h.proof.Value
	if value == nil {
		if len(events) > 0 {
			return errors.New("a register that is absent has no events")
		}
		return nil
	}
	headers := make([]register.Event, len(events))
	var state []byte
	for i := range events {
		e := &events[i]
		headers[i] = e.Event
		if err := checkEventTime(&e.Event, h.seal); err != nil {
			return fmt.Errorf("event %d: %w", i, err)
		}
		if err := e.VerifyBody(e.Blind, e.Body); err != nil {
			return err
		}
		next, err := register.NextState(h.proof.Type, state, e.Kind, e.Body, register.Entry{Index: e.Index, Time: e.Time})
		if err != nil {
			return fmt.Errorf("event %d: %w", i, err)
		}
		state = next
	}
	if uint64(len(events)) != value.Size {
		return fmt.Errorf("%d events are shown, the register has %d", len(events), value.Size)
	}
	if err := value.VerifyRange(headers, nil); err != nil {
		return err
	}
	h.state = state
	return h.checkNewest(events[len(events)-1], state)
}

// checkNewest: the state that the events lead to is the one that the value binds.
func (h *history) checkNewest(newest OpenedEvent, state []byte) error {
	if s := h.proof.State; s != nil && !bytes.Equal(s.State, state) {
		return errors.New("its events lead to another state than the one that is shown")
	}
	return h.proof.Value.VerifyState(register.StateBlind(newest.Blind), state)
}
