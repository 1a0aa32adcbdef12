package client_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// approve releases a document in a run of its own, on two grants.
func (s *site) approve(o *logtest.Office, run, document string) *admission.Checked {
	s.t.Helper()
	file := []byte(document)
	r := o.Request(run, document)
	legal := o.Approve("h/legal", "legal", statement.DocumentRelease, r, document, 1, file)
	risk := o.Approve("h/risk", "risk", statement.DocumentRelease, r, document, 1, file)
	release := o.ReleaseIn(r, document, 1, nil, file, legal, risk)
	for _, c := range []*admission.Checked{r, legal, risk, release} {
		if r := logtest.Submit(s.t, s.l, c)[0]; r.Refusal != nil {
			s.t.Fatal(r.Refusal)
		}
	}
	return release
}

func (s *site) receipt(digest statement.Digest) *proofs.Receipt {
	s.t.Helper()
	r, err := proofs.ParseReceipt(s.get("/api/v1/receipts/" + digest.String()[7:]))
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// Grants dropped, swapped, of another release, under another name: none of it is
// handed out. Registers: document, publisher, run, then grant and grantor, twice.
func TestReceiptOfRunAltered(t *testing.T) {
	s := newSite(t)
	o := s.w.NewOffice(t, s.l)
	mine, other := s.approve(o, "R1", "contracts/1"), s.approve(o, "R2", "contracts/2")
	honest, foreign := s.get("/api/v1/receipts/"+mine.Digest.String()[7:]), s.receipt(other.Digest)
	c := s.client()
	if r, err := c.Receipt(ctx, mine.Digest); err != nil || len(r.Registers) != 7 {
		t.Fatalf("%v", err)
	}
	for name, alter := range map[string]struct {
		with  func(r *proofs.Receipt)
		check proofs.CheckName
	}{
		"a grant dropped":           {func(r *proofs.Receipt) { r.Registers = r.Registers[:5] }, proofs.CheckRegisters},
		"grants dropped":            {func(r *proofs.Receipt) { r.Registers = r.Registers[:3] }, proofs.CheckRegisters},
		"run and grants dropped":    {func(r *proofs.Receipt) { r.Registers = r.Registers[:2] }, proofs.CheckDirect},
		"grants swapped":            {func(r *proofs.Receipt) { r.Registers[3], r.Registers[5] = r.Registers[5], r.Registers[3] }, proofs.CheckRegisters},
		"grant of another release":  {func(r *proofs.Receipt) { r.Registers[3] = foreign.Registers[3] }, proofs.CheckRegisters},
		"its name, the other proof": {func(r *proofs.Receipt) { r.Registers[3] = renamed(foreign.Registers[3], r.Registers[3].ID) }, proofs.CheckGrant},
		"its statement, other proof": {func(r *proofs.Receipt) {
			r.Registers[3].Path, r.Registers[3].Value, r.Registers[3].Events = foreign.Registers[3].Path, foreign.Registers[3].Value, foreign.Registers[3].Events
		}, proofs.CheckGrantRegister},
		"spent by another":        {func(r *proofs.Receipt) { r.Registers[3].Events[1] = foreign.Registers[3].Events[1] }, proofs.CheckGrantEvents},
		"never spent":             {func(r *proofs.Receipt) { r.Registers[3].Events = r.Registers[3].Events[:1] }, proofs.CheckGrantEvents},
		"no statement of a grant": {func(r *proofs.Receipt) { r.Registers[3].Envelope = nil }, proofs.CheckGrant},
		"another grantor":         {func(r *proofs.Receipt) { r.Registers[4] = r.Registers[6] }, proofs.CheckGrant},
		"grantor of another key":  {func(r *proofs.Receipt) { r.Registers[4].Events[0].Opening.Body[40] ^= 1 }, "grantor identity events"},
		"another run":             {func(r *proofs.Receipt) { r.Registers[2] = foreign.Registers[2] }, proofs.CheckRegisters},
		"its name, another run":   {func(r *proofs.Receipt) { r.Registers[2] = renamed(foreign.Registers[2], "R1") }, proofs.CheckRun},
		"run of another state":    {func(r *proofs.Receipt) { r.Registers[2].State = foreign.Registers[2].State }, proofs.CheckRunState},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := proofs.ParseReceipt(honest)
			if err != nil {
				t.Fatal(err)
			}
			alter.with(r)
			s.answerTo("/api/v1/receipts/", r.Marshal())
			got, err := c.Receipt(ctx, mine.Digest)
			if got != nil {
				t.Error("the receipt was handed out")
			}
			invalid(t, err, alter.check)
		})
	}
	for i := 0; i < len(honest); i += 41 {
		for _, lie := range [][]byte{append(append(bytes.Clone(honest[:i]), honest[i]^1), honest[i+1:]...), honest[:i]} {
			s.answerTo("/api/v1/receipts/", lie)
			var bad *client.InvalidError
			if r, err := c.Receipt(ctx, mine.Digest); r != nil || !errors.Is(err, client.ErrAnswer) && !errors.As(err, &bad) {
				t.Fatalf("byte %d: %v", i, err)
			}
		}
	}
}

// renamed is the proof of one register under the name of another.
func renamed(p proofs.RegisterProof, id string) proofs.RegisterProof {
	p.ID = id
	return p
}

// Receipts of releases in runs by every name that a receipt has.
func TestReceiptOfRunByEveryName(t *testing.T) {
	s := newSite(t)
	release := s.approve(s.w.NewOffice(t, s.l), "R1", "contracts/1")
	c := s.client()
	r, err := c.Receipt(ctx, release.Digest)
	if err != nil {
		t.Fatal(err)
	}
	at, err := c.ReceiptAt(ctx, r.Index)
	if err != nil || !bytes.Equal(at.Marshal(), r.Marshal()) {
		t.Errorf("by index: %v", err)
	}
	of, err := c.ReceiptsOf(ctx, release.Statement.Subject)
	if err != nil || len(of) != 1 || !bytes.Equal(of[0].Marshal(), r.Marshal()) {
		t.Errorf("by document: %d, %v", len(of), err)
	}
	again, index, err := c.Submit(ctx, statement.Envelope{Payload: release.Payload, Signature: release.Signature, SPKI: release.SPKI})
	if err != nil || !bytes.Equal(again.Marshal(), r.Marshal()) {
		t.Errorf("submitted again: %v, %v", index, err)
	}
	v := c.Verifier.Verify(r, proofs.Expect{File: release.Statement.Subject, Document: "contracts/1", Dev: true})
	if v.Exit != 0 || len(v.Approvals) != 2 || v.Run == nil {
		t.Error(v)
	}
}
