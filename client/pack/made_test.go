package pack_test

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An event is taken from the statement that made it and from no other, as it is and
// not otherwise, and in its own register alone.
func TestCheckMade(t *testing.T) {
	x := newWorld(t)
	about := func(body statement.Body) *admission.Checked {
		return x.say(x.Say("h/admin", statement.Statement{Subject: sha256.Sum256(x.release.SPKI), Body: body}))
	}
	about(&statement.SuspendIdentity{ID: "wl/publisher", Reason: "investigation"})
	about(&statement.RevokeIdentity{ID: "wl/publisher", Reason: "keyCompromise", CompromisedSince: x.w.Clock.Now().UnixMilli()})
	about(&statement.RevokeIdentity{ID: "wl/publisher", Reason: "keyCompromise", CompromisedSince: x.w.Clock.Now().UnixMilli() - 90_000})
	c := x.client()
	events := 0
	for _, n := range []struct {
		typ   register.Type
		id    string
		other string
	}{
		{register.TypeRun, "R1", "R0"}, {register.TypeDocument, "claims/1", "claims/2"}, {register.TypeIdentity, "wl/publisher", "wl/builder"},
		{register.TypeGrant, x.legal.Digest.String(), x.risk.Digest.String()}, {register.TypeActivity, "wl/publisher", "wl/builder"},
		{register.TypeDocument, statement.PolicyDocument, "claims/1"}, {register.TypeIdentity, "h/admin", "wl/publisher"}, {register.TypeIdentity, "svc/log", "h/admin"},
		{register.TypeDocument, statement.WorkflowDocument("notice"), statement.TextDocument(x.Text)}, {register.TypeDocument, statement.TextDocument(x.Text), statement.WorkflowDocument("notice")},
	} {
		h, err := c.History(ctx, n.typ, n.id)
		if err != nil {
			t.Fatal(err)
		}
		var makers []proofs.Maker
		for _, e := range h.Events {
			r, err := c.ReceiptAt(ctx, e.Index)
			if err != nil {
				t.Fatal(err)
			}
			m, err := proofs.MakerOf(r.Envelope)
			if err != nil {
				t.Fatal(err)
			}
			makers = append(makers, m)
		}
		for i, e := range h.Opened() {
			events++
			for j, m := range makers {
				if err := proofs.CheckMade(n.typ, n.id, e, m); (err == nil) != (i == j) {
					t.Errorf("event %d of %v %s by statement %d: %v", i, n.typ, n.id, j, err)
				}
			}
			if err := proofs.CheckMade(n.typ, n.other, e, makers[i]); err == nil {
				t.Errorf("event %d of %v %s was taken for one of %s", i, n.typ, n.id, n.other)
			}
			changed := e
			changed.Body = bytes.Clone(e.Body)
			changed.Body[len(e.Body)-1] ^= 1
			if err := proofs.CheckMade(n.typ, n.id, changed, makers[i]); err == nil {
				t.Errorf("event %d of %v %s with another body", i, n.typ, n.id)
			}
			key := keyOf(t, n.typ, n.id)
			for kind := range uint8(255) {
				changed := e
				if changed.Kind = kind; kind == e.Kind {
					continue
				}
				if err := proofs.CheckMade(n.typ, n.id, changed, makers[i]); err == nil {
					t.Errorf("event %d of %v %s was taken for one of kind %d", i, n.typ, n.id, kind)
				}
			}
			// What the log itself could write: a body that fits its hash, but not the statement.
			free := freeBytes(n.typ, e, makers[i])
			for at := range e.Body {
				forged := e
				forged.Body = bytes.Clone(e.Body)
				forged.Body[at] ^= 1
				forged.BodyHash = register.BodyHash(register.EventBlind(key, e.Seq, makers[i].Payload), forged.Body)
				if err := proofs.CheckMade(n.typ, n.id, forged, makers[i]); err == nil && !slices.Contains(free, at) {
					t.Errorf("event %d of %v %s with byte %d of its body changed: %x", i, n.typ, n.id, at, e.Body)
				}
			}
		}
	}
	if events < 17 {
		t.Errorf("%d events", events)
	}
}

// freeBytes are the places in the body of an event of which its statement says nothing:
// they follow from the rules, or from what came before.
func freeBytes(t register.Type, e proofs.OpenedEvent, m proofs.Maker) (places []int) {
	add := func(from, to int) {
		for at := range to - from {
			places = append(places, from+at)
		}
	}
	switch {
	case t == register.TypeRun:
		add(0, 1)  // its status
		add(9, 10) // whether its result counts
		if m.Statement.Code == statement.DocumentRelease {
			add(len(e.Body)-len("publish"), len(e.Body)) // the release step of the workflow
		}
	case t == register.TypeGrant && e.Kind == register.GrantGranted:
		add(129, 161) // the delegator: the issuer of the delegation
	case t == register.TypeGrant && e.Kind == register.GrantSpent:
		add(0, 4) // what is left
	case t == register.TypeIdentity && (m.Statement.Code == statement.IdentitySuspend || m.Statement.Code == statement.IdentityResume || m.Statement.Code == statement.IdentityRevoke):
		add(0, 75) // what was before, but for the key's fate
		add(83, 115)
	case t == register.TypeIdentity:
		add(0, 1) // its status
	}
	return places
}

func keyOf(t *testing.T, typ register.Type, id string) register.Key {
	t.Helper()
	key, err := proofs.RegisterKey(typ, id)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
