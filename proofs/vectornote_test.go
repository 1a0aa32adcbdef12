package proofs

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
)

var (
	vectorLogML     = newSigner("log.example", TypeMLDSA44, 2)
	vectorWitnessML = newSigner("witness.example/ml", TypeMLDSA44, 21)
)

type vkeyVector struct {
	Comment string `json:"comment"`
	VKey    string `json:"vkey"`
	Result  string `json:"result"`
	Name    string `json:"name,omitempty"`
	ID      string `json:"id,omitempty"` // 8 hex digits
	Type    uint8  `json:"type,omitempty"`
}

func vkeyVectors(testing.TB) [][]byte {
	var list []vkeyVector
	for _, s := range []testSigner{testLog, testWitness1, vectorLogML, vectorWitnessML} {
		list = append(list, vkeyVector{"good", s.key.String(), vectorAccept, s.key.Name, fmt.Sprintf("%08x", s.key.ID), s.key.Type})
	}
	good := testLog.key.String()
	name, rest, _ := strings.Cut(good, "+")
	id, key, _ := strings.Cut(rest, "+")
	raw, _ := base64.StdEncoding.DecodeString(key)
	with := func(name string, typ byte, public []byte) string {
		k := append([]byte{typ}, public...)
		return fmt.Sprintf("%s+%08x+%s", name, keyID(name, typ, public), encodeBase64(k))
	}
	for _, c := range []struct{ comment, vkey string }{
		{"empty", ""},
		{"no key", name + "+" + id},
		{"another key ID", name + "+1cc758fa+" + key},
		{"key ID in upper case", name + "+1CC758F9+" + key},
		{"key ID of 7 digits", name + "+1cc758f+" + key},
		{"empty name", with("", 1, raw[1:])},
		{"space in the name", with("log example", 1, raw[1:])},
		{"no-break space in the name", with("log\u00a0example", 1, raw[1:])},
		{"name of 256 bytes", with(strings.Repeat("a", 256), 1, raw[1:])},
		{"unknown type 0x02", with(name, 2, raw[1:])},
		{"type 0xff", with(name, 0xff, raw[1:])},
		{"public key of 31 bytes", with(name, 1, raw[1:32])},
		{"public key of 33 bytes", with(name, 1, append(bytes.Clone(raw[1:]), 0))},
		{"ML-DSA-44 key of 32 bytes", with(name, 6, raw[1:])},
		{"ML-DSA-44 key of 1,311 bytes", with(name, 6, vectorLogML.key.Public[:1311])},
		{"base64 without padding", strings.TrimRight(vectorLogML.key.String(), "=") + "\n"},
		{"a newline at the end", good + "\n"},
		{"a space in front", " " + good},
		{"base64url", name + "+" + id + "+" + strings.NewReplacer("+", "-", "/", "_").Replace(key)},
	} {
		list = append(list, vkeyVector{Comment: c.comment, VKey: c.vkey, Result: vectorRefuse})
	}
	return lines(list)
}

func TestVectorsVKey(t *testing.T) {
	for _, v := range vectors[vkeyVector](t, "vkey.jsonl") {
		key, err := ParseVerifierKey(v.VKey)
		wantResult(t, v.Comment, v.Result, err)
		if err == nil && (key.Name != v.Name || fmt.Sprintf("%08x", key.ID) != v.ID || key.Type != v.Type) {
			t.Errorf("%s: %+v", v.Comment, key)
		}
	}
}

// A checkpointVector is a signed note that is opened with the keys of a log.
type checkpointVector struct {
	Comment string   `json:"comment"`
	Note    string   `json:"note,omitempty"`
	Bytes   []byte   `json:"bytes,omitempty"` // in place of note, where it is no UTF-8
	Keys    []string `json:"keys"`
	Result  string   `json:"result"`
	Origin  string   `json:"origin,omitempty"`
	Size    string   `json:"size,omitempty"` // decimal: up to 2^63-1
	Root    []byte   `json:"root,omitempty"`
}

// signBody signs whatever it is given, as a type 0x01 log.
func signBody(s testSigner, body string) []byte {
	signature, err := s.sign([]byte(body))
	if err != nil {
		panic(err)
	}
	return signedNote([]byte(body), SignatureLine(s.key.Name, s.key.ID, signature))
}

func checkpointVectors(t testing.TB) [][]byte {
	cp := testCheckpoint(3)
	body := string(cp.Marshal())
	line, lineML := testLog.line(t, cp, 0), vectorLogML.line(t, cp, 1763762400)
	good := signedNote(cp.Marshal(), line)
	both := []string{testLog.key.String(), vectorLogML.key.String()}
	root := encodeBase64(cp.Root[:])
	var list []checkpointVector
	accept := func(comment string, note []byte, cp Checkpoint, keys ...string) {
		list = append(list, checkpointVector{comment, string(note), nil, keys, vectorAccept, cp.Origin, fmt.Sprint(cp.Size), cp.Root[:]})
	}
	refuse := func(comment string, note []byte, keys ...string) {
		list = append(list, checkpointVector{Comment: comment, Note: string(note), Keys: append([]string{}, keys...), Result: vectorRefuse})
	}
	largest := Checkpoint{"log.example", TreeHead{math.MaxInt64, cp.Root}}
	accept("good", good, cp, both[0])
	accept("signed by ML-DSA-44 alone", signedNote(cp.Marshal(), lineML), cp, both[1])
	accept("signed by ML-DSA-44 with time 0", signedNote(cp.Marshal(), vectorLogML.line(t, cp, 0)), cp, both[1])
	accept("signed by both", signedNote(cp.Marshal(), line, lineML), cp, both...)
	accept("one of two keys signed", good, cp, both...)
	accept("a line of an unknown key", signedNote(cp.Marshal(), testWitness1.line(t, cp, 1763762400), line), cp, both[0])
	accept("an unknown key of the same name", signedNote(cp.Marshal(), newSigner("log.example", TypeEd25519, 9).line(t, cp, 0), line), cp, both[0])
	accept("one line twice", signedNote(cp.Marshal(), line, line), cp, both[0])
	accept("size 0", signBody(testLog, "log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"), Checkpoint{"log.example", TreeHead{0, EmptyRoot}}, both[0])
	accept("size 2^63-1", signedNote(largest.Marshal(), testLog.line(t, largest, 0)), largest, both[0])

	refuse("no key known", good)
	refuse("signed by an unknown key alone", good, newSigner("log.example", TypeEd25519, 9).key.String())
	refuse("no signature line", []byte(body+"\n"), both[0])
	refuse("no empty line", bytes.Replace(good, []byte("\n\n"), []byte("\n"), 1), both[0])
	refuse("nothing", nil, both[0])
	refuse("signature with one bit flipped", flipLine(cp, line, 20), both[0])
	refuse("ML-DSA-44 signature with one bit flipped", flipLine(cp, lineML, 900), both[1])
	refuse("a good and a bad line of known keys", append(signedNote(cp.Marshal(), line), flipLine(cp, lineML, 900)[len(body)+1:]...), both...)
	refuse("a good and a bad line of one key", append(signedNote(cp.Marshal(), line), flipLine(cp, line, 20)[len(body)+1:]...), both[0])
	refuse("signature of 63 bytes", cutLineBy(cp, testLog, line, 1), both[0])
	refuse("signature of 65 bytes", cutLineBy(cp, testLog, line, -1), both[0])
	refuse("ML-DSA-44 signature of 2,419 bytes", cutLineBy(cp, vectorLogML, lineML, 1), both[1])
	refuse("ML-DSA-44 signature of 2,421 bytes", cutLineBy(cp, vectorLogML, lineML, -1), both[1])
	refuse("ML-DSA-44 with another time", retime(cp, vectorLogML, lineML, 1763762401), both[1])
	refuse("ML-DSA-44 with a time above 2^63-1", retime(cp, vectorLogML, lineML, 1<<63), both[1])
	refuse("body altered: size", bytes.Replace(good, []byte("\n3\n"), []byte("\n4\n"), 1), both[0])
	refuse("signed by the key of another origin", signBody(testSigner{mustNamed("other.example", testLog), testLog.sign}, body), mustNamed("other.example", testLog).String())
	refuse("opened with the key of a cosigner", signedNote(cp.Marshal(), testWitness1.line(t, cp, 1)), testWitness1.key.String())
	for _, c := range []struct{ comment, body string }{
		{"an extension line", body + "extension\n"},
		{"size with a leading zero", "log.example\n03\n" + root + "\n"},
		{"size with a sign", "log.example\n+3\n" + root + "\n"},
		{"size 2^63", "log.example\n9223372036854775808\n" + root + "\n"},
		{"size of 20 digits", "log.example\n10000000000000000000\n" + root + "\n"},
		{"empty size", "log.example\n\n" + root + "\n"},
		{"size 0 with another root", "log.example\n0\n" + root + "\n"},
		{"root of 31 bytes", "log.example\n3\n" + encodeBase64(cp.Root[:31]) + "\n"},
		{"root of 33 bytes", "log.example\n3\n" + encodeBase64(append(bytes.Clone(cp.Root[:]), 0)) + "\n"},
		{"root without padding", "log.example\n3\n" + strings.TrimRight(root, "=") + "\n"},
		{"root with padding bits", "log.example\n3\n" + root[:42] + nextLetter(root[42]) + "=\n"},
		{"no root", "log.example\n3\n"},
		{"space after the size", "log.example\n3 \n" + root + "\n"},
		{"an empty line in the body", "log.example\n3\n" + root + "\n\n"},
		{"CR at the line ends", "log.example\r\n3\r\n" + root + "\r\n"},
		{"tab in the origin", "log.\texample\n3\n" + root + "\n"},
	} {
		refuse(c.comment, signBody(testLog, c.body), both[0])
	}
	text := string(good)
	for _, c := range []struct{ comment, note string }{
		{"no newline at the end", strings.TrimSuffix(text, "\n")},
		{"an empty line at the end", text + "\n"},
		{"hyphen in place of the dash", strings.Replace(text, "—", "-", 1)},
		{"two spaces in a signature line", strings.Replace(text, "— log.example ", "— log.example  ", 1)},
		{"a malformed line of an unknown key", text + "— other.example AAAA\n"},
		{"an unknown line with no signature after the key ID", text + "— other.example AAAAAA==\n"},
		{"an unknown line with padding bits", text + "— other.example AAAAAAF=\n"},
		{"a name with a plus", text + "— other+example AAAAAAAA\n"},
		{"101 signature lines", text + strings.Repeat("— other.example AAAAAAAA\n", 100)},
		{"above 65,536 bytes", text + "— " + strings.Repeat("a", 65_536) + " AAAAAAAA\n"},
	} {
		refuse(c.comment, []byte(c.note), both[0])
	}
	accept("100 signature lines", []byte(text+strings.Repeat("— other.example AAAAAAAA\n", 99)), cp, both[0])
	list = append(list, checkpointVector{Comment: "not UTF-8", Bytes: []byte(text + "— \xff AAAAAAAA\n"), Keys: both[:1], Result: vectorRefuse})
	refuse("one public key under two names", good, both[0], mustNamed("other.example", testLog).String())
	refuse("one key twice", good, both[0], both[0])
	return lines(list)
}

// mustNamed is the key of a signer under another name.
func mustNamed(name string, s testSigner) VerifierKey {
	k, err := NewVerifierKey(name, s.key.Type, s.key.Public)
	if err != nil {
		panic(err)
	}
	return k
}

// altered returns the note with one signature line, whose signature was changed.
func alteredLine(cp Checkpoint, line []byte, change func(signature []byte) []byte) []byte {
	parsed, err := ParseSignatureLines(line)
	if err != nil {
		panic(err)
	}
	s := parsed[0]
	return signedNote(cp.Marshal(), SignatureLine(s.Name, s.ID, change(bytes.Clone(s.Signature))))
}

func flipLine(cp Checkpoint, line []byte, at int) []byte {
	return alteredLine(cp, line, func(s []byte) []byte { s[at] ^= 1; return s })
}

// cutLineBy takes n bytes off the end of the signature, or puts one there.
func cutLineBy(cp Checkpoint, _ testSigner, line []byte, n int) []byte {
	return alteredLine(cp, line, func(s []byte) []byte {
		if n < 0 {
			return append(s, 0)
		}
		return s[:len(s)-n]
	})
}

func retime(cp Checkpoint, _ testSigner, line []byte, time uint64) []byte {
	return alteredLine(cp, line, func(s []byte) []byte { binary.BigEndian.PutUint64(s, time); return s })
}

func TestVectorsCheckpoint(t *testing.T) {
	for _, v := range vectors[checkpointVector](t, "checkpoint.jsonl") {
		note := []byte(v.Note)
		if v.Bytes != nil {
			note = v.Bytes
		}
		var keys []VerifierKey
		for _, k := range v.Keys {
			keys = append(keys, mustKey(t, k))
		}
		cp, _, err := OpenCheckpoint(note, keys)
		wantResult(t, v.Comment, v.Result, err)
		if err == nil && (cp.Origin != v.Origin || fmt.Sprint(cp.Size) != v.Size || !bytes.Equal(cp.Root[:], v.Root)) {
			t.Errorf("%s: %+v", v.Comment, cp)
		}
	}
}
