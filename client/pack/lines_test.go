package pack_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
)

// Whoever hands a pack on can write signature lines in any name below the checkpoint,
// and make the report anew. They count for nothing, and the report never says that
// somebody signed: it says that there are lines, unchecked, in names that cannot turn
// the text around.
func TestForeignSignatureLines(t *testing.T) {
	x := newWorld(t)
	b := x.pack(register.TypeRun, "R1")
	note, err := pack.Checkpoint(b)
	if err != nil {
		t.Fatal(err)
	}
	forged := append(bytes.Clone(note), proofs.SignatureLine("auditor.example/\u202egnp.x<script>", 7, make([]byte, 72))...)
	p, err := pack.New(pack.Name{Type: register.TypeRun, ID: "R1"}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range membersOf(t, b) {
		if strings.HasPrefix(m.name, "receipts/") {
			r, err := proofs.ParseReceipt(m.data)
			if err == nil {
				err = p.AddReceipt(r)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for missing, _ := p.Needs(); !missing.None(); missing, _ = p.Needs() {
		for _, n := range missing.Registers {
			h, err := x.client().History(ctx, n.Type, n.ID)
			if err == nil {
				err = p.AddHistory(&pack.History{Name: n, Staple: h.Staple, Events: h.Opened()})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(missing.Registers) == 0 {
			t.Fatal(missing)
		}
	}
	if err := p.Under(forged); err != nil {
		t.Fatal(err)
	}
	changed, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	good, bad := pack.Verify(x.verifier(), b, expect), pack.Verify(x.verifier(), changed, expect)
	if bad.Exit != good.Exit || bad.Level != good.Level || len(bad.Cosigners) != 0 {
		t.Errorf("%s", bad)
	}
	for _, m := range membersOf(t, changed) {
		if m.name != "report.html" {
			continue
		}
		page := string(m.data)
		if !strings.Contains(page, "unchecked here</th><td>in the name of <code>auditor.example/?gnp.x&lt;script&gt;</code>") || strings.Contains(page, "igned by") {
			t.Error(page)
		}
	}
}
