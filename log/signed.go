package log

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// A SignedCheckpoint is one note that the log signed and let out.
type SignedCheckpoint struct {
	Size uint64
	Time int64  // of the seal at Size-1, Unix ms: the log's clock; 0 in a raw log
	Note []byte // byte for byte as signed
}

// signedNotes are the notes that the anchor took and that are not rows of the
// store yet. A note is signed after the commit of its tree head, so it becomes a
// row with a later commit. Until then the anchor's text holds it:
//
//	text of the anchor = newest note ‖ "\n" ‖ the note before it ‖ ...
//
// So each note that was ever let out is in the store or in the anchor, whenever
// the log is cut off. The writer is at most one batch ahead of the publisher:
// there are rarely more than two.
type signedNotes struct {
	mu    sync.Mutex
	notes []SignedCheckpoint // by rising size; replaced, never changed
}

// list returns the notes that are not rows yet. The caller does not change it.
func (s *signedNotes) list() []SignedCheckpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.notes
}

func (s *signedNotes) add(c SignedCheckpoint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(slices.Clip(s.notes), c)
}

// drop forgets notes that are rows now.
func (s *signedNotes) drop(rows []SignedCheckpoint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = s.notes[len(rows):] // only the writer drops, and from the front
}

// noteRows puts the notes that were signed meanwhile into a batch.
func noteRows(b *storage.Batch, notes []SignedCheckpoint) {
	for _, c := range notes {
		b.Set(storage.Checkpoint(c.Size), c.Note)
	}
}

// anchorText returns what the anchor gets with a new note: it, then the notes
// that are not rows yet, the newest first.
func anchorText(note []byte, pending []SignedCheckpoint) []byte {
	parts := [][]byte{note}
	for _, c := range slices.Backward(pending) {
		parts = append(parts, c.Note)
	}
	return bytes.Join(parts, []byte("\n"))
}

// ParseAnchor splits the text of an anchor into its notes, the newest first. It
// does not verify them.
func ParseAnchor(text []byte) (notes [][]byte, err error) {
	blank := []byte("\n\n")
	parts := bytes.Split(text, blank)
	if len(parts)%2 != 0 || len(text) == 0 || text[len(text)-1] != '\n' {
		return nil, errors.New("the anchor's text is not a list of signed notes")
	}
	for i := 0; i < len(parts); i += 2 {
		note := slices.Concat(parts[i], blank, parts[i+1])
		if note[0] == '\n' {
			return nil, errors.New("the anchor's text has an empty line too many")
		}
		if i+2 < len(parts) {
			note = append(note, '\n')
		}
		notes = append(notes, note)
	}
	return notes, nil
}

// openAnchor verifies the notes of an anchor's text, each signed by the log, of
// falling sizes, and returns them as the log signed them.
func openAnchor(text []byte, keys KeyTerms) (notes [][]byte, heads []proofs.TreeHead, err error) {
	notes, err = ParseAnchor(text)
	if err != nil {
		return nil, nil, damage("%v", err)
	}
	for i, note := range notes {
		c, own, err := OpenAnchored(note, keys)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: the anchor's note does not verify under the log's keys: %v", ErrMismatch, err)
		}
		notes[i] = own
		if i > 0 && c.Size >= heads[i-1].Size {
			return nil, nil, fmt.Errorf("%w: the anchor's notes are of size %d, then %d", ErrMismatch, heads[i-1].Size, c.Size)
		}
		heads = append(heads, c.TreeHead)
	}
	return notes, heads, nil
}

// OpenAnchored verifies a note of an anchor's text and returns it as the log
// signed it: with one line of each key that signs its size, in their order, and no other. An operator
// who puts an anchor back from a witness's copy brings the lines of cosigners with it,
// and must bring all of the log's.
func OpenAnchored(note []byte, all KeyTerms) (c proofs.Checkpoint, own []byte, err error) {
	parsed, err := proofs.ParseNote(note)
	if err != nil {
		return c, nil, err
	}
	if c, err = proofs.ParseCheckpoint(parsed.Body); err != nil {
		return c, nil, err
	}
	keys := all.At(c.Size)
	if _, _, err := proofs.OpenCheckpoint(note, keys); err != nil {
		return c, nil, err
	}
	signed := proofs.Note{Body: parsed.Body}
	for _, key := range keys {
		lines := parsed.OnlyBy([]proofs.VerifierKey{key}).Signatures
		if n := len(lines); n != 1 {
			return c, nil, fmt.Errorf("%d signature lines of the log's key %s+%08x, whose line stands on each of its checkpoints of size %d: bring a copy as the log signed it", n, key.Name, key.ID, c.Size)
		}
		signed.Signatures = append(signed.Signatures, lines...)
	}
	return c, signed.Marshal(), nil
}

// recover finds the notes of the anchor that are not rows yet.
func (s *signedNotes) recover(v *View, notes [][]byte, heads []proofs.TreeHead) error {
	for i, note := range slices.Backward(notes) {
		size := heads[i].Size
		row, found, err := find(v.rows, storage.Checkpoint(size))
		switch {
		case err != nil:
			return err
		case found && !bytes.Equal(row, note):
			return fmt.Errorf("%w: two notes of size %d, one in the anchor and one in the store", ErrFork, size)
		case found:
			continue
		}
		c, err := v.signedNote(size, note)
		if err != nil {
			return err
		}
		s.add(c)
	}
	return nil
}

// signedNote completes the note of a size with the time of its seal.
func (v *View) signedNote(size uint64, note []byte) (SignedCheckpoint, error) {
	c := SignedCheckpoint{Size: size, Note: note}
	if v.registers == nil {
		return c, nil
	}
	if size == 0 {
		return c, damage("a sealed log signed size 0")
	}
	leaf, err := v.Leaf(size - 1)
	if err != nil {
		return c, err
	}
	seal, err := statement.ParseSeal(leaf)
	if err != nil {
		return c, damage("leaf %d is not a seal: %v", size-1, err)
	}
	c.Time = seal.Time
	return c, nil
}

// Checkpoints returns up to limit of the notes that the log signed for sizes
// above after, by rising size, up to the view's own. The note of size 0, which a
// raw log begins with, is not among them: no proof starts from it.
func (v *View) Checkpoints(after uint64, limit int) ([]SignedCheckpoint, error) {
	var rows []SignedCheckpoint
	if after >= v.head.Size || limit <= 0 {
		return nil, nil
	}
	var bad error
	start, end := storage.CheckpointRange(after+1, v.head.Size+1)
	err := v.rows.Scan(start, end, func(key, note []byte) bool {
		size, err := storage.ParseCheckpoint(key)
		if err != nil {
			bad = err
			return false
		}
		rows = append(rows, SignedCheckpoint{Size: size, Note: bytes.Clone(note)})
		return len(rows) < limit
	})
	if err = errors.Join(err, bad); err != nil {
		return nil, err
	}
	for i, c := range rows {
		if rows[i], err = v.signedNote(c.Size, c.Note); err != nil {
			return nil, err
		}
	}
	for _, c := range v.signed {
		newest := after
		if len(rows) > 0 {
			newest = rows[len(rows)-1].Size
		}
		if c.Size > newest && len(rows) < limit {
			rows = append(rows, c)
		}
	}
	return rows, nil
}

// CheckpointAt returns the note that the log signed for a size, or ErrNotFound:
// not every size was signed, only those of published batches, and of size 0, with
// which a raw log begins, there is nothing to ask for.
func (v *View) CheckpointAt(size uint64) (SignedCheckpoint, error) {
	if size > 0 {
		found, err := v.Checkpoints(size-1, 1)
		if err != nil {
			return SignedCheckpoint{}, err
		}
		if len(found) == 1 && found[0].Size == size {
			return found[0], nil
		}
	}
	return SignedCheckpoint{}, fmt.Errorf("%w: no checkpoint of size %d was signed; the published size is %d", ErrNotFound, size, v.head.Size)
}
