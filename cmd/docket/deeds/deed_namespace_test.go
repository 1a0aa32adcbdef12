package deeds

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/pack"
	"github.com/docketlog/docket/proofs"
	packs "github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// TestDeedOtherRegister: the server answers for one document with the register of
// another. That is nobody's signature: it convicts nobody, and is never taken.
func TestDeedOtherRegister(t *testing.T) {
	o := newOperator(t)
	v1 := o.versions(1)
	other := o.w.Release("contracts/8", 1, nil, []byte("other"))
	o.submit(other)
	lines := o.cosigned()
	mine, theirs := o.receipt(v1, lines), o.receipt(other, lines)
	watches := o.monitor(watching)
	watches.quiet()
	o.lie(instead("/api/v1/documents/"+document, "/api/v1/documents/contracts/8"))
	var wrong *client.InvalidError
	if _, err := o.client().Document(ctx, document); !errors.As(err, &wrong) && !errors.Is(err, client.ErrAnswer) {
		t.Errorf("the client takes it: %v", err)
	}
	if r, names := watches.looks(); r.Good() || r.Convicted || len(r.Files) != 0 {
		t.Errorf("the monitor: %q, %+v", names, r)
	}
	// The same in a receipt, and as a staple: INVALID at every level.
	invalid := [3]int{proofs.ExitInvalid, proofs.ExitInvalid, proofs.ExitInvalid}
	spliced := *mine
	spliced.Registers = append([]proofs.RegisterProof{theirs.Registers[0]}, mine.Registers[1:]...)
	o.verify(invalid, file(1), &spliced)
	spliced.Registers[0].ID = document
	o.verify(invalid, file(1), &spliced)
	o.verify(invalid, file(1), mine, "--staple", o.staple(theirs))
	// It is no lie of the log: the auditor, who reads no register, finds nothing.
	if _, _, err := o.audited(); err != nil {
		t.Error(err)
	}
}

// TestDeedForgedNamespace: a forged file with a receipt that is valid in every proof,
// of a release in another namespace, is never exit 0: not at any level, not with or
// without an expectation, not with staples, not at a moment.
func TestDeedForgedNamespace(t *testing.T) {
	o := newOperator(t)
	v1 := o.versions(1)
	forged := o.w.Release("notes/forged", 1, nil, []byte("forged"))
	o.submit(forged)
	lines := o.cosigned()
	r, mine := o.receipt(forged, lines), o.receipt(v1, lines)
	qualified := [3]int{proofs.ExitQualified, proofs.ExitQualified, proofs.ExitQualified}
	unknown := [3]int{proofs.ExitUnknown, proofs.ExitUnknown, proofs.ExitUnknown}
	for name, args := range map[string][]string{
		"what the folder expects": nil,
		"the document":            {"--doc", document},
		"with a staple":           {"--staple", o.staple(r)},
		"at a moment":             {"--at", statement.FormatTime(o.clock.Now().UnixMilli())},
		"as of a size":            {"--as-of", "99"},
	} {
		want := qualified
		if name == "as of a size" { // that tree is larger than the evidence
			want = unknown
		}
		o.verify(want, []byte("forged"), r, args...)
	}
	invalid := [3]int{proofs.ExitInvalid, proofs.ExitInvalid, proofs.ExitInvalid}
	o.verify(unknown, []byte("forged"), mine, "--doc", document)
	o.verify(unknown, file(1), r, "--doc", document)
	o.verify(invalid, []byte("forged"), r, "--doc", document, "--staple", o.staple(mine))
	// Whatever a folder expects that is not this namespace, of a file or of a pack; a
	// folder with a server asks it, and may be told what it likes.
	path := write(t, filepath.Join(t.TempDir(), "file"), []byte("forged"))
	write(t, path+".docket", r.Marshal())
	zip, err := pack.Gatherer{Client: o.client()}.Gather(ctx, packs.Name{Type: register.TypeDocument, ID: "notes/forged"})
	if err != nil {
		t.Fatal(err)
	}
	zipped := write(t, filepath.Join(t.TempDir(), "pack.zip"), zip)
	for _, expected := range [][]string{nil, {"contracts/", "reports/"}, {"note/"}, {"notes/forged/"}, {"notes/forge"}, {""}} {
		for level := range 3 {
			if level == l0 && expected == nil { // in a folder of --dev this is everything: docs/spec/receipt.md
				continue
			}
			dir := o.pinsExpecting(level, expected...)
			for _, args := range [][]string{{path}, {path, "--offline", "--doc", document}, {zipped}, {zipped, "--doc", document}} {
				if out, exit := docket(t, append([]string{"verify", "--dir", dir}, args...)...); exit == 0 {
					t.Errorf("L%d, expecting %q, %v:\n%s", level, expected, args, out)
				}
			}
		}
	}
	// The same folder, expecting the namespace: that is what tells them apart.
	if out, exit := docket(t, "verify", "--dir", o.pinsExpecting(l0, "notes/"), path, "--offline"); exit != 0 {
		t.Errorf("expecting its namespace: exit %d\n%s", exit, out)
	}
	// With pins alone, without a client folder, nothing is expected.
	for level := range 3 {
		want := proofs.ExitQualified
		if level == l0 {
			want = proofs.ExitCosigners
		}
		out, exit := docket(t, "verify", path, "--policy", filepath.Join(o.pins(level), "client", "policy"))
		if exit != want || !strings.Contains(out, "notes/forged") {
			t.Errorf("L%d: exit %d\n%s", level, exit, out)
		}
	}
}
