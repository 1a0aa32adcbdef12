package proofs

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// listOf is the list of these keys, signed by some of them.
func listOf(t testing.TB, all []testSigner, by ...testSigner) KeyList {
	t.Helper()
	var l KeyList
	for _, s := range all {
		l.Keys = append(l.Keys, s.key)
	}
	cp, err := l.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	l.Note = append(cp.Marshal(), '\n')
	for _, s := range by {
		line, err := l.SignLine(s.sign, s.key)
		if err != nil {
			t.Fatal(err)
		}
		l.Note = append(l.Note, line...)
	}
	return l
}

func logSigners() (old, pq, next, nextPQ testSigner) {
	const name = "log.example"
	return newSigner(name, TypeEd25519, 1), newSigner(name, TypeMLDSA44, 2), newSigner(name, TypeEd25519, 3), newSigner(name, TypeMLDSA44, 4)
}

// TestKeyListIntroduces: a key is introduced by a pinned key of its type that signed
// the list, and only if it signed the list itself.
func TestKeyListIntroduces(t *testing.T) {
	old, pq, next, nextPQ := logSigners()
	all := []testSigner{old, pq, next, nextPQ}
	keys := func(signers ...testSigner) (out []VerifierKey) {
		for _, s := range signers {
			out = append(out, s.key)
		}
		return out
	}
	of := func(keys []VerifierKey) (ids []string) {
		for _, k := range keys {
			ids = append(ids, fmt.Sprintf("%08x", k.ID))
		}
		return ids
	}
	for name, c := range map[string]struct {
		by               []testSigner
		pinned           []VerifierKey
		keys, others     []VerifierKey
		signedByNoPinned bool
	}{
		"all signed, the old Ed25519 key is pinned": {all, keys(old), keys(next), keys(pq, nextPQ), false},
		"all signed, ML-DSA-44 alone is pinned":     {all, keys(pq), keys(nextPQ), keys(old, next), false},
		"all signed, both old ones are pinned":      {all, keys(old, pq), keys(next, nextPQ), nil, false},
		"all are pinned":                            {all, keys(all...), nil, nil, false},
		"the new key did not sign":                  {[]testSigner{old, pq}, keys(old), nil, keys(pq), false},
		"the pinned key of its type did not sign":   {[]testSigner{old, next, nextPQ}, keys(pq, old), keys(next), keys(nextPQ), false},
		"no pinned key signed":                      {[]testSigner{next, nextPQ}, keys(old, pq), nil, nil, true},
		"a stranger's pins":                         {all, keys(newSigner("log.example", TypeEd25519, 9)), nil, nil, true},
		"nothing is pinned":                         {all, nil, nil, nil, true},
	} {
		l, err := ParseKeyList(listOf(t, all, c.by...).Marshal())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		in, err := l.Introduced(c.pinned)
		if c.signedByNoPinned {
			if !errors.Is(err, ErrUnsigned) {
				t.Errorf("%s: %+v, %v; want ErrUnsigned", name, in, err)
			}
			continue
		}
		if err != nil || fmt.Sprint(of(in.Keys)) != fmt.Sprint(of(c.keys)) || fmt.Sprint(of(in.Others)) != fmt.Sprint(of(c.others)) || len(in.By) == 0 {
			t.Errorf("%s: introduces %v and %v, %v; want %v and %v", name, of(in.Keys), of(in.Others), err, of(c.keys), of(c.others))
		}
	}
}

// TestLinesBelowACheckpointIntroduceNothing: anybody can add a line of his own key to a
// public note, and it verifies; a list is another matter.
func TestLinesBelowACheckpointIntroduceNothing(t *testing.T) {
	old, _, thief, _ := logSigners()
	cp := Checkpoint{Origin: "log.example", TreeHead: TreeHead{Size: 3, Root: LeafHash(nil)}}
	note := append(cp.Marshal(), '\n')
	for _, s := range []testSigner{old, thief} {
		line, err := SignLogLine("log.example", s.sign, s.key, cp.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		note = append(note, line...)
	}
	if _, _, err := OpenCheckpoint(note, []VerifierKey{old.key, thief.key}); err != nil {
		t.Fatalf("both lines verify below one body: %v", err)
	}
	l := listOf(t, []testSigner{old, thief}, thief)
	stolen := mustNote(t, note)
	l.Note = append(bytes.Clone(l.Note), stolen.Signatures[0].Line...) // the old key's, over the checkpoint
	var bad *SignatureError
	if _, err := l.Introduced([]VerifierKey{old.key}); !errors.As(err, &bad) || bad.ID != old.key.ID {
		t.Errorf("%v; want a signature that does not verify", err)
	}
	if _, _, err := OpenCheckpoint(listOf(t, []testSigner{old, thief}, old).Note, []VerifierKey{old.key}); !errors.Is(err, ErrOrigin) {
		t.Errorf("the note of a list opens as a checkpoint of the log: %v", err)
	}
}

// TestKeyListRoot: the root is that of RFC 6962, as x/mod computes it, for each number
// of keys.
func TestKeyListRoot(t *testing.T) {
	var l KeyList
	for n := range MaxKeyListKeys {
		l.Keys = append(l.Keys, newSigner("log.example", TypeEd25519, byte(n+1)).key)
		got, err := l.Checkpoint()
		if err != nil {
			t.Fatal(err)
		}
		var stored []tlog.Hash
		reader := tlog.HashReaderFunc(func(at []int64) (out []tlog.Hash, err error) {
			for _, i := range at {
				out = append(out, stored[i])
			}
			return out, nil
		})
		for i, key := range l.Keys {
			hashes, err := tlog.StoredHashes(int64(i), []byte(key.String()), reader)
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, hashes...)
		}
		want, err := tlog.TreeHash(int64(n+1), reader)
		if err != nil || got.Root != Hash(want) || got.Size != uint64(n+1) || got.Origin != "log.example/keys" {
			t.Errorf("%d keys: %+v, %v; want root %x", n+1, got, err, want)
		}
	}
	l.Keys = append(l.Keys, newSigner("log.example", TypeEd25519, 200).key)
	if _, err := l.Checkpoint(); err == nil {
		t.Error("65 keys")
	}
}

// TestParseKeyListRefuses: a list has one form, and the keys are those that were signed.
func TestParseKeyListRefuses(t *testing.T) {
	old, pq, next, _ := logSigners()
	good := listOf(t, []testSigner{old, pq, next}, old, pq, next).Marshal()
	lines := strings.SplitAfter(string(good), "\n")
	witness, other := newSigner("log.example", TypeEd25519Cosignature, 8), newSigner("other.example", TypeEd25519, 8)
	for name, text := range map[string]string{
		"empty":              "",
		"no note":            strings.Join(lines[:3], "") + "\n",
		"no keys":            strings.Join(lines[3:], ""),
		"two keys swapped":   lines[1] + lines[0] + strings.Join(lines[2:], ""),
		"a key less":         strings.Join(lines[1:], ""),
		"a key twice":        lines[0] + string(good),
		"a witness's key":    witness.key.String() + "\n" + string(good),
		"another log's key":  other.key.String() + "\n" + string(good),
		"a line cut":         string(good[:len(good)-1]),
		"a carriage return":  strings.Replace(string(good), "\n", "\r\n", 1),
		"more than is taken": string(good) + strings.Repeat("x", MaxKeyList),
	} {
		if _, err := ParseKeyList([]byte(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if l, err := ParseKeyList(good); err != nil || !bytes.Equal(l.Marshal(), good) {
		t.Errorf("the list itself: %v", err)
	}
}

// TestListOfAnotherSigner: a signer without the listed key makes no line.
func TestListOfAnotherSigner(t *testing.T) {
	old, pq, next, nextPQ := logSigners()
	l := listOf(t, []testSigner{old, pq})
	var bad *SignatureError
	if _, err := l.SignLine(next.sign, old.key); !errors.As(err, &bad) {
		t.Errorf("Ed25519: %v", err)
	}
	if _, err := l.SignLine(nextPQ.sign, pq.key); !errors.As(err, &bad) {
		t.Errorf("ML-DSA-44: %v", err)
	}
}

// TestAddCheckpointOfTwoKeysOfEachType: the largest request that a log makes stays
// below the least limit in use among witnesses, 10 KiB.
func TestAddCheckpointOfTwoKeysOfEachType(t *testing.T) {
	name := strings.Repeat("l", 22) + ".example" // 30 bytes
	cp := Checkpoint{Origin: name, TreeHead: TreeHead{Size: MaxSize, Root: LeafHash(nil)}}
	note := append(cp.Marshal(), '\n')
	for _, s := range []testSigner{newSigner(name, TypeEd25519, 1), newSigner(name, TypeEd25519, 2)} {
		line, err := SignLogLine(name, s.sign, s.key, cp.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		note = append(note, line...)
	}
	for _, s := range []testSigner{newSigner(name, TypeMLDSA44, 3), newSigner(name, TypeMLDSA44, 4)} {
		line, err := SignCosignatureLine(1763762400, s.sign, s.key, cp)
		if err != nil {
			t.Fatal(err)
		}
		note = append(note, line...)
	}
	a := AddCheckpoint{Old: MaxSize - 1, Proof: make([]Hash, 63), Note: note}
	if n := len(a.Marshal()); n >= 10<<10 {
		t.Errorf("%d bytes", n)
	}
}
