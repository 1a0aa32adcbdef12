package pack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
)

// The members stand in the order of their names: encoding/json prints the canonical
// form of RFC 8785. There are no characters in it that it would escape.
type (
	historyJSON struct {
		Events []eventJSON     `json:"events"`
		Staple json.RawMessage `json:"staple"`
	}
	eventJSON struct {
		Blind []byte `json:"blind"`
		Body  []byte `json:"body"`
		Event []byte `json:"event"`
	}
)

// marshal gives the file of a history.
func (h *History) marshal() []byte {
	events := []eventJSON{}
	for i := range h.Events {
		e := &h.Events[i]
		events = append(events, eventJSON{e.Blind[:], e.Body, e.Event.Marshal()})
	}
	b, err := json.Marshal(events)
	if err != nil {
		panic("pack: history: " + err.Error()) // byte strings alone
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, `{"events":%s,"staple":%s}`, b, h.Staple.Marshal())
	return out.Bytes()
}

// parseHistory takes only what marshal gives.
func parseHistory(b []byte) (*History, error) {
	var in historyJSON
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, err
	}
	staple, err := proofs.ParseReceipt(in.Staple)
	if err != nil {
		return nil, err
	}
	if len(staple.Registers) != 1 || staple.Envelope != nil {
		return nil, errors.New("its staple does not show one register alone")
	}
	h := &History{Name: Name{staple.Registers[0].Type, staple.Registers[0].ID}, Staple: staple}
	for i, e := range in.Events {
		event, err := register.ParseEvent(e.Event)
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", i, err)
		}
		if len(e.Blind) != len(proofs.Hash{}) {
			return nil, fmt.Errorf("event %d: a blind of %d bytes", i, len(e.Blind))
		}
		h.Events = append(h.Events, proofs.OpenedEvent{Event: event, EventOpening: proofs.EventOpening{Blind: proofs.Hash(e.Blind), Body: e.Body}})
	}
	if !bytes.Equal(h.marshal(), b) {
		return nil, errors.New("not in canonical form: want JSON as RFC 8785 prints it, each name once, nothing after it")
	}
	return h, nil
}
