package server_test

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"testing"

	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// TestReceiptOfRunFitsTheDescription: a release in a run, submitted over HTTP and
// read again by each name: with run, grants and the statements that granted.
func TestReceiptOfRunFitsTheDescription(t *testing.T) {
	s := newSite(t)
	d := descriptionOf(t, s)
	o := s.w.NewOffice(t, s.l)
	file := []byte("one")
	r := o.Request("R1", "contracts/1")
	legal := o.Approve("h/legal", "legal", statement.DocumentRelease, r, "contracts/1", 1, file)
	risk := o.Approve("h/risk", "risk", statement.DocumentRelease, r, "contracts/1", 1, file)
	release := o.ReleaseIn(r, "contracts/1", 1, nil, file, legal, risk)
	var submitted answer
	for _, c := range []*admission.Checked{r, legal, risk, release} {
		e := statement.Envelope{Payload: c.Payload, Signature: c.Signature, SPKI: c.SPKI}
		submitted = s.do("POST", "/api/v1/statements", e.Marshal(), "Content-Type: application/json")
		d.judge("submit", submitted)
	}
	receipt := s.receipt(submitted, http.StatusCreated)
	if n := len(receipt.Registers); n != 7 || receipt.Registers[2].Type != register.TypeRun || receipt.Registers[5].Envelope == nil {
		t.Fatalf("%d registers", n)
	}
	leaf := proofs.LeafHash(release.Leaf)
	for id, path := range map[string]string{
		"receipt":       "/api/v1/receipts/" + hex.EncodeToString(release.Digest[:]),
		"receiptAt":     fmt.Sprintf("/api/v1/receipts/index/%d", receipt.Index),
		"receiptOfLeaf": "/api/v1/receipts/leaf/" + hex.EncodeToString(leaf[:]),
		"receiptsOf":    "/api/v1/receipts/document/" + hex.EncodeToString(release.Statement.Subject[:]),
	} {
		d.judge(id, s.do("GET", path, nil))
	}
	got := s.w.Verifier(t, s.l).Verify(receipt, proofs.Expect{File: logtest.FileOf(file).Digest, Document: "contracts/1", Dev: true})
	if got.Exit != 0 || len(got.Approvals) != 2 {
		t.Error(got)
	}
}
