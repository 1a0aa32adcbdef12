package proofs

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"testing"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

func mustKey(t testing.TB, vkey string) VerifierKey {
	t.Helper()
	key, err := ParseVerifierKey(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sum(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }

// The example of c2sp.org/signed-note.
func TestVectorSignedNoteExample(t *testing.T) {
	key := mustKey(t, "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
	text := "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
	n, err := ParseNote([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if string(n.Body) != "This is an example message.\n" || !key.verify(n.Body, n.by(key)[0].Signature) {
		t.Fatalf("%+v does not verify", n)
	}
}

// The package example of golang.org/x/mod/sumdb/note.
func TestVectorSumDBNote(t *testing.T) {
	key := mustKey(t, "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
	text := "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
		"— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
	n, err := ParseNote([]byte(text))
	if err != nil || !key.verify(n.Body, n.by(key)[0].Signature) {
		t.Fatalf("%+v, %v", n, err)
	}
}

// The checkpoint of github.com/C2SP/C2SP/issues/99, as corrected there.
func TestVectorSigsumCheckpoint(t *testing.T) {
	const name = "sigsum.org/v1/tree/e796172b92befd62d9dc67e41c2f5bc9d3100a3023b20b1ca40288dd1c679e69"
	public, _ := hex.DecodeString("66e0b858e462a609e66fe71370c816d8846ff103d5499a22a7fec37fdbc424a7")
	key, err := NewVerifierKey(name, TypeEd25519, public)
	if err != nil || key.ID != 0x809da1a3 {
		t.Fatalf("%08x, %v", key.ID, err)
	}
	text := name + "\n10\nHA5HAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— " + name +
		" gJ2ho0n8F8olcerUF1FFdv235A/5as/coWrpLrtE7ovMeP5whgwouYExowG/lTznxu6OUGjjt5yJQ6bXtTcf718MqAQ=\n"
	cp, _, err := OpenCheckpoint([]byte(text), []VerifierKey{key})
	if err != nil || cp.Size != 10 || cp.Origin != name {
		t.Fatalf("%+v, %v", cp, err)
	}
	if cp.CheckDocket() == nil {
		t.Error("a path in the origin is no host name")
	}
}

func TestVectorTesseraLogKey(t *testing.T) {
	key := mustKey(t, "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
	if key.Type != TypeEd25519 || key.ID != 0x33d7b496 {
		t.Errorf("%+v", key)
	}
}

// The body is the example of c2sp.org/tlog-checkpoint, the cosigner's seed is
// 00 01 .. 1f, the time 1679315147.
func vectorCosigner(t *testing.T, typ uint8) (testSigner, Checkpoint) {
	t.Helper()
	var seed []byte
	for i := range 32 {
		seed = append(seed, byte(i))
	}
	cp, err := ParseCheckpoint([]byte("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"))
	if err != nil {
		t.Fatal(err)
	}
	return newSeedSigner("witness.example/w1", typ, seed), cp
}

const vectorTime = 1679315147

func TestVectorEd25519Cosignature(t *testing.T) {
	s, cp := vectorCosigner(t, TypeEd25519Cosignature)
	if got := s.key.String(); got != "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4" {
		t.Error(got)
	}
	if plain, _ := vectorCosigner(t, TypeEd25519); plain.key.ID != 0x3218362d {
		t.Errorf("as type 0x01 the key ID is %08x", plain.key.ID)
	}
	line := s.line(t, cp, vectorTime)
	if want := "— witness.example/w1 519lMgAAAABkGFDLBuRDazBLVac2NE+Y+IjbjQOcXLfF9CSDZVUIoS83rE1nFZsVE8YiWV6Ngr7lV8H6bdoBQGP/l73euDMQ9k+bBQ==\n"; string(line) != want {
		t.Errorf("%s", line)
	}
	n, err := ParseNote(signedNote(cp.Marshal(), line))
	if err != nil {
		t.Fatal(err)
	}
	if time, err := VerifyCosignature(s.key, n, cp); err != nil || time != vectorTime {
		t.Errorf("%d, %v", time, err)
	}
}

func TestVectorMLDSACosignature(t *testing.T) {
	s, cp := vectorCosigner(t, TypeMLDSA44)
	message, err := CosignatureMessage(TypeMLDSA44, s.key.Name, vectorTime, cp)
	if err != nil {
		t.Fatal(err)
	}
	signature, _ := s.sign(message)
	line := s.line(t, cp, vectorTime)
	for name, test := range map[string]struct{ got, want string }{
		"key ID":     {fmt.Sprintf("%08x", s.key.ID), "dcccf9ec"},
		"public key": {sum(s.key.Public), "9f107644c1084526af3bc8098680b05499a2325a644e388fb4f970e058d19d46"},
		"message":    {sum(message), "2579186054122e76601fad0c5fd13a804be662d95f6cecfd2974172e5e37a452"},
		"signature":  {sum(signature), "5d7cb007dbde3c9a06b0391f3af1b03a1340e3d34ccf9630ee3685153e23e7db"},
		"line":       {sum(line), "7ff0f2e32cfef09d7ddf68f0c5047a39e93eaceeba33a57eca66ad6bf9fd415a"},
		"lengths":    {fmt.Sprint(len(message), len(signature), len(line)), "115 2420 3268"},
	} {
		if test.got != test.want {
			t.Errorf("%s: %s, want %s", name, test.got, test.want)
		}
	}
}

// x/mod and formats verify what we sign.
func TestOthersVerifyOurSignatures(t *testing.T) {
	cp := testCheckpoint(3)
	ed, pq := newSigner("w.example", TypeEd25519Cosignature, 2), newSigner("w.example", TypeMLDSA44, 3)
	logLine := testLog.line(t, cp, 0)
	b := signedNote(cp.Marshal(), logLine, ed.line(t, cp, 1763762400), pq.line(t, cp, 1763762401))
	var verifiers []note.Verifier
	v, err := note.NewVerifier(testLog.key.String())
	if err != nil {
		t.Fatal(err)
	}
	verifiers = append(verifiers, v)
	for _, key := range []VerifierKey{ed.key, pq.key} {
		v, err := fnote.NewVerifierForCosignatureV1(key.String())
		if err != nil {
			t.Fatal(err)
		}
		verifiers = append(verifiers, v)
	}
	n, err := note.Open(b, note.VerifierList(verifiers...))
	if err != nil || len(n.Sigs) != 3 || n.Text != string(cp.Marshal()) {
		t.Fatalf("%+v, %v", n, err)
	}
}

// We verify what x/mod and formats sign.
func TestWeVerifySignaturesOfOthers(t *testing.T) {
	cp := testCheckpoint(3)
	seed := bytes.Repeat([]byte{9}, 32)
	secret := func(key VerifierKey) string {
		return fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", key.Name, key.ID, encodeBase64(append([]byte{key.Type}, seed...)))
	}
	log, ed, pq := newSigner("log.example", TypeEd25519, 9), newSigner("w.example", TypeEd25519Cosignature, 9), newSigner("w.example", TypeMLDSA44, 9)
	signer, err := note.NewSigner(secret(log.key))
	if err != nil {
		t.Fatal(err)
	}
	signers := []note.Signer{signer}
	for _, key := range []VerifierKey{ed.key, pq.key} {
		s, err := fnote.NewSignerForCosignatureV1(secret(key))
		if err != nil {
			t.Fatal(err)
		}
		signers = append(signers, s)
	}
	b, err := note.Sign(&note.Note{Text: string(cp.Marshal())}, signers...)
	if err != nil {
		t.Fatal(err)
	}
	got, n, err := OpenCheckpoint(b, []VerifierKey{log.key})
	if err != nil || got != cp {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, key := range []VerifierKey{ed.key, pq.key} {
		if time, err := VerifyCosignature(key, n, cp); err != nil || time < 1e9 {
			t.Errorf("type 0x%02x: %d, %v", key.Type, time, err)
		}
	}
}

// A cosignature is 8 bytes of time and the signature; this builds one by hand.
func handmadeCosignature(t *testing.T, key VerifierKey, time uint64, message []byte, private ed25519.PrivateKey) NoteSignature {
	t.Helper()
	b := binary.BigEndian.AppendUint64(nil, time)
	return NoteSignature{Name: key.Name, ID: key.ID, Signature: append(b, ed25519.Sign(private, message)...)}
}
