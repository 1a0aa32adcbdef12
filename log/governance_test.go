package log_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage/storagetest"
)

// govern makes a statement about an identity, signed with a key.
func govern(t *testing.T, w *logtest.World, code statement.Code, by, nonce string, key client.Signer, subject statement.Digest, body statement.Body, spends ...statement.Digest) *admission.Checked {
	t.Helper()
	s := statement.Statement{
		Code: code, Subject: subject, Log: w.Origin, Nonce: nonceOf(nonce), At: w.Clock.Now().UnixMilli(), Issuer: by, Spends: spends, Body: body,
	}
	payload, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	signature, err := key.Sign(statement.PAE(payload))
	if err != nil {
		t.Fatal(err)
	}
	return w.Checked(statement.Envelope{Payload: payload, Signature: signature, SPKI: key.SPKI()})
}

func nonceOf(name string) string {
	sum := sha256.Sum256([]byte("docket test nonce " + name))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// rotation is a rotation of the pipeline to a key with this name, and what a
// grant for it binds.
func rotation(t *testing.T, w *logtest.World, name string) *statement.RotateIdentity {
	t.Helper()
	key := logtest.Key(name)
	proof, err := key.Sign(statement.ProofMessage(w.Origin, "rotate", w.Pipeline.ID, key.SPKI(), nonceOf("rotate "+name)))
	if err != nil {
		t.Fatal(err)
	}
	return &statement.RotateIdentity{EnrollIdentity: statement.EnrollIdentity{
		ID: w.Pipeline.ID, Class: "workload", Owner: "team-release", Roles: []string{}, SPKI: key.SPKI(), Custody: "file", Proof: proof,
		Verbs: []string{"document.release", "document.withdraw"}, Namespaces: []string{"*"},
	}}
}

// TestGovernance: a grant, what spends it and what the new key signs go into one
// batch, or into several; the log writes the same as a replay, receipts verify,
// and the log knows the key of today.
func TestGovernance(t *testing.T) {
	for _, batches := range []int{1, 3} {
		t.Run(fmt.Sprint(batches), func(t *testing.T) {
			w := logtest.NewWorld()
			store, err := storagetest.NewMemory().Open()
			if err != nil {
				t.Fatal(err)
			}
			anchor, err := storagetest.NewMemoryAnchor().Open()
			if err != nil {
				t.Fatal(err)
			}
			l := w.Create(t, store, anchor)
			defer l.Close()

			body, key := rotation(t, w, "K2"), logtest.Key("K2")
			subject := statement.Digest(sha256.Sum256(key.SPKI()))
			grant := govern(t, w, statement.DecisionGrant, w.Registrar.ID, "grant", w.Registrar.Signer, subject, &statement.GrantDecision{
				For: statement.IdentityRotate, Object: body.Object(), To: w.Pipeline.ID, Meaning: "approval", Role: "registrar", Rule: "keys-1",
				Policy: policyText(t, l), NotAfter: w.Clock.Now().UnixMilli() + 60_000, Uses: 1, Level: "direct",
			})
			rotate := govern(t, w, statement.IdentityRotate, w.Pipeline.ID, "rotate K2", w.Pipeline.Signer, subject, body, grant.Digest)
			before := w.Release("a/0", 1, nil, []byte("before"))
			w.Pipeline.Signer = key
			after := w.Release("a/1", 1, nil, []byte("after"))
			again := govern(t, w, statement.IdentityRotate, w.Pipeline.ID, "rotate K2", key, subject, body, grant.Digest)
			late := logtest.Key("wl/pipeline")
			old := govern(t, w, statement.DocumentRelease, w.Pipeline.ID, "old", late, sha256.Sum256([]byte("old")),
				&statement.ReleaseDocument{Document: "a/2", Version: 1, Size: 3, Media: "text/plain", To: []string{}})

			all := []*admission.Checked{before, grant, rotate, after, old}
			want := []string{"", "", "", "", admission.CodeKey}
			var got []string
			for i := 0; i < len(all); i += (len(all) + batches - 1) / batches {
				for _, r := range logtest.Submit(t, l, all[i:min(len(all), i+(len(all)+batches-1)/batches)]...) {
					code := ""
					if r.Refusal != nil {
						code = r.Refusal.Code
					}
					got = append(got, code)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("refused %q, want %q", got, want)
			}
			if r := logtest.Submit(t, l, again)[0]; r.Refusal == nil || r.Refusal.Code != admission.CodeDuplicate {
				t.Errorf("the same rotation signed with the new key: %+v", r)
			}
			logtest.Check(t, w, store, anchor)
			report, err := fsck.Check(context.Background(), fsck.Log{Origin: w.Origin, Mode: log.Sealed, Key: w.Signer.Key(), Store: store, Anchor: anchor},
				fsck.Options{Replay: true})
			if err != nil || report.Damaged != 0 || !report.Replayed {
				t.Errorf("fsck: %+v, %v", report, err)
			}
			checkGoverned(t, w, l, all[:4])
		})
	}
}

// policyText is the digest of the policy in force.
func policyText(t *testing.T, l *log.Log) statement.Digest {
	t.Helper()
	v := l.View()
	defer v.Release()
	r, err := v.Receipt(0)
	if err != nil {
		t.Fatal(err)
	}
	s, err := statement.Parse(r.Envelope.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return s.Subject
}

// checkGoverned: the receipts of these entries verify, each under the key that
// was the issuer's then; and a statement without its key is checked under the
// newest.
func checkGoverned(t *testing.T, w *logtest.World, l *log.Log, entries []*admission.Checked) {
	t.Helper()
	verifier := w.Verifier(t, l)
	v := l.View()
	defer v.Release()
	for _, c := range entries {
		index, err := v.Find(c.Digest)
		if err != nil {
			t.Fatal(err)
		}
		r, err := v.Receipt(index)
		if err != nil {
			t.Fatal(err)
		}
		verdict := verifier.Verify(r, proofs.Expect{File: c.Statement.Subject, Dev: true})
		if verdict.Exit == proofs.ExitInvalid || verdict.Index != index {
			t.Errorf("%s: %v", c.Statement.Code, verdict)
		}
	}
	e, err := w.Pipeline.Release("a/3", 1, nil, logtest.FileOf([]byte("x")))
	if err != nil {
		t.Fatal(err)
	}
	e.SPKI = nil
	if c, err := l.Check(e); err != nil || string(c.SPKI) != string(w.Pipeline.Signer.SPKI()) {
		t.Errorf("without its key: %v", err)
	}
}
