package admission

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/proofs/statement"
)

// FuzzCheck: no bytes make Check panic; what it says is the same each time; what
// it admits has the leaf and the digest that its content gives, and what it
// refuses carries a known code.
func FuzzCheck(f *testing.F) {
	for _, c := range world() {
		f.Add(c.Leaf, c.Payload)
		f.Add(c.Leaf, c.Payload[:len(c.Payload)-1])
		f.Add(c.Payload, c.Leaf)
	}
	release := releaseStatement("wl/p", "wl/p", "open/1", 1, nil)
	f.Add(release.Leaf, release.Payload)
	f.Add([]byte("docket/v1/seal\n"), []byte(nil))
	f.Add([]byte{0xd2}, []byte("{}"))
	f.Fuzz(func(t *testing.T, leaf, content []byte) {
		c, err := Check(origin, leaf, content)
		again, errAgain := Check(origin, leaf, content)
		if diff := cmp.Diff(message(err), message(errAgain)); diff != "" {
			t.Fatalf("two verdicts:\n%s", diff)
		}
		if err != nil {
			wantKnown(t, err)
			return
		}
		if string(c.Leaf) != string(leaf) || c.Digest != statement.DigestOf(content) || c.Digest != again.Digest {
			t.Fatal("a checked statement that is not the one handed in")
		}
		applyAnywhere(t, c)
	})
}

// FuzzCheckEnvelope: the same for what a submitter sends.
func FuzzCheckEnvelope(f *testing.F) {
	for _, c := range world() {
		commitment, err := statement.ParseCommitment(c.Leaf)
		must(err)
		f.Add(c.Payload, commitment.Signature, commitment.SPKI)
		f.Add(c.Payload, commitment.SPKI, commitment.Signature)
		f.Add(c.Payload, commitment.Signature, []byte(nil))
	}
	f.Add([]byte(nil), []byte(nil), keyOf("wl/p").spki)
	f.Fuzz(func(t *testing.T, payload, signature, spki []byte) {
		e := statement.Envelope{Payload: payload, Signature: signature, SPKI: spki}
		c, err := CheckEnvelope(origin, e)
		if errors.Is(err, ErrContent) {
			t.Fatal("a leaf that does not commit to the payload it was made of")
		}
		if err != nil {
			wantKnown(t, err)
			return
		}
		if string(c.Payload) != string(payload) {
			t.Fatal("a checked statement that is not the one handed in")
		}
		applyAnywhere(t, c)
	})
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func wantKnown(t *testing.T, err error) {
	t.Helper()
	var r *Refusal
	if errors.Is(err, ErrContent) {
		return
	}
	if !errors.As(err, &r) || r.Reason == "" {
		t.Fatalf("%v: neither a refusal nor ErrContent", err)
	}
	switch r.Code {
	case CodeForm, CodeField, CodeOrigin, CodeSignature, CodeSealedOnly:
	default:
		t.Fatalf("%v: not a code of Check", err)
	}
}

// applyAnywhere applies a statement at index 0 and in a world: a verdict, and
// effects that the registers take.
func applyAnywhere(t *testing.T, c *Checked) {
	t.Helper()
	empty, full := newTestLog(t), newTestLog(t)
	full.admit(world()...)
	for _, l := range []*testLog{empty, full} {
		effects, err := l.fold.Apply(l.overlay, l.index(), l.time, c)
		var r *Refusal
		if err != nil && !errors.As(err, &r) {
			t.Fatal(err)
		}
		if err == nil {
			checkEffects(t, l.index(), effects)
			l.write(c, effects)
		}
	}
}

// FuzzReplay: no leaf that follows a good log makes a replay panic, or moves it
// without a seal.
func FuzzReplay(f *testing.F) {
	l := goodLog(f)
	c := releaseStatement("wl/p", "wl/p", "open/2", 1, nil)
	f.Add(l.nextSeal().Marshal(), []byte(nil))
	f.Add(c.Leaf, c.Payload)
	f.Add([]byte("docket/v1/seal\nindex 8\n"), []byte(nil))
	f.Fuzz(func(t *testing.T, leaf, content []byte) {
		r, err := l.replay()
		if err != nil {
			t.Fatal(err)
		}
		root := r.Tree().Root()
		err = r.Add(leaf, content)
		var named *ReplayError
		if err != nil && (!errors.As(err, &named) || named.Index != 8) {
			t.Fatalf("%v: does not name entry 8", err)
		}
		if r.Sealed() != 8 || r.Tree().Root() != root {
			t.Fatal("moved: no seal is right after a seal")
		}
	})
}
