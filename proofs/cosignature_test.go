package proofs

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	fnote "github.com/transparency-dev/formats/note"
)

var cosignerTypes = []uint8{TypeEd25519Cosignature, TypeMLDSA44}

func mustNote(t testing.TB, b []byte) Note {
	t.Helper()
	n, err := ParseNote(b)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestVerifyCosignature(t *testing.T) {
	cp := testCheckpoint(3)
	for _, typ := range cosignerTypes {
		s := newSigner("w.example", typ, 2)
		log := testLog.line(t, cp, 0)
		for name, test := range map[string]struct {
			lines [][]byte
			want  int64
		}{
			"one line":             {[][]byte{log, s.line(t, cp, 77)}, 77},
			"without the log":      {[][]byte{s.line(t, cp, 77)}, 77},
			"one line twice":       {[][]byte{s.line(t, cp, 77), s.line(t, cp, 77)}, 77},
			"renewed":              {[][]byte{s.line(t, cp, 99), s.line(t, cp, 77), s.line(t, cp, 88)}, 77},
			"the last second":      {[][]byte{s.line(t, cp, math.MaxInt64)}, math.MaxInt64},
			"beside a time of 0":   {[][]byte{s.line(t, cp, 0), s.line(t, cp, 77), s.line(t, cp, 0)}, 77},
			"beside an alien line": {[][]byte{SignatureLine("w.example", s.key.ID^1, []byte("x")), s.line(t, cp, 77)}, 77},
		} {
			got, err := VerifyCosignature(s.key, mustNote(t, signedNote(cp.Marshal(), test.lines...)), cp)
			if err != nil || got != test.want {
				t.Errorf("type 0x%02x, %s: %d, %v", typ, name, got, err)
			}
		}
	}
}

func TestVerifyCosignatureRefuses(t *testing.T) {
	cp, older := testCheckpoint(3), testCheckpoint(2)
	for _, typ := range cosignerTypes {
		s, other := newSigner("w.example", typ, 2), newSigner("v.example", typ, 3)
		var bad *SignatureError
		isBad := func(err error) bool { return errors.As(err, &bad) }
		is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
		for name, test := range map[string]struct {
			lines [][]byte
			want  func(error) bool
		}{
			"no line of the key":       {[][]byte{other.line(t, cp, 5)}, is(ErrUnsigned)},
			"of another checkpoint":    {[][]byte{s.line(t, older, 5)}, isBad},
			"bad beside good":          {[][]byte{s.line(t, cp, 5), s.line(t, older, 5)}, isBad},
			"time 0":                   {[][]byte{s.line(t, cp, 0)}, is(ErrNoTime)},
			"another time than signed": {[][]byte{retimed(s, s.line(t, cp, 5), 6)}, isBad},
			"time of 2^63":             {[][]byte{retimed(s, s.line(t, cp, 5), 1<<63)}, isBad},
			"time of 2^64-1":           {[][]byte{retimed(s, s.line(t, cp, 5), math.MaxUint64)}, isBad},
			"signed by another key":    {[][]byte{renamed(s, other.line(t, cp, 5))}, isBad},
			"one byte less":            {[][]byte{resized(s, s.line(t, cp, 5), -1)}, isBad},
			"one byte more":            {[][]byte{resized(s, s.line(t, cp, 5), 1)}, isBad},
			"time without a signature": {[][]byte{SignatureLine("w.example", s.key.ID, make([]byte, 8))}, isBad},
			"less than a time":         {[][]byte{SignatureLine("w.example", s.key.ID, make([]byte, 7))}, isBad},
			"signature without a time": {[][]byte{SignatureLine("w.example", s.key.ID, make([]byte, signatureSize(typ)))}, isBad},
			"64 KiB minus the rest":    {[][]byte{SignatureLine("w.example", s.key.ID, make([]byte, 45000))}, isBad},
		} {
			n := mustNote(t, signedNote(cp.Marshal(), test.lines...))
			if time, err := VerifyCosignature(s.key, n, cp); time != 0 || err == nil || !test.want(err) {
				t.Errorf("type 0x%02x, %s: %d, error %v", typ, name, time, err)
			}
		}
		n := mustNote(t, signedNote(cp.Marshal(), s.line(t, cp, 5)))
		_, err := VerifyCosignature(s.key, n, older)
		wantError(t, err, "another checkpoint")
	}
}

// retimed, renamed and resized change a signature line.
func retimed(s testSigner, line []byte, time uint64) []byte {
	n, _ := ParseSignatureLines(line)
	binary.BigEndian.PutUint64(n[0].Signature, time)
	return SignatureLine(s.key.Name, s.key.ID, n[0].Signature)
}

func renamed(s testSigner, line []byte) []byte {
	n, _ := ParseSignatureLines(line)
	return SignatureLine(s.key.Name, s.key.ID, n[0].Signature)
}

func resized(s testSigner, line []byte, by int) []byte {
	n, _ := ParseSignatureLines(line)
	b := append(n[0].Signature, make([]byte, 1)...)
	return SignatureLine(s.key.Name, s.key.ID, b[:len(b)-1+by])
}

func TestEveryByteOfACosignatureMatters(t *testing.T) {
	cp := testCheckpoint(3)
	for _, typ := range cosignerTypes {
		s := newSigner("w.example", typ, 2)
		lines, _ := ParseSignatureLines(s.line(t, cp, 5))
		good := lines[0]
		step := 1
		if typ == TypeMLDSA44 {
			step = 13 // 2,428 verifications take too long
		}
		for i := 0; i < len(good.Signature); i += step {
			good.Signature[i] ^= 0x10
			if time, err := verifyTimed(s.key, cp, good); err == nil {
				t.Fatalf("type 0x%02x, byte %d: time %d", typ, i, time)
			}
			good.Signature[i] ^= 0x10
		}
		if time, err := verifyTimed(s.key, cp, good); err != nil || time != 5 {
			t.Fatal(time, err)
		}
	}
}

// An Ed25519 log key must never be turned into a cosigner's.
func TestLogKeysAreNoCosigners(t *testing.T) {
	cp := testCheckpoint(3)
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat("\x01", 32)))
	message, _ := CosignatureMessage(TypeEd25519Cosignature, "log.example", 5, cp)
	s := handmadeCosignature(t, testLog.key, 5, message, private)
	n := mustNote(t, signedNote(cp.Marshal(), SignatureLine(s.Name, s.ID, s.Signature)))
	_, err := VerifyCosignature(testLog.key, n, cp)
	wantError(t, err, "no type of a cosigner")
	_, err = SignCosignatureLine(5, testLog.sign, testLog.key, cp)
	wantError(t, err, "0x01 is none of a cosigner")
	if _, err := fnote.NewVerifierForCosignatureV1(testLog.key.String()); err != nil {
		t.Logf("formats refuses it too: %v", err)
	}
}

// The message of type 0x04 has the whole body: one made without a line that the
// body has does not verify, and we refuse such a body anyway.
func TestEd25519CosignatureCoversTheWholeBody(t *testing.T) {
	cp := testCheckpoint(3)
	s := newSigner("w.example", TypeEd25519Cosignature, 2)
	n := mustNote(t, signedNote(append(cp.Marshal(), "ext\n"...), s.line(t, cp, 5)))
	_, err := VerifyCosignature(s.key, n, cp)
	wantError(t, err, "another checkpoint")
	v, _ := fnote.NewVerifierForCosignatureV1(s.key.String())
	if v.Verify(n.Body, n.Signatures[0].Signature) {
		t.Error("formats verifies it")
	}
}

// A type 0x04 signature does not name its cosigner: moved to another name with
// the same key it verifies, so sets of keys hold each public key once.
func TestMovedEd25519CosignatureIsStoppedByTheLoader(t *testing.T) {
	cp := testCheckpoint(3)
	s, twin := newSigner("w.example", TypeEd25519Cosignature, 2), newSigner("twin.example", TypeEd25519Cosignature, 2)
	n := mustNote(t, signedNote(cp.Marshal(), renamed(twin, s.line(t, cp, 5))))
	if _, err := VerifyCosignature(twin.key, n, cp); err != nil {
		t.Fatal(err)
	}
	p := &Policy{Witnesses: []Witness{{Name: "s", Key: s.key}, {Name: "twin", Key: twin.key}}, Quorum: "s"}
	wantError(t, p.Check(), "public key stands on another line")

	s, twin = newSigner("w.example", TypeMLDSA44, 2), newSigner("twin.example", TypeMLDSA44, 2)
	n = mustNote(t, signedNote(cp.Marshal(), renamed(twin, s.line(t, cp, 5))))
	if _, err := VerifyCosignature(twin.key, n, cp); err == nil {
		t.Error("type 0x06 names its cosigner")
	}
}

func TestMLDSACosignatureBindsAllFields(t *testing.T) {
	cp := testCheckpoint(3)
	s := newSigner("w.example", TypeMLDSA44, 2)
	for name, m := range map[string]struct {
		name, origin string
		time         int64
		start, end   uint64
		root         Hash
		ok           bool
	}{
		"as it is":         {"w.example", "log.example", 5, 0, 3, cp.Root, true},
		"another start":    {"w.example", "log.example", 0, 2, 3, cp.Root, false},
		"another end":      {"w.example", "log.example", 5, 0, 4, cp.Root, false},
		"another origin":   {"w.example", "log2.example", 5, 0, 3, cp.Root, false},
		"another cosigner": {"w2.example", "log.example", 5, 0, 3, cp.Root, false},
		"another time":     {"w.example", "log.example", 6, 0, 3, cp.Root, false},
		"another root":     {"w.example", "log.example", 5, 0, 3, Hash{}, false},
		"shifted border":   {"w.exampl", "elog.example", 5, 0, 3, cp.Root, false},
	} {
		message, err := subtreeMessage(m.name, m.time, m.origin, m.start, m.end, m.root)
		if err != nil {
			t.Fatal(err)
		}
		bare, _ := s.sign(message)
		time := uint64(5)
		if m.start != 0 {
			time = 0
		}
		line := SignatureLine("w.example", s.key.ID, append(binary.BigEndian.AppendUint64(nil, time), bare...))
		_, err = VerifyCosignature(s.key, mustNote(t, signedNote(cp.Marshal(), line)), cp)
		if (err == nil) != m.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCosignatureMessageRefuses(t *testing.T) {
	long := strings.Repeat("n", 256)
	cp := testCheckpoint(3)
	with := func(change func(*Checkpoint)) Checkpoint { c := cp; change(&c); return c }
	for name, test := range map[string]struct {
		typ  uint8
		name string
		time int64
		cp   Checkpoint
	}{
		"negative time":       {TypeMLDSA44, "w", -1, cp},
		"negative time, 0x04": {TypeEd25519Cosignature, "w", -1, cp},
		"name of 256 bytes":   {TypeMLDSA44, long, 5, cp},
		"name of 512 bytes":   {TypeMLDSA44, long + long, 5, cp},
		"empty name":          {TypeMLDSA44, "", 5, cp},
		"origin of 256 bytes": {TypeMLDSA44, "w", 5, with(func(c *Checkpoint) { c.Origin = long })},
		"the same, 0x04":      {TypeEd25519Cosignature, "w", 5, with(func(c *Checkpoint) { c.Origin = long })},
		"empty origin":        {TypeMLDSA44, "w", 5, with(func(c *Checkpoint) { c.Origin = "" })},
		"origin of two lines": {TypeEd25519Cosignature, "w", 5, with(func(c *Checkpoint) { c.Origin = "a\n1" })},
		"size 2^63":           {TypeMLDSA44, "w", 5, with(func(c *Checkpoint) { c.Size = 1 << 63 })},
		"size 0 with a root":  {TypeMLDSA44, "w", 5, with(func(c *Checkpoint) { c.Size = 0 })},
		"type 0x01":           {TypeEd25519, "w", 5, cp},
		"type 0x05":           {5, "w", 5, cp},
	} {
		if m, err := CosignatureMessage(test.typ, test.name, test.time, test.cp); err == nil {
			t.Errorf("%s: %q", name, m)
		}
	}
	for name, err := range map[string]error{
		"a time with a start": second(subtreeMessage("w", 5, "log.example", 4, 8, Hash{})),
		"end before start":    second(subtreeMessage("w", 0, "log.example", 4, 3, Hash{})),
		"end of 2^63":         second(subtreeMessage("w", 0, "log.example", 4, 1<<63, Hash{})),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := subtreeMessage(long[:255], 0, long[:255], 4, 8, Hash{}); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestSignCosignatureLineChecksTheSigner(t *testing.T) {
	cp := testCheckpoint(3)
	lost := errors.New("lost")
	for _, typ := range cosignerTypes {
		s, other := newSigner("w.example", typ, 2), newSigner("w.example", typ, 3)
		_, err := SignCosignatureLine(5, other.sign, s.key, cp)
		wantError(t, err, "does not have the pinned key")
		_, err = SignCosignatureLine(5, func([]byte) ([]byte, error) { return nil, lost }, s.key, cp)
		wantError(t, err, "lost")
		_, err = SignCosignatureLine(-5, s.sign, s.key, cp)
		wantError(t, err, "cannot be signed")
	}
}
