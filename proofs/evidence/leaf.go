package evidence

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// Classes of a Divergence that can be evidence.
const (
	ClassEntry = "entry" // an entry that the rules do not admit
	ClassSeal  = "seal"  // a seal that does not follow, or whose register root is wrong; a tree without one
)

// A Divergence is a leaf that should not be in the log, under the log's signature:
// portable evidence. It is the first wrong one in log order.
type Divergence struct {
	Index   uint64   `json:"index"`
	Class   string   `json:"class"`             // ClassEntry or ClassSeal; in a report any class
	Rule    string   `json:"rule"`              // a refusal code such as E405; of seals: seal or registers
	Field   string   `json:"field,omitempty"`   // JSON path in the statement
	Reason  string   `json:"reason"`            // what is wrong, and what would be right
	Indices []uint64 `json:"indices,omitempty"` // entries that show why
}

func (d *Divergence) Error() string {
	text := fmt.Sprintf("entry %d: %s", d.Index, d.Rule)
	if d.Field != "" {
		text += ": " + d.Field
	}
	return text + ": " + d.Reason
}

// judgeLeaf says what the leaves at hand show: form, signature, origin, a statement
// twice, and the order of seals. What else a rule forbids, such as a wrong register
// root, only a replay tells, which the index and the rule make short.
func (e *Evidence) judgeLeaf(v proofs.Verifier) (Judgement, error) {
	if e.Rules != statement.Rules {
		return invalid(CodeRules, fmt.Errorf("the evidence is of the rules %.40q, this program has %s", e.Rules, statement.Rules))
	}
	cp, _, err := v.Policy.Open([]byte(e.Checkpoints[0]), 0)
	if err != nil {
		return invalid(CodeCheckpoint, fmt.Errorf("the checkpoint of the evidence: %w", err))
	}
	at := make(map[uint64]Entry)
	for _, entry := range e.Entries {
		if err := entry.verify(cp); err != nil {
			return invalid(CodeInclusion, err)
		}
		at[entry.Index] = entry
	}
	wrong, ok := at[e.Divergence.Index]
	if !ok {
		return invalid(CodeInclusion, fmt.Errorf("the evidence lacks entry %d, which it is about", e.Divergence.Index))
	}
	switch {
	case e.Divergence.Class != ClassSeal && !e.ruled(wrong):
		return proves(CodeNoRules, "%s signed these leaves; no seal here covers entry %d and names the rules %s, so nothing says that they were in force", cp.Origin, wrong.Index, e.Rules)
	case !e.breaks(at, wrong, cp):
		return proves(CodeReplay, "%s signed these leaves; what is wrong with leaf %d (%.20q) only a replay tells: docket audit", cp.Origin, wrong.Index, e.Divergence.Rule)
	case e.Divergence.Class == ClassSeal:
		return convicts(CodeSeal, "%s signed a tree of size %d in which the leaf %d is not the seal that belongs there", cp.Origin, cp.Size, wrong.Index)
	}
	return convicts(CodeEntry, "%s signed a tree of size %d with the entry %d, which the rule %s forbids", cp.Origin, cp.Size, wrong.Index, e.Divergence.Rule)
}

// ruled says whether a seal at hand covers the entry and names the rules by which it is
// judged. What a file says of the rules is its maker's word: an entry that some rules
// forbid may be right by those that were in force.
func (e *Evidence) ruled(wrong Entry) bool {
	for _, entry := range e.Entries {
		seal, err := statement.ParseSeal(entry.Leaf)
		if err == nil && seal.Index == entry.Index && seal.Prev < int64(wrong.Index) && wrong.Index < seal.Index {
			return seal.Rules == e.Rules
		}
	}
	return false
}

// breaks says whether the leaf breaks its rule by what is at hand.
func (e *Evidence) breaks(at map[uint64]Entry, wrong Entry, cp proofs.Checkpoint) bool {
	if e.Divergence.Class == ClassSeal {
		return badSeal(at, wrong, cp)
	}
	if bytes.HasPrefix(wrong.Leaf, []byte(statement.SealPrefix)) {
		return false // a seal is no entry, and wrong for other reasons if at all
	}
	if e.Divergence.Rule == admission.CodeDuplicate {
		return e.duplicate(wrong)
	}
	var refusal *admission.Refusal
	if _, err := admission.Check(cp.Origin, wrong.Leaf, wrong.Content); errors.As(err, &refusal) {
		return refusal.Code == e.Divergence.Rule
	}
	return false
}

// duplicate says whether the evidence has the statement of the entry at a lower index.
func (e *Evidence) duplicate(wrong Entry) bool {
	second, err := statement.ParseCommitment(wrong.Leaf)
	if err != nil {
		return false
	}
	for _, entry := range e.Entries {
		first, err := statement.ParseCommitment(entry.Leaf)
		if err == nil && entry.Index < wrong.Index && first.Digest == second.Digest {
			return true
		}
	}
	return false
}

// badSeal says whether a seal is wrong by itself, or beside the one before it.
func badSeal(at map[uint64]Entry, wrong Entry, cp proofs.Checkpoint) bool {
	if !bytes.HasPrefix(wrong.Leaf, []byte(statement.SealPrefix)) {
		return wrong.Index == cp.Size-1 // a tree that no seal ends
	}
	seal, err := statement.ParseSeal(wrong.Leaf)
	if err != nil || seal.Index != wrong.Index {
		return true
	}
	for index, entry := range at {
		if index >= wrong.Index || !bytes.HasPrefix(entry.Leaf, []byte(statement.SealPrefix)) {
			continue
		}
		before, err := statement.ParseSeal(entry.Leaf)
		if err == nil && before.Index == index && (seal.Prev < int64(index) || seal.Time < before.Time || seal.Prev == int64(index) && index+1 == wrong.Index) {
			return true
		}
	}
	return false
}
