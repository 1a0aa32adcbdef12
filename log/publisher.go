package log

import (
	"fmt"

	"github.com/docketlog/docket/proofs"
)

// publisher signs what the writer committed, anchors the note and lets readers
// see it. It runs beside the writer: while one batch is signed and anchored the
// next is committed, and of several that wait only the newest is signed, since
// its tree covers them all. All its fields belong to one goroutine.
type publisher struct {
	Config
	note      []byte // what the anchor holds
	published *View
}

// publish signs the durable tree head of a view, which the writer checked to
// extend all earlier ones, and makes the view the published one. It is the one
// way to a signature: Create and Open use it too.
func (p *publisher) publish(v *View) error {
	note, err := p.Signer.Sign(proofs.Checkpoint{Origin: p.Origin, TreeHead: v.TreeHead()})
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	// First write wins: if the anchor does not hold what this publisher put
	// there, another one signs with our key, and we must not let this note out.
	if err := p.Anchor.Replace(p.note, note); err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	p.release(v, note)
	return nil
}

// release makes a view whose note the anchor holds the published one.
func (p *publisher) release(v *View, note []byte) {
	v.note = note
	p.note, p.published = note, v
}
