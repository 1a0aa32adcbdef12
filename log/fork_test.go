package log_test

import (
	"context"
	"errors"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// TestBothRestored is the known limit of an anchor: an old store with the anchor
// of its time opens, and the log signs a second history. Only somebody outside,
// a witness, holds the note that contradicts it.
func TestBothRestored(t *testing.T) {
	h := newPast(t)
	w := *h.b.w
	second := h.b.fork(t)
	second.w.Signer = newSigner(t, newNotary()) // would find the fork
	l, err := second.open(h.oldStore, anchorHolding(t, h.oldNote))
	if err != nil {
		t.Fatalf("both restored together: %v; if this is found now, say so in the documentation", err)
	}
	defer l.Close()
	if err := second.submit(context.Background(), l, 10); err != nil {
		t.Fatal(err)
	}
	v := l.View()
	defer v.Release()
	key := []proofs.VerifierKey{w.Signer.Key()}
	seen, _, err := proofs.OpenCheckpoint(h.newNote, key)
	if err != nil {
		t.Fatal(err)
	}
	now, _, err := proofs.OpenCheckpoint(v.Checkpoint(), key)
	if err != nil {
		t.Fatal(err)
	}
	// What a witness with the note of before asks for: no proof exists.
	if seen.Size > now.Size {
		t.Fatalf("sizes %d and %d", seen.Size, now.Size)
	}
	proof, err := v.Consistency(seen.Size, now.Size)
	if err != nil {
		t.Fatal(err)
	}
	if proofs.VerifyConsistency(seen.TreeHead, now.TreeHead, proof) == nil {
		t.Error("the two histories agree")
	}
	t.Logf("known limit: sizes %d and %d of two histories are signed by one key; only a witness that saw the first can tell", seen.Size, now.Size)
}

// TestTwoStoresOneKey: two copies of one log run with one key and one anchor
// that does not lock. Whoever comes second to a size cannot let his note out.
func TestTwoStoresOneKey(t *testing.T) {
	h := newPast(t)
	ctx := context.Background()
	a := anchorHolding(t, h.newNote)
	one, two := h.b.fork(t), h.b.fork(t)
	twin := copyStore(t, h.newStore)
	first, err := one.open(h.newStore, a)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := two.open(twin, a)
	if err != nil {
		t.Fatal(err)
	}
	if err := one.submit(ctx, first, 1); err != nil {
		t.Fatal(err)
	}
	before := second.View()
	defer before.Release()
	note := load(t, a)
	err = two.submit(ctx, second, 1)
	if !errors.Is(err, log.ErrStopped) || !errors.Is(err, storage.ErrAnchorMoved) {
		t.Errorf("the second writer got %v; want ErrStopped and ErrAnchorMoved", err)
	}
	if after := second.View(); after != before {
		t.Error("the second writer published")
	} else {
		after.Release()
	}
	if string(load(t, a)) != string(note) {
		t.Error("the anchor moved")
	}
	checkStopped(t, two, second)
	second.Close()
	if err := one.submit(ctx, first, 1); err != nil {
		t.Errorf("the first writer: %v", err)
	}
	// The second copy holds a batch of its own: behind the anchor, or a fork.
	if l, err := log.Open(two.w.Config(twin, a)); err == nil {
		l.Close()
		t.Error("the second copy opens")
	} else if !errors.Is(err, log.ErrBehindAnchor) && !errors.Is(err, log.ErrFork) {
		t.Errorf("the second copy: %v", err)
	}
	logtest.Check(t, one.w, h.newStore, a)
}

// TestSecondCopyOfEqualSize: the same, after one batch each: the sizes are equal
// and the roots are not.
func TestSecondCopyOfEqualSize(t *testing.T) {
	h := newPast(t)
	ctx := context.Background()
	two := h.b.fork(t)
	twin := copyStore(t, h.newStore)
	l, err := two.open(twin, anchorHolding(t, h.newNote))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(two.submit(ctx, l, 1), l.Close()); err != nil {
		t.Fatal(err)
	}
	a := anchorHolding(t, h.newNote)
	if l, err = h.b.open(h.newStore, a); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(h.b.submit(ctx, l, 1), l.Close()); err != nil {
		t.Fatal(err)
	}
	h.refused(t, twin, a, log.ErrFork)
}
