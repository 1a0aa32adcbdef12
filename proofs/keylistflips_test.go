package proofs

import (
	"bytes"
	"slices"
	"testing"
)

// introducing is a list by which the log's first key introduces a second one of its
// type, and one of ML-DSA-44, each of which signed too.
func introducing(t testing.TB) (list KeyList, second, other testSigner) {
	t.Helper()
	second, other = newSigner("log.example", TypeEd25519, 91), newSigner("log.example", TypeMLDSA44, 92)
	signers := []testSigner{testLog, second, other}
	for _, s := range signers {
		list.Keys = append(list.Keys, s.key)
	}
	cp, err := list.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	list.Note = append(cp.Marshal(), '\n')
	for _, s := range signers {
		line, err := list.SignLine(s.sign, s.key)
		if err != nil {
			t.Fatal(err)
		}
		list.Note = append(list.Note, line...)
	}
	return list, second, other
}

// introduces says whether bytes are a list that introduces keys to who pins the first.
func introduces(b []byte) (Introduction, bool) {
	l, err := ParseKeyList(b)
	if err != nil {
		return Introduction{}, false
	}
	in, err := l.Introduced([]VerifierKey{testLog.key})
	return in, err == nil
}

// TestKeyListByteFlips: no bit of a list can be changed so that it introduces anything
// but the keys that it was signed for.
func TestKeyListByteFlips(t *testing.T) {
	list, second, other := introducing(t)
	b := list.Marshal()
	in, ok := introduces(b)
	if !ok || len(in.Keys) != 1 || !in.Keys[0].is(second.key) || len(in.Others) != 1 || !in.Others[0].is(other.key) {
		t.Fatalf("%+v", in)
	}
	for i := range b {
		bit := byte(1) << (i % 8)
		b[i] ^= bit
		in, ok := introduces(b)
		b[i] ^= bit
		if ok && !onlyOf(append(in.Keys, in.Others...), second, other) {
			t.Fatalf("byte %d introduces %+v", i, in)
		}
	}
}

func onlyOf(keys []VerifierKey, signers ...testSigner) bool {
	return !slices.ContainsFunc(keys, func(k VerifierKey) bool {
		return !slices.ContainsFunc(signers, func(s testSigner) bool { return s.key.is(k) })
	})
}

// FuzzParseKeyList: what is parsed prints itself again, and introduces no key that the
// list was not signed for.
func FuzzParseKeyList(f *testing.F) {
	list, second, other := introducing(f)
	f.Add(list.Marshal())
	f.Add([]byte(testLog.key.String() + "\n\nlog.example/keys\n1\n"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ParseKeyList(b)
		if err != nil {
			return
		}
		if !bytes.Equal(l.Marshal(), b) {
			t.Fatal("it does not print itself")
		}
		if in, ok := introduces(b); ok && !onlyOf(append(in.Keys, in.Others...), second, other) {
			t.Fatalf("it introduces %+v", in)
		}
	})
}
