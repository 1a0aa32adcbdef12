package log

import (
	"context"
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs"
)

// publisher signs what the writer committed, anchors the note and lets readers
// see it. It runs beside the writer: while one batch is signed and anchored the
// next is committed, and of several that wait only the newest is signed, since
// its tree covers them all. All its fields belong to one goroutine.
type publisher struct {
	Config
	text      []byte // what the anchor holds, see signedNotes
	signed    *signedNotes
	notes     []SignedCheckpoint // those that are no rows of the published view
	published *View
	unasked   func(context.Context) error // Confirm, about what Open published; nil: it was asked, or nobody is
}

// publish signs the durable tree head of a view, which the writer checked to
// extend all earlier ones, and makes the view the published one. It is the one
// way to a signature: Create and Open use it too.
func (p *publisher) publish(v *View) error {
	note, err := p.Signer.SignAt(proofs.Checkpoint{Origin: p.Origin, TreeHead: v.TreeHead()}, v.head.Time/1000)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	c, err := v.signedNote(v.head.Size, note)
	if err != nil {
		return err
	}
	// First write wins: if the anchor does not hold what this publisher put
	// there, another one signs with our key, and we must not let this note out.
	text := anchorText(note, p.signed.list())
	if err := p.Anchor.Replace(p.text, text); err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	p.signed.add(c) // before the writer begins the batch after the next: then it is a row
	p.note(v, c)
	p.release(v, note, text)
	return nil
}

// note adds the note of a view to those that are no rows of it. The writer's list
// says less: while the anchor takes the note, the next commit may make rows of the
// ones before it, which this view does not have.
func (p *publisher) note(v *View, c SignedCheckpoint) {
	kept := slices.DeleteFunc(slices.Clone(p.notes), func(c SignedCheckpoint) bool { return c.Size <= v.noted })
	p.notes = append(kept, c)
}

// release makes a view whose note the anchor holds the published one.
func (p *publisher) release(v *View, note, text []byte) {
	v.note, v.signed = note, p.notes
	p.text, p.published = text, v
}
