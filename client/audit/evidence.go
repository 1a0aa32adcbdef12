package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// EvidenceMediaType is that of an Evidence as JSON.
const EvidenceMediaType = "application/vnd.docket.divergence.v1+json"

// MaxEvidence bounds the JSON of an Evidence, in bytes.
const MaxEvidence = 8 << 20

// Evidence is a divergence that anybody can hold against the log who has its key:
// the checkpoint that the log signed, the leaf that should not be under it, and what
// shows why, each with its inclusion proof. It has the statements concerned in
// clear: who may not read them must not get it.
type Evidence struct {
	MediaType  string `json:"mediaType"`
	Rules      string `json:"rules"`
	Genesis    []byte `json:"genesis"`    // leaf hash of entry 0
	Checkpoint string `json:"checkpoint"` // signed note
	Divergence
	Entries []EvidenceEntry `json:"entries"` // by rising index; that of the divergence among them
}

// An EvidenceEntry is a leaf under the checkpoint.
type EvidenceEntry struct {
	Index     uint64   `json:"index"`
	Leaf      []byte   `json:"leaf"`
	Content   []byte   `json:"content,omitempty"` // statement as signed
	Inclusion [][]byte `json:"inclusion"`         // RFC 6962
}

// evidence gathers what shows a divergence: the leaf, the seals around it, and the
// entries that its rule names.
func (r *run) evidence(ctx context.Context, d *Divergence) (*Evidence, error) {
	e := &Evidence{MediaType: EvidenceMediaType, Rules: rules, Genesis: r.Client.Verifier.Genesis[:], Checkpoint: string(r.tree.Note), Divergence: *d}
	indices := append([]uint64{d.Index}, d.Indices...)
	if r.prev >= 0 && uint64(r.prev) < r.tree.Size {
		indices = append(indices, uint64(r.prev))
	}
	if d.Class == ClassEntry {
		if seal, err := r.tree.Seal(ctx, d.Index); err == nil {
			indices = append(indices, seal.Index)
		}
	}
	slices.Sort(indices)
	for _, index := range slices.Compact(indices) {
		entry, err := r.evidenceEntry(ctx, index)
		if err != nil {
			return nil, err
		}
		e.Entries = append(e.Entries, entry)
	}
	return e, nil
}

func (r *run) evidenceEntry(ctx context.Context, index uint64) (e EvidenceEntry, err error) {
	e.Index = index
	if e.Leaf, err = r.tree.Leaf(ctx, index); err != nil {
		return e, err
	}
	_, proof, err := r.tree.Inclusion(ctx, index)
	if err != nil {
		return e, err
	}
	for _, h := range proof {
		e.Inclusion = append(e.Inclusion, h[:])
	}
	if bytes.HasPrefix(e.Leaf, []byte(statement.SealPrefix)) {
		return e, nil
	}
	contents, err := r.Client.Contents(ctx, index, index+1)
	if err == nil {
		e.Content = contents[0]
	}
	return e, err
}

// Marshal returns the JSON.
func (e *Evidence) Marshal() []byte {
	b, err := json.Marshal(e)
	if err != nil {
		panic("audit: " + err.Error()) // strings, numbers, bytes and lists of them
	}
	return append(b, '\n')
}

// ParseEvidence reads what Marshal prints, and nothing else. It verifies nothing.
func ParseEvidence(b []byte) (*Evidence, error) {
	if len(b) > MaxEvidence {
		return nil, fmt.Errorf("evidence of more than %d bytes", MaxEvidence)
	}
	var e Evidence
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil || e.MediaType != EvidenceMediaType || !bytes.Equal(e.Marshal(), b) {
		return nil, errors.New("this is no evidence of a divergence: want JSON of the media type " + EvidenceMediaType)
	}
	return &e, nil
}

// Verify says what the evidence proves alone, under a pinned log: that the log signed
// a tree with these leaves, always, else it is an error; and that the leaf breaks its
// rule, where that follows from the leaves at hand: form, signature, origin, and the
// order of seals. alone is false where only a replay can tell.
func (e *Evidence) Verify(v proofs.Verifier) (alone bool, err error) {
	if !bytes.Equal(e.Genesis, v.Genesis[:]) {
		return false, errors.New("the evidence is of a log with another genesis than the pinned one")
	}
	if e.Rules != rules {
		return false, fmt.Errorf("the evidence is of the rules %s, this program has %s", e.Rules, rules)
	}
	cp, _, err := v.Policy.Open([]byte(e.Checkpoint), 0)
	if err != nil {
		return false, fmt.Errorf("the checkpoint of the evidence: %w", err)
	}
	at := make(map[uint64]EvidenceEntry)
	for _, entry := range e.Entries {
		if err := entry.verify(cp); err != nil {
			return false, err
		}
		at[entry.Index] = entry
	}
	wrong, ok := at[e.Index]
	if !ok {
		return false, fmt.Errorf("the evidence lacks entry %d, which it is about", e.Index)
	}
	if e.Class == ClassSeal {
		return e.badSeal(at, wrong, cp), nil
	}
	if bytes.HasPrefix(wrong.Leaf, []byte(statement.SealPrefix)) {
		return false, nil // a seal is no entry, and wrong for other reasons if at all
	}
	if e.Rule == admission.CodeDuplicate {
		return e.duplicate(wrong), nil
	}
	var refusal *admission.Refusal
	if _, err := admission.Check(cp.Origin, wrong.Leaf, wrong.Content); errors.As(err, &refusal) {
		return refusal.Code == e.Rule, nil
	}
	return false, nil
}

// duplicate says whether the evidence has the statement of the entry at a lower index.
func (e *Evidence) duplicate(wrong EvidenceEntry) bool {
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

// verify checks that the leaf stands in the tree.
func (e EvidenceEntry) verify(cp proofs.Checkpoint) error {
	hashes := make([]proofs.Hash, len(e.Inclusion))
	for i, h := range e.Inclusion {
		if len(h) != len(hashes[i]) {
			return fmt.Errorf("entry %d of the evidence: a hash of %d bytes", e.Index, len(h))
		}
		hashes[i] = proofs.Hash(h)
	}
	if err := proofs.VerifyInclusion(proofs.LeafHash(e.Leaf), e.Index, cp.TreeHead, hashes); err != nil {
		return fmt.Errorf("entry %d of the evidence: %w", e.Index, err)
	}
	return nil
}

// badSeal says whether a seal is wrong by itself, or beside the one before it.
func (e *Evidence) badSeal(at map[uint64]EvidenceEntry, wrong EvidenceEntry, cp proofs.Checkpoint) bool {
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
