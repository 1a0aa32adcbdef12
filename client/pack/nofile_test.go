package pack_test

import (
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// The digest of 32 zero bytes stands for no file, as with receipts: a pack in which it
// was released is about a document that nobody can have, whatever else its run released.
func TestReleaseOfNoFile(t *testing.T) {
	x := newWorld(t)
	var none statement.Digest
	open := x.say(x.Open("R3", "", statement.WantDocument{Document: "claims/3"}))
	release := func(version uint32, prev *statement.Digest, page statement.Digest) *statement.Digest {
		legal := x.say(x.Approve("h/legal", "legal", open, "claims/3", version, page))
		risk := x.say(x.Approve("h/risk", "risk", open, "claims/3", version, page))
		return &x.say(x.Publish("R3", "claims/3", version, prev, page, legal, risk)).Digest
	}
	unknown := func(typ register.Type, id string) {
		t.Helper()
		for _, e := range []pack.Expect{expect, {Dev: true, Document: "claims/1"}} {
			v := pack.Verify(x.verifier(), x.pack(typ, id), e)
			if v.Kind != proofs.Unknown || v.Exit != proofs.ExitUnknown || !strings.Contains(v.String(), "version 1 of claims/3 is of no file") {
				t.Errorf("%s", v)
			}
		}
	}
	first := release(1, nil, none)
	unknown(register.TypeRun, "R3")
	unknown(register.TypeDocument, "claims/3")
	release(2, first, x.page) // the newest is of a file
	unknown(register.TypeRun, "R3")
	if v := pack.Verify(x.verifier(), x.pack(register.TypeDocument, "claims/3"), expect); v.Kind != proofs.Authoritative || v.Exit != 0 {
		t.Errorf("%s", v)
	}
}
