package fsck

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// stretch is 256 leaves with their contents, on their way into the fold.
type stretch struct {
	leaves, contents [][]byte
	checked          []*admission.Checked // nil: a seal, or refused
}

// replay folds the log anew from leaf 0 and compares the register root of every
// seal. Signatures are verified several at once. It holds all registers in
// memory, about 2.5 KiB for each document.
func (c *check) replay(s *source) error {
	if c.Mode != log.Sealed || c.tree.findings.total > 0 {
		return nil // what cannot be read cannot be folded
	}
	size := c.tree.pyramid.size()
	total := (size + proofs.TileWidth - 1) / proofs.TileWidth
	r := admission.NewReplay(c.Origin)
	c.progress.phase("replay", size)
	done := uint64(0)
	err := inOrder(c, c.Workers, total, func(n uint64) (*stretch, error) {
		return c.readStretch(s, n*proofs.TileWidth, proofs.WidthAt(0, n, size))
	}, func(x *stretch) error {
		done += uint64(len(x.leaves))
		c.progress.at(done)
		return x.fold(r)
	})
	var wrong *admission.ReplayError
	if errors.As(err, &wrong) {
		c.findings.put(Finding{
			Where: storage.LeafSpace.String(), Key: hex.EncodeToString(storage.Leaf(wrong.Index)), What: fmt.Sprintf("leaf %d", wrong.Index),
			Found: wrong.Err.Error(), Want: "an entry that the rules " + statement.Rules + " admit; the replay ended here", Do: doReplay,
		})
		return nil
	}
	c.report.Replayed = err == nil
	return err
}

// readStretch reads leaves and contents, and verifies the signatures.
func (c *check) readStretch(s *source, first uint64, width int) (*stretch, error) {
	x := &stretch{leaves: make([][]byte, width), contents: make([][]byte, width), checked: make([]*admission.Checked, width)}
	keep := func(to [][]byte) func(key, row []byte) bool {
		at := 0
		return func(key, row []byte) bool {
			for at < width && !bytes.HasSuffix(key, storage.Leaf(first + uint64(at))[1:]) {
				at++
			}
			if at < width {
				to[at] = bytes.Clone(row)
			}
			return true
		}
	}
	start, end := storage.LeafRange(first, first+uint64(width))
	if err := s.scan(start, end, keep(x.leaves)); err != nil {
		return nil, err
	}
	start, end = storage.ContentRange(first, first+uint64(width))
	if err := s.scan(start, end, keep(x.contents)); err != nil {
		return nil, err
	}
	for i, leaf := range x.leaves {
		if bytes.HasPrefix(leaf, []byte(statement.SealPrefix)) {
			continue
		}
		if checked, err := admission.Check(c.Origin, leaf, x.contents[i]); err == nil {
			x.checked[i] = checked
		}
	}
	return x, nil
}

// fold hands the entries to the replay in their order.
func (x *stretch) fold(r *admission.Replay) error {
	for i, leaf := range x.leaves {
		if x.checked[i] != nil {
			if err := r.AddChecked(x.checked[i]); err != nil {
				return err
			}
			continue
		}
		if err := r.Add(leaf, x.contents[i]); err != nil {
			return err
		}
	}
	return nil
}
