package audit_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
)

// A deed is what a dishonest operator does to a log that ends with a seal.
type deed struct {
	name   string
	do     func(o *operator, leaves, contents [][]byte) (l, c [][]byte)
	index  func(o *operator) uint64 // that is named
	class  string
	rule   string
	reason string // part of it
	alone  bool   // the evidence needs no replay
}

// entry appends a statement and a seal over it, whatever the rules say.
func entry(w *logtest.World, id string, e statement.Envelope) func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
	return func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
		author := w.Author(id)
		leaf := statement.Commitment{Digest: statement.DigestOf(e.Payload), Signature: e.Signature, SPKI: author.Signer.SPKI()}.Leaf()
		last := o.lastSeal()
		seal := sealAt(uint64(len(l))+1, int64(last.Index), w.Clock.Now().UnixMilli(), last.Count+1, last.Root)
		return append(l, leaf, seal), append(c, e.Payload, nil)
	}
}

func release(t *testing.T, w *logtest.World, id, document string, version uint32) statement.Envelope {
	t.Helper()
	e, err := w.Author(id).Release(document, version, nil, logtest.FileOf([]byte(document)))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func size(o *operator) uint64 { return uint64(len(o.Leaves)) }

// reseal replaces the last seal by a changed one.
func reseal(change func(s *statement.Seal)) func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
	return func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
		seal := o.lastSeal()
		change(&seal)
		l[len(l)-1] = seal.Marshal()
		return l, c
	}
}

func lastIndex(o *operator) uint64 { return size(o) - 1 }

func deeds(t *testing.T, w *logtest.World) []deed {
	strange := release(t, w, "wl/stranger", "contracts/new", 1)
	skipped := release(t, w, "wl/pipeline", "contracts/1", 3)
	good := release(t, w, "wl/pipeline", "contracts/new", 1)
	unsigned := good
	unsigned.Signature = skipped.Signature
	return []deed{
		{"an issuer that nobody enrolled", entry(w, "wl/stranger", strange), size, audit.ClassEntry, "E201", "wl/stranger", false},
		{"a version that is not the next", entry(w, "wl/pipeline", skipped), size, audit.ClassEntry, "E408", "version", false},
		{"a signature that does not verify", entry(w, "wl/pipeline", unsigned), size, audit.ClassEntry, "E104", "", true},
		{"the same statement twice", func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
			last := o.lastSeal()
			seal := sealAt(uint64(len(l))+1, int64(last.Index), w.Clock.Now().UnixMilli(), last.Count, last.Root)
			return append(l, l[2], seal), append(c, c[2], nil)
		}, size, audit.ClassEntry, "E306", "entry 2", true},
		{"a right entry with effects of its own making", entry(w, "wl/pipeline", good), func(o *operator) uint64 { return size(o) + 1 },
			audit.ClassSeal, "registers", "the entries give", false},
		{"a forged register root", reseal(func(s *statement.Seal) { s.Root[5] ^= 1 }), lastIndex, audit.ClassSeal, "registers", "the entries give", false},
		{"a forged number of registers", reseal(func(s *statement.Seal) { s.Count++ }), lastIndex, audit.ClassSeal, "registers", "registers", false},
		{"an old seal again", func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
			l[len(l)-1] = l[1+slices.IndexFunc(l[1:], func(leaf []byte) bool { return bytes.HasPrefix(leaf, []byte(statement.SealPrefix)) })]
			return l, c
		}, lastIndex, audit.ClassSeal, "seal", "says index", true},
		{"a clock that goes back", reseal(func(s *statement.Seal) { s.Time -= 3600_000 }), lastIndex, audit.ClassSeal, "seal", "before", true},
		{"a seal that passes over another", reseal(func(s *statement.Seal) { s.Prev = 1 }), lastIndex, audit.ClassSeal, "seal", "prev", true},
		{"a seal of other rules", reseal(func(s *statement.Seal) { s.Rules = "docket/99" }), lastIndex, audit.ClassSeal, "seal", "rules", false},
		{"a seal that covers nothing", func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
			last := o.lastSeal()
			return append(l, sealAt(uint64(len(l)), int64(last.Index), last.Time, last.Count, last.Root)), append(c, nil)
		}, size, audit.ClassSeal, "seal", "no traffic, no seal", true},
		{"a seal that is half a seal", func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
			l[len(l)-1] = []byte(statement.SealPrefix + "\nindex")
			return l, c
		}, lastIndex, audit.ClassSeal, "seal", "", true},
		{"a leaf that is nothing", func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
			last := o.lastSeal()
			seal := sealAt(uint64(len(l))+1, int64(last.Index), last.Time, last.Count, last.Root)
			return append(l, []byte("phantom"), seal), append(c, nil, nil)
		}, size, audit.ClassEntry, "E101", "", true},
		{"a checkpoint without a seal", func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
			return l[:len(l)-1], c[:len(c)-1]
		}, func(o *operator) uint64 { return size(o) - 2 }, audit.ClassSeal, "seal", "no seal covers", true},
		{"an entry taken out, and the seals after it counted anew", func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
			gone := len(l) - 3
			l, c = slices.Delete(l, gone, gone+1), slices.Delete(c, gone, gone+1)
			seal := o.lastSeal()
			seal.Index--
			l[len(l)-1] = seal.Marshal()
			return l, c
		}, func(o *operator) uint64 { return size(o) - 2 }, audit.ClassSeal, "registers", "registers", false},
		{"a version that one seal hides, and the next one shows", func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
			at := o.sealBefore(size(o) - 1)
			before, err := statement.ParseSeal(l[o.sealBefore(uint64(at))])
			if err != nil {
				panic(err)
			}
			seal, err := statement.ParseSeal(l[at])
			if err != nil {
				panic(err)
			}
			seal.Count, seal.Root = before.Count, before.Root
			l[at] = seal.Marshal()
			return l, c
		}, func(o *operator) uint64 { return uint64(o.sealBefore(size(o) - 1)) }, audit.ClassSeal, "registers", "registers", false},
		{"an entry taken out in the middle", func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
			return slices.Delete(l, 6, 7), slices.Delete(c, 6, 7)
		}, func(o *operator) uint64 {
			return 4 + uint64(slices.IndexFunc(o.Leaves[5:], func(leaf []byte) bool { return bytes.HasPrefix(leaf, []byte(statement.SealPrefix)) }))
		}, audit.ClassSeal, "seal", "says index", true},
		{"two entries swapped", func(o *operator, l, c [][]byte) ([][]byte, [][]byte) {
			l[6], l[7], c[6], c[7] = l[7], l[6], c[7], c[6]
			return l, c
		}, func(o *operator) uint64 {
			return 5 + uint64(slices.IndexFunc(o.Leaves[5:], func(leaf []byte) bool { return bytes.HasPrefix(leaf, []byte(statement.SealPrefix)) }))
		}, audit.ClassSeal, "registers", "registers", false},
	}
}

// Each deed is found at its index, with its rule; the evidence holds before anybody
// who has the log's key; and a run that goes on over it says the same.
func TestDeeds(t *testing.T) {
	w := logtest.NewWorld()
	o := honest(t, w, 300)
	w.Clock.Add(time.Minute)
	for _, d := range deeds(t, w) {
		t.Run(d.name, func(t *testing.T) {
			bad := o.again(func(l, c [][]byte) ([][]byte, [][]byte) { return d.do(o, l, c) })
			a := bad.auditor()
			a.Every = 30
			report, err := run(t, a)
			var found *audit.Divergence
			if !errors.As(err, &found) {
				t.Fatalf("%v, want a divergence", err)
			}
			if found.Index != d.index(o) || found.Class != d.class || found.Rule != d.rule || !strings.Contains(found.Reason, d.reason) {
				t.Errorf("%+v\nwant index %d, %s, %s: %q", found, d.index(o), d.class, d.rule, d.reason)
			}
			if report.Clean || len(report.Divergences) != 1 || !strings.Contains(report.Result, "1 divergence") {
				t.Errorf("%+v", report)
			}
			if report.Replayed > found.Index || report.Replayed != uint64(o.sealBefore(found.Index)+1) {
				t.Errorf("%d leaves replayed, the first wrong one is %d", report.Replayed, found.Index)
			}
			checkEvidence(t, bad, report, d.alone)
			second, err := run(t, a)
			if errors.As(err, &found); differs(report, second) != "" || second.From != report.Replayed {
				t.Errorf("the second run, from %d: %v\n%s", second.From, err, differs(report, second))
			}
		})
	}
}

// sealBefore is the index of the last seal below an index, or -1.
func (o *operator) sealBefore(index uint64) int {
	for i := int(index) - 1; i >= 0; i-- {
		if i < len(o.Leaves) && bytes.HasPrefix(o.Leaves[i], []byte(statement.SealPrefix)) {
			return i
		}
	}
	return -1
}

// checkEvidence holds the evidence of a report to what it must prove, and flips it.
func checkEvidence(t *testing.T, o *operator, report *audit.Report, alone bool) {
	t.Helper()
	if report.Evidence == nil {
		t.Fatalf("no evidence: %s", report.Error)
	}
	text := report.Evidence.Marshal()
	e, err := evidence.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	pinned := o.client().Verifier
	if got, err := e.Judge(pinned, evidence.Skew); err != nil || got.Convicts != alone {
		t.Errorf("%+v, %v; want %t", got, err, alone)
	}
	for i := range e.Entries {
		for _, b := range [][]byte{e.Entries[i].Leaf, e.Entries[i].Inclusion[0]} {
			b[0] ^= 1
			if _, err := e.Judge(pinned, evidence.Skew); err == nil {
				t.Errorf("entry %d of the evidence: a changed leaf or hash passes", e.Entries[i].Index)
			}
			b[0] ^= 1
		}
	}
	other := pinned
	other.Genesis[0] ^= 1
	if _, err := e.Judge(other, evidence.Skew); err == nil {
		t.Error("the evidence passes for another log")
	}
	for cut := 0; cut < len(text)-1; cut += 97 {
		if _, err := evidence.Parse(text[:cut]); err == nil {
			t.Fatalf("evidence cut to %d bytes passes", cut)
		}
	}
}

// What is withheld, or swapped for another content, is a finding of its own: no
// proof, and gone when the content is shown.
func TestWithheld(t *testing.T) {
	o := honest(t, logtest.NewWorld(), 60)
	const at = 40
	for name, content := range map[string][]byte{"withheld": nil, "swapped": o.contents[at+1], "changed": append(bytes.Clone(o.contents[at]), ' ')} {
		t.Run(name, func(t *testing.T) {
			bad := o.again(func(l, c [][]byte) ([][]byte, [][]byte) { c[at] = content; return l, c })
			a := bad.auditor()
			report, err := run(t, a)
			var withheld *audit.Withheld
			if !errors.As(err, &withheld) || withheld.Index != at || withheld.Other != (content != nil) {
				t.Fatalf("%v", err)
			}
			d := report.Divergences
			if len(d) != 1 || d[0].Class != audit.ClassContent || d[0].Index != at || report.Evidence != nil || report.Clean {
				t.Errorf("%+v", report)
			}
			if want := "content of entry 40 withheld"; !strings.Contains(report.Result, want) {
				t.Errorf("%q, want %q", report.Result, want)
			}
			bad.become(o)
			if report, err = run(t, a); err != nil || !report.Clean || report.From == 0 {
				t.Errorf("after it is shown: %v, from %d", err, report.From)
			}
		})
	}
}

// Whoever makes up evidence convicts no honest log: each leaf of one, called wrong in
// any way, with any of its neighbours beside it.
func TestEvidenceAgainstAnHonestLog(t *testing.T) {
	o := honest(t, logtest.NewWorld(), 30)
	c := o.client()
	tree, err := c.NewestTree(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var entries []evidence.Entry
	for i, leaf := range o.Leaves {
		_, proof, err := tree.Inclusion(ctx, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		e := evidence.Entry{Index: uint64(i), Leaf: leaf, Content: o.contents[i]}
		for _, h := range proof {
			e.Inclusion = append(e.Inclusion, h[:])
		}
		entries = append(entries, e)
	}
	for i := range entries {
		for _, class := range []string{audit.ClassEntry, audit.ClassSeal} {
			for _, rule := range []string{"E101", "E104", "E306", "E408", "seal", "registers"} {
				for _, content := range [][]byte{entries[i].Content, nil, []byte("{}")} {
					d := audit.Divergence{Index: uint64(i), Class: class, Rule: rule}
					e := evidence.OfLeaf(statement.Rules, c.Verifier.Genesis, tree.Note, d, slices.Clone(entries))
					e.Entries[i].Content = content
					if got, err := e.Judge(c.Verifier, evidence.Skew); got.Convicts || err != nil {
						t.Fatalf("entry %d as %s, %s: %+v, %v", i, class, rule, got, err)
					}
				}
			}
		}
	}
}

// FuzzEvidence: what is parsed prints itself again, and is judged without a panic.
func FuzzEvidence(f *testing.F) {
	w := logtest.NewWorld()
	o := honest(f, w, 20)
	bad := o.again(func(l, c [][]byte) ([][]byte, [][]byte) { return l[:len(l)-1], c[:len(c)-1] })
	report, err := run(f, bad.auditor())
	if err == nil || report.Evidence == nil {
		f.Fatal(err)
	}
	f.Add(report.Evidence.Marshal())
	f.Add([]byte("{}\n"))
	pinned := bad.client().Verifier
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := evidence.Parse(text)
		if err != nil {
			return
		}
		if !bytes.Equal(e.Marshal(), text) {
			t.Error("it does not print itself")
		}
		if got, err := e.Judge(pinned, evidence.Skew); got.Convicts && err != nil {
			t.Error("proven, and an error")
		}
	})
}
