package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs"
)

// MediaType is that of an Evidence as JSON.
const MediaType = "application/vnd.docket.evidence.v1+json"

// Max bounds the JSON of an Evidence, in bytes.
const Max = 8 << 20

// Bounds of the lists of an Evidence.
const (
	maxHashes  = 64
	maxEntries = 1100 // a leaf, the seals around it, and all that a rule can name
	maxText    = 4 << 10
	maxIndex   = 1<<53 - 1 // what JSON numbers carry everywhere
)

// Kinds of Evidence.
const (
	Fork     = "fork"
	Phantom  = "phantom"
	Rewrite  = "rewrite"
	Time     = "time"
	Leaf     = "leaf"
	Rollback = "rollback"
	Unproven = "unproven"
)

// kinds tell which members an Evidence of a kind has.
var kinds = map[string]form{
	Fork: formNotes, Rollback: formNotes, Unproven: formNotes,
	Phantom: formReceipts, Rewrite: formReceipts, Time: formReceipts | formSeal, Leaf: formLeaf,
}

// A form is a set of the shapes that evidence has.
type form uint8

const (
	formNotes    form = 1 << iota // two checkpoints, at most one proof
	formReceipts                  // two receipts
	formSeal                      // a checkpoint with a seal under it
	formLeaf                      // a checkpoint, a divergence, entries
)

// Evidence is what was found against a log. Which members it has is told by Kind.
type Evidence struct {
	MediaType string `json:"mediaType"`
	Kind      string `json:"kind"`
	Reason    string `json:"reason"`            // by whoever found it; nobody believes it
	Genesis   []byte `json:"genesis,omitempty"` // leaf hash of the log's entry 0; two notes need none
	Rules     string `json:"rules,omitempty"`   // of a leaf

	Checkpoints []string `json:"checkpoints,omitempty"` // signed notes, byte for byte
	Root        []byte   `json:"root,omitempty"`        // that the larger tree has at the smaller size
	Consistency [][]byte `json:"consistency,omitempty"` // from there to the larger tree (RFC 6962)

	Receipts []json.RawMessage `json:"receipts,omitempty"` // receipt files, as RFC 8785 prints them

	Divergence *Divergence `json:"divergence,omitempty"`
	Entries    []Entry     `json:"entries,omitempty"` // under the one checkpoint, by rising index
}

// An Entry is a leaf under the checkpoint.
type Entry struct {
	Index     uint64   `json:"index"`
	Leaf      []byte   `json:"leaf"`
	Content   []byte   `json:"content,omitempty"` // statement as signed
	Inclusion [][]byte `json:"inclusion"`         // RFC 6962
}

// Marshal returns the JSON: one line.
func (e *Evidence) Marshal() []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e.printed()); err != nil {
		panic("evidence: " + err.Error()) // strings, numbers, bytes and JSON
	}
	return b.Bytes()
}

// printed is the evidence with empty lists and leaves where there are none: so that
// they have one form.
func (e *Evidence) printed() *Evidence {
	out := *e
	out.Entries = slices.Clone(e.Entries)
	for i := range out.Entries {
		entry := &out.Entries[i]
		entry.Leaf, entry.Inclusion = append([]byte{}, entry.Leaf...), append([][]byte{}, entry.Inclusion...)
	}
	return &out
}

// Parse reads what Marshal prints, and nothing else. It verifies nothing. The error is
// an [*Invalid].
func Parse(b []byte) (*Evidence, error) {
	e, err := parse(b)
	if err != nil {
		return nil, &Invalid{CodeForm, err}
	}
	return e, nil
}

func parse(b []byte) (*Evidence, error) {
	if len(b) > Max {
		return nil, fmt.Errorf("evidence of more than %d bytes", Max)
	}
	var e Evidence
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil || e.MediaType != MediaType {
		return nil, fmt.Errorf("this is no evidence: want JSON of the media type %s", MediaType)
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	if !bytes.Equal(e.Marshal(), b) {
		return nil, fmt.Errorf("evidence is JSON in one form: each name once and in its place, no white space, a newline at the end")
	}
	return &e, nil
}

// check holds the members to the bounds and to what the kind has.
func (e *Evidence) check() error {
	shapes, ok := kinds[e.Kind]
	shape := e.shape()
	switch {
	case !ok:
		return fmt.Errorf("evidence of an unknown kind %.40q", e.Kind)
	case shape == 0 || shapes&shape == 0:
		return fmt.Errorf("evidence of the kind %s has not the members of that kind", e.Kind)
	case len(e.Genesis) != len(proofs.Hash{}) && !(shape == formNotes && e.Genesis == nil):
		return fmt.Errorf("the genesis of evidence is a hash of %d bytes; two notes alone may do without", len(proofs.Hash{}))
	case len(e.Reason) > maxText:
		return fmt.Errorf("the reason of evidence has at most %d bytes", maxText)
	case (len(e.Root) == 0) != (len(e.Consistency) == 0) || len(e.Root) > 0 && len(e.Root) != len(proofs.Hash{}):
		return fmt.Errorf("root and consistency of evidence stand together: a hash and a proof")
	}
	for _, note := range e.Checkpoints {
		if len(note) > proofs.MaxNote {
			return fmt.Errorf("a checkpoint of evidence has at most %d bytes", proofs.MaxNote)
		}
	}
	if _, err := hashes(e.Consistency); err != nil {
		return fmt.Errorf("the consistency proof of evidence: %w", err)
	}
	for i, text := range e.Receipts {
		if _, err := proofs.ParseReceipt(text); err != nil {
			return fmt.Errorf("receipt %d of the evidence: %w", i, err)
		}
	}
	return errors.Join(e.checkDivergence(), e.checkEntries())
}

// checkDivergence: the claim is of a leaf that can be in a file.
func (e *Evidence) checkDivergence() error {
	d := e.Divergence
	if d == nil {
		return nil
	}
	if d.Class != ClassEntry && d.Class != ClassSeal {
		return fmt.Errorf("the divergence of evidence is of the unknown class %.40q", d.Class)
	}
	for _, index := range append([]uint64{d.Index}, d.Indices...) {
		if index > maxIndex {
			return fmt.Errorf("an index in evidence is at most %d", uint64(maxIndex))
		}
	}
	return nil
}

func (e *Evidence) checkEntries() error {
	if len(e.Entries) > maxEntries {
		return fmt.Errorf("evidence has at most %d entries", maxEntries)
	}
	for i, entry := range e.Entries {
		if entry.Index > maxIndex {
			return fmt.Errorf("an index in evidence is at most %d", uint64(maxIndex))
		}
		if i > 0 && entry.Index <= e.Entries[i-1].Index {
			return fmt.Errorf("the entries of evidence rise: %d stands after %d", entry.Index, e.Entries[i-1].Index)
		}
		if _, err := hashes(entry.Inclusion); err != nil {
			return fmt.Errorf("entry %d of evidence: %w", entry.Index, err)
		}
	}
	return nil
}

// shape is the one form that the members have; 0: none.
func (e *Evidence) shape() form {
	switch {
	case e.Divergence != nil:
		if len(e.Checkpoints) == 1 && len(e.Entries) > 0 && e.Receipts == nil && e.Root == nil {
			return formLeaf
		}
	case e.Rules != "":
	case e.Receipts != nil:
		if len(e.Receipts) == 2 && e.Checkpoints == nil && e.Entries == nil && e.Root == nil {
			return formReceipts
		}
	case e.Entries != nil:
		if len(e.Entries) == 1 && len(e.Checkpoints) == 1 && e.Root == nil {
			return formSeal
		}
	case len(e.Checkpoints) == 2:
		return formNotes
	}
	return 0
}

// hashes reads a list of hashes.
func hashes(in [][]byte) ([]proofs.Hash, error) {
	if len(in) > maxHashes {
		return nil, fmt.Errorf("more than %d hashes", maxHashes)
	}
	out := make([]proofs.Hash, len(in))
	for i, h := range in {
		if len(h) != len(out[i]) {
			return nil, fmt.Errorf("a hash of %d bytes", len(h))
		}
		out[i] = proofs.Hash(h)
	}
	return out, nil
}

// bytesOf is hashes as they stand in JSON.
func bytesOf(in []proofs.Hash) [][]byte {
	var out [][]byte
	for _, h := range in {
		out = append(out, h[:])
	}
	return out
}
