package pack

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Limits of a pack.
const (
	MaxSize      = 64 << 20 // bytes of the zip file
	MaxEntries   = 4096     // receipts
	MaxHistories = 2048     // registers
)

// A Name names a register: its type, and the id as in a staple.
type Name struct {
	Type register.Type
	ID   string
}

func (n Name) String() string { return fmt.Sprintf("%v %q", n.Type, n.ID) }

func compareNames(a, b Name) int {
	if a.Type != b.Type {
		return int(a.Type) - int(b.Type)
	}
	return bytes.Compare([]byte(a.ID), []byte(b.ID))
}

// checkSubject refuses what no pack is about.
func (n Name) checkSubject() error {
	switch {
	case n.Type == register.TypeDocument && statement.ValidDocumentID(n.ID):
	case (n.Type == register.TypeRun || n.Type == register.TypeIdentity) && statement.ValidID(n.ID):
	default:
		return fmt.Errorf("a pack is about a run, a document or an identity, not about %s", n)
	}
	return nil
}

// A History is all of one register: its staple, and every event, opened.
type History struct {
	Name
	Staple *proofs.Receipt // with one register
	Events []proofs.OpenedEvent
}

// A Pack is what a pack holds. Nothing in it is verified: see Verify.
type Pack struct {
	Subject Name
	Policy  string // the tlog-policy of who made it: never believed

	receipts  map[uint64]*proofs.Receipt
	makers    map[uint64]proofs.Maker
	histories map[Name]*History
}

// New returns an empty pack about a run, a document or an identity.
func New(subject Name, policy string) (*Pack, error) {
	return &Pack{
		Subject: subject, Policy: policy,
		receipts: make(map[uint64]*proofs.Receipt), makers: make(map[uint64]proofs.Maker), histories: make(map[Name]*History),
	}, subject.checkSubject()
}

// AddReceipt adds the receipt of an entry, or puts it in the place of an older one.
func (p *Pack) AddReceipt(r *proofs.Receipt) error {
	if r.Envelope == nil {
		return errors.New("a staple is no receipt of an entry")
	}
	m, err := proofs.MakerOf(r.Envelope)
	if err != nil {
		return fmt.Errorf("the statement of entry %d: %w", r.Index, err)
	}
	p.receipts[r.Index], p.makers[r.Index] = r, m
	if len(p.receipts) > MaxEntries {
		return fmt.Errorf("more than %d statements: a pack holds no more", MaxEntries)
	}
	return nil
}

// AddHistory adds a register, or puts it in the place of an older one.
func (p *Pack) AddHistory(h *History) error {
	if len(h.Staple.Registers) != 1 || h.Staple.Envelope != nil {
		return errors.New("the staple of a history shows one register alone")
	}
	if r := h.Staple.Registers[0]; r.Type != h.Type || r.ID != h.ID {
		return fmt.Errorf("the staple shows the register of %v %q, not of %s", r.Type, r.ID, h.Name)
	}
	p.histories[h.Name] = h
	if len(p.histories) > MaxHistories {
		return fmt.Errorf("more than %d registers: a pack holds no more", MaxHistories)
	}
	return nil
}

// Stale are the parts that are of another tree than this one.
func (p *Pack) Stale(checkpoint proofs.Checkpoint) (stale Needs) {
	other := func(r *proofs.Receipt) bool {
		n, err := proofs.ParseNote(r.Checkpoint)
		return err != nil || !bytes.Equal(n.Body, checkpoint.Marshal())
	}
	for _, n := range p.names() {
		if other(p.histories[n].Staple) {
			stale.Registers = append(stale.Registers, n)
		}
	}
	for _, i := range p.entries() {
		if other(p.receipts[i]) {
			stale.Entries = append(stale.Entries, i)
		}
	}
	return stale
}

// Notes returns the signed notes of all parts, each once, the part of the largest tree
// first; of one tree the one with the most signatures.
func (p *Pack) Notes() [][]byte {
	seen := make(map[string]bool)
	for _, r := range p.all() {
		seen[string(r.Checkpoint)] = true
	}
	type note struct {
		text string
		size uint64
		by   int
	}
	var all []note
	for text := range seen {
		n, _ := proofs.ParseNote([]byte(text)) // what is none is last
		cp, _ := proofs.ParseCheckpoint(n.Body)
		all = append(all, note{text, cp.Size, len(n.Signatures)})
	}
	slices.SortFunc(all, func(a, b note) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(b.by, a.by), cmp.Compare(a.text, b.text))
	})
	out := make([][]byte, len(all))
	for i, n := range all {
		out[i] = []byte(n.text)
	}
	return out
}

// Under puts one note in the place of all others, which are of the same tree but have
// other cosignatures. Parts of another tree are an error.
func (p *Pack) Under(note []byte) error {
	want, err := proofs.ParseNote(note)
	if err != nil {
		return err
	}
	for _, r := range p.all() {
		n, err := proofs.ParseNote(r.Checkpoint)
		if err != nil {
			return err
		}
		if !bytes.Equal(n.Body, want.Body) {
			return errors.New("its parts are of different checkpoints")
		}
		r.Checkpoint = note
	}
	return nil
}

// all are receipts by index, then staples by name.
func (p *Pack) all() []*proofs.Receipt {
	var all []*proofs.Receipt
	for _, i := range p.entries() {
		all = append(all, p.receipts[i])
	}
	for _, n := range p.names() {
		all = append(all, p.histories[n].Staple)
	}
	return all
}

func (p *Pack) entries() []uint64 { return slices.Sorted(maps.Keys(p.receipts)) }

func (p *Pack) names() []Name { return slices.SortedFunc(maps.Keys(p.histories), compareNames) }
