package fsck

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/storage"
)

// readAnchor reads the anchor before all else, since it says which roots to keep.
func (n *notes) readAnchor() error {
	if n.log.Anchor == nil {
		return nil
	}
	text, err := n.log.Anchor.Load()
	switch {
	case errors.Is(err, storage.ErrNoAnchor):
		n.fault("the anchor is empty", "the newest checkpoint that the log signed", doAnchor)
		return nil
	case errors.Is(err, storage.ErrDamaged):
		n.fault(err.Error(), "the newest checkpoint that the log signed", doAnchor)
		return nil
	case err != nil:
		return err
	}
	split, err := log.ParseAnchor(text)
	if err != nil {
		n.fault(err.Error(), "signed notes", doAnchor)
		return nil
	}
	for i, note := range split {
		c, own, err := log.OpenAnchored(note, n.keys)
		if err != nil {
			n.fault(fmt.Sprintf("note %d: %v", i, err), "a checkpoint under the log's keys, such as "+n.log.Key.String(), doAnchor)
			return nil
		}
		if i > 0 && c.Size >= n.anchor[i-1].head.Size {
			n.fault(fmt.Sprintf("size %d after size %d", c.Size, n.anchor[i-1].head.Size), "the newest note first", doAnchor)
			return nil
		}
		n.anchor = append(n.anchor, anchored{c.TreeHead, own})
	}
	return nil
}

func (n *notes) fault(found, want, do string) {
	n.findings.put(Finding{Where: inAnchor, What: "the anchor", Found: found, Want: want, Do: do})
}

// checkAnchor compares the anchor with the tree and with the rows.
func (n *notes) checkAnchor(t *tree, rows map[uint64][]byte, sizes []uint64) {
	for _, a := range n.anchor {
		if err := n.fits(t, a.head); err != nil {
			do := doAnchor
			if a.head.Size > t.pyramid.size() {
				do = doBehind
			}
			n.fault(err.Error(), "a prefix of the store's tree", do)
		}
		if row := rows[a.head.Size]; row != nil && !bytes.Equal(row, a.note) {
			n.fault(fmt.Sprintf("another note of size %d than the store has", a.head.Size), "one note for one size", doAnchor)
		}
	}
	if len(n.anchor) == 0 || len(sizes) == 0 {
		return
	}
	if newest := sizes[len(sizes)-1]; newest > n.anchor[0].head.Size {
		n.fault(fmt.Sprintf("size %d as the newest", n.anchor[0].head.Size), fmt.Sprintf("size %d or above, which the log signed: an old anchor was put back", newest), doAnchor)
	}
}
