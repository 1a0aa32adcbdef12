package sigstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// BundleMediaType is the media type of a bundle.
const BundleMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"

// A Bundle is a Sigstore bundle of one entry. Bytes become base64, 64-bit integers
// text, as protobuf's JSON has them.
type Bundle struct {
	MediaType string       `json:"mediaType"`
	Material  Material     `json:"verificationMaterial"`
	Envelope  DSSEEnvelope `json:"dsseEnvelope"`
}

// Material is what a bundle's signature is verified with.
type Material struct {
	PublicKey KeyHint `json:"publicKey"`
	Entries   []Entry `json:"tlogEntries"`
}

// A KeyHint names the signer's key, which the verifier brings: it is never in the
// bundle.
type KeyHint struct {
	Hint []byte `json:"hint"` // SHA-256 of its SubjectPublicKeyInfo in DER
}

// An Entry is the entry with its inclusion proof.
type Entry struct {
	Index         string      `json:"logIndex"`
	Log           LogID       `json:"logId"`
	Kind          KindVersion `json:"kindVersion"`
	Time          string      `json:"integratedTime"` // always 0: the time is in the seal
	Inclusion     Inclusion   `json:"inclusionProof"`
	CanonicalBody []byte      `json:"canonicalizedBody"` // the leaf
}

// A LogID names the key of a log.
type LogID struct {
	KeyID []byte `json:"keyId"`
}

// KindVersion is the kind of the leaf: hashedrekord 0.0.2.
type KindVersion struct {
	Kind    string `json:"kind"`
	Version string `json:"version"`
}

// Inclusion is an inclusion proof with its signed checkpoint.
type Inclusion struct {
	Index      string     `json:"logIndex"`
	Root       []byte     `json:"rootHash"`
	Size       string     `json:"treeSize"`
	Hashes     [][]byte   `json:"hashes"` // from the leaf to the root
	Checkpoint Checkpoint `json:"checkpoint"`
}

// Checkpoint is a signed note, as text.
type Checkpoint struct {
	Envelope string `json:"envelope"`
}

// DSSEEnvelope is the signed statement.
type DSSEEnvelope struct {
	Payload     []byte      `json:"payload"`
	PayloadType string      `json:"payloadType"`
	Signatures  []Signature `json:"signatures"`
}

// A Signature is the one signature of an envelope.
type Signature struct {
	Sig   []byte `json:"sig"`   // ASN.1 DER
	KeyID string `json:"keyid"` // always empty: nothing authenticates it
}

// BundleOf returns the bundle of a verified receipt. keys are those of the log; the
// first Ed25519 key among them that signed the checkpoint names the log, since
// Sigstore clients take no other.
func BundleOf(r *proofs.Receipt, keys []proofs.VerifierKey) (*Bundle, error) {
	if r.Envelope == nil {
		return nil, errors.New("a staple has no entry: export the receipt of a statement")
	}
	cp, note, err := proofs.OpenCheckpoint(r.Checkpoint, keys)
	if err != nil {
		return nil, err
	}
	key, err := signer(note, keys)
	if err != nil {
		return nil, err
	}
	e := r.Envelope
	leaf := statement.Commitment{Digest: statement.DigestOf(e.Payload), Signature: e.Signature, SPKI: e.SPKI}
	index, hint := strconv.FormatUint(r.Index, 10), sha256.Sum256(e.SPKI)
	inclusion := Inclusion{
		Index: index, Root: cp.Root[:], Size: strconv.FormatUint(cp.Size, 10), Hashes: make([][]byte, len(r.Inclusion)),
		Checkpoint: Checkpoint{Envelope: string(r.Checkpoint)},
	}
	for i, h := range r.Inclusion {
		inclusion.Hashes[i] = h[:]
	}
	return &Bundle{
		MediaType: BundleMediaType,
		Material: Material{
			PublicKey: KeyHint{Hint: hint[:]},
			Entries: []Entry{{
				Index: index, Log: LogID{KeyID: LogKeyID(key)}, Kind: KindVersion{"hashedrekord", "0.0.2"},
				Time: "0", Inclusion: inclusion, CanonicalBody: leaf.Leaf(),
			}},
		},
		Envelope: DSSEEnvelope{Payload: e.Payload, PayloadType: statement.PayloadType, Signatures: []Signature{{Sig: e.Signature}}},
	}, nil
}

// signer returns the first Ed25519 key that signed a note.
func signer(note proofs.Note, keys []proofs.VerifierKey) (proofs.VerifierKey, error) {
	for _, k := range keys {
		for _, s := range note.Signatures {
			if k.Type == proofs.TypeEd25519 && s.Name == k.Name && s.ID == k.ID {
				return k, nil
			}
		}
	}
	return proofs.VerifierKey{}, fmt.Errorf("no Ed25519 key of the log signed the checkpoint, and Sigstore clients take no other")
}

// LogKeyID is the id of an Ed25519 log key in Sigstore's formats: the 32-byte hash
// whose first four bytes are the key ID of signed notes.
func LogKeyID(key proofs.VerifierKey) []byte {
	id := sha256.Sum256(append([]byte(key.Name+"\n\x01"), key.Public...))
	return id[:]
}

// Marshal returns the bundle as a file.
func (b *Bundle) Marshal() []byte { return marshal(b) }

// marshal cannot fail: the types hold strings, bytes and lists of them.
func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return b.Bytes()
}
