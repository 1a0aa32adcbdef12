package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/signature"

	"github.com/docketlog/docket/client/sigstore"
	"github.com/docketlog/docket/interop/site"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// TestSigstoreVerifiesStatements: sigstore-go rebuilds the leaf from the envelope
// and the trusted key, hashes its own result, and finds that at our index. It
// never uses our leaf for that, so the two are equal to the byte.
func TestSigstoreVerifiesStatements(t *testing.T) {
	w, s := newSealed(t, 20, nil)
	file := []byte("the released bytes")
	first := w.Release("contracts/1", 1, nil, file)
	submit(t, s, first)
	withdrawal := w.Withdraw("contracts/1", 1, file)
	submit(t, s, withdrawal)
	for i := range 10 { // signatures differ in length
		submit(t, s, w.Release(fmt.Sprintf("more/%d", i), 1, nil, []byte{byte(i)}))
	}
	policy, err := statement.Parse(receipt(t, s, genesisDigest(t, s)).Envelope.Payload)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		digest statement.Digest
		file   []byte // the subject's bytes
	}{
		{"document.release", first.Digest, file},
		{"document.withdraw", withdrawal.Digest, file},
		{"policy.set", genesisDigest(t, s), []byte(policy.Body.(*statement.SetPolicy).Text)},
	} {
		if err := sigstoreVerify(s.Log.Key(), export(t, s, receipt(t, s, c.digest)), c.file); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for size, n := head(s).Size, 0; n < 10; n++ {
		index := size - 2 - uint64(2*n) // releases and seals take turns
		if err := sigstoreVerify(s.Log.Key(), export(t, s, entry(t, s, index)), []byte{byte(9 - n)}); err != nil {
			t.Errorf("entry %d: %v", index, err)
		}
	}
}

// TestSigstoreRefuses: what must not verify does not.
func TestSigstoreRefuses(t *testing.T) {
	w, s := newSealed(t, 20, nil)
	file := []byte("the released bytes")
	release := w.Release("contracts/1", 1, nil, file)
	other := w.Release("contracts/2", 1, nil, []byte("other"))
	submit(t, s, release, other)
	key := s.Log.Key()
	good := func() signed { return export(t, s, receipt(t, s, release.Digest)) }
	if err := sigstoreVerify(key, good(), file); err != nil {
		t.Fatal(err)
	}
	otherLog, err := site.Raw(logtest.Origin) // the same origin, another key
	if err != nil {
		t.Fatal(err)
	}
	otherKey := otherLog.Signer.Key()
	otherOrigin, err := proofs.NewVerifierKey("elsewhere.example", proofs.TypeEd25519, key.Public)
	if err != nil {
		t.Fatal(err)
	}
	otherStatement := export(t, s, receipt(t, s, other.Digest))
	for name, c := range map[string]struct {
		key    proofs.VerifierKey
		file   []byte
		change func(signed)
		want   string // in sigstore-go's error
	}{
		"another document":          {key, []byte("other bytes"), func(signed) {}, "artifact digests do not match"},
		"a log that is not trusted": {otherKey, file, func(signed) {}, "not enough verified log entries"},
		"another log key":           {otherKey, file, func(b signed) { b.entry().Log.KeyID = sigstore.LogKeyID(otherKey) }, "no verifiable signatures"},
		"another origin":            {otherOrigin, file, func(b signed) { b.entry().Log.KeyID = sigstore.LogKeyID(otherOrigin) }, "no verifiable signatures"},
		"another statement's place": {key, file, func(b signed) {
			o := otherStatement.entry()
			b.entry().Index, b.entry().Inclusion.Index, b.entry().Inclusion.Hashes = o.Index, o.Index, o.Inclusion.Hashes
		}, "verifying inclusion"},
		"another index": {key, file, func(b signed) {
			index := strconv.FormatUint(receipt(t, s, release.Digest).Index-1, 10)
			b.entry().Index, b.entry().Inclusion.Index = index, index
		}, "verifying inclusion"},
		"another proof":     {key, file, func(b signed) { b.entry().Inclusion.Hashes[0][0] ^= 1 }, "verifying inclusion"},
		"no proof":          {key, file, func(b signed) { b.entry().Inclusion.Hashes = nil }, "wrong proof size"},
		"another root":      {key, file, func(b signed) { b.flipRoot() }, "invalid signature"},
		"another signature": {key, file, func(b signed) { b.Envelope.Signatures = otherStatement.Envelope.Signatures }, "verifying inclusion"},
		"another payload":   {key, file, func(b signed) { b.Envelope.Payload = otherStatement.Envelope.Payload }, "verifying inclusion"},
		// It never hashes the leaf in the bundle, but reads it.
		"another leaf to show": {key, file, func(b signed) { b.entry().CanonicalBody = b.entry().CanonicalBody[1:] }, "not a recognizable"},
	} {
		l := good()
		c.change(l)
		if err := sigstoreVerify(c.key, l, c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want a refusal for %q", name, err, c.want)
		}
	}
}

// TestSigstoreTakesCosignatures: the lines of witnesses below the log's own are no
// hindrance.
func TestSigstoreTakesCosignatures(t *testing.T) {
	w, s := newSealed(t, 20, nil)
	file := []byte("the released bytes")
	release := w.Release("contracts/1", 1, nil, file)
	submit(t, s, release)
	r := receipt(t, s, release.Digest)
	c, _, err := proofs.OpenCheckpoint(r.Checkpoint, []proofs.VerifierKey{s.Log.Key()})
	if err != nil {
		t.Fatal(err)
	}
	for name, witness := range cosigners(t) {
		line, err := proofs.SignCosignatureLine(1_790_000_000, witness.sign, witness.key, c)
		if err != nil {
			t.Fatal(err)
		}
		r.Checkpoint = append(r.Checkpoint, line...)
		if err := sigstoreVerify(s.Log.Key(), export(t, s, r), file); err != nil {
			t.Errorf("with %s: %v", name, err)
		}
	}
}

// TestSigstoreWantsEveryByte logs every leaf that differs from a statement's in
// one bit of one byte, in a log that takes any bytes, and shows sigstore-go that
// place with its valid proof. Only the place of the unchanged leaf passes.
func TestSigstoreWantsEveryByte(t *testing.T) {
	w := logtest.NewWorld()
	file := []byte("the released bytes")
	release := w.Release("contracts/1", 1, nil, file)
	dir, config := t.TempDir(), w.Config(nil, nil)
	config.Mode = log.Raw
	if err := site.Create(dir, config, nil); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, config, nil)
	leaf := release.Leaf
	leaves := [][]byte{leaf}
	for i := range leaf {
		changed := bytes.Clone(leaf)
		changed[i] ^= 1
		leaves = append(leaves, changed)
	}
	_, v, err := s.Log.SubmitRaw(context.Background(), leaves)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	for i := range leaves {
		inclusion, err := v.Inclusion(uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		e := envelope(t, release)
		r := &proofs.Receipt{Envelope: &e, Index: uint64(i), Inclusion: inclusion, Checkpoint: v.Checkpoint()}
		err = sigstoreVerify(s.Log.Key(), export(t, s, r), file)
		if i == 0 && err != nil {
			t.Errorf("the unchanged leaf: %v", err)
		}
		if i > 0 && (err == nil || !strings.Contains(err.Error(), "verifying inclusion")) {
			t.Errorf("byte %d of the leaf changed: %v", i-1, err)
		}
	}
}

// sigstoreVerify has sigstore-go check a statement and the file that it is about,
// with that log key and the statement's key as the only things it trusts.
func sigstoreVerify(trusted proofs.VerifierKey, l signed, file []byte) error {
	trust, err := sigstore.TrustedRootOf([]proofs.VerifierKey{trusted})
	if err != nil {
		return err
	}
	return sigstoreVerifyFiles(trust.Marshal(), l.Marshal(), l.spki, file)
}

// sigstoreVerifyFiles does so with the files that a user has.
func sigstoreVerifyFiles(trust, exported, spki, file []byte) error {
	logs, err := root.NewTrustedRootFromJSON(trust)
	if err != nil {
		return fmt.Errorf("trusted root: %w", err)
	}
	public, err := statement.ParsePublicKey(spki)
	if err != nil {
		return err
	}
	signer, err := signature.LoadDefaultVerifier(public)
	if err != nil {
		return err
	}
	keys := root.NewTrustedPublicKeyMaterial(func(string) (root.TimeConstrainedVerifier, error) {
		return root.NewExpiringKey(signer, time.Time{}, time.Time{}), nil
	})
	verifier, err := verify.NewVerifier(root.TrustedMaterialCollection{logs, keys},
		verify.WithTransparencyLog(1), verify.WithNoObserverTimestamps())
	if err != nil {
		return err
	}
	var b bundle.Bundle
	if err := b.UnmarshalJSON(exported); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	result, err := verifier.Verify(&b, verify.NewPolicy(verify.WithArtifact(bytes.NewReader(file)), verify.WithKey()))
	if err != nil {
		return err
	}
	if result.Statement == nil {
		return errors.New("sigstore-go verified no statement")
	}
	return nil
}

// envelope puts a checked statement back into its envelope.
func envelope(t *testing.T, c *admission.Checked) statement.Envelope {
	t.Helper()
	e, err := statement.ParseCommitment(c.Leaf)
	if err != nil {
		t.Fatal(err)
	}
	return statement.Envelope{Payload: c.Payload, Signature: e.Signature, SPKI: e.SPKI}
}
