package statement

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// isPublicKey asks crypto/x509: is this the one form of a P-256 key?
func isPublicKey(spki []byte) bool {
	key, err := x509.ParsePKIXPublicKey(spki)
	pub, ok := key.(*ecdsa.PublicKey)
	if err != nil || !ok || pub.Curve != elliptic.P256() {
		return false
	}
	again, err := x509.MarshalPKIXPublicKey(pub)
	return err == nil && bytes.Equal(again, spki)
}

func TestParsePublicKey(t *testing.T) {
	good := keyOf("a").spki
	pub, err := ParsePublicKey(good)
	if err != nil || !pub.Equal(&keyOf("a").private.PublicKey) {
		t.Fatalf("ParsePublicKey = %v, %v", pub, err)
	}
	for i := range len(good) * 8 { // every bit
		bad := slices.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := ParsePublicKey(bad); err == nil || isPublicKey(bad) {
			t.Errorf("bit %d flipped: accepted", i)
		}
	}
	compressed := slices.Clone(good[:59])
	compressed[1], compressed[24], compressed[26] = 57, 34, 2+good[90]&1
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := x509.MarshalPKIXPublicKey(&p384.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"nil": nil, "short": good[:90], "trailing byte": append(slices.Clone(good), 0), "compressed": compressed, "P-384": other,
		"zero point": append(slices.Clone(good[:27]), make([]byte, 64)...),
	} {
		_, err := ParsePublicKey(bad)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		checkError(t, err, "E104", "spki")
	}
}

func TestCheckSignature(t *testing.T) {
	n := strings.ToLower(hex.EncodeToString(p256Order))
	last := n[:62] + "50" // n-1
	for _, test := range []struct{ name, bad, good string }{
		{"empty", "", "3006020101020101"},
		{"sequence alone", "3000", "3006020101020101"},
		{"another tag", "3106020101020101", "3006020101020101"},
		{"length too long", "3007020101020101", "3006020101020101"},
		{"length too short", "3005020101020101", "3006020101020101"},
		{"long form of the length", "308106020101020101", "3006020101020101"},
		{"indefinite length", "30800201010201010000", "3006020101020101"},
		{"trailing byte inside", "300702010102010100", "3006020101020101"},
		{"trailing byte outside", "300602010102010100", "3006020101020101"},
		{"one integer", "3003020101", "3006020101020101"},
		{"three integers", "3009020101020101020101", "3006020101020101"},
		{"integer without bytes", "300502000201" + "01", "3006020101020101"},
		{"r zero", "3006020100020101", "300602017f020101"},
		{"s zero", "3006020101020100", "300602010102017f"},
		{"r negative", "3006020180020101", "300702020080020101"},
		{"needless zero", "30070202007f020101", "300702020080020101"},
		{"r = n", "3026022100" + n + "020101", "3026022100" + last + "020101"},
		{"s = n", "3026020101022100" + n, "3026020101022100" + last},
		{"34 bytes", "302702220100" + n + "020101", "3026022100" + last + "020101"},
		{"33 bytes without zero", "3026022101" + n + "020101", "3026022100" + last + "020101"},
		{"long form in an integer", "300702810101020101", "3006020101020101"},
		{"raw r and s", strings.Repeat("11", 64), "3006020101020101"},
	} {
		t.Run(test.name, func(t *testing.T) {
			good, _ := hex.DecodeString(test.good)
			if err := CheckSignature(good); err != nil {
				t.Errorf("neighbour refused: %v", err)
			}
			bad, _ := hex.DecodeString(test.bad)
			if isSignature(bad, new(big.Int).SetBytes(p256Order)) {
				t.Fatal("the case is a signature")
			}
			checkError(t, CheckSignature(bad), "E104", "sig")
		})
	}
}

func TestVerify(t *testing.T) {
	key := keyOf("a")
	digest := digestOf("x")
	sig := key.sign(digest)
	pub := &key.private.PublicKey
	if err := Verify(pub, digest, sig); err != nil {
		t.Fatal(err)
	}
	if err := Verify(pub, digest, negated(sig)); err != nil {
		t.Errorf("r, n-s refused: %v", err) // signatures are malleable; digests name statements
	}
	checkError(t, Verify(&keyOf("b").private.PublicKey, digest, sig), "E104", "sig")
	checkError(t, Verify(pub, digestOf("y"), sig), "E104", "sig")
	checkError(t, Verify(nil, digest, sig), "E104", "spki")
	for i := range len(sig) * 8 { // every bit
		bad := slices.Clone(sig)
		bad[i/8] ^= 1 << (i % 8)
		if err := Verify(pub, digest, bad); err == nil {
			t.Errorf("bit %d flipped: verifies", i)
		}
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	checkError(t, Verify(&p384.PublicKey, digest, sig), "E104", "spki")
}

// negated gives the other signature that verifies, r and n-s.
func negated(der []byte) []byte {
	r := der[4 : 4+der[3]]
	s := new(big.Int).SetBytes(der[4+len(r)+2:])
	s.Sub(new(big.Int).SetBytes(p256Order), s)
	raw := s.Bytes()
	if raw[0]&0x80 != 0 {
		raw = append([]byte{0}, raw...)
	}
	body := append(slices.Clone(der[2:4+len(r)]), append([]byte{2, byte(len(raw))}, raw...)...)
	return append([]byte{0x30, byte(len(body))}, body...)
}

// The signature of an enrolment proves that the holder of the key consents to exactly this.
func TestProofVerifies(t *testing.T) {
	key := keyOf("wl/doc-publisher")
	s := testEnroll()
	e := s.Body.(*EnrollIdentity)
	for name, message := range map[string][]byte{
		"":         ProofMessage(s.Log, "enroll", e.ID, e.SPKI, s.Nonce),
		"log":      ProofMessage("other.example", "enroll", e.ID, e.SPKI, s.Nonce),
		"op":       ProofMessage(s.Log, "rotate", e.ID, e.SPKI, s.Nonce),
		"identity": ProofMessage(s.Log, "enroll", "wl/other", e.SPKI, s.Nonce),
		"spki":     ProofMessage(s.Log, "enroll", e.ID, keyOf("b").spki, s.Nonce),
		"nonce":    ProofMessage(s.Log, "enroll", e.ID, e.SPKI, nonceOf("other")),
	} {
		err := Verify(&key.private.PublicKey, digestOf(string(message)), e.Proof)
		if (err == nil) != (name == "") {
			t.Errorf("other %q: %v", name, err)
		}
	}
}
