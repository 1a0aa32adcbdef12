package deeds

import (
	"errors"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

// TestDeedFork: one client alone is shown a second history. The witness cosigned the
// first one: a monitor that hears it has the proof, and so has whoever saw both.
func TestDeedFork(t *testing.T) {
	o := newOperator(t)
	victims := o.fork()
	o.versions(3)
	o.cosigned()
	forged := victims.w.Release(document, 1, nil, []byte("forged"))
	victims.submit(forged)

	hears, alone, both := victims.monitor(victims.hearsWitness), victims.monitor(), victims.client()
	alone.quiet()
	if _, err := both.NewestTree(ctx); err != nil {
		t.Fatal(err)
	}
	o.monitor(o.hearsWitness).quiet() // everybody else
	// The shorter history proves nothing yet; it does as soon as it is as long.
	if r, names := hears.looks(); r.Convicted || names != "" {
		t.Fatalf("a smaller tree that nobody proves: %q", names)
	}
	for v, prev := uint32(2), forged; v < 6; v++ {
		next := victims.w.Release(document, v, prev, file(v))
		victims.submit(next)
		prev = next
	}
	hears.convicts("AL-15/fork", l0, "signed")
	alone.quiet()
	both.Server = o.url
	var fork *client.ForkError
	var rollback *client.RollbackError
	if _, err := both.NewestTree(ctx); !errors.As(err, &fork) && !errors.As(err, &rollback) {
		t.Errorf("who saw both: %v", err)
	}
	if lines, status := victims.witnessed(); status != 422 || lines != nil {
		t.Errorf("the witness answers the fork with %d", status)
	}
	victims.verify([3]int{proofs.ExitEnded, proofs.ExitCosigners, proofs.ExitCosigners}, []byte("forged"), victims.receipt(forged, nil))
}

// TestDeedRewrittenTree: an entry is taken out of the tree, and the log goes on under
// its true key as if it had never been.
func TestDeedRewrittenTree(t *testing.T) {
	o := newOperator(t)
	rewritten := o.fork()
	o.versions(2)
	c, remembers, fresh := o.client(), o.monitor(), o.client()
	if _, err := c.NewestTree(ctx); err != nil {
		t.Fatal(err)
	}
	remembers.quiet()
	o.cosigned()

	forged := rewritten.w.Release(document, 1, nil, []byte("forged"))
	rewritten.submit(forged)
	second := rewritten.w.Release(document, 2, forged, file(2))
	rewritten.submit(second)
	rewritten.submit(rewritten.w.Release(document, 3, second, file(3)))
	o.show(*rewritten.shows.Load())
	var fork *client.ForkError
	if _, err := c.NewestTree(ctx); !errors.As(err, &fork) || len(fork.Proof) == 0 {
		t.Fatalf("a client that remembers: %v", err)
	}
	o.judged(o.kept(client.EvidenceOf(fork)), l0, proofs.ExitContradicted, "a tree of size")
	remembers.convicts("AL-15/fork", l0, "a tree of size")
	if lines, status := o.witnessed(); status != 422 || lines != nil {
		t.Errorf("the witness answers %d", status)
	}
	if _, line, err := o.audited(); line != nil || !errors.As(err, &fork) {
		t.Errorf("the audit cosigner: %v", err)
	}
	// Who sees the second history alone notices nothing at L0; L1 and L2 lack cosigners.
	if _, err := fresh.NewestTree(ctx); err != nil {
		t.Error(err)
	}
	o.monitor().quiet()
	o.verify([3]int{proofs.ExitEnded, proofs.ExitCosigners, proofs.ExitCosigners}, []byte("forged"), o.receipt(forged, nil))
}
