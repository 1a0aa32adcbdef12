package client

import (
	"cmp"
	"context"
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An Attest is what an identity says that it saw of a run.
type Attest struct {
	*Entry
	Body  *statement.AttestObservation
	Owner register.Hash // of the issuer as of the entry
	InRun bool          // it names the run, so that none like it is missing; else a search found it
}

// attests gathers the attestations that name the run, and those that a search finds
// about its releases, steps and outcomes.
func (r *reader) attests(ctx context.Context, d *Dossier) error {
	seen := make(map[uint64]bool)
	for _, e := range d.Events {
		if body, ok := e.Statement.Body.(*statement.AttestObservation); ok {
			seen[e.Index] = true
			d.Attests = append(d.Attests, Attest{e.Entry, body, e.Owner, true})
		}
	}
	for _, e := range d.Events {
		if !e.claims() {
			continue
		}
		found, err := r.Search(ctx, Query{About: &e.Digest, Kind: statement.AttestObserve, Limit: maxAttests})
		if err != nil {
			return err
		}
		for i := range found.Entries {
			a := &found.Entries[i]
			if seen[a.Index] {
				continue
			}
			signer, err := r.signer(ctx, a)
			if err != nil {
				return err
			}
			seen[a.Index] = true
			d.Attests = append(d.Attests, Attest{a, a.Statement.Body.(*statement.AttestObservation), signer.Owner, false})
		}
	}
	slices.SortFunc(d.Attests, func(a, b Attest) int { return cmp.Compare(a.Index, b.Index) })
	return nil
}

// maxAttests is how many attestations are looked for about one statement.
const maxAttests = 50

// claims says whether a statement claims an effect that others can see.
func (e *RunEvent) claims() bool {
	switch e.Statement.Code {
	case statement.StepDone, statement.OutcomeClose, statement.DocumentRelease, statement.DocumentWithdraw:
		return true
	}
	return false
}

// Confirmed returns the attestations that confirm what a statement of the run
// claims: they are about it, later, by another identity with another owner, and they
// say that the effect is there. Everything else is only claimed. A release is
// confirmed when it was received; a step or an outcome when what it brought about is
// there, or what it removed is not; a change of a step also by itself, see
// ChangeConfirmed.
func (d *Dossier) Confirmed(e *RunEvent) []Attest {
	if !e.claims() {
		return nil
	}
	return d.independent(e, func(a Attest) bool {
		return a.Body.About != nil && *a.Body.About == e.Digest && slices.ContainsFunc(a.Body.Observed, func(o statement.Observed) bool {
			return confirms(e.Statement, o)
		})
	})
}

// ChangeConfirmed returns the attestations that confirm one change of a step: they
// saw the resource as the step says that it left it.
func (d *Dossier) ChangeConfirmed(e *RunEvent, c statement.Change) []Attest {
	return d.independent(e, func(a Attest) bool {
		return (a.InRun || a.Body.About != nil && *a.Body.About == e.Digest) && slices.ContainsFunc(a.Body.Observed, func(o statement.Observed) bool {
			return o.Resource == c.Resource && leftSo(o, c)
		})
	})
}

func (d *Dossier) independent(e *RunEvent, fits func(Attest) bool) (all []Attest) {
	for _, a := range d.Attests {
		if a.Index > e.Index && a.Statement.Issuer != e.Statement.Issuer && a.Owner != e.Owner && fits(a) {
			all = append(all, a)
		}
	}
	return all
}

// confirms says whether an observation says that what the statement claims is so.
func confirms(s *statement.Statement, o statement.Observed) bool {
	there := o.Property == "received" || o.Property == "present" || o.Property == "accepted"
	switch b := s.Body.(type) {
	case *statement.ReleaseDocument:
		return there && (o.Digest == nil || *o.Digest == s.Subject)
	case *statement.WithdrawDocument:
		return o.Property == "absent" || o.Property == "rejected"
	case *statement.FinishStep:
		for _, c := range b.Changes {
			if o.Resource == c.Resource {
				return leftSo(o, c)
			}
		}
	}
	return there
}

// leftSo says whether a resource was seen as a change says that it was left.
func leftSo(o statement.Observed, c statement.Change) bool {
	if c.After == nil {
		return o.Property == "absent" || o.Property == "rejected"
	}
	return (o.Property == "present" || o.Property == "accepted" || o.Property == "received") && (o.Digest == nil || *o.Digest == *c.After)
}
