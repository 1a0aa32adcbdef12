package log_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
)

// A promise is what a submitter holds after his statement came in.
type promise struct {
	entry *admission.Checked
	index uint64
	file  []byte
	id    string
	head  proofs.TreeHead // under which it was promised
}

// A ledger is a submitter who forgets nothing.
type ledger struct {
	w        *logtest.World
	notary   *notary
	mu       sync.Mutex
	promises []promise
	refused  []promise // if not nil: statements that are refused, with their findings
	made     int
}

// alsoRefused makes each submission of the ledger end with a statement that is
// refused and goes on record: that is promised too.
func (b *ledger) alsoRefused() *ledger {
	b.w.Identity, b.refused = logtest.Key("svc/log"), []promise{}
	return b
}

// newLedger returns a submitter in a world whose log key has a notary beside it.
func newLedger(t testing.TB) *ledger {
	w, n := logtest.NewWorld(), newNotary()
	w.Signer = newSigner(t, n)
	t.Cleanup(func() { n.check(t) })
	return &ledger{w: w, notary: n}
}

// fork returns the ledger as it is now, for a log whose future is another one.
func (b *ledger) fork(t testing.TB) *ledger {
	b.mu.Lock()
	defer b.mu.Unlock()
	w, n := *b.w, b.notary.fork()
	w.Signer = newSigner(t, n)
	return &ledger{w: &w, notary: n, promises: slices.Clone(b.promises), refused: slices.Clone(b.refused), made: b.made + 1_000_000}
}

// next makes n promises to be: first releases, each of another document.
func (b *ledger) next(n int) []promise {
	b.mu.Lock()
	defer b.mu.Unlock()
	made := make([]promise, n)
	for i := range made {
		b.made++
		id := fmt.Sprintf("contracts/%d", b.made)
		file := fmt.Appendf(nil, "the bytes of %s", id)
		made[i] = promise{entry: b.w.Release(id, 1, nil, file), file: file, id: id}
	}
	return made
}

func entries(ps []promise) []*admission.Checked {
	out := make([]*admission.Checked, len(ps))
	for i, p := range ps {
		out[i] = p.entry
	}
	return out
}

// submit submits n new releases as one submission and keeps what is promised.
func (b *ledger) submit(ctx context.Context, l *log.Log, n int) error {
	return b.send(ctx, l, b.next(n))
}

// submitAll submits at once, one submission for each number.
func (b *ledger) submitAll(ctx context.Context, t *testing.T, l *log.Log, numbers []int) {
	t.Helper()
	var group sync.WaitGroup
	for _, n := range numbers {
		ps := b.next(n)
		group.Go(func() {
			if err := b.send(ctx, l, ps); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// send submits releases and keeps what is promised.
func (b *ledger) send(ctx context.Context, l *log.Log, ps []promise) error {
	all := entries(ps)
	refusing := b.refusing()
	if refusing {
		all = append(all, b.w.Release("refused/"+ps[0].id[10:], 2, nil, ps[0].file))
	}
	results, view, err := l.Submit(ctx, all)
	if err != nil {
		return err
	}
	defer view.Release()
	b.notary.note(view.Checkpoint())
	if refusing {
		if err := b.keepRefusal(all[len(ps)], results[len(ps)], view); err != nil {
			return err
		}
		results = results[:len(ps)]
	}
	kept := slices.Clone(ps)
	for i, r := range results {
		if r.Refusal != nil {
			return r.Refusal
		}
		if r.Index >= view.Size() {
			return fmt.Errorf("entry %d is promised under size %d", r.Index, view.Size())
		}
		kept[i].index, kept[i].head = r.Index, view.TreeHead()
	}
	b.mu.Lock()
	b.promises = append(b.promises, kept...)
	b.mu.Unlock()
	// A verdict never changes: the receipt of now is verified now.
	verifier, err := b.verifier(view)
	if err != nil {
		return err
	}
	return checkReceipt(verifier, view, kept[len(kept)-1])
}

// refusing says whether a statement that is refused goes with each submission.
func (b *ledger) refusing() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refused != nil
}

// keepRefusal keeps what the answer to a refused statement promises.
func (b *ledger) keepRefusal(c *admission.Checked, r log.Result, view *log.View) error {
	if r.Refusal == nil || r.Finding == 0 || r.Finding >= view.Size() {
		return fmt.Errorf("a statement that is refused: %+v under size %d", r, view.Size())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused = append(b.refused, promise{entry: c, index: r.Finding})
	return nil
}

// checkRefusals submits what was refused once more: each has the finding that was
// promised, and no other.
func (b *ledger) checkRefusals(l *log.Log) error {
	b.mu.Lock()
	refused := slices.Clone(b.refused)
	b.mu.Unlock()
	if len(refused) == 0 {
		return nil
	}
	results, view, err := l.Submit(context.Background(), entries(refused))
	if err != nil {
		return err
	}
	view.Release()
	for i, r := range results {
		if r.Refusal == nil || r.Finding != refused[i].index {
			return fmt.Errorf("the finding %d that was promised is %+v now", refused[i].index, r)
		}
	}
	return nil
}

// kept returns the promises so far.
func (b *ledger) kept() []promise {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.promises)
}

// create makes the log of the ledger's world and enrolls its people.
func (b *ledger) create(ctx context.Context, store storage.Store, anchor storage.Anchor) (*log.Log, error) {
	if err := log.Create(ctx, b.w.Config(store, anchor), b.w.Genesis()); err != nil {
		return nil, err
	}
	l, err := b.open(store, anchor)
	if err != nil {
		return nil, err
	}
	return l, b.enroll(ctx, l)
}

func (b *ledger) enroll(ctx context.Context, l *log.Log) error {
	results, view, err := l.Submit(ctx, b.w.Enrollments())
	if err != nil {
		return err
	}
	view.Release()
	for _, r := range results {
		// E30x: the crash came after it was admitted under another signature.
		if r.Refusal != nil && r.Refusal.Code != admission.CodeKeyTaken && r.Refusal.Code != admission.CodeIdentity {
			return r.Refusal
		}
	}
	return nil
}

// open opens the log and notes what it serves.
func (b *ledger) open(store storage.Store, anchor storage.Anchor) (*log.Log, error) {
	l, err := log.Open(b.w.Config(store, anchor))
	if err != nil {
		return nil, err
	}
	v := l.View()
	defer v.Release()
	b.notary.note(v.Checkpoint())
	return l, nil
}

// verifier pins the log of a view.
func (b *ledger) verifier(v *log.View) (proofs.Verifier, error) {
	policy, err := proofs.ParsePolicy([]byte("log " + b.w.Signer.Key().String() + "\nquorum none\n"))
	if err != nil {
		return proofs.Verifier{}, err
	}
	leaf, err := v.Leaf(0)
	return proofs.Verifier{Policy: policy, Genesis: proofs.LeafHash(leaf)}, err
}

// checkPromises holds a log against what was promised: each entry at its index,
// in a tree that extends the promised one, and with a receipt of today that
// verifies. Receipts are slow to verify: those of the newest promises and of some
// older ones are.
func checkPromises(verifier proofs.Verifier, l *log.Log, promises []promise) error {
	v := l.View()
	defer v.Release()
	var head proofs.TreeHead
	for i, p := range promises {
		err := checkPlace(v, p, p.head == head)
		if newest := i >= len(promises)-2; err == nil && (newest || deep() > 1 || rand.IntN(10) == 0) {
			err = checkReceipt(verifier, v, p)
		}
		if err != nil {
			return fmt.Errorf("%s, promised at %d under size %d; the log has size %d: %w", p.id, p.index, p.head.Size, v.Size(), err)
		}
		head = p.head
	}
	return nil
}

// checkPlace finds a promised entry and proves that nothing before it changed.
func checkPlace(v *log.View, p promise, proven bool) error {
	index, err := v.Find(p.entry.Digest)
	if err != nil {
		return err
	}
	if index != p.index {
		return fmt.Errorf("found at %d", index)
	}
	if proven || p.head.Size == 0 {
		return nil
	}
	proof, err := v.Consistency(p.head.Size, v.Size())
	if err != nil {
		return err
	}
	return proofs.VerifyConsistency(p.head, v.TreeHead(), proof)
}

// checkReceipt verifies a receipt of today.
func checkReceipt(verifier proofs.Verifier, v *log.View, p promise) error {
	r, err := v.Receipt(p.index)
	if err != nil {
		return err
	}
	expect := proofs.Expect{File: logtest.FileOf(p.file).Digest, Document: p.id, Dev: true}
	if verdict := verifier.Verify(r, expect); verdict.Exit != proofs.ExitAuthoritative {
		return fmt.Errorf("its receipt: %v", verdict)
	}
	return nil
}

// lives checks a log that was opened after a fault: the promises, one more
// release, and every row.
func (b *ledger) lives(t testing.TB, l *log.Log, store storage.Store, anchor storage.Anchor) error {
	t.Helper()
	verifier := b.w.Verifier(t, l)
	if err := checkPromises(verifier, l, b.kept()); err != nil {
		return err
	}
	if err := errors.Join(b.enroll(context.Background(), l), b.checkRefusals(l)); err != nil {
		return err
	}
	if err := b.submit(context.Background(), l, 1); err != nil {
		return fmt.Errorf("one more release: %w", err)
	}
	if err := l.Close(); err != nil {
		return err
	}
	return logtest.Audit(b.w, store, anchor)
}
