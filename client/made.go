package client

import (
	"fmt"

	"github.com/docketlog/docket/proofs"
)

// made compares event i with the entry that it says made it, see [proofs.CheckMade],
// and with the time of the entry's seal.
func (h *History) made(i int, e *Entry) error {
	event := h.Events[i]
	if int64(event.Time) != e.Time {
		return fmt.Errorf("its time is %d, that of the seal %d", event.Time, e.Time)
	}
	opened := proofs.OpenedEvent{Event: event, EventOpening: proofs.EventOpening{Blind: h.Blinds[i], Body: h.Bodies[i]}}
	return proofs.CheckMade(h.Type, h.ID, opened, proofs.Maker{Payload: e.payload, LeafHash: e.leaf, Statement: e.Statement, Digest: e.Digest})
}
