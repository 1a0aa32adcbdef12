package proofs

import (
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// registers are those of a receipt, by what they are for.
type registers struct {
	document *history // nil: the statement is about none
	identity *history // of the issuer
	run      *history // nil: the statement belongs to none
	grants   []*history
	grantors []*history // identities, one for each of the grants
}

// A wanted register is one that the statement names. Who gave a grant stands in
// the grant: there the id is empty.
type wantedRegister struct {
	typ  register.Type
	id   string
	take func(*registers, *history)
}

// wantedRegisters lists what a receipt of the entry shows, in its order.
func wantedRegisters(e entry) []wantedRegister {
	var want []wantedRegister
	if e.document != nil {
		want = append(want, wantedRegister{register.TypeDocument, e.document.id, func(r *registers, h *history) { r.document = h }})
	}
	want = append(want, wantedRegister{register.TypeIdentity, e.statement.Issuer, func(r *registers, h *history) { r.identity = h }})
	if run := e.run(); run != "" {
		want = append(want, wantedRegister{register.TypeRun, run, func(r *registers, h *history) { r.run = h }})
	}
	for _, grant := range e.spends() {
		want = append(want,
			wantedRegister{register.TypeGrant, grant.String(), func(r *registers, h *history) { r.grants = append(r.grants, h) }},
			wantedRegister{register.TypeIdentity, "", func(r *registers, h *history) { r.grantors = append(r.grantors, h) }})
	}
	return want
}

// registersOf takes the registers of a receipt by the names that the statement
// gives, in their order, and no others.
func registersOf(e entry, proofs []RegisterProof, seal statement.Seal) (shown registers, err error) {
	want := wantedRegisters(e)
	if len(proofs) != len(want) {
		return shown, fmt.Errorf("%d registers, %s needs %d", len(proofs), describeKind(e), len(want))
	}
	for i, p := range proofs {
		if p.Type != want[i].typ || p.ID != want[i].id && want[i].id != "" {
			return shown, fmt.Errorf("register %d is %v %q, want %v %q", i, p.Type, p.ID, want[i].typ, want[i].id)
		}
		h, err := newHistory(p, seal)
		if err != nil {
			return shown, err
		}
		want[i].take(&shown, h)
	}
	return shown, nil
}

// describeKind names the statement with what it belongs to.
func describeKind(e entry) string {
	if e.run() == "" && len(e.spends()) == 0 {
		return fmt.Sprintf("a %s", e.statement.Code)
	}
	return fmt.Sprintf("a %s (%s)", e.statement.Code, describeNamed(e))
}

// openWorkflow verifies the run that a statement belongs to, and the grants that
// it spends. signer is the state of its issuer at the entry.
func (j *judgement) openWorkflow(e entry, shown registers, signer register.IdentityState) bool {
	l := &j.checks
	j.run, j.approvers = nil, nil
	var asked Hash
	if shown.run != nil {
		run, by, ok := openRun(l, e, shown.run)
		if !ok {
			return false
		}
		j.run, asked = &run, by
	}
	for i := range shown.grants {
		c := grantClaim{entry: e, history: shown.grants[i], grantor: shown.grantors[i], owner: signer.Owner, run: j.run, asked: asked, time: j.time}
		a, ok := c.open(l, e.spends()[i])
		if !ok {
			return false
		}
		j.approvers = append(j.approvers, a)
	}
	return l.failed == nil
}
