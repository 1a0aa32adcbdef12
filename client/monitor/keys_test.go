package monitor

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"

	"github.com/docketlog/docket/proofs/statement"
)

const origin = "log.docket.example"

// testKey is a P-256 key that everybody can derive from its name. Its signatures
// are deterministic (RFC 6979).
type testKey struct {
	private *ecdsa.PrivateKey
	spki    []byte
}

func keyOf(name string) testKey {
	scalar := sha256.Sum256([]byte("docket test key " + name))
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	must(err)
	spki, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	must(err)
	return testKey{private, spki}
}

func (k testKey) SPKI() []byte { return k.spki }

func (k testKey) Sign(message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	return k.private.Sign(nil, digest[:], crypto.SHA256)
}

func (k testKey) digest() statement.Digest { return sha256.Sum256(k.spki) }

func (k testKey) proof(op, id, nonce string) []byte {
	proof, err := k.Sign(statement.ProofMessage(origin, op, id, k.spki, nonce))
	must(err)
	return proof
}

// nonce is 16 bytes that follow from a text.
func nonce(text string) string {
	sum := sha256.Sum256([]byte("docket test nonce " + text))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
