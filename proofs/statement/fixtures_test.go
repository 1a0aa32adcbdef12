package statement

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// golden compares got with testdata/name, or rewrites the file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// testKey is a P-256 key that everybody can derive from its name. Its signatures are deterministic (RFC 6979).
type testKey struct {
	private *ecdsa.PrivateKey
	spki    []byte
}

func keyOf(name string) testKey {
	scalar := sha256.Sum256([]byte("docket test key " + name))
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	if err != nil {
		panic(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		panic(err)
	}
	return testKey{private, spki}
}

func (k testKey) sign(digest Digest) []byte {
	der, err := k.private.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		panic(err)
	}
	return der
}

func (k testKey) prove(op, id, nonce string) []byte {
	return k.sign(sha256.Sum256(ProofMessage(testLog, op, id, k.spki, nonce)))
}

const (
	testLog = "docket.harbor-mutual.example"
	testAt  = 1794319331004 // 2026-11-10T14:02:11.004Z
)

func nonceOf(name string) string {
	sum := sha256.Sum256([]byte("docket test nonce " + name))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

func digestOf(name string) Digest { return sha256.Sum256([]byte(name)) }

func common(c Code, subject Digest, issuer string) *Statement {
	return &Statement{Code: c, Subject: subject, Log: testLog, Nonce: nonceOf(c.String()), At: testAt, Issuer: issuer}
}

func testRelease() *Statement {
	s := common(DocumentRelease, digestOf("%PDF-1.7 sample\n"), "wl/doc-publisher")
	prev := digestOf("release of version 1")
	s.Run = "R1"
	s.Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	s.External = []External{{System: "servicenow", Kind: "change", ID: "CHG0031207", Digest: digestOf("ticket")}}
	s.Spends = []Digest{digestOf("grant of h/legal-03"), digestOf("grant of h/risk-02")}
	s.Body = &ReleaseDocument{Document: "claims/denial-notice/CLM-20441", Version: 2, Prev: &prev, Size: 88213,
		Media: "application/pdf", To: []string{"wl/portal-gw"}}
	return s
}

func testDirectRelease() *Statement {
	s := common(DocumentRelease, digestOf("%PDF-1.7 sample\n"), "wl/doc-publisher")
	s.Body = &ReleaseDocument{Document: "notes/1", Version: 1, Size: 16, Media: "text/plain", To: []string{}}
	return s
}

func testWithdraw() *Statement {
	s := common(DocumentWithdraw, digestOf("%PDF-1.7 sample\n"), "wl/doc-publisher")
	s.Spends = []Digest{digestOf("grant of h/legal-03"), digestOf("grant of h/risk-02")}
	s.Body = &WithdrawDocument{Document: "claims/denial-notice/CLM-20441", Version: 2, Reason: "error"}
	return s
}

func testEnroll() *Statement {
	key := keyOf("wl/doc-publisher")
	s := common(IdentityEnroll, sha256.Sum256(key.spki), "svc/idm")
	s.Sealed = []string{"X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"}
	attestation := digestOf("attestation")
	s.Body = &EnrollIdentity{ID: "wl/doc-publisher", Class: "workload", Owner: "team-platform", Roles: []string{},
		SPKI: key.spki, NotAfter: testAt + 90*24*3600*1000, Verbs: []string{"document.release", "document.withdraw"},
		Namespaces: []string{"claims/"}, Tools: []string{"pdf.publish"}, Custody: "kms", Attestation: &attestation,
		Proof: key.prove("enroll", "wl/doc-publisher", s.Nonce)}
	return s
}

func testRevoke() *Statement {
	s := common(IdentityRevoke, sha256.Sum256(keyOf("wl/doc-publisher").spki), "svc/idm")
	s.Body = &RevokeIdentity{ID: "wl/doc-publisher", Reason: "keyCompromise", CompromisedSince: testAt - 3600_000}
	return s
}

func testPolicy() *Policy {
	nonce := nonceOf(PolicySet.String())
	member := func(id string) Member {
		key := keyOf(id)
		return Member{ID: id, SPKI: key.spki, Proof: key.prove("genesis", id, nonce)}
	}
	return &Policy{
		Version:          1,
		Rules:            Rules,
		Admins:           Admins{M: 2, Members: []Member{member("h/adm-1"), member("h/adm-2"), member("h/adm-3")}},
		Log:              member("svc/log"),
		Algorithms:       []string{Algorithm},
		WitnessPolicy:    digestOf("witness policy"),
		SkewSeconds:      300,
		GrantMaxSeconds:  86400,
		AccessMaxSeconds: 14400,
		ContentMax:       65536,
		Overridable:      []string{"approval"},
		OverrideRoles:    []string{"security"},
		Direct:           []string{"notes/"},
		Alerts:           []Alert{{Rule: "AL-12", Values: []AlertValue{{"keyAgeDays", 90}, {"unusedDays", 30}}}},
	}
}

func testSetPolicy() *Statement {
	text, err := testPolicy().Marshal()
	if err != nil {
		panic(err)
	}
	s := common(PolicySet, sha256.Sum256(text), "h/adm-1")
	s.Body = &SetPolicy{Text: string(text)}
	return s
}

func mustMarshal(t testing.TB, s *Statement) []byte {
	t.Helper()
	b, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// signedRelease is the release of the fixtures, signed, and its commitment.
func signedRelease(t testing.TB) (Envelope, Commitment) {
	t.Helper()
	payload := mustMarshal(t, testRelease())
	key := keyOf("wl/doc-publisher")
	digest := DigestOf(payload)
	e := Envelope{Payload: payload, Signature: key.sign(digest), SPKI: key.spki}
	return e, Commitment{Digest: digest, Signature: e.Signature, SPKI: e.SPKI}
}
