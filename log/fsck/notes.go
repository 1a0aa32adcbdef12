package fsck

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// notes are the checkpoints that the log signed: rows of the store, and the
// newest ones in the anchor.
type notes struct {
	log      Log
	keys     log.KeyTerms // with which the log signed
	findings findings
	anchor   []anchored // the newest first; nil: the anchor is damaged, empty or not checked
	sizes    []uint64   // of all notes, rising
	next     int        // in sizes
	roots    []proofs.TreeHead
}

// anchored is a note of the anchor that verified.
type anchored struct {
	head proofs.TreeHead
	note []byte
}

// keysOf reads with which keys the log signed. Where the row does not say it, or
// speaks of another log, it is the one key that was configured; checkMeta names that.
func (l Log) keysOf(r storage.Reader) log.KeyTerms {
	keys, err := log.ReadKeyTerms(r)
	pinned := func(k proofs.VerifierKey) bool { return k.String() == l.Key.String() }
	if err != nil || !slices.ContainsFunc(keys.Current(), pinned) {
		return log.NewKeyTerms(l.Key)
	}
	return keys
}

// open verifies a note: of this log, with one line of each key that signs its size
// and no other.
func (n *notes) open(note []byte) (proofs.Checkpoint, error) {
	c, own, err := log.OpenAnchored(note, n.keys)
	if err == nil && !bytes.Equal(own, note) {
		err = errors.New("it has signature lines of others than the log")
	}
	return c, err
}

// list reads the sizes of the notes, so that the tree keeps its roots there.
func (n *notes) list(s *source) error {
	start, end := storage.CheckpointSpace.Range()
	err := s.scan(start, end, func(key, _ []byte) bool {
		size, err := storage.ParseCheckpoint(key)
		if err != nil {
			n.findings.malformed(key)
			return true
		}
		n.sizes = append(n.sizes, size)
		return true
	})
	for _, a := range n.anchor {
		n.sizes = append(n.sizes, a.head.Size)
	}
	sort.Slice(n.sizes, func(i, j int) bool { return n.sizes[i] < n.sizes[j] })
	return err
}

// keep keeps the root of the tree at hand if there is a note of its size. It is
// asked for every size, in rising order.
func (n *notes) keep(p *pyramid) error {
	size := p.size()
	for len(n.sizes) > n.next && n.sizes[n.next] < size {
		n.next++
	}
	if len(n.sizes) == n.next || n.sizes[n.next] != size {
		return nil
	}
	root, err := p.root()
	n.roots = append(n.roots, proofs.TreeHead{Size: size, Root: root})
	return err
}

// rootAt returns the root of a size that has a note, if the tree came to it.
func (n *notes) rootAt(size uint64) (root proofs.Hash, ok bool) {
	at := sort.Search(len(n.roots), func(i int) bool { return n.roots[i].Size >= size })
	if at == len(n.roots) || n.roots[at].Size != size {
		return root, false
	}
	return n.roots[at].Root, true
}

// check compares all notes with the tree.
func (n *notes) check(s *source, t *tree) error {
	byRow := make(map[uint64][]byte) // of the sizes in the anchor
	for _, a := range n.anchor {
		byRow[a.head.Size] = nil
	}
	var sizes []uint64 // the first and the last
	start, end := storage.CheckpointSpace.Range()
	rows := s.cursor(start, end)
	for {
		if err := s.turn(); err != nil {
			return err
		}
		key, note, err := rows.peek()
		if err != nil {
			return err
		}
		if key == nil {
			break
		}
		size, err := storage.ParseCheckpoint(key)
		if err == nil {
			sizes = append(sizes[:min(len(sizes), 1)], size)
			n.row(t, key, size, note)
			if _, ok := byRow[size]; ok {
				byRow[size] = bytes.Clone(note)
			}
		}
		rows.advance()
	}
	n.checkAnchor(t, byRow, sizes)
	n.checkFirst(t, sizes)
	n.checkTerms()
	return nil
}

// checkTerms demands that each change of the log's keys came right after a checkpoint.
func (n *notes) checkTerms() {
	for _, term := range n.keys {
		for _, change := range []uint64{term.From, term.Until} {
			if _, signed := slices.BinarySearch(n.sizes, change-1); change > 0 && !signed && (len(n.anchor) > 0 || n.log.Anchor == nil) {
				n.findings.row(log.SettingsKey(), "the settings of the log", fmt.Sprintf("the key %s+%08x begins or ends to sign at size %d", term.Key.Name, term.Key.ID, change),
					"the size after that of a checkpoint")
			}
		}
	}
}

// row checks one stored note.
func (n *notes) row(t *tree, key []byte, size uint64, note []byte) {
	c, err := n.open(note)
	if err == nil && c.Size != size {
		err = fmt.Errorf("a note of size %d", c.Size)
	}
	if err == nil {
		err = n.fits(t, c.TreeHead)
	}
	if err != nil {
		n.wrong(key, size, err)
	}
}

func (n *notes) wrong(key []byte, size uint64, err error) {
	n.findings.put(Finding{
		Where: storage.CheckpointSpace.String(), Key: hex.EncodeToString(key), What: fmt.Sprintf("the checkpoint of size %d", size),
		Found: err.Error(), Want: "the note that was signed for the tree", Do: doRestore,
	})
}

// fits compares a signed tree head with the tree over the leaves.
func (n *notes) fits(t *tree, h proofs.TreeHead) error {
	root, ok := n.rootAt(h.Size)
	switch {
	case !ok:
		return fmt.Errorf("size %d: the leaves end at %d", h.Size, t.pyramid.size())
	case root != h.Root:
		return fmt.Errorf("root %x; the leaves up to size %d have %x", h.Root, h.Size, root)
	case n.log.Mode == log.Sealed && t.torn == 0 && !t.sealed(h.Size):
		return fmt.Errorf("size %d, which does not end in a seal", h.Size)
	}
	return nil
}

// checkFirst demands the checkpoint of the log's creation, in the anchor or as
// the first row. Whether others were signed, no row but their own says.
func (n *notes) checkFirst(t *tree, sizes []uint64) {
	want := uint64(0)
	if n.log.Mode == log.Sealed {
		if len(t.seals) == 0 {
			return
		}
		want = t.seals[0].index + 1
	}
	if len(n.anchor) == 0 && (n.log.Anchor != nil || len(sizes) == 0) {
		return // a damaged anchor was named already; it, or one that is not here, may have held it
	}
	if len(n.anchor) > 0 && n.anchor[len(n.anchor)-1].head.Size == want {
		return
	}
	if len(sizes) == 0 || sizes[0] != want {
		n.findings.row(storage.Checkpoint(want), fmt.Sprintf("the checkpoint of size %d", want), "no row", "the note of the log's creation")
	}
}
