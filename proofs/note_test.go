package proofs

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
)

const testNote = "log.example\n3\n1Pksj7uJcg6ztVZ3x9fvrd/rENEaGoSguo8aIzN/qpU=\n\n" +
	"— log.example HMdY+VgLk9bRaJS2+Q34FJLSDoqRICYi3TXOQrjm27JKaqh8TvpCKnTAa1+OIcFzKn1QFpP3BhLRFuOqlWZJngTCVgg=\n"

func TestNoteRoundTrip(t *testing.T) {
	for name, s := range map[string]string{
		"checkpoint":            testNote,
		"two signatures":        testNote + "— a AAAAAAA=\n",
		"body with empty lines": "a\n\nb\n\n— a AAAAAAA=\n",
		"body ends empty":       "a\n\n\n— a AAAAAAA=\n",
		"body is a newline":     "\n\n— a AAAAAAA=\n",
		"a signature in a body": "— a AAAAAAA=\n\n— a AAAAAAA=\n",
		"unicode":               "ç\n\n— ç AAAAAAA=\n",
		"long name":             "a\n\n— " + strings.Repeat("n", 1000) + " AAAAAAA=\n",
	} {
		n, err := ParseNote([]byte(s))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(n.Marshal()) != s {
			t.Errorf("%s: %q", name, n.Marshal())
		}
		var lines []byte
		for _, s := range n.Signatures {
			lines = append(lines, s.Line...)
		}
		if got := string(n.Body) + "\n" + string(lines); got != s {
			t.Errorf("%s: body and lines are %q", name, got)
		}
	}
}

func TestNoteIsCanonical(t *testing.T) {
	for name, s := range map[string]string{
		"empty": "", "no empty line": strings.Replace(testNote, "\n\n", "\n", 1), "no signature": "a\n\n", "no body": "— a AAAAAAA=\n",
		"an empty line only": "\n\n", "no last newline": strings.TrimSuffix(testNote, "\n"),
		"CRLF":                 strings.ReplaceAll(testNote, "\n", "\r\n"),
		"CRLF in signatures":   strings.TrimSuffix(testNote, "\n") + "\r\n",
		"tab":                  strings.Replace(testNote, "3", "\t", 1),
		"NUL":                  strings.Replace(testNote, "3", "\x00", 1),
		"bad UTF-8":            strings.Replace(testNote, "3", "\xff", 1),
		"surrogate":            strings.Replace(testNote, "3", "\xed\xa0\x80", 1),
		"overlong":             strings.Replace(testNote, "3", "\xc0\x80", 1),
		"two spaces":           strings.Replace(testNote, "example HM", "example  HM", 1),
		"space at the end":     strings.TrimSuffix(testNote, "\n") + " \n",
		"surplus word":         strings.TrimSuffix(testNote, "\n") + " x\n",
		"CR inside base64":     strings.Replace(testNote, "HMdY", "HM\rdY", 1),
		"newline in base64":    strings.Replace(testNote, "HMdY", "HM\ndY", 1),
		"no padding":           strings.Replace(testNote, "Vgg=", "Vgg", 1),
		"padding bits":         strings.Replace(testNote, "Vgg=", "Vgh=", 1),
		"padding bits, alien":  testNote + "— a AAAAAAB=\n",
		"URL base64":           strings.Replace(testNote, "HMdY+", "HMdY-", 1),
		"hyphen":               strings.Replace(testNote, "—", "-", 1),
		"en dash":              strings.Replace(testNote, "—", "–", 1),
		"no space after dash":  strings.Replace(testNote, "— ", "—", 1),
		"no-break space":       strings.Replace(testNote, "— ", "—\u00a0", 1),
		"empty name":           testNote + "—  AAAAAAA=\n",
		"name with a plus":     testNote + "— a+b AAAAAAA=\n",
		"name with NBSP":       testNote + "— a\u00a0b AAAAAAA=\n",
		"name with em space":   testNote + "— a\u2003b AAAAAAA=\n",
		"no signature bytes":   testNote + "— a AAAAAA==\n",
		"key ID of 3 bytes":    testNote + "— a AAAA\n",
		"empty base64":         testNote + "— a \n",
		"no base64":            testNote + "— a\n",
		"text after":           testNote + "text\n",
		"empty line after":     testNote + "\n",
		"101 signatures":       testNote + strings.Repeat("— a AAAAAAA=\n", 100),
		"more than 64 KiB":     strings.Repeat("a", MaxNote) + testNote,
		"unterminated garbage": testNote + "— a AAAAAAA=",
	} {
		t.Run(name, func(t *testing.T) {
			if n, err := ParseNote([]byte(s)); err == nil {
				t.Errorf("accepted as %+v", n)
			}
		})
	}
}

// With sixteen lines in any order, two of them grease, all known keys are found.
func TestSixteenSignaturesInAnyOrder(t *testing.T) {
	cp := testCheckpoint(3)
	r := rand.New(rand.NewPCG(1, 2))
	grease := func() []byte {
		b := make([]byte, 76)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return SignatureLine(fmt.Sprintf("grease-%d.example", r.Uint32()), r.Uint32(), b)
	}
	p := &Policy{Logs: []PolicyLog{{Key: testLog.key}}, Quorum: "all"}
	lines := [][]byte{testLog.line(t, cp, 0), grease(), grease()}
	group := Group{Name: "all", Threshold: 13}
	for i := range 13 {
		typ := uint8(TypeEd25519Cosignature)
		if i < 11 {
			typ = TypeMLDSA44
		}
		s := newSigner(fmt.Sprintf("w%d.example", i), typ, byte(10+i))
		lines = append(lines, s.line(t, cp, int64(1000+i)))
		p.Witnesses = append(p.Witnesses, Witness{Name: s.key.Name, Key: s.key})
		group.Members = append(group.Members, s.key.Name)
	}
	p.Groups = []Group{group}
	for range 3 {
		r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		got, result, err := p.Open(signedNote(cp.Marshal(), lines...), 2000)
		if err != nil || got != cp || !result.Satisfied || result.QuorumTime != 1012 || len(result.Members) != 13 {
			t.Fatalf("%+v, %v", result, err)
		}
	}
}

func TestSignatureLinesWithoutANote(t *testing.T) {
	got, err := ParseSignatureLines([]byte("— a AAAAAQI=\n— b AAAAAwQ=\n"))
	want := []NoteSignature{
		{Name: "a", ID: 1, Signature: []byte{2}, Line: []byte("— a AAAAAQI=\n")},
		{Name: "b", ID: 3, Signature: []byte{4}, Line: []byte("— b AAAAAwQ=\n")},
	}
	if err != nil || !cmp.Equal(got, want) {
		t.Fatalf("%v\n%s", err, cmp.Diff(want, got))
	}
	for _, s := range []string{"", "\n", "— a AAAAAQI=", "\n— a AAAAAQI=\n", "— a AAAAAQI=\n\n", "x\n", strings.Repeat("— a AAAAAAA=\n", 101)} {
		if _, err := ParseSignatureLines([]byte(s)); err == nil {
			t.Errorf("%q accepted", s)
		}
	}
	_, err = ParseSignatureLines(bytes.Repeat([]byte("\n"), MaxNote+1))
	wantError(t, err, "at most")
}

// Whatever we take, x/mod takes and reads alike.
func TestNotesAreNotesOfMod(t *testing.T) {
	for _, s := range []string{testNote, "a\n\n\n— a AAAAAAA=\n", "a\n\nb\n\n— a AAAAAAA=\n"} {
		ours, err := ParseNote([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		_, err = note.Open([]byte(s), nil)
		theirs, ok := err.(*note.UnverifiedNoteError)
		if !ok || theirs.Note.Text != string(ours.Body) || len(theirs.Note.UnverifiedSigs) != len(ours.Signatures) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestMarshalDoesNotTouchTheBody(t *testing.T) {
	b := []byte(testNote)
	n, _ := ParseNote(b)
	n.Marshal()
	_ = append(n.Body, "overwrite"...)
	_ = append(n.Signatures[0].Line, "overwrite"...)
	if string(b) != testNote {
		t.Error("the note was overwritten")
	}
}

// TestRepeatedLines: a line that is repeated is verified once, and means no more.
func TestRepeatedLines(t *testing.T) {
	cp := testCheckpoint(5)
	line := testLog.line(t, cp, 0)
	lines := make([][]byte, MaxNoteSignatures-1)
	for i := range lines {
		lines[i] = line
	}
	other := bytes.Clone(line)
	n, err := ParseNote(signedNote(cp.Marshal(), lines...))
	if err != nil {
		t.Fatal(err)
	}
	if got := n.by(testLog.key); len(got) != 1 || !bytes.Equal(got[0].Line, line) {
		t.Errorf("%d signatures", len(got))
	}
	if got := n.OneBy([]VerifierKey{testLog.key}); !bytes.Equal(got.Marshal(), signedNote(cp.Marshal(), line)) {
		t.Errorf("one line of the key: %s", got.Marshal())
	}
	// One more that does not verify still spoils the note.
	at := bytes.LastIndexByte(other, ' ') + 20
	if other[at]++; other[at] > 'Y' {
		other[at] = 'A'
	}
	if _, _, err := OpenCheckpoint(signedNote(cp.Marshal(), append(lines, other)...), []VerifierKey{testLog.key}); err == nil {
		t.Error("a line that does not verify was passed over")
	}
}
