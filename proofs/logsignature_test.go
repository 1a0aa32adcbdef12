package proofs

import (
	"bytes"
	"errors"
	"testing"
)

var otherLog = newSigner("other.example", TypeEd25519, 42)

func TestOpenCheckpoint(t *testing.T) {
	cp := testCheckpoint(3)
	pq := newSigner("log.example", TypeMLDSA44, 6)
	ed, timed, untimed := testLog.line(t, cp, 0), pq.line(t, cp, 5), pq.line(t, cp, 0)
	both := []VerifierKey{testLog.key, pq.key}
	for name, test := range map[string]struct {
		lines [][]byte
		keys  []VerifierKey
	}{
		"Ed25519":                   {[][]byte{ed}, both[:1]},
		"ML-DSA-44":                 {[][]byte{timed}, both[1:]},
		"ML-DSA-44 without a time":  {[][]byte{untimed}, both[1:]},
		"both":                      {[][]byte{ed, timed}, both},
		"one of two keys":           {[][]byte{ed}, both},
		"the other of two keys":     {[][]byte{timed}, both},
		"one line twice":            {[][]byte{ed, ed}, both},
		"two lines of one key":      {[][]byte{timed, untimed}, both},
		"garbage of an unknown key": {[][]byte{SignatureLine("grease", 7, []byte("x")), ed}, both},
		"garbage of a name with a known name, another ID": {[][]byte{SignatureLine("log.example", testLog.key.ID+1, []byte("x")), ed}, both},
		"garbage of a known ID, another name":             {[][]byte{SignatureLine("log.examplf", testLog.key.ID, []byte("x")), ed}, both},
	} {
		t.Run(name, func(t *testing.T) {
			got, n, err := OpenCheckpoint(signedNote(cp.Marshal(), test.lines...), test.keys)
			if err != nil || got != cp || len(n.Signatures) != len(test.lines) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestOpenCheckpointRefuses(t *testing.T) {
	cp := testCheckpoint(3)
	pq := newSigner("log.example", TypeMLDSA44, 6)
	good := testLog.line(t, cp, 0)
	another := testLog.line(t, testCheckpoint(2), 0)
	witness := newSigner("w.example", TypeEd25519Cosignature, 7)
	alien := newSigner("alien.example", TypeEd25519, 8) // a log that signs what is not its own
	signature, _ := alien.sign(cp.Marshal())
	foreign := SignatureLine(alien.key.Name, alien.key.ID, signature)
	extended := append(cp.Marshal(), "ext\n"...)
	signature, _ = testLog.sign(extended)
	empty := testCheckpoint(0)
	empty.Root = Hash{1}
	emptySignature, _ := testLog.sign(empty.Marshal())

	var bad *SignatureError
	var form *FormatError
	isBad := func(err error) bool { return errors.As(err, &bad) && bad.Name == "log.example" }
	isForm := func(err error) bool { return errors.As(err, &form) }
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	short := SignatureLine("log.example", testLog.key.ID, []byte("x"))
	for name, test := range map[string]struct {
		note []byte
		keys []VerifierKey
		want func(error) bool
	}{
		"no key":                         {signedNote(cp.Marshal(), good), nil, is(ErrUnsigned)},
		"unknown keys only":              {signedNote(cp.Marshal(), good), []VerifierKey{otherLog.key}, is(ErrUnsigned)},
		"bad signature":                  {signedNote(cp.Marshal(), another), []VerifierKey{testLog.key}, isBad},
		"bad beside good, of one key":    {signedNote(cp.Marshal(), good, another), []VerifierKey{testLog.key}, isBad},
		"good beside bad, of one key":    {signedNote(cp.Marshal(), another, good), []VerifierKey{testLog.key}, isBad},
		"bad of a second key":            {signedNote(cp.Marshal(), good, pq.line(t, testCheckpoint(2), 1)), []VerifierKey{testLog.key, pq.key}, isBad},
		"short signature":                {signedNote(cp.Marshal(), short, good), []VerifierKey{testLog.key}, isBad},
		"signature of another log's key": {signedNote(cp.Marshal(), foreign), []VerifierKey{alien.key}, is(ErrOrigin)},
		"the same beside a good one":     {signedNote(cp.Marshal(), good, foreign), []VerifierKey{testLog.key, alien.key}, is(ErrOrigin)},
		"a witness's key as a log's":     {signedNote(cp.Marshal(), newSigner("log.example", TypeEd25519Cosignature, 7).line(t, cp, 5)), []VerifierKey{newSigner("log.example", TypeEd25519Cosignature, 7).key}, isForm},
		"cosignatures alone":             {signedNote(cp.Marshal(), witness.line(t, cp, 5)), []VerifierKey{testLog.key}, is(ErrUnsigned)},
		"a key ID made by hand":          {signedNote(cp.Marshal(), good), []VerifierKey{{Name: "log.example", ID: 1, Type: 1, Public: testLog.key.Public}}, isForm},
		"one key twice":                  {signedNote(cp.Marshal(), good), []VerifierKey{testLog.key, testLog.key}, isForm},
		"signed extension line":          {signedNote(extended, SignatureLine("log.example", testLog.key.ID, signature)), []VerifierKey{testLog.key}, isForm},
		"signed size 0 with a root":      {signedNote(empty.Marshal(), SignatureLine("log.example", testLog.key.ID, emptySignature)), []VerifierKey{testLog.key}, isForm},
		"no note":                        {cp.Marshal(), []VerifierKey{testLog.key}, isForm},
		"nothing":                        {nil, []VerifierKey{testLog.key}, isForm},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _, err := OpenCheckpoint(test.note, test.keys); err == nil || !test.want(err) || got != (Checkpoint{}) {
				t.Errorf("%+v, error %v", got, err)
			}
		})
	}
}

func TestEveryByteOfASignedCheckpointMatters(t *testing.T) {
	b := signedNote(testCheckpoint(3).Marshal(), testLog.line(t, testCheckpoint(3), 0))
	for i := range b {
		for bit := range 8 {
			bad := bytes.Clone(b)
			bad[i] ^= 1 << bit
			if cp, _, err := OpenCheckpoint(bad, []VerifierKey{testLog.key}); err == nil {
				t.Fatalf("byte %d bit %d: %+v", i, bit, cp)
			}
		}
	}
	for i := range b {
		if _, _, err := OpenCheckpoint(b[:i], []VerifierKey{testLog.key}); err == nil {
			t.Fatalf("the first %d bytes are accepted", i)
		}
	}
}

func TestSignLogLineRefuses(t *testing.T) {
	cp := testCheckpoint(3)
	lost := errors.New("lost")
	pq := newSigner("log.example", TypeMLDSA44, 6)
	for name, test := range map[string]struct {
		name string
		sign func([]byte) ([]byte, error)
		key  VerifierKey
		body []byte
		want string
	}{
		"another name":         {"other.example", testLog.sign, testLog.key, cp.Marshal(), "not the name"},
		"another key's name":   {"log.example", otherLog.sign, otherLog.key, cp.Marshal(), "not the name"},
		"another signer":       {"log.example", otherLog.sign, testLog.key, cp.Marshal(), "does not have the pinned key"},
		"an ML-DSA-44 key":     {"log.example", pq.sign, pq.key, cp.Marshal(), "SignCosignatureLine"},
		"a body of two lines":  {"log.example", testLog.sign, testLog.key, []byte("log.example\n3\n"), "third line"},
		"a signer that fails":  {"log.example", func([]byte) ([]byte, error) { return nil, lost }, testLog.key, cp.Marshal(), "lost"},
		"a signer of no bytes": {"log.example", func([]byte) ([]byte, error) { return nil, nil }, testLog.key, cp.Marshal(), "does not have"},
		"no key":               {"log.example", testLog.sign, VerifierKey{}, cp.Marshal(), "no key name"},
	} {
		t.Run(name, func(t *testing.T) {
			line, err := SignLogLine(test.name, test.sign, test.key, test.body)
			if line != nil {
				t.Errorf("%q", line)
			}
			wantError(t, err, test.want)
		})
	}
}

func TestLogMessage(t *testing.T) {
	cp := testCheckpoint(3)
	if m, err := LogMessage(testLog.key, 0, cp); err != nil || !bytes.Equal(m, cp.Marshal()) {
		t.Errorf("%q, %v", m, err)
	}
	_, err := LogMessage(testLog.key, 5, cp)
	wantError(t, err, "no time")
	pq := newSigner("log.example", TypeMLDSA44, 6).key
	m, err := LogMessage(pq, 5, cp)
	want, _ := CosignatureMessage(TypeMLDSA44, "log.example", 5, cp)
	if err != nil || !bytes.Equal(m, want) {
		t.Errorf("%q, %v", m, err)
	}
}

func TestVerifyLogSignatureOfAnotherKey(t *testing.T) {
	err := VerifyLogSignature(testLog.key, testCheckpoint(3), NoteSignature{Name: "x", ID: testLog.key.ID})
	if !errors.Is(err, ErrUnsigned) {
		t.Error(err)
	}
}

// The lengths that the size limits of other programs were planned with.
func TestLineLengths(t *testing.T) {
	cp := testCheckpoint(3)
	name := "log.example"
	for typ, want := range map[uint8]int{TypeEd25519: 98, TypeEd25519Cosignature: 110, TypeMLDSA44: 3250} {
		if got := len(newSigner(name, typ, 1).line(t, cp, 0)); got != want+len(name) {
			t.Errorf("type 0x%02x: %d bytes, want %d", typ, got, want+len(name))
		}
	}
	if got := len(newSigner(name, TypeMLDSA44, 1).key.String()); got != 1762+len(name) {
		t.Errorf("ML-DSA-44 verifier key: %d bytes", got)
	}
}
