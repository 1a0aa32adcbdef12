package statement

import (
	"bytes"
	"encoding/base64"
)

// MaxLeaf is the most bytes of a leaf.
const MaxLeaf = 8 << 10

// The parts of a leaf around digest, signature and key: a hashedrekord 0.0.2 entry of Rekor v2 in its canonical form.
const (
	leafHead = `{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256",` +
		`"digest":"`
	leafSignature = `"},"signature":{"content":"`
	leafKey       = `","verifier":{"keyDetails":"` + Algorithm + `","publicKey":{"rawBytes":"`
	leafTail      = `"}}}}}}`
)

// Algorithm is the name of the one signature algorithm of statements, in leaves and in the policy document.
const Algorithm = "PKIX_ECDSA_P256_SHA_256"

// Commitment is what the log's tree holds of a statement: its digest, its signature and the signer's key.
type Commitment struct {
	Digest    Digest // statement digest
	Signature []byte // ASN.1 DER, the bytes as submitted
	SPKI      []byte // DER of the signer's key
}

// Leaf gives the bytes in the tree, about 489. It does not check the fields: make commitments from parsed envelopes
// and keys only.
func (c Commitment) Leaf() []byte {
	b := make([]byte, 0, 512)
	b = append(b, leafHead...)
	b = base64.StdEncoding.AppendEncode(b, c.Digest[:])
	b = append(b, leafSignature...)
	b = base64.StdEncoding.AppendEncode(b, c.Signature)
	b = append(b, leafKey...)
	b = base64.StdEncoding.AppendEncode(b, c.SPKI)
	return append(b, leafTail...)
}

// ParseCommitment reads a leaf: only bytes that [Commitment.Leaf] gives, with a signature that [CheckSignature] accepts
// and a key of the right length and header. The error is an [*Error] with code E101, for signature and key E104. Neither
// the point nor the signature is verified; use [ParsePublicKey] and [Verify].
func ParseCommitment(leaf []byte) (Commitment, error) {
	if len(leaf) > MaxLeaf {
		return Commitment{}, formError("", "want at most 8192 bytes")
	}
	c, ok := splitLeaf(string(leaf))
	if !ok || !bytes.Equal(c.Leaf(), leaf) {
		return Commitment{}, formError("", "want a hashedrekord 0.0.2 entry of one digest, signature and key, in canonical form")
	}
	if CheckSignature(c.Signature) != nil {
		return Commitment{}, signatureError("spec.hashedRekordV002.signature.content", "want "+wantSignature)
	}
	if checkSPKI(c.SPKI) != nil {
		return Commitment{}, signatureError("spec.hashedRekordV002.signature.verifier.publicKey.rawBytes", "want "+wantSPKI)
	}
	return c, nil
}

func splitLeaf(leaf string) (c Commitment, ok bool) {
	digest, rest, ok := cutBase64(leaf, leafHead)
	if !ok || len(digest) != len(c.Digest) {
		return c, false
	}
	copy(c.Digest[:], digest)
	if c.Signature, rest, ok = cutBase64(rest, leafSignature); !ok {
		return c, false
	}
	if c.SPKI, rest, ok = cutBase64(rest, leafKey); !ok {
		return c, false
	}
	return c, rest == leafTail
}

// cutBase64 takes head and the base64 up to the next double quote off the front of s.
func cutBase64(s, head string) (raw []byte, rest string, ok bool) {
	if len(s) < len(head) || s[:len(head)] != head {
		return nil, "", false
	}
	s = s[len(head):]
	n := 0
	for n < len(s) && s[n] != '"' {
		n++
	}
	raw, ok = decodeBase64(standard, s[:n])
	return raw, s[n:], ok
}
