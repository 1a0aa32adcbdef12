package auditor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
)

// errLater says that a size is not replayed yet.
var errLater = errors.New("the log is not replayed up to this size yet")

// vouch returns nil when every seal of a checkpoint, which the log signed, is right.
func (c *Cosigner) vouch(ctx context.Context, cp proofs.Checkpoint, note []byte) error {
	ctx, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	for {
		c.mu.Lock()
		tree, ended, replayed := c.tree, c.ended, c.replayed
		c.mu.Unlock()
		switch {
		case ended != nil:
			return ended.err
		case tree != nil && cp.Size <= tree.Size:
			return c.begins(ctx, tree, cp, note)
		case c.holds(cp):
			return nil
		}
		c.wakeUp()
		select {
		case <-replayed:
		case <-ctx.Done():
			return errLater
		}
	}
}

// holds says that this very tree head was cosigned before, and so was replayed: a log
// asks so at its start, when it does not serve yet.
func (c *Cosigner) holds(cp proofs.Checkpoint) bool {
	n, err := proofs.ParseNote(c.Witness.Checkpoint(sha256.Sum256([]byte(cp.Origin))))
	if err != nil {
		return false
	}
	held, err := proofs.ParseCheckpoint(n.Body)
	return err == nil && held == cp
}

// wakeUp asks for a Step.
func (c *Cosigner) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// begins proves that the replayed tree begins with a checkpoint, and that a seal ends
// that. A checkpoint that the log signed, and of which that is not so, ends the audit.
func (c *Cosigner) begins(ctx context.Context, tree *client.Tree, cp proofs.Checkpoint, note []byte) error {
	root, proof, err := tree.Consistency(ctx, cp.Size)
	if err != nil {
		return fmt.Errorf("%w: %w", errLater, err)
	}
	if root != cp.Root {
		fork := &client.ForkError{Seen: note, Shown: tree.Note, Genesis: c.Audit.Client.Verifier.Genesis}
		if cp.Size < tree.Size {
			fork.Root, fork.Proof = root, proof
		}
		return c.wrong(note, fork, client.EvidenceOf(fork))
	}
	leaf, err := tree.Leaf(ctx, cp.Size-1)
	if err != nil {
		return fmt.Errorf("%w: %w", errLater, err)
	}
	if !bytes.HasPrefix(leaf, []byte(statement.SealPrefix)) {
		return c.sealless(ctx, cp, note, leaf)
	}
	return nil
}

// sealless ends the audit with a checkpoint that the log signed over a tree which no
// seal ends.
func (c *Cosigner) sealless(ctx context.Context, cp proofs.Checkpoint, note, leaf []byte) error {
	d := audit.Divergence{
		Index: cp.Size - 1, Class: audit.ClassSeal, Rule: "seal", Reason: "the log signed a checkpoint that ends here, and this leaf is no seal",
	}
	tree, err := c.Audit.Client.FileTree(note)
	var proof []proofs.Hash
	if err == nil {
		_, proof, err = tree.Inclusion(ctx, d.Index)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errLater, err)
	}
	entry := evidence.Entry{Index: d.Index, Leaf: leaf}
	for _, h := range proof {
		entry.Inclusion = append(entry.Inclusion, h[:])
	}
	return c.wrong(note, &d, evidence.OfLeaf(statement.Rules, c.Audit.Client.Verifier.Genesis, note, d, []evidence.Entry{entry}))
}

// wrong ends the audit. The evidence is kept before anybody is answered.
func (c *Cosigner) wrong(note []byte, err error, e *evidence.Evidence) error {
	c.Evidence(e)
	err = c.end(note, err).err
	c.wakeUp()
	return err
}
