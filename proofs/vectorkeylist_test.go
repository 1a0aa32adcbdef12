package proofs

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A keyListVector is a list of a log's keys, and what it comes to for who pins some. It
// is refused when the list is malformed, when a line does not verify, and when no pinned
// key signed it.
type keyListVector struct {
	Comment string   `json:"comment"`
	List    string   `json:"list"`
	Pinned  []string `json:"pinned"` // verifier keys
	Result  string   `json:"result"`
	By      []string `json:"by"` // IDs, in the order of the list
	Keys    []string `json:"keys"`
	Others  []string `json:"others"`
}

func idsOf(keys []VerifierKey) []string {
	ids := []string{}
	for _, k := range keys {
		ids = append(ids, fmt.Sprintf("%08x", k.ID))
	}
	return ids
}

func keyListVectors(t testing.TB) [][]byte {
	old, pq, next, nextPQ := logSigners()
	all := []testSigner{old, pq, next, nextPQ}
	pins := func(signers ...testSigner) []string {
		out := []string{}
		for _, s := range signers {
			out = append(out, s.key.String())
		}
		return out
	}
	var list []keyListVector
	good := func(comment string, l KeyList, pinned ...testSigner) {
		var keys []VerifierKey
		for _, s := range pinned {
			keys = append(keys, s.key)
		}
		in, err := l.Introduced(keys)
		if err != nil {
			t.Fatalf("%s: %v", comment, err)
		}
		list = append(list, keyListVector{comment, string(l.Marshal()), pins(pinned...), vectorAccept, idsOf(in.By), idsOf(in.Keys), idsOf(in.Others)})
	}
	bad := func(comment, text string, pinned ...testSigner) {
		list = append(list, keyListVector{comment, text, pins(pinned...), vectorRefuse, []string{}, []string{}, []string{}})
	}
	two := listOf(t, []testSigner{old, next}, old, next)
	good("the old key introduces the new one", two, old)
	good("the new key is pinned already", two, old, next)
	good("the new key pins, the old one comes back with it", two, next)
	good("one key, its own list", listOf(t, []testSigner{old}, old), old)
	good("the new key did not sign: it is not introduced", listOf(t, []testSigner{old, next}, old), old)
	good("a retired key stands in the list and does not sign", listOf(t, []testSigner{old, next, newSigner("log.example", TypeEd25519, 5)}, next, newSigner("log.example", TypeEd25519, 5)), next)
	stranger := listOf(t, []testSigner{old, next}, old, next)
	stranger.Note = append(stranger.Note, SignatureLine("other.example", 7, make([]byte, 64))...)
	good("a line of nobody is ignored", stranger, old)
	good("both types, all signed, Ed25519 is pinned: ML-DSA-44 is another matter", listOf(t, all, all...), old)
	good("both types, all signed, ML-DSA-44 is pinned: Ed25519 is another matter", listOf(t, all, all...), pq)
	good("both types, both pinned", listOf(t, all, all...), old, pq)
	good("both pinned, ML-DSA-44 did not sign: no key of that type is introduced by it", listOf(t, all, old, next, nextPQ), old, pq)
	var seven []testSigner
	for n := range byte(7) {
		seven = append(seven, newSigner("log.example", TypeEd25519, n+1))
	}
	good("seven keys", listOf(t, seven, seven[5], seven[6]), seven[5])

	text := string(two.Marshal())
	parts := strings.SplitAfter(text, "\n")
	cp, err := two.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	signed := func(cp Checkpoint, keys string) string {
		note := append(cp.Marshal(), '\n')
		for _, s := range []testSigner{old, next} {
			signature, err := s.sign(cp.Marshal())
			if err != nil {
				t.Fatal(err)
			}
			note = append(note, SignatureLine(s.key.Name, s.key.ID, signature)...)
		}
		return keys + "\n" + string(note)
	}
	twoKeys, other := parts[0]+parts[1], newSigner("other.example", TypeEd25519, 8)
	bad("no pinned key signed", text, newSigner("log.example", TypeEd25519, 9))
	bad("nothing is pinned", text)
	bad("a pinned key of another log", text, other)
	bad("a pinned key that stands in the list did not sign", string(listOf(t, []testSigner{old, next}, next).Marshal()), old)
	bad("keys swapped", parts[1]+parts[0]+strings.Join(parts[2:], ""), old)
	bad("a key less than was signed", parts[0]+strings.Join(parts[2:], ""), old)
	bad("a key more than was signed", seven[4].key.String()+"\n"+text, old)
	bad("a key twice", parts[0]+text, old)
	bad("a key of another log", other.key.String()+"\n"+text, old)
	bad("a witness's key", newSigner("log.example", TypeEd25519Cosignature, 8).key.String()+"\n"+text, old)
	bad("no keys", "\n"+strings.Join(parts[3:], ""), old)
	bad("no empty line after the keys", strings.Join(parts[:2], "")+strings.Join(parts[3:], ""), old)
	bad("two empty lines after the keys", strings.Join(parts[:3], "")+"\n"+strings.Join(parts[3:], ""), old)
	bad("no note", twoKeys+"\n", old)
	bad("no last newline", text[:len(text)-1], old)
	bad("a carriage return", strings.Replace(text, "\n", "\r\n", 1), old)
	bad("a space after a key", strings.Replace(text, "\n", " \n", 1), old)
	bad("signed under the log's own origin, as a checkpoint", signed(Checkpoint{"log.example", cp.TreeHead}, twoKeys), old)
	bad("signed with another size", signed(Checkpoint{cp.Origin, TreeHead{3, cp.Root}}, twoKeys), old)
	bad("signed with another root", signed(Checkpoint{cp.Origin, TreeHead{2, LeafHash(nil)}}, twoKeys), old)
	bad("the old key's line is one over a checkpoint", twoKeys+"\n"+string(cp.Marshal())+"\n"+string(testLog.line(t, testCheckpoint(3), 0))+parts[len(parts)-2], old)
	forged := mustNote(t, two.Note)
	forged.Signatures[1].Signature[3] ^= 1
	bad("the new key's line does not verify", twoKeys+"\n"+string(forged.Marshal()), old)
	wide := listOf(t, all, all...)
	flipped := mustNote(t, wide.Note)
	flipped.Signatures[1].Signature[100] ^= 1
	wide.Note = flipped.Marshal()
	bad("a line of ML-DSA-44 does not verify", string(wide.Marshal()), old, pq)
	both, err := listOf(t, []testSigner{old, pq}).Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	line, err := SignCosignatureLine(0, pq.sign, pq.key, Checkpoint{"log.example", both.TreeHead})
	if err != nil {
		t.Fatal(err)
	}
	bad("a line of ML-DSA-44 over the log's own origin", old.key.String()+"\n"+pq.key.String()+"\n\n"+string(both.Marshal())+"\n"+string(line), pq)
	return lines(list)
}

func TestVectorsKeyList(t *testing.T) {
	for _, v := range vectors[keyListVector](t, "keylist.jsonl") {
		var pinned []VerifierKey
		for _, k := range v.Pinned {
			pinned = append(pinned, mustKey(t, k))
		}
		l, err := ParseKeyList([]byte(v.List))
		var in Introduction
		if err == nil {
			in, err = l.Introduced(pinned)
		}
		wantResult(t, v.Comment, v.Result, err)
		got := [][]string{idsOf(in.By), idsOf(in.Keys), idsOf(in.Others)}
		if d := cmp.Diff([][]string{v.By, v.Keys, v.Others}, got); err == nil && d != "" {
			t.Errorf("%s: %s", v.Comment, d)
		}
		if err == nil && !bytes.Equal(l.Marshal(), []byte(v.List)) {
			t.Errorf("%s: not in its one form", v.Comment)
		}
	}
}
