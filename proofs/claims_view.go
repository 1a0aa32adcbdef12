package proofs

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// A view is a signed tree of a log whose last leaf, a seal, binds the registers.
// It is the ground of all other claims: claim V(N) of docs/spec/receipt.md.
type view struct {
	checkpoint Checkpoint
	quorum     QuorumResult
	seal       statement.Seal
}

// openView verifies checkpoint, seal and genesis. Whether enough cosigners signed
// is no part of it: a verdict is possible without them, under another exit code.
// latest is as in Policy.Evaluate.
func (v Verifier) openView(l *checkList, r *Receipt, latest int64) (w view, ok bool) {
	l.run(CheckCheckpoint, func() (_ string, err error) {
		w.checkpoint, w.quorum, err = checkCheckpoint(v.Policy, r.Checkpoint, latest)
		return fmt.Sprintf("%s, size %d", w.checkpoint.Origin, w.checkpoint.Size), err
	})
	l.run(CheckSealForm, func() (_ string, err error) {
		w.seal, err = statement.ParseSeal(r.Seal)
		return statement.FormatTime(w.seal.Time), err
	})
	l.run(CheckSealPosition, func() (string, error) {
		return fmt.Sprintf("index %d, the one before at %d", w.seal.Index, w.seal.Prev), checkSealPosition(w.seal, w.checkpoint.Size)
	})
	l.run(CheckSealInclusion, func() (string, error) {
		return fmt.Sprintf("%d registers", w.seal.Count), checkSealInclusion(r, w.checkpoint)
	})
	l.run(CheckGenesis, func() (string, error) {
		return hex.EncodeToString(v.Genesis[:]), VerifyInclusion(v.Genesis, 0, w.checkpoint.TreeHead, r.GenesisInclusion)
	})
	return w, l.failed == nil
}

func checkCheckpoint(p *Policy, note []byte, latest int64) (Checkpoint, QuorumResult, error) {
	if p == nil {
		return Checkpoint{}, QuorumResult{}, errors.New("the verifier has no policy")
	}
	cp, quorum, err := p.Open(note, latest)
	if err == nil {
		err = cp.CheckDocket()
	}
	return cp, quorum, err
}

// checkSealPosition: a checkpoint of size N ends in a seal that says so. Between
// two seals stands at least one other leaf.
func checkSealPosition(s statement.Seal, size uint64) error {
	if s.Index != size-1 {
		return fmt.Errorf("the seal names index %d, the tree of size %d ends at %d", s.Index, size, size-1)
	}
	if s.Prev+1 >= int64(s.Index) {
		return fmt.Errorf("no leaf stands between the seals at %d and %d", s.Prev, s.Index)
	}
	return nil
}

func checkSealInclusion(r *Receipt, cp Checkpoint) error {
	return VerifyInclusion(LeafHash(r.Seal), cp.Size-1, cp.TreeHead, r.SealInclusion)
}

// knownRules are the rules whose registers this verifier can read.
var knownRules = []string{statement.Rules}

func checkRules(rules string) error {
	if !slices.Contains(knownRules, rules) {
		return fmt.Errorf("the seal names the rules %q, this verifier knows %q: inclusion is proven, nothing else; use a newer verifier", rules, knownRules)
	}
	return nil
}
