package client

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/proofs"
)

// A SignedCheckpoint is an older checkpoint of a log, proven to be a prefix of a
// newer tree.
type SignedCheckpoint struct {
	proofs.Checkpoint
	Note []byte // the signed note, byte for byte
	Time int64  // the log's clock, unix ms: the time in the seal that ends its tree
}

// maxPage is how many checkpoints a server gives at once.
const maxPage = 1000

// Checkpoints fetches up to limit (1 to 1,000) checkpoints that the log signed for
// sizes above after and up to this tree's, by rising size. Each is verified and
// proven to be a prefix of this tree, and so of each later one; its time is read
// from its seal. A server may leave checkpoints out: that the list is whole is not
// proven. A note of another history is a *ForkError.
func (t *Tree) Checkpoints(ctx context.Context, after uint64, limit int) ([]SignedCheckpoint, error) {
	if limit < 1 || limit > maxPage {
		return nil, fmt.Errorf("1 to %d checkpoints are read at once, not %d", maxPage, limit)
	}
	body, _, err := t.client.send(ctx, "GET", fmt.Sprintf("/api/v1/checkpoints?after=%d&limit=%d", after, limit), "", nil, maxAnswer)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Checkpoints []struct {
			Size uint64
			Note string
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Checkpoints == nil || len(answer.Checkpoints) > limit {
		return nil, t.client.unusable("not a list of up to %d checkpoints", limit)
	}
	var out []SignedCheckpoint
	for _, c := range answer.Checkpoints {
		if c.Size <= after {
			return nil, t.client.unusable("the checkpoint of size %d does not follow size %d", c.Size, after)
		}
		if after = c.Size; after > t.Size {
			return out, nil // signed since
		}
		signed, err := t.signed(ctx, c.Size, []byte(c.Note))
		if err != nil {
			return nil, err
		}
		out = append(out, signed)
	}
	return out, nil
}

// CheckpointAt fetches the checkpoint that the log signed for exactly this size,
// and proves it a prefix of the tree. A size for which none was signed is a
// *Refused with status 404.
func (t *Tree) CheckpointAt(ctx context.Context, size uint64) (SignedCheckpoint, error) {
	if size > t.Size {
		return SignedCheckpoint{}, fmt.Errorf("the log has size %d, not yet %d", t.Size, size)
	}
	note, _, err := t.client.send(ctx, "GET", fmt.Sprintf("/api/v1/checkpoints/%d", size), "", nil, maxProblem)
	if err != nil {
		return SignedCheckpoint{}, err
	}
	return t.signed(ctx, size, note)
}

// signed verifies a note of this size, and reads its seal.
func (t *Tree) signed(ctx context.Context, size uint64, note []byte) (SignedCheckpoint, error) {
	cp, err := t.client.open(note)
	if err != nil {
		return SignedCheckpoint{}, err
	}
	if cp.Size != size {
		return SignedCheckpoint{}, t.client.unusable("a checkpoint of size %d, not of %d", cp.Size, size)
	}
	if err := t.holds(ctx, cp, note); err != nil {
		return SignedCheckpoint{}, err
	}
	seal, err := t.Seal(ctx, size-1)
	if err == nil && seal.Index != size-1 {
		err = t.client.unusable("no seal ends the tree of size %d", size)
	}
	return SignedCheckpoint{Checkpoint: cp, Note: note, Time: seal.Time}, err
}

// holds proves that the tree begins with that of a verified note.
func (t *Tree) holds(ctx context.Context, cp proofs.Checkpoint, note []byte) error {
	root, err := tlog.TreeHash(int64(cp.Size), t.reader(ctx))
	if err != nil {
		return err
	}
	if proofs.Hash(root) == cp.Root {
		return nil
	}
	older, err := t.client.Tree(note)
	if err != nil {
		return err
	}
	_, err = t.Extends(ctx, older)
	return err
}

// SizeBefore returns a size after which the first checkpoint has a time of at
// least since, by the log's clock.
func (t *Tree) SizeBefore(ctx context.Context, since time.Time) (uint64, error) {
	low, high := uint64(0), t.Size
	for low < high {
		middle := low + (high-low)/2
		page, err := t.Checkpoints(ctx, middle, 1)
		if err != nil {
			return 0, err
		}
		if len(page) == 0 || page[0].Time >= since.UnixMilli() {
			high = middle
		} else {
			low = page[0].Size
		}
	}
	return low, nil
}
