package proofs

import (
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An identityClaim judges the signer of an entry by the identity's register.
type identityClaim struct {
	entry   entry
	history *history
	then    register.IdentityState // set by the event in force
	blind   Hash                   // of that event
}

// inForce is the position, among the events shown of an identity, of the one in
// force at the entry. At most its successor follows.
const inForce = 0

// openIdentity verifies that the identity spoke with its key at the entry: claim
// KEY of docs/spec/receipt.md. time is that of the entry by the log's clock; nil
// when no register shows it: then the expiry of the key is not judged. It returns
// the identity's state at the entry, and the newest.
func openIdentity(l *checkList, e entry, h *history, time *uint64) (then, newest register.IdentityState, ok bool) {
	c := identityClaim{entry: e, history: h}
	l.run(CheckIdentity, func() (string, error) { return h.String(), h.checkRegister() })
	l.run(CheckIdentityEvents, func() (string, error) {
		return fmt.Sprintf("%d shown", len(h.proof.Events)), h.checkEvents()
	})
	l.run(CheckIdentityNext, func() (string, error) {
		if len(h.proof.Events) == 0 {
			return "", errors.New("no event is shown")
		}
		return c.describe(), h.checkNeighbours(inForce)
	})
	l.run(CheckSigner, func() (string, error) {
		return fmt.Sprintf("%s, active, with the key in the leaf", h.proof.ID), c.checkSigner()
	})
	if time != nil {
		l.run(CheckKeyExpiry, func() (string, error) { return describeExpiry(c.then), checkExpiry(c.then, *time) })
	}
	l.run(CheckIdentityState, func() (_ string, err error) {
		newest, err = c.checkState()
		return "opened", err
	})
	return c.then, newest, l.failed == nil
}

// checkSigner: the first event shown is in force at the entry (the newest of a
// lower index; at genesis, that of index 0), and leaves the identity active with
// the key of the leaf.
func (c *identityClaim) checkSigner() error {
	e := &c.history.proof.Events[inForce].Event
	if e.Index >= c.entry.index && c.entry.index > 0 || e.Index > c.entry.index {
		return fmt.Errorf("event %d is of entry %d, not before entry %d", e.Seq, e.Index, c.entry.index)
	}
	if next := c.history.next(inForce); next != nil && next.Index < c.entry.index {
		return fmt.Errorf("event %d of entry %d was in force at entry %d", next.Seq, next.Index, c.entry.index)
	}
	opening, err := c.history.opened(inForce)
	if err != nil {
		return err
	}
	body, err := register.ParseIdentityBody(opening.Body)
	if err != nil {
		return err
	}
	if body.State.Status != register.IdentityActive {
		return fmt.Errorf("the identity was not active, its status is %d", body.State.Status)
	}
	if body.State.Key != register.SPKIKey(c.entry.spki) {
		return errors.New("the key in the leaf is not the identity's")
	}
	c.then, c.blind = body.State, opening.Blind
	return nil
}

func checkExpiry(s register.IdentityState, time uint64) error {
	if time >= s.NotAfter {
		return fmt.Errorf("the key expired at %s", formatUnsigned(s.NotAfter))
	}
	return nil
}

func describeExpiry(s register.IdentityState) string {
	if s.NotAfter == register.None {
		return "none"
	}
	return formatUnsigned(s.NotAfter)
}

// checkState opens the newest state. When the event in force is the newest, the
// state must be the one that it set.
func (c *identityClaim) checkState() (s register.IdentityState, err error) {
	opening := c.history.proof.State
	if opening == nil {
		return s, errors.New("the newest state is not opened")
	}
	if err := c.history.proof.Value.VerifyState(opening.Blind, opening.State); err != nil {
		return s, err
	}
	if s, err = register.ParseIdentityState(opening.State); err != nil {
		return s, err
	}
	if c.history.newest(inForce) && (s != c.then || opening.Blind != register.StateBlind(c.blind)) {
		return s, errors.New("it is not the state that the newest event set")
	}
	return s, nil
}

// withState returns the history with the newest state opened, if the event in force
// is the newest and opened: then the state follows from it.
func (h *history) withState() *history {
	events := h.proof.Events
	if h.proof.State != nil || h.proof.Value == nil || len(events) == 0 || !h.newest(inForce) || events[inForce].Opening == nil {
		return h
	}
	opening := events[inForce].Opening
	body, err := register.ParseIdentityBody(opening.Body)
	if err != nil {
		return h
	}
	derived := *h
	derived.proof.State = &StateOpening{Blind: register.StateBlind(opening.Blind), State: body.State.Marshal()}
	return &derived
}

func (c *identityClaim) describe() string {
	if next := c.history.next(inForce); next != nil {
		return fmt.Sprintf("event %d, until entry %d", c.history.proof.Events[inForce].Event.Seq, next.Index)
	}
	return fmt.Sprintf("event %d, the newest", c.history.proof.Events[inForce].Event.Seq)
}

// checkCompromise says whether the newest state of the signer leaves an entry of
// this time untouched.
func checkCompromise(newest register.IdentityState, time uint64) error {
	if newest.CompromisedSince <= time {
		return fmt.Errorf("the signer's key was reported compromised since %s, the entry is of %s",
			formatUnsigned(newest.CompromisedSince), formatUnsigned(time))
	}
	return nil
}

// formatUnsigned prints a time of a register.
func formatUnsigned(ms uint64) string { return statement.FormatTime(int64(min(ms, MaxSize))) }
