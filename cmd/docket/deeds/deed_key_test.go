package deeds

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/client/pack"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	packs "github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// TestDeedStolenKey: a thief with the log's key, and a copy of its store, but no cosigner's
// key, makes a history of his own. Outside a development folder no verdict is better
// than exit 11, whatever he pastes on; and none says 10, which would also be a word.
func TestDeedStolenKey(t *testing.T) {
	o := newOperator(t)
	v1 := o.versions(1)
	lines := o.cosigned()
	thief := o.fork()
	v2 := thief.w.Release(document, 2, v1, []byte("forged"))
	thief.submit(v2)
	bare, pasted := thief.receipt(v2, nil), thief.receipt(v2, lines)
	first := o.receipt(v1, lines)
	zip, err := pack.Gatherer{Client: thief.client()}.Gather(ctx, packs.Name{Type: register.TypeDocument, ID: document})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	forged := write(t, filepath.Join(dir, "forged"), []byte("forged"))
	write(t, filepath.Join(dir, "pack.zip"), zip)
	absent, err := thief.client().RegisterStaple(ctx, register.TypeDocument, "contracts/9")
	if err != nil {
		t.Fatal(err)
	}
	none := write(t, filepath.Join(dir, "none"), absent.Marshal())
	unreleased, err := thief.client().RegisterStaple(ctx, register.TypeDigest, statement.Digest(logtest.FileOf([]byte("never")).Digest).String())
	if err != nil {
		t.Fatal(err)
	}
	never := write(t, filepath.Join(dir, "never"), []byte("never"))
	verdicts := 0
	for _, pins := range thief.strangersPins() {
		for _, receipt := range []*proofs.Receipt{bare, pasted} {
			write(t, forged+".docket", receipt.Marshal())
			for _, args := range [][]string{
				{"verify", forged}, {"verify", forged, "--doc", document}, {"verify", forged, "--as-of", "8"},
				{"verify", forged, "--at", statement.FormatTime(o.clock.Now().UnixMilli())},
				{"verify", forged, "--doc", document, "--staple", o.staple(first)}, {"verify", forged, "--staple", o.staple(bare)},
				{"verify", filepath.Join(dir, "pack.zip"), "--doc", document},
				{"verify", "--absent", "contracts/9", "--staple", none},
				{"verify", never, "--never-released", "--staple", o.staple(unreleased)},
			} {
				out, exit := docket(t, append(args, "--policy", pins)...)
				if verdicts++; !slices.Contains([]int{proofs.ExitCosigners, proofs.ExitUnknown, proofs.ExitContradicted, proofs.ExitInvalid}, exit) {
					t.Errorf("docket %s: exit %d\n%s", strings.Join(args, " "), exit, out)
				}
			}
		}
	}
	if verdicts < 50 {
		t.Errorf("only %d verdicts", verdicts)
	}
	// With a receipt of before beside it, the two histories are one proof.
	o.submit(o.w.Release(document, 2, v1, file(2)))
	honest := o.receipt(v1, nil)
	if c, err := o.verifier(l0).Contradiction(honest, thief.receipt(v1, nil)); err != nil || c == nil || c.Class != proofs.ClassFork {
		t.Errorf("%+v, %v", c, err)
	}
}

// strangersPins are policy files of somebody without a client folder: of each level.
func (o *operator) strangersPins() (files []string) {
	for level := range 3 {
		files = append(files, filepath.Join(o.pins(level), "client", "policy"))
	}
	return files
}
