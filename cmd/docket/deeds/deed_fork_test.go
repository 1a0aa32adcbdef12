package deeds

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/pack"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	packs "github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// TestDeedFork: one client alone is shown a second history. The witness cosigned the
// first one: a monitor that hears it has the proof, and so has whoever saw both.
func TestDeedFork(t *testing.T) {
	o := newOperator(t)
	victims := o.fork()
	o.versions(3)
	o.cosigned()
	forged := victims.w.Release(document, 1, nil, []byte("forged"))
	victims.submit(forged)

	hears, alone, both := victims.monitor(victims.hearsWitness), victims.monitor(), victims.client()
	alone.quiet()
	if _, err := both.NewestTree(ctx); err != nil {
		t.Fatal(err)
	}
	o.monitor(o.hearsWitness).quiet() // everybody else
	// The shorter history proves nothing yet; it does as soon as it is as long.
	if r, names := hears.looks(); r.Convicted || names != "" {
		t.Fatalf("a smaller tree that nobody proves: %q", names)
	}
	for v, prev := uint32(2), forged; v < 6; v++ {
		next := victims.w.Release(document, v, prev, file(v))
		victims.submit(next)
		prev = next
	}
	hears.convicts("AL-15/fork", l0, "signed")
	alone.quiet()
	both.Server = o.url
	var fork *client.ForkError
	var rollback *client.RollbackError
	if _, err := both.NewestTree(ctx); !errors.As(err, &fork) && !errors.As(err, &rollback) {
		t.Errorf("who saw both: %v", err)
	}
	if lines, status := victims.witnessed(); status != 422 || lines != nil {
		t.Errorf("the witness answers the fork with %d", status)
	}
	victims.verify([3]int{proofs.ExitEnded, proofs.ExitCosigners, proofs.ExitCosigners}, []byte("forged"), victims.receipt(forged, nil))
}

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

// TestReceiptsOfOneCheckpointAgree: any two receipts or staples that show one register
// under one checkpoint show the same of it: value, newest event and state, over a log
// with direct releases, withdrawals, runs and grants.
func TestReceiptsOfOneCheckpointAgree(t *testing.T) {
	o := newOperator(t)
	v2 := o.versions(2)
	office := o.w.NewOffice(t, o.log)
	request := office.Request("R1", document)
	file3 := file(3)
	legal, risk := office.Approve("h/legal", "legal", statement.DocumentRelease, request, document, 3, file3), office.Approve("h/risk", "risk", statement.DocumentRelease, request, document, 3, file3)
	o.submit(request)
	o.submit(legal)
	o.submit(risk)
	o.submit(office.ReleaseIn(request, document, 3, v2, file3, legal, risk))
	o.submit(o.w.Release("contracts/8", 1, nil, file(1)))
	o.submit(o.w.Withdraw("contracts/8", 1, file(1)))

	v := o.log.View()
	defer v.Release()
	shown, pairs := make(map[string][]shownRegister), 0
	for i := range v.Size() {
		r, err := v.Receipt(i)
		if err != nil { // of a seal
			continue
		}
		if !bytes.Equal(r.Checkpoint, v.Checkpoint()) {
			t.Fatal("another checkpoint")
		}
		for _, p := range r.Registers {
			name := p.Type.String() + " " + p.ID
			s := shownRegister{value: p.Value.Marshal(), last: map[uint64][]byte{}}
			for _, e := range p.Events {
				s.last[e.Event.Seq] = e.Event.Marshal()
			}
			for _, other := range shown[name] {
				s.agrees(t, name, other)
				pairs++
			}
			shown[name] = append(shown[name], s)
		}
	}
	if pairs < 30 || len(shown) < 12 {
		t.Errorf("only %d pairs of %d registers", pairs, len(shown))
	}
}

// A shownRegister is a register as one receipt shows it.
type shownRegister struct {
	value []byte
	last  map[uint64][]byte // events by seq
}

func (s shownRegister) agrees(t *testing.T, name string, other shownRegister) {
	t.Helper()
	if !bytes.Equal(s.value, other.value) {
		t.Errorf("%s has two values", name)
	}
	for seq, event := range s.last {
		if b, ok := other.last[seq]; ok && !bytes.Equal(b, event) {
			t.Errorf("event %d of %s is shown in two ways", seq, name)
		}
	}
}
