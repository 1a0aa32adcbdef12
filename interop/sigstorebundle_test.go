package interop

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"github.com/docketlog/docket/interop/site"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// object is JSON; []byte in it becomes base64.
type object map[string]any

// sigstoreBundle writes a statement as a Sigstore bundle v0.3.
func sigstoreBundle(l logged) []byte {
	hashes := make([][]byte, len(l.inclusion))
	for i, h := range l.inclusion {
		hashes[i] = h[:]
	}
	var signed proofs.Checkpoint
	if n, err := proofs.ParseNote(l.checkpoint); err == nil {
		signed, _ = proofs.ParseCheckpoint(n.Body)
	}
	hint := sha256.Sum256(l.envelope.SPKI)
	index := strconv.FormatUint(l.index, 10)
	return marshal(object{
		"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
		"verificationMaterial": object{
			"publicKey": object{"hint": hint[:]},
			"tlogEntries": []object{{
				"logIndex":       index,
				"logId":          object{"keyId": logID(l.log)},
				"kindVersion":    object{"kind": "hashedrekord", "version": "0.0.2"},
				"integratedTime": "0",
				"inclusionProof": object{
					"logIndex":   index,
					"treeSize":   strconv.FormatUint(signed.Size, 10),
					"rootHash":   signed.Root[:],
					"hashes":     hashes,
					"checkpoint": object{"envelope": string(l.checkpoint)},
				},
				"canonicalizedBody": l.leaf,
			}},
		},
		"dsseEnvelope": object{
			"payload":     l.envelope.Payload,
			"payloadType": statement.PayloadType,
			"signatures":  []object{{"sig": l.envelope.Signature, "keyid": ""}},
		},
	})
}

// trustedRoot writes a trusted_root that knows one log and nothing else.
func trustedRoot(key proofs.VerifierKey) []byte {
	spki, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(key.Public))
	if err != nil {
		panic(err)
	}
	return marshal(object{
		"mediaType":              "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
		"certificateAuthorities": []object{},
		"ctlogs":                 []object{},
		"timestampAuthorities":   []object{},
		"tlogs": []object{{
			"baseUrl":       "https://" + key.Name,
			"hashAlgorithm": "SHA2_256",
			"logId":         object{"keyId": logID(key)},
			"publicKey": object{
				"rawBytes":   spki,
				"keyDetails": "PKIX_ED25519",
				"validFor":   object{"start": "2024-01-01T00:00:00Z"},
			},
		}},
	})
}

// logID is the hash whose first four bytes are the key ID of the verifier key.
func logID(key proofs.VerifierKey) []byte {
	id := sha256.Sum256(append([]byte(key.Name+"\n\x01"), key.Public...))
	return id[:]
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// receipt reads a statement from the API of a served log, its leaf from the
// entry bundles.
func receipt(t *testing.T, s *site.Site, digest statement.Digest) logged {
	t.Helper()
	r, err := proofs.ParseReceipt(get(t, fmt.Sprintf("%s/api/v1/receipts/%x", s.URL, digest[:])))
	if err != nil {
		t.Fatal(err)
	}
	return logged{s.Log.Key(), *r.Envelope, served(t, s)[r.Index], r.Index, r.Inclusion, r.Checkpoint}
}

// entry is receipt for the statement at an index.
func entry(t *testing.T, s *site.Site, index uint64) logged {
	t.Helper()
	c, err := statement.ParseCommitment(served(t, s)[index])
	if err != nil {
		t.Fatal(err)
	}
	return receipt(t, s, c.Digest)
}

func genesisDigest(t *testing.T, s *site.Site) statement.Digest {
	t.Helper()
	c, err := statement.ParseCommitment(served(t, s)[0])
	if err != nil {
		t.Fatal(err)
	}
	return c.Digest
}
