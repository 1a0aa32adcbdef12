package statement

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
)

// spkiHeader is the DER in front of the 64 bytes of a P-256 point: SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 },
// BIT STRING { 0x04 ... } } (RFC 5480). With it there is one SPKI per key: the one that x509.MarshalPKIXPublicKey gives.
var spkiHeader = []byte{0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04}

const spkiSize = 91

// p256Order is the order n of the group of P-256; r and s of a signature are 1 to n-1.
var p256Order = []byte{0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51}

const (
	wantSPKI      = "the DER of a P-256 public key, 91 bytes with an uncompressed point"
	wantSignature = "an ECDSA P-256 signature in strict, minimal DER"
)

// ParsePublicKey reads the SubjectPublicKeyInfo of an ECDSA P-256 key: exactly the 91 bytes that
// x509.MarshalPKIXPublicKey gives for it, with a point on the curve. The error is an [*Error] with code E104.
func ParsePublicKey(spki []byte) (*ecdsa.PublicKey, error) {
	if err := checkSPKI(spki); err != nil {
		return nil, err
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), spki[len(spkiHeader)-1:])
	if err != nil {
		return nil, signatureError("spki", "not a point of the curve; want "+wantSPKI)
	}
	return pub, nil
}

func checkPublicKey(spki []byte) error {
	_, err := ParsePublicKey(spki)
	return err
}

// checkSPKI judges the form alone; whether the point is on the curve is for ParsePublicKey.
func checkSPKI(spki []byte) error {
	if len(spki) != spkiSize || !bytes.HasPrefix(spki, spkiHeader) {
		return signatureError("spki", "want "+wantSPKI)
	}
	return nil
}

// CheckSignature judges the form of an ECDSA P-256 signature: SEQUENCE { INTEGER r, INTEGER s } in DER, strict and minimal,
// with r and s from 1 to n-1. It does not verify. Both s and n-s pass: name a statement by its digest, never by its
// signature. The error is an [*Error] with code E104.
func CheckSignature(der []byte) error {
	if len(der) < 2 || der[0] != 0x30 || int(der[1]) != len(der)-2 {
		return signatureError("sig", "want "+wantSignature)
	}
	rest, ok := cutScalar(der[2:])
	if ok {
		rest, ok = cutScalar(rest)
	}
	if !ok || len(rest) != 0 {
		return signatureError("sig", "want "+wantSignature)
	}
	return nil
}

// cutScalar reads an INTEGER from 1 to n-1 in its shortest form and gives what follows.
func cutScalar(b []byte) (rest []byte, ok bool) {
	if len(b) < 2 || b[0] != 0x02 || b[1] == 0 || b[1] > 33 || len(b) < 2+int(b[1]) {
		return nil, false
	}
	scalar, rest := b[2:2+b[1]], b[2+b[1]:]
	switch {
	case scalar[0]&0x80 != 0:
		return nil, false // negative
	case scalar[0] == 0:
		scalar = scalar[1:]
		if len(scalar) == 0 || scalar[0]&0x80 == 0 {
			return nil, false // zero, or a needless zero in front
		}
	}
	return rest, len(scalar) < 32 || len(scalar) == 32 && bytes.Compare(scalar, p256Order) < 0
}

// Verify checks the signature of a statement by its digest. The error is an [*Error] with code E104.
func Verify(pub *ecdsa.PublicKey, digest Digest, der []byte) error {
	if pub == nil || pub.Curve != elliptic.P256() {
		return signatureError("spki", "want a P-256 public key")
	}
	if err := CheckSignature(der); err != nil {
		return err
	}
	if !ecdsa.VerifyASN1(pub, digest[:], der) {
		return signatureError("sig", "does not verify; want a signature by this key over the statement digest")
	}
	return nil
}
