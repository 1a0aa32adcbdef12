package restore

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// readFiles reads checkpoints that people brought: each is signed by this log.
func (g *gatherer) readFiles() error {
	for _, path := range g.Checkpoints {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := g.know(path, text); err != nil {
			return fmt.Errorf("%s is no checkpoint of %s: %w", path, g.manifest.Origin, err)
		}
	}
	return nil
}

// know adds a note that this log signed.
func (g *gatherer) know(source string, note []byte) error {
	cp, own, err := log.OpenAnchored(note, g.manifest.Keys)
	if err != nil {
		return err
	}
	g.facts.Known = append(g.facts.Known, Known{Source: source, Size: cp.Size, Root: cp.Root[:], Note: string(own)})
	return nil
}

// compare holds every known checkpoint against backup and store, and sorts them.
func (g *gatherer) compare() error {
	for i := range g.facts.Known {
		k := &g.facts.Known[i]
		var err error
		if k.Backup, err = stands(g.copied, g.manifest.Head(), k.head()); err != nil {
			return err
		}
		if g.facts.Store.State != Whole {
			continue
		}
		own := proofs.TreeHead{Size: g.facts.Store.Size, Root: proofs.Hash(g.facts.Store.Root)}
		if k.Store, err = stands(g.store, own, k.head()); err != nil {
			return err
		}
	}
	slices.SortStableFunc(g.facts.Known, func(a, b Known) int { return cmp.Compare(a.Size, b.Size) })
	return nil
}

// stands says how a tree stands to a checkpoint.
func stands(rows storage.Reader, tree, known proofs.TreeHead) (string, error) {
	if known.Size > tree.Size {
		return Ahead, nil
	}
	proof, err := log.Consistency(rows, known.Size, tree.Size)
	if err != nil {
		return "", err
	}
	if proofs.VerifyConsistency(known, tree, proof) != nil {
		return Forked, nil
	}
	return Same, nil
}

// line is the first line of an error.
func line(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
