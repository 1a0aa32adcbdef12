package proofs

import (
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A history is a register under a seal: its value and the events that the
// receipt shows of it.
type history struct {
	proof RegisterProof
	key   register.Key
	seal  statement.Seal
	state []byte // that all its events lead to, once checkHistory passed
}

// registerKey derives the key of a register from its name.
func registerKey(t register.Type, id string) (register.Key, error) {
	switch t {
	case register.TypeDocument:
		return register.DocumentKey(id), nil
	case register.TypeIdentity:
		return register.IdentityKey(id), nil
	case register.TypeActivity:
		return register.ActivityKey(id), nil
	case register.TypeRun:
		return register.RunKey(id), nil
	case register.TypeDigest:
		d, err := statement.ParseDigest(id)
		return register.DigestKey(register.SHA256Digest(d)), err
	case register.TypeGrant:
		d, err := statement.ParseDigest(id)
		return register.GrantKey(register.Hash(d)), err
	}
	return register.Key{}, fmt.Errorf("there are no registers of the type %v", t)
}

func newHistory(p RegisterProof, seal statement.Seal) (*history, error) {
	key, err := registerKey(p.Type, p.ID)
	return &history{proof: p, key: key, seal: seal}, err
}

func (h *history) String() string {
	if h.proof.Value == nil {
		return fmt.Sprintf("%v %q: absent", h.proof.Type, h.proof.ID)
	}
	return fmt.Sprintf("%v %q: history of %d, the newest of entry %d", h.proof.Type, h.proof.ID, h.proof.Value.Size, h.proof.Value.Last)
}

// checkRegister is claim REG: the value stands at the key under the seal's root,
// and its newest entry before the seal.
func (h *history) checkRegister() error {
	v := h.proof.Value
	if v == nil {
		return errors.New("the receipt shows no value")
	}
	if v.Type != h.proof.Type {
		return fmt.Errorf("the value is of type %v, not %v", v.Type, h.proof.Type)
	}
	if v.Size < 1 {
		return errors.New("the register has no events")
	}
	if v.Last >= h.seal.Index {
		return fmt.Errorf("the newest event is of entry %d, not below the seal at %d", v.Last, h.seal.Index)
	}
	return h.proof.Path.VerifyInclusion(h.key, v.Hash(), h.seal.Root)
}

// checkAbsence is claim ABS, for a proof without a value: no register stands at
// the key.
func (h *history) checkAbsence() error {
	if h.proof.State != nil || len(h.proof.Events) > 0 || h.proof.Envelope != nil || h.proof.Delegation != nil {
		return errors.New("a register that is absent has no state, no events and no statement")
	}
	return h.proof.Path.VerifyAbsence(h.key, h.seal.Root)
}

// checkEvents is claim EV for every event shown.
func (h *history) checkEvents() error {
	for i := range h.proof.Events {
		if err := h.checkEvent(&h.proof.Events[i]); err != nil {
			return fmt.Errorf("event %d: %w", h.proof.Events[i].Event.Seq, err)
		}
	}
	return nil
}

// checkEvent is claim EV: the event stands in the history at its sequence
// number, its index fits the register's newest one, its time fits the seal's,
// and its opening, if there is one, opens it.
func (h *history) checkEvent(p *EventProof) error {
	e, v := &p.Event, h.proof.Value
	if e.Type != v.Type {
		return fmt.Errorf("an event of type %v in a register of type %v", e.Type, v.Type)
	}
	if err := register.VerifyEvent(*e, p.Proof, v.Size, v.Root); err != nil {
		return err
	}
	if newest := e.Seq == v.Size-1; newest && e.Index != v.Last || !newest && e.Index >= v.Last {
		return fmt.Errorf("it is of entry %d, the newest event of %d is of entry %d", e.Index, v.Size, v.Last)
	}
	if err := checkEventTime(e, h.seal); err != nil {
		return err
	}
	if p.Opening == nil {
		return nil
	}
	return e.VerifyBody(p.Opening.Blind, p.Opening.Body)
}

// checkEventTime: the entries since the seal before have the time of this seal;
// time never falls.
func checkEventTime(e *register.Event, s statement.Seal) error {
	if e.Time > uint64(s.Time) || e.Time != uint64(s.Time) && int64(e.Index) > s.Prev {
		return fmt.Errorf("its time is %d, the seal at %d has %d", e.Time, s.Index, s.Time)
	}
	return nil
}

// checkNeighbours is claim ADJ for the event at position j of those shown: the
// events are adjacent, at rising entries and at times that never fall; and event
// j is the newest, or exactly its successor follows.
func (h *history) checkNeighbours(j int) error {
	events := h.proof.Events
	for i := 1; i < len(events); i++ {
		before, e := &events[i-1].Event, &events[i].Event
		if e.Seq != before.Seq+1 {
			return fmt.Errorf("event %d does not follow event %d", e.Seq, before.Seq)
		}
		if e.Index <= before.Index || e.Time < before.Time {
			return fmt.Errorf("event %d is not later than event %d", e.Seq, before.Seq)
		}
	}
	after := len(events) - 1 - j
	if after == 0 && !h.newest(j) {
		return fmt.Errorf("event %d of %d is shown without its successor", events[j].Event.Seq, h.proof.Value.Size)
	}
	if after > 1 {
		return fmt.Errorf("%d events after event %d are shown, one is wanted", after, events[j].Event.Seq)
	}
	return nil
}

// next returns the successor of the event at position j, or nil if it is the newest.
func (h *history) next(j int) *register.Event {
	if j+1 < len(h.proof.Events) {
		return &h.proof.Events[j+1].Event
	}
	return nil
}

// newest says whether the event at position j is the newest of the register.
func (h *history) newest(j int) bool {
	return h.proof.Events[j].Event.Seq == h.proof.Value.Size-1
}

// opened returns the opening of the event at position j.
func (h *history) opened(j int) (*EventOpening, error) {
	if o := h.proof.Events[j].Opening; o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("event %d is not opened", h.proof.Events[j].Event.Seq)
}
