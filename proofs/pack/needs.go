package pack

import (
	"fmt"
	"maps"
	"slices"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Needs are parts of a pack, by what names them, sorted.
type Needs struct {
	Registers []Name
	Entries   []uint64
}

// None says that there are none.
func (n Needs) None() bool { return len(n.Registers) == 0 && len(n.Entries) == 0 }

func (n Needs) String() string {
	switch {
	case len(n.Registers) > 0:
		return fmt.Sprintf("the register of %s", n.Registers[0])
	case len(n.Entries) > 0:
		return fmt.Sprintf("entry %d", n.Entries[0])
	}
	return "nothing"
}

// Needs returns what the subject demands by all that is known so far: what is missing,
// and what is there but does not belong. Whoever gathers a pack fetches what is
// missing until nothing is; whoever verifies one demands that both are empty.
//
// It demands the subject's register (of an identity also its activity); of a document,
// the runs of its releases; the documents, grants, delegations and workflows of the
// statements in those; the policy; and, for each event of each of these registers, its
// statement, with the register of the identity that signed it.
func (p *Pack) Needs() (missing, surplus Needs) {
	c := p.closure()
	for n := range c.registers {
		if p.histories[n] == nil {
			missing.Registers = append(missing.Registers, n)
		}
	}
	for i := range c.entries {
		if p.receipts[i] == nil {
			missing.Entries = append(missing.Entries, i)
		}
	}
	for _, n := range p.names() {
		if !c.registers[n] {
			surplus.Registers = append(surplus.Registers, n)
		}
	}
	for _, i := range p.entries() {
		if !c.entries[i] {
			surplus.Entries = append(surplus.Entries, i)
		}
	}
	slices.SortFunc(missing.Registers, compareNames)
	slices.Sort(missing.Entries)
	return missing, surplus
}

// A closure is what a pack must hold, as far as what it holds tells.
type closure struct {
	pack      *Pack
	registers map[Name]bool
	entries   map[uint64]bool
}

func (p *Pack) closure() *closure {
	c := &closure{p, make(map[Name]bool), make(map[uint64]bool)}
	for _, n := range p.roots() {
		c.history(n)
	}
	if p.Subject.Type != register.TypeIdentity {
		for _, i := range p.core() {
			c.follow(p.makers[i])
		}
	}
	c.history(Name{register.TypeDocument, statement.PolicyDocument})
	return c
}

// roots are the registers that the pack is about.
func (p *Pack) roots() []Name {
	switch p.Subject.Type {
	case register.TypeIdentity:
		return []Name{p.Subject, {register.TypeActivity, p.Subject.ID}}
	case register.TypeDocument:
		roots := []Name{p.Subject}
		for _, i := range p.made(p.Subject) {
			if run := p.makers[i].Statement.Run; run != "" && !slices.Contains(roots, Name{register.TypeRun, run}) {
				roots = append(roots, Name{register.TypeRun, run})
			}
		}
		return roots
	}
	return []Name{p.Subject}
}

// core are the entries that made the events of the roots.
func (p *Pack) core() []uint64 {
	all := make(map[uint64]bool)
	for _, n := range p.roots() {
		for _, i := range p.made(n) {
			all[i] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// made are the entries that made a register's events, those that are there.
func (p *Pack) made(n Name) (entries []uint64) {
	h := p.histories[n]
	if h == nil {
		return nil
	}
	for _, e := range h.Events {
		if p.receipts[e.Index] != nil {
			entries = append(entries, e.Index)
		}
	}
	return entries
}

// history demands a register, with a statement for each of its events.
func (c *closure) history(n Name) {
	if c.registers[n] {
		return
	}
	c.registers[n] = true
	if h := c.pack.histories[n]; h != nil {
		for _, e := range h.Events {
			c.entry(e.Index)
		}
	}
}

// entry demands a statement, and the identity that signed it.
func (c *closure) entry(i uint64) {
	if c.entries[i] {
		return
	}
	c.entries[i] = true
	if m, ok := c.pack.makers[i]; ok {
		c.history(Name{register.TypeIdentity, m.Statement.Issuer})
	}
}

// follow demands what a statement of the subject names.
func (c *closure) follow(m proofs.Maker) {
	for _, grant := range m.Statement.Spends {
		c.grant(grant)
	}
	switch b := m.Statement.Body.(type) {
	case *statement.ReleaseDocument:
		c.history(Name{register.TypeDocument, b.Document})
	case *statement.WithdrawDocument:
		c.history(Name{register.TypeDocument, b.Document})
	case *statement.OpenRequest:
		c.workflow(b.Workflow)
	case *statement.GrantDecision:
		c.grant(m.Digest)
	}
}

// grant demands the register of a grant, and of the delegation that it was given by.
func (c *closure) grant(digest statement.Digest) {
	n := Name{register.TypeGrant, digest.String()}
	if c.registers[n] {
		return
	}
	c.history(n)
	for _, i := range c.pack.made(n) {
		m := c.pack.makers[i]
		if b, ok := m.Statement.Body.(*statement.GrantDecision); ok && m.Digest == digest && b.ActingFor != nil {
			c.grant(*b.ActingFor)
		}
	}
}

// workflow demands the text of a workflow, and all versions of that workflow.
func (c *closure) workflow(text statement.Digest) {
	n := Name{register.TypeDocument, statement.TextDocument(text)}
	c.history(n)
	for _, i := range c.pack.made(n) {
		if b, ok := c.pack.makers[i].Statement.Body.(*statement.DefineWorkflow); ok {
			if flow, err := b.Workflow(); err == nil {
				c.history(Name{register.TypeDocument, statement.WorkflowDocument(flow.ID)})
			}
		}
	}
}
