package proofs

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A Contradiction is portable evidence that a log broke its word: two receipts
// whose checkpoints its key signed, and which cannot both be true. Anybody with
// the log's key can verify it again.
type Contradiction struct {
	Class  string // one of the classes below
	Reason string // what excludes what; lower case
	A, B   *Receipt
}

// Classes of a Contradiction.
const (
	ClassFork    = "fork"    // one size, two trees
	ClassPhantom = "phantom" // an entry or a seal that a later signed tree does not have
	ClassRewrite = "rewrite" // a register whose history is no prefix of the later one
	ClassTime    = "time"    // two times for one entry, or times that fall
)

// A clash is what excludes what; the zero clash says that nothing does.
type clash struct{ class, reason string }

func clashf(class, format string, args ...any) clash {
	return clash{class, fmt.Sprintf(format, args...)}
}

// Contradiction looks for what two receipts of one log show that excludes each
// other, whatever they are receipts for:
//
//   - two trees of one size
//   - two leaves, or two times, for one index; a time that falls
//   - a seal that passes over one before it
//   - two events at one place of one register
//   - a register that shrank, or that did not have an event which it had by then
//
// Only what is proven under a receipt's own signed tree counts; what is not is
// passed over. nil: nothing was found. The error, a *CheckError, says that the
// checkpoint of one of them is not the log's, so that it is no evidence at all.
func (v Verifier) Contradiction(a, b *Receipt) (*Contradiction, error) {
	first, err := v.facts(a)
	if err != nil {
		return nil, err
	}
	second, err := v.facts(b)
	if err != nil {
		return nil, err
	}
	if first.checkpoint.Origin != second.checkpoint.Origin {
		return nil, nil
	}
	if first.checkpoint.Size > second.checkpoint.Size {
		first, second = second, first
	}
	if c := first.excludes(second); c.reason != "" {
		return &Contradiction{Class: c.class, Reason: c.reason, A: a, B: b}, nil
	}
	return nil, nil
}

// Verdict returns the contradiction as a verdict.
func (c *Contradiction) Verdict() Verdict {
	return Verdict{Kind: Contradicted, Exit: ExitContradicted, Reason: c.Reason, Contradiction: c}
}

// facts are what one receipt proves under the tree that the log signed.
type facts struct {
	checkpoint Checkpoint
	sealed     bool // the tree ends in a seal, whose registers are below
	seal       statement.Seal
	leaves     []leafFact
	registers  []registerFact
}

// A leafFact says which leaf stands at an index, and when it came.
type leafFact struct {
	index uint64
	hash  Hash
	time  int64 // by the log's clock; -1: not shown
}

// A registerFact says what stood at a key under the seal.
type registerFact struct {
	key    register.Key
	name   string
	size   uint64 // 0: absent
	last   uint64
	events []register.Event
}

func (v Verifier) facts(r *Receipt) (*facts, error) {
	if r == nil {
		r = &Receipt{}
	}
	cp, _, err := checkCheckpoint(v.Policy, r.Checkpoint, 0)
	if err != nil {
		return nil, &CheckError{Name: CheckCheckpoint, Err: err}
	}
	f := &facts{checkpoint: cp}
	f.addEntry(r)
	f.addSeal(r)
	for _, p := range r.Registers {
		f.addRegister(p)
	}
	return f, nil
}

// addEntry takes the leaf, whatever it says: the log signed a tree that has it.
func (f *facts) addEntry(r *Receipt) {
	if r.Envelope == nil {
		return
	}
	e := entry{index: r.Index, leafHash: leafHashOf(r.Envelope, statement.DigestOf(r.Envelope.Payload))}
	if checkEntry(e, r.Inclusion, f.checkpoint) == nil {
		f.leaves = append(f.leaves, leafFact{index: e.index, hash: e.leafHash, time: -1})
	}
}

func (f *facts) addSeal(r *Receipt) {
	seal, err := statement.ParseSeal(r.Seal)
	if err != nil || checkSealPosition(seal, f.checkpoint.Size) != nil || checkSealInclusion(r, f.checkpoint) != nil {
		return
	}
	f.leaves = append(f.leaves, leafFact{index: seal.Index, hash: LeafHash(r.Seal), time: seal.Time})
	f.seal, f.sealed = seal, checkRules(seal.Rules) == nil
}

func (f *facts) addRegister(p RegisterProof) {
	if !f.sealed {
		return
	}
	h, err := newHistory(p, f.seal)
	if err != nil {
		return
	}
	fact := registerFact{key: h.key, name: fmt.Sprintf("%v %q", p.Type, p.ID)}
	if p.Value == nil {
		if h.checkAbsence() == nil {
			f.registers = append(f.registers, fact)
		}
		return
	}
	if h.checkRegister() != nil || h.checkEvents() != nil {
		return
	}
	fact.size, fact.last = p.Value.Size, p.Value.Last
	for i := range p.Events {
		e := p.Events[i].Event
		fact.events = append(fact.events, e)
		f.leaves = append(f.leaves, leafFact{index: e.Index, hash: e.LeafHash, time: int64(e.Time)})
	}
	f.registers = append(f.registers, fact)
}

// excludes says why the facts of f, of the smaller tree, exclude those of g.
func (f *facts) excludes(g *facts) clash {
	if f.checkpoint.Size == g.checkpoint.Size && f.checkpoint.Root != g.checkpoint.Root {
		return clashf(ClassFork, "the log signed two trees of size %d", f.checkpoint.Size)
	}
	if c := leavesExclude(append(slices.Clone(f.leaves), g.leaves...)); c.reason != "" {
		return c
	}
	if f.sealed && g.sealed && f.seal.Index < g.seal.Index && g.seal.Prev < int64(f.seal.Index) {
		return clashf(ClassPhantom, "the seal at %d passes over the seal at %d", g.seal.Index, f.seal.Index)
	}
	for i := range f.registers {
		for k := range g.registers {
			if f.registers[i].key == g.registers[k].key {
				if c := f.registers[i].excludes(&g.registers[k], f.seal.Index); c.reason != "" {
					return c
				}
			}
		}
	}
	return clash{}
}

// leavesExclude: one leaf and one time for each index, and times that never fall.
func leavesExclude(leaves []leafFact) clash {
	slices.SortStableFunc(leaves, func(a, b leafFact) int { return cmp.Compare(a.index, b.index) })
	newest := leafFact{time: -1} // the last leaf whose time is shown
	for i, l := range leaves {
		if i > 0 && l.index == leaves[i-1].index && l.hash != leaves[i-1].hash {
			return clashf(ClassPhantom, "two leaves stand at index %d", l.index)
		}
		if l.time < 0 {
			continue
		}
		if l.index == newest.index && newest.time >= 0 && l.time != newest.time {
			return clashf(ClassTime, "the entry at index %d has two times", l.index)
		}
		if l.time < newest.time {
			return clashf(ClassTime, "time falls between index %d and index %d", newest.index, l.index)
		}
		newest = l
	}
	return clash{}
}

// excludes compares a register under the seal at index seal with what a tree that
// is not smaller shows of it.
func (f *registerFact) excludes(g *registerFact, seal uint64) clash {
	if g.size < f.size {
		return clashf(ClassRewrite, "%s had %d events under the seal at %d, and %d under a later one", f.name, f.size, seal, g.size)
	}
	for _, e := range g.events {
		if e.Seq >= f.size && e.Index <= seal {
			return clashf(ClassRewrite, "%s has event %d of entry %d, which the seal at %d leaves out", f.name, e.Seq, e.Index, seal)
		}
		if e.Seq < f.size && e.Index > f.last {
			return clashf(ClassRewrite, "%s had %d events by entry %d, and event %d of entry %d under a later seal", f.name, f.size, f.last, e.Seq, e.Index)
		}
		for _, old := range f.events {
			if old.Seq == e.Seq && old != e {
				return clashf(ClassRewrite, "%s has two events %d", f.name, e.Seq)
			}
		}
	}
	if g.size > f.size && g.last <= seal {
		return clashf(ClassRewrite, "%s has %d events by entry %d, and the seal at %d, which covers it, shows %d", f.name, g.size, g.last, seal, f.size)
	}
	return clash{}
}
