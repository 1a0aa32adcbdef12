package sigstore_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/docketlog/docket/client/sigstore"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage/storagetest"
)

// released is the receipt of a release, with a staple of its document, and the key
// of its log.
func released(t *testing.T) (receipt, staple *proofs.Receipt, leaf []byte, key proofs.VerifierKey) {
	t.Helper()
	store, anchor := storagetest.Open(t)
	w := logtest.NewWorld()
	l := w.Create(t, store, anchor)
	defer l.Close()
	release := w.Release("contracts/1", 1, nil, []byte("bytes"))
	logtest.Submit(t, l, release)
	return receiptOf(t, l), stapleOf(t, l), release.Leaf, w.Signer.Key()
}

func receiptOf(t *testing.T, l *log.Log) *proofs.Receipt {
	t.Helper()
	v := l.View()
	defer v.Release()
	r, err := v.Receipt(5)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func stapleOf(t *testing.T, l *log.Log) *proofs.Receipt {
	t.Helper()
	v := l.View()
	defer v.Release()
	r, err := v.Document("contracts/1")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The bundle is, to the byte, what docs/spec/export.md says; nothing is escaped or
// encoded otherwise.
func TestBundleBytes(t *testing.T) {
	r, _, leaf, key := released(t)
	b, err := sigstore.BundleOf(r, []proofs.VerifierKey{key})
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString
	quote := func(s string) string {
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		if err := e.Encode(s); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out.String())
	}
	hashes := make([]string, len(r.Inclusion))
	for i, h := range r.Inclusion {
		hashes[i] = quote(b64(h[:]))
	}
	cp, _, err := proofs.OpenCheckpoint(r.Checkpoint, []proofs.VerifierKey{key})
	if err != nil {
		t.Fatal(err)
	}
	hint := sha256.Sum256(r.Envelope.SPKI)
	id := sha256.Sum256([]byte(key.Name + "\n\x01" + string(key.Public)))
	want := `{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",` +
		`"verificationMaterial":{"publicKey":{"hint":"` + b64(hint[:]) + `"},` +
		`"tlogEntries":[{"logIndex":"5","logId":{"keyId":"` + b64(id[:]) + `"},"kindVersion":{"kind":"hashedrekord","version":"0.0.2"},"integratedTime":"0",` +
		`"inclusionProof":{"logIndex":"5","rootHash":"` + b64(cp.Root[:]) + `","treeSize":"` + strconv.FormatUint(cp.Size, 10) + `","hashes":[` + strings.Join(hashes, ",") + `],` +
		`"checkpoint":{"envelope":` + quote(string(r.Checkpoint)) + `}},"canonicalizedBody":"` + b64(leaf) + `"}]},` +
		`"dsseEnvelope":{"payload":"` + b64(r.Envelope.Payload) + `","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"` + b64(r.Envelope.Signature) + `","keyid":""}]}}` + "\n"
	if got := string(b.Marshal()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if again, err := sigstore.BundleOf(r, []proofs.VerifierKey{key}); err != nil || !bytes.Equal(again.Marshal(), b.Marshal()) {
		t.Errorf("not a function of the receipt: %v", err)
	}
}

// What names no log, or has no entry, is no bundle.
func TestBundleRefuses(t *testing.T) {
	r, staple, _, key := released(t)
	strange, err := proofs.NewVerifierKey(key.Name, proofs.TypeEd25519, bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sigstore.BundleOf(staple, []proofs.VerifierKey{key}); err == nil || !strings.Contains(err.Error(), "staple") {
		t.Errorf("a staple: %v", err)
	}
	if _, err := sigstore.BundleOf(r, []proofs.VerifierKey{strange}); err == nil {
		t.Error("a key that did not sign")
	}
	if _, err := sigstore.BundleOf(r, nil); err == nil {
		t.Error("no key")
	}
	// Of several keys the one that signed names the log.
	b, err := sigstore.BundleOf(r, []proofs.VerifierKey{strange, key})
	if err != nil || !bytes.Equal(b.Material.Entries[0].Log.KeyID, sigstore.LogKeyID(key)) {
		t.Errorf("several keys: %v", err)
	}
}

func TestTrustedRootBytes(t *testing.T) {
	_, _, _, key := released(t)
	mldsa := proofs.VerifierKey{Name: key.Name, Type: proofs.TypeMLDSA44}
	root, err := sigstore.TrustedRootOf([]proofs.VerifierKey{mldsa, key})
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(key.Public))
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString
	want := `{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","certificateAuthorities":[],"ctlogs":[],"timestampAuthorities":[],` +
		`"tlogs":[{"baseUrl":"https://log.docket.example","hashAlgorithm":"SHA2_256","logId":{"keyId":"` + b64(sigstore.LogKeyID(key)) + `"},` +
		`"publicKey":{"rawBytes":"` + b64(spki) + `","keyDetails":"PKIX_ED25519","validFor":{"start":"2024-01-01T00:00:00Z"}}}]}` + "\n"
	if got := string(root.Marshal()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := sigstore.TrustedRootOf([]proofs.VerifierKey{mldsa}); err == nil {
		t.Error("a root without an Ed25519 key")
	}
}

func TestSigningConfigBytes(t *testing.T) {
	want := `{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","rekorTlogConfig":{"selector":"ANY"},"tsaConfig":{"selector":"ANY"},` +
		`"rekorTlogUrls":[{"url":"https://log.docket.example","majorApiVersion":2,"operator":"log.docket.example","validFor":{"start":"2024-01-01T00:00:00Z"}}]}` + "\n"
	if got := string(sigstore.SigningConfigOf(logtest.Origin).Marshal()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
