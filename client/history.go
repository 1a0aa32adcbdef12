package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
)

// A History is the whole history of one register as of Size: every event, proven
// to be all there are.
type History struct {
	Type   register.Type
	ID     string
	Size   uint64           // leaves of the tree that the answer speaks for
	Events []register.Event // from the first on; none: the register is proven absent
	Bodies [][]byte         // what the body hash of each event hides
	Blinds []proofs.Hash    // with the body, what opens the hash
	State  []byte           // what the events lead to; nil without events
	Staple *proofs.Receipt  // register value and state, under the checkpoint
	value  *register.Value  // of the staple
	client *Client
}

// History fetches all events of a register and proves them complete: with them it
// rebuilds the root that stands in the register's value, under the newest
// checkpoint, and the state. An event that is missing, changed, or out of its
// place is a *HistoryError. All events are held in memory.
func (c *Client) History(ctx context.Context, t register.Type, id string) (*History, error) {
	staple, size, err := c.register(ctx, t, id)
	if err != nil {
		return nil, err
	}
	h := &History{Type: t, ID: id, Size: size, Staple: staple, client: c, value: staple.Registers[0].Value}
	if h.value == nil {
		return h, nil
	}
	path, err := resourceOf(t, id)
	if err != nil {
		return nil, err
	}
	for uint64(len(h.Events)) < h.value.Size {
		if err := h.page(ctx, c, path); err != nil {
			return nil, err
		}
	}
	if err := h.verify(); err != nil {
		return nil, err
	}
	return h, nil
}

func (h *History) wrong(format string, args ...any) error {
	return &HistoryError{Type: h.Type, ID: h.ID, Reason: h.client.scrub(fmt.Sprintf(format, args...))}
}

// page fetches the events that follow those that are there. What is newer than
// the staple is left out.
func (h *History) page(ctx context.Context, c *Client, path string) error {
	from := uint64(len(h.Events))
	body, _, err := c.send(ctx, "GET", fmt.Sprintf("/api/v1/histories/%s?from=%d&limit=1000", path, from), "", nil, maxAnswer)
	if notFound(err) {
		return h.wrong("event %d is missing", from)
	}
	if err != nil {
		return err
	}
	var answer struct{ Events []eventJSON }
	if err := json.Unmarshal(body, &answer); err != nil {
		return h.wrong("the events from %d on cannot be read: %v", from, err)
	}
	if len(answer.Events) == 0 {
		return h.wrong("event %d is missing", from)
	}
	for _, e := range answer.Events {
		seq := uint64(len(h.Events))
		if seq == h.value.Size {
			return nil
		}
		event, err := e.parse(h.Type, seq)
		if err != nil {
			return h.wrong("event %d: %v", seq, err)
		}
		h.Events, h.Bodies, h.Blinds = append(h.Events, event), append(h.Bodies, e.Body), append(h.Blinds, proofs.Hash(e.Blind))
	}
	return nil
}

// eventJSON is one event of an answer: what the history hashes, and what opens its
// body hash. The same in words is not used.
type eventJSON struct {
	Seq                uint64
	Event, Blind, Body []byte
}

func (e eventJSON) parse(t register.Type, seq uint64) (register.Event, error) {
	event, err := register.ParseEvent(e.Event)
	switch {
	case err != nil:
		return event, err
	case e.Seq != seq || event.Seq != seq:
		return event, fmt.Errorf("event %d stands in its place", event.Seq)
	case event.Type != t:
		return event, fmt.Errorf("it is of a register of the type %v", event.Type)
	case len(e.Blind) != len(proofs.Hash{}):
		return event, errors.New("it is not opened")
	}
	return event, event.VerifyBody(proofs.Hash(e.Blind), e.Body)
}

// Opened are the events with what opens them: with the staple they prove the same
// offline, see [proofs.Verifier.RunComplete] and [proofs.Verifier.GrantSpent].
func (h *History) Opened() []proofs.OpenedEvent {
	all := make([]proofs.OpenedEvent, len(h.Events))
	for i, e := range h.Events {
		all[i] = proofs.OpenedEvent{Event: e, EventOpening: proofs.EventOpening{Blind: h.Blinds[i], Body: h.Bodies[i]}}
	}
	return all
}

// verify proves the events to be all of the register, and the state to be theirs, by
// the verifier's own function.
func (h *History) verify() error {
	record, err := h.client.Verifier.FullHistory(h.Staple, h.Type, h.ID, h.Opened())
	var check *proofs.CheckError
	if errors.As(err, &check) {
		return h.wrong("%v", check.Err)
	}
	h.State = record.State
	return err
}
