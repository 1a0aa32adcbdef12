package proofs

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Staple returns what a receipt shows of registers, without its statement: enough
// for who has the receipt of the same entry under a smaller tree.
func (r *Receipt) Staple() *Receipt {
	s := *r
	s.Envelope, s.Index, s.Inclusion = nil, 0, nil
	return &s
}

// openStaples takes the staples by rising size, so that the largest speaks last.
func (j *judgement) openStaples(e entry, r *Receipt, staples []*Receipt, w view) bool {
	staples = slices.Clone(staples)
	for i, s := range staples {
		if s == nil {
			staples[i] = &Receipt{}
		}
	}
	slices.SortStableFunc(staples, func(a, b *Receipt) int { return cmp.Compare(j.verifier.sizeOf(a), j.verifier.sizeOf(b)) })
	for i, s := range staples {
		if !j.openStaple(e, r, s, w) || i > 0 && !j.agree(staples[:i], s) {
			return false
		}
	}
	return true
}

// sizeOf is the size of a receipt's tree; 0 if it is none of the log.
func (v Verifier) sizeOf(r *Receipt) uint64 {
	cp, _, err := checkCheckpoint(v.Policy, r.Checkpoint, noLatest)
	if err != nil {
		return 0
	}
	return cp.Size
}

// agree: a staple excludes none of those before it.
func (j *judgement) agree(others []*Receipt, s *Receipt) bool {
	return j.checks.run("staple "+CheckSameLog, func() (string, error) {
		for _, other := range others {
			found, err := j.verifier.Contradiction(other, s)
			if err != nil {
				return "", err
			}
			if found != nil {
				j.verdict.Contradiction = found
				return "", errors.New(found.Reason)
			}
		}
		return "with the staples before it", nil
	})
}

// openStaple judges the entry once more, by the registers of a newer seal.
func (j *judgement) openStaple(e entry, r, staple *Receipt, w view) bool {
	l := &j.checks
	l.prefix = "staple "
	defer func() { l.prefix = "" }()
	newer, ok := j.verifier.openView(l, staple, j.latest())
	if !ok {
		return false
	}
	var found *Contradiction
	l.run(CheckSameLog, func() (_ string, err error) {
		if found, err = j.verifier.Contradiction(r, staple); found != nil {
			err = errors.New(found.Reason)
		}
		return "with the receipt", err
	})
	if found != nil {
		j.verdict.Contradiction = found
		return false
	}
	if newer.checkpoint.Size < w.checkpoint.Size {
		return j.openOlder(e, staple, newer, w)
	}
	if !j.openRegisters(e, staple, newer) {
		return false
	}
	j.sight(newer, true)
	j.speakFor(newer)
	if j.apart = staple.Envelope == nil; !j.apart {
		return j.openInclusion(e, staple, newer)
	}
	// A pure staple does not show that its tree holds the entry: nobody vouches
	// for that but who vouches for a receipt.
	j.verdict.Level = min(j.verdict.Level, levelOf(j.verifier.Policy, j.held.quorum))
	return true
}

// openInclusion verifies that the tree of a newer receipt holds the entry.
func (j *judgement) openInclusion(e entry, r *Receipt, w view) bool {
	policy := j.verifier.Policy
	if levelOf(policy, w.quorum) >= levelOf(policy, j.held.quorum) {
		j.held = w
	}
	return j.checks.run(CheckEntry, func() (string, error) {
		return fmt.Sprintf("index %d", e.index), checkEntry(e, r.Inclusion, w.checkpoint)
	})
}

// openOlder takes a staple of a smaller tree than the receipt's: for a moment it says
// when its cosigners saw that tree, for nothing else is it used. If it is of a tree
// that has the entry, its registers are judged like any other's.
func (j *judgement) openOlder(e entry, staple *Receipt, older, w view) bool {
	l := &j.checks
	if j.moment == nil {
		j.verdict.Warnings = append(j.verdict.Warnings, fmt.Sprintf("the staple speaks for size %d, the receipt for %d: not used", older.checkpoint.Size, w.checkpoint.Size))
		return l.failed == nil
	}
	holds := older.checkpoint.Size > e.index
	if holds {
		k := judgement{verifier: j.verifier, expect: j.expect, checks: *l}
		ok := k.openRegisters(e, staple, older)
		if j.checks = k.checks; !ok {
			return false
		}
	}
	j.sight(older, holds)
	return l.failed == nil
}

// staple judges a staple without its receipt: it proves registers, but says
// nothing about a file, unless that it was never released.
func (j *judgement) staple(r *Receipt, w view) Verdict {
	l := &j.checks
	l.run(CheckRules, func() (string, error) { return w.seal.Rules, checkRules(w.seal.Rules) })
	never := false
	for _, p := range r.Registers {
		l.run(CheckRegister, func() (string, error) {
			h, err := newHistory(p, w.seal)
			if err != nil {
				return "", err
			}
			never = never || p.Value == nil && h.key == register.DigestKey(register.SHA256Digest(j.expect.File))
			return h.String(), h.check()
		})
	}
	if l.failed != nil {
		return j.invalid()
	}
	if never {
		return j.unknown("this log had released no document with these bytes, as of size %d", w.checkpoint.Size)
	}
	return j.unknown("a staple says how long a release was in force: verify it together with its receipt")
}

// check judges a register by itself, whatever entry it was shown for.
func (h *history) check() error {
	if h.proof.Value == nil {
		return h.checkAbsence()
	}
	if err := errors.Join(h.checkRegister(), h.checkEvents()); err != nil {
		return err
	}
	if s := h.proof.State; s != nil {
		if err := h.proof.Value.VerifyState(s.Blind, s.State); err != nil {
			return err
		}
	}
	if err := h.checkEnvelope(); err != nil {
		return err
	}
	if len(h.proof.Events) == 0 {
		return nil
	}
	if h.proof.Type == register.TypeRun || h.proof.Type == register.TypeGrant {
		return h.checkRising() // not all that stands between them is shown
	}
	// The last event is the successor of the one before it. One alone is the newest.
	return h.checkNeighbours(max(0, len(h.proof.Events)-2))
}

// checkEnvelope: a statement beside a grant is the one that granted it.
func (h *history) checkEnvelope() error {
	if e := h.proof.Envelope; e != nil {
		if got := statement.DigestOf(e.Payload); got.String() != h.proof.ID {
			return fmt.Errorf("the statement shown beside it is %s", got)
		}
	} else if h.proof.Delegation != nil {
		return errors.New("a delegation is shown without the statement that was given by it")
	}
	return nil
}
