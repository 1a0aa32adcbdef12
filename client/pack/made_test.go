package pack_test

import (
	"bytes"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An event is taken from the statement that made it and from no other, as it is and
// not otherwise, and in its own register alone.
func TestCheckMade(t *testing.T) {
	x := newWorld(t)
	c := x.client()
	events := 0
	for _, n := range []struct {
		typ   register.Type
		id    string
		other string
	}{
		{register.TypeRun, "R1", "R0"}, {register.TypeDocument, "claims/1", "claims/2"}, {register.TypeIdentity, "wl/publisher", "wl/builder"},
		{register.TypeGrant, x.legal.Digest.String(), x.risk.Digest.String()}, {register.TypeActivity, "wl/publisher", "wl/builder"},
		{register.TypeDocument, statement.PolicyDocument, "claims/1"}, {register.TypeDocument, statement.TextDocument(x.Text), statement.WorkflowDocument("notice")},
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
			at := bytes.LastIndex(e.Body, makers[i].Digest[:]) // -1 of the event by which a grant was given: it ends in its uses
			changed.Body[(at+len(e.Body))%len(e.Body)] ^= 1
			if err := proofs.CheckMade(n.typ, n.id, changed, makers[i]); err == nil {
				t.Errorf("event %d of %v %s with another body", i, n.typ, n.id)
			}
			// What the log itself could write: a body that fits its hash, but not the statement.
			forged := changed
			forged.BodyHash = register.BodyHash(register.EventBlind(keyOf(t, n.typ, n.id), e.Seq, makers[i].Payload), changed.Body)
			if err := proofs.CheckMade(n.typ, n.id, forged, makers[i]); err == nil {
				t.Errorf("event %d of %v %s with a body that says something else", i, n.typ, n.id)
			}
		}
	}
	if events < 12 {
		t.Errorf("%d events", events)
	}
}

func keyOf(t *testing.T, typ register.Type, id string) register.Key {
	t.Helper()
	key, err := proofs.RegisterKey(typ, id)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
