package evidence_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
)

// A liar is a log's key with leaves that a test chooses.
type liar struct {
	t      testing.TB
	seed   ed25519.PrivateKey
	key    proofs.VerifierKey
	hashes []tlog.Hash
	size   int64
}

func newLiar(t testing.TB, texts ...string) *liar {
	t.Helper()
	l := &liar{t: t, seed: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))}
	var err error
	if l.key, err = proofs.NewVerifierKey("log.example", proofs.TypeEd25519, l.seed.Public().(ed25519.PublicKey)); err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		hashes, err := tlog.StoredHashes(l.size, []byte(text), l)
		if err != nil {
			t.Fatal(err)
		}
		l.hashes, l.size = append(l.hashes, hashes...), l.size+1
	}
	return l
}

func (l *liar) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, n := range indexes {
		out[i] = l.hashes[n]
	}
	return out, nil
}

func (l *liar) root(size int64) proofs.Hash {
	root, err := tlog.TreeHash(size, l)
	if err != nil {
		l.t.Fatal(err)
	}
	return proofs.Hash(root)
}

func (l *liar) note(size int64) []byte {
	body := proofs.Checkpoint{Origin: "log.example", TreeHead: proofs.TreeHead{Size: uint64(size), Root: l.root(size)}}.Marshal()
	line, err := proofs.SignLogLine("log.example", func(m []byte) ([]byte, error) { return ed25519.Sign(l.seed, m), nil }, l.key, body)
	if err != nil {
		l.t.Fatal(err)
	}
	return append(append(body, '\n'), line...)
}

func (l *liar) proof(older, newer int64) (out []proofs.Hash) {
	proof, err := tlog.ProveTree(newer, older, l)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, h := range proof {
		out = append(out, proofs.Hash(h))
	}
	return out
}

var genesis = proofs.LeafHash([]byte("a"))

func (l *liar) verifier() proofs.Verifier {
	policy, err := proofs.ParsePolicy([]byte("log " + l.key.String() + "\nquorum none\n"))
	if err != nil {
		l.t.Fatal(err)
	}
	return proofs.Verifier{Policy: policy, Genesis: genesis}
}

// Two notes are judged by what they say, whatever the file calls itself.
func TestNotes(t *testing.T) {
	one, two := newLiar(t, "a", "b", "c", "d", "e"), newLiar(t, "a", "b", "x", "d", "e", "f", "g")
	none := proofs.Hash{}
	for _, c := range []struct {
		name        string
		seen, shown []byte
		root        proofs.Hash
		proof       []proofs.Hash
		convicts    bool
		says        string // empty: it does not verify
	}{
		{"one size, two roots", one.note(5), two.note(5), none, nil, true, "two trees of size 5"},
		{"a larger tree that begins otherwise", one.note(5), two.note(7), two.root(5), two.proof(5, 7), true, "begins with another one"},
		{"the same, the other way about", two.note(7), one.note(5), two.root(5), two.proof(5, 7), true, "begins with another one"},
		{"of one history", one.note(3), one.note(5), one.root(3), one.proof(3, 5), false, "of one history"},
		{"of one history, without a proof", one.note(5), one.note(3), none, nil, false, "may be a copy"},
		{"two histories, without a proof", one.note(4), two.note(7), none, nil, false, "may be a copy"},
		{"one tree", one.note(5), one.note(5), none, nil, false, "one tree"},
		{"a root that the proof does not lead from", one.note(5), two.note(7), one.root(4), two.proof(5, 7), false, ""},
		{"a proof of other sizes", one.note(5), two.note(7), two.root(5), two.proof(6, 7), false, ""},
		{"nobody's signature", one.note(5), bytes.Replace(two.note(5), []byte("— log.example "), []byte("— log.example A"), 1), none, nil, false, ""},
		{"a changed size", bytes.Replace(one.note(5), []byte("\n5\n"), []byte("\n6\n"), 1), two.note(7), none, nil, false, ""},
	} {
		for _, kind := range []string{evidence.Fork, evidence.Rollback, evidence.Unproven} {
			t.Run(c.name+" as "+kind, func(t *testing.T) {
				for _, made := range []*evidence.Evidence{
					evidence.OfNotes(kind, "because", genesis, c.seen, c.shown, c.root, c.proof),
					evidence.OfSignatures(kind, "because", c.seen, c.shown, c.root, c.proof),
				} {
					e, err := evidence.Parse(made.Marshal())
					if err != nil {
						t.Fatal(err)
					}
					j, err := e.Judge(one.verifier(), evidence.Skew)
					if (err != nil) != (c.says == "") || j.Convicts != c.convicts || !strings.Contains(j.Says, c.says) {
						t.Errorf("%+v, %v", j, err)
					}
				}
			})
		}
	}
	e := evidence.OfNotes(evidence.Fork, "", proofs.LeafHash([]byte("z")), one.note(5), two.note(5), none, nil)
	if _, err := e.Judge(one.verifier(), evidence.Skew); err == nil {
		t.Error("evidence against a log with another genesis")
	}
	if _, err := e.Judge(proofs.Verifier{}, evidence.Skew); err == nil {
		t.Error("without a policy")
	}
}

// Each byte of a file, flipped, refutes it or changes nothing that convicts.
func TestFlips(t *testing.T) {
	one, two := newLiar(t, "a", "b", "c", "d", "e"), newLiar(t, "a", "b", "x", "d", "e", "f", "g")
	whole := evidence.OfNotes(evidence.Fork, "because", genesis, one.note(5), two.note(7), two.root(5), two.proof(5, 7))
	text := whole.Marshal()
	convicting := 0
	for i := range text {
		for _, bit := range []byte{1, 4, 32, 128} {
			changed := bytes.Clone(text)
			changed[i] ^= bit
			e, err := evidence.Parse(changed)
			if err != nil {
				continue
			}
			j, err := e.Judge(one.verifier(), evidence.Skew)
			if err != nil || !j.Convicts {
				continue
			}
			convicting++
			e.Reason, e.Kind = whole.Reason, whole.Kind
			if !bytes.Equal(e.Marshal(), text) {
				t.Fatalf("byte %d: convicts with other objects", i)
			}
		}
	}
	if convicting == 0 {
		t.Error("the reason is no part of what convicts: some flips leave it")
	}
	for cut := range len(text) {
		if _, err := evidence.Parse(text[:cut]); err == nil {
			t.Fatalf("cut to %d bytes", cut)
		}
	}
}

// A file has one form, and the members of its kind alone.
func TestStrict(t *testing.T) {
	l := newLiar(t, "a", "b", "c")
	good := evidence.OfNotes(evidence.Fork, "because", genesis, l.note(2), l.note(3), proofs.Hash{}, nil)
	text := string(good.Marshal())
	if _, err := evidence.Parse([]byte(text)); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"no newline": strings.TrimSuffix(text, "\n"), "white space": " " + text, "twice": text + text,
		"unknown member":   strings.Replace(text, `{"mediaType"`, `{"x":1,"mediaType"`, 1),
		"a member twice":   strings.Replace(text, `"kind":"fork"`, `"kind":"fork","kind":"fork"`, 1),
		"another case":     strings.Replace(text, `"kind"`, `"Kind"`, 1),
		"another type":     strings.Replace(text, "evidence.v1", "evidence.v2", 1),
		"unknown kind":     strings.Replace(text, `"kind":"fork"`, `"kind":"theft"`, 1),
		"another kind":     strings.Replace(text, `"kind":"fork"`, `"kind":"rewrite"`, 1),
		"an empty genesis": strings.Replace(text, fmt.Sprintf(`"genesis":"%s"`, base64.StdEncoding.EncodeToString(genesis[:])), `"genesis":""`, 1),
		"a null genesis":   strings.Replace(text, fmt.Sprintf(`"genesis":"%s"`, base64.StdEncoding.EncodeToString(genesis[:])), `"genesis":null`, 1),
		"not JSON":         "evidence\n", "null": "null\n", "nothing": "",
		"large": strings.Repeat(" ", evidence.Max+1),
	} {
		if e, err := evidence.Parse([]byte(bad)); err == nil {
			t.Errorf("%s: %+v", name, e)
		}
	}
	for name, change := range map[string]func(e *evidence.Evidence){
		"one checkpoint":    func(e *evidence.Evidence) { e.Checkpoints = e.Checkpoints[:1] },
		"three checkpoints": func(e *evidence.Evidence) { e.Checkpoints = append(e.Checkpoints, "x") },
		"a large note":      func(e *evidence.Evidence) { e.Checkpoints = []string{strings.Repeat("x", proofs.MaxNote+1), "y"} },
		"a short genesis":   func(e *evidence.Evidence) { e.Genesis = e.Genesis[1:] },
		"a seal without a genesis": func(e *evidence.Evidence) {
			*e = *evidence.OfSeal("", genesis, l.note(3), 2, []byte("c"), nil)
			e.Genesis = nil
		},
		"a leaf without a genesis": func(e *evidence.Evidence) {
			*e = *evidence.OfLeaf(statement.Rules, genesis, l.note(3), evidence.Divergence{Index: 2}, []evidence.Entry{{Index: 2, Leaf: []byte("c")}})
			e.Genesis = nil
		},
		"receipts without a genesis": func(e *evidence.Evidence) {
			*e = evidence.Evidence{MediaType: evidence.MediaType, Kind: evidence.Rewrite, Receipts: []json.RawMessage{[]byte("{}"), []byte("{}")}}
		},
		"a root alone":    func(e *evidence.Evidence) { e.Root = make([]byte, 32) },
		"a short hash":    func(e *evidence.Evidence) { e.Root, e.Consistency = make([]byte, 32), [][]byte{{1}} },
		"too many hashes": func(e *evidence.Evidence) { e.Root, e.Consistency = make([]byte, 32), many(65) },
		"receipts too":    func(e *evidence.Evidence) { e.Receipts = []json.RawMessage{[]byte("{}"), []byte("{}")} },
		"rules too":       func(e *evidence.Evidence) { e.Rules = "docket/1" },
		"a long reason":   func(e *evidence.Evidence) { e.Reason = strings.Repeat("x", 5000) },
		"entries that fall": func(e *evidence.Evidence) {
			*e = *evidence.OfLeaf("docket/1", genesis, l.note(3), evidence.Divergence{}, []evidence.Entry{{Index: 2}, {Index: 1}})
		},
		"too many entries": func(e *evidence.Evidence) {
			var list []evidence.Entry
			for i := range uint64(1101) {
				list = append(list, evidence.Entry{Index: i})
			}
			*e = *evidence.OfLeaf("docket/1", genesis, l.note(3), evidence.Divergence{}, list)
		},
	} {
		e := *good
		change(&e)
		if _, err := evidence.Parse(e.Marshal()); err == nil {
			t.Errorf("%s: it is taken", name)
		}
		if _, err := e.Judge(l.verifier(), evidence.Skew); err == nil {
			t.Errorf("%s: it is judged", name)
		}
	}
}

func many(n int) (out [][]byte) {
	for range n {
		out = append(out, make([]byte, 32))
	}
	return out
}

// A leaf that is no seal has no time, and a seal that no quorum cosigned none that
// anybody's clock speaks against.
func TestSealOfNobody(t *testing.T) {
	l := newLiar(t, "a", "b", "c")
	inclusion, err := tlog.ProveRecord(3, 2, l)
	if err != nil {
		t.Fatal(err)
	}
	var hashes []proofs.Hash
	for _, h := range inclusion {
		hashes = append(hashes, proofs.Hash(h))
	}
	e := evidence.OfSeal("", genesis, l.note(3), 2, []byte("c"), hashes)
	if j, err := e.Judge(l.verifier(), evidence.Skew); err != nil || j.Convicts {
		t.Errorf("%+v, %v", j, err)
	}
	e.Entries[0].Leaf = []byte("d")
	if j, err := e.Judge(l.verifier(), evidence.Skew); err == nil {
		t.Errorf("another leaf: %+v", j)
	}
}

// FuzzParse: what is parsed prints itself again, and is judged without a panic.
func FuzzParse(f *testing.F) {
	one, two := newLiar(f, "a", "b", "c", "d", "e"), newLiar(f, "a", "b", "x", "d", "e", "f", "g")
	f.Add(evidence.OfNotes(evidence.Fork, "because", genesis, one.note(5), two.note(7), two.root(5), two.proof(5, 7)).Marshal())
	f.Add(evidence.OfSignatures(evidence.Unproven, "because", one.note(5), two.note(7), proofs.Hash{}, nil).Marshal())
	f.Add(evidence.OfSeal("late", genesis, one.note(5), 1, []byte("b"), nil).Marshal())
	f.Add(evidence.OfLeaf("docket/1", genesis, one.note(5), evidence.Divergence{Index: 1, Class: "entry", Rule: "E104"}, []evidence.Entry{{Index: 1, Leaf: []byte("b")}}).Marshal())
	f.Add([]byte(fmt.Sprintf(`{"mediaType":%q,"kind":"rewrite","reason":"","genesis":"","receipts":[{},{}]}`+"\n", evidence.MediaType)))
	v := one.verifier()
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := evidence.Parse(text)
		if err != nil {
			return
		}
		if !bytes.Equal(e.Marshal(), text) {
			t.Error("it does not print itself")
		}
		if j, err := e.Judge(v, evidence.Skew); j.Convicts && err != nil {
			t.Error("it convicts, and is an error")
		}
	})
}

// A leaf is judged by the rules that the seal over it names, not by those that a file
// says: by other rules it may be right.
func TestLeafByItsRules(t *testing.T) {
	root := proofs.Hash{}
	seal := func(rules string, prev int64) string {
		return string(statement.Seal{Index: 2, Prev: prev, Time: 1, Rules: rules, Root: root}.Marshal())
	}
	for _, c := range []struct {
		name     string
		seal     string
		shown    bool
		convicts bool
	}{
		{"the rules that are named", seal(statement.Rules, -1), true, true},
		{"other rules", seal("docket/9", -1), true, false},
		{"no seal at hand", seal(statement.Rules, -1), false, false},
		{"a seal that does not cover it", seal(statement.Rules, 1), true, false},
		{"a seal of another place", strings.Replace(seal(statement.Rules, -1), "index 2", "index 3", 1), true, false},
	} {
		l := newLiar(t, "a", "no entry", c.seal)
		var entries []evidence.Entry
		for i, leaf := range []string{"a", "no entry", c.seal} {
			if i == 0 || i == 2 && !c.shown {
				continue
			}
			proof, err := tlog.ProveRecord(l.size, int64(i), l)
			if err != nil {
				t.Fatal(err)
			}
			entry := evidence.Entry{Index: uint64(i), Leaf: []byte(leaf)}
			for _, h := range proof {
				entry.Inclusion = append(entry.Inclusion, h[:])
			}
			entries = append(entries, entry)
		}
		e := evidence.OfLeaf(statement.Rules, genesis, l.note(3), evidence.Divergence{Index: 1, Class: evidence.ClassEntry, Rule: "E101"}, entries)
		if j, err := e.Judge(l.verifier(), evidence.Skew); err != nil || j.Convicts != c.convicts {
			t.Errorf("%s: %+v, %v", c.name, j, err)
		}
	}
}
