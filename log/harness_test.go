package log_test

// The crash and fault harness. Each file of it has one theme:
//
//	crash_test.go        the power is cut at every write event
//	faults_test.go       one filesystem operation fails, for each of them
//	double_test.go       one commit or one Replace fails, applied or not
//	anchor_test.go       stores and anchors of different times, forks, locks
//	kill_test.go         a process is killed at random moments
//	damage_test.go       bits flip in stored rows
//	mutation_test.go     a store does not write what it was given
//	metamorphic_test.go  other batches, restarts and crashes, the same result
//	writer_test.go       queue, space, views, Close
//	open_test.go         what Open refuses, the clock, the depth of the tree
//
// A plain run is bounded. DOCKET_TEST_DEEP=N makes the sweeps and the random
// tests N times as long; -count repeats them with other random numbers.

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/sigstore/sigstore/pkg/signature"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// deep is the factor by which sweeps and random tests are longer.
func deep() int {
	n, err := strconv.Atoi(os.Getenv("DOCKET_TEST_DEEP"))
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// random returns random numbers whose seed is told if the test fails.
func random(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("random seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// A notary sees everything that leaves a log under its key, and finds two
// signatures that exclude each other.
type notary struct {
	mu         sync.Mutex
	signed     map[uint64]proofs.Hash // by size: the one root that was signed
	notes      map[uint64]string      // by size: the one note that was anchored or served
	signatures int
	faults     []string
}

func newNotary() *notary {
	return &notary{signed: map[uint64]proofs.Hash{}, notes: map[uint64]string{}}
}

func (n *notary) fault(format string, args ...any) {
	n.faults = append(n.faults, fmt.Sprintf(format, args...))
}

// sign is called for each message that is signed, whatever becomes of it.
func (n *notary) sign(message []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.signatures++
	c, err := proofs.ParseCheckpoint(message)
	if err != nil {
		n.fault("signed something that is no checkpoint: %q", message)
		return
	}
	if old, ok := n.signed[c.Size]; ok && old != c.Root {
		n.fault("size %d was signed with the roots %x and %x", c.Size, old, c.Root)
	}
	n.signed[c.Size] = c.Root
}

// note is called for each note that an anchor took or that readers got.
func (n *notary) note(note []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	parsed, err := proofs.ParseNote(note)
	if err != nil {
		n.fault("note %q: %v", note, err)
		return
	}
	c, err := proofs.ParseCheckpoint(parsed.Body)
	if err != nil {
		n.fault("note %q: %v", note, err)
		return
	}
	if old, ok := n.notes[c.Size]; ok && old != string(note) {
		n.fault("size %d has two notes:\n%s\n%s", c.Size, old, note)
	}
	n.notes[c.Size] = string(note)
}

func (n *notary) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.signatures
}

// fork returns a notary that knows what this one knows now: for a clone, whose
// future is another one.
func (n *notary) fork() *notary {
	n.mu.Lock()
	defer n.mu.Unlock()
	return &notary{signed: maps.Clone(n.signed), notes: maps.Clone(n.notes)}
}

func (n *notary) check(t testing.TB) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, f := range n.faults {
		t.Error(f)
	}
}

// signer signs like the world's log key, but with another signature each time,
// as ML-DSA does: a note that is signed anew is another note.
type signer struct {
	key    ed25519.PrivateKey
	notary *notary
}

type signOption = signature.SignOption

func logKey() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("docket test log key"))
	return ed25519.NewKeyFromSeed(seed[:])
}

// newSigner returns the world's log key with a notary beside it.
func newSigner(t testing.TB, n *notary) *log.Signer {
	t.Helper()
	s, err := log.NewSignerFor(logtest.Origin, signer{logKey(), n})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s signer) PublicKey(...signature.PublicKeyOption) (crypto.PublicKey, error) {
	return s.key.Public(), nil
}

func (s signer) SignMessage(r io.Reader, _ ...signOption) ([]byte, error) {
	message, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	s.notary.sign(message)
	return signRandomly(s.key, message), nil
}

// signRandomly is Ed25519 (RFC 8032, 5.1.6) with a random nonce: R is the public
// key of a fresh key pair, whose scalar is the nonce.
func signRandomly(key ed25519.PrivateKey, message []byte) []byte {
	seed := make([]byte, 32)
	for i := range seed {
		seed[i] = byte(rand.Uint32())
	}
	nonce := ed25519.NewKeyFromSeed(seed)
	r := nonce.Public().(ed25519.PublicKey)
	h := sha512.Sum512(slices.Concat(r, key.Public().(ed25519.PublicKey), message))
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	k := new(big.Int).Mod(littleEndian(h[:]), order)
	s := k.Mul(k, scalar(key)).Add(k, scalar(nonce))
	out := s.Mod(s, order).FillBytes(make([]byte, 32))
	slices.Reverse(out)
	return slices.Concat(r, out)
}

func scalar(key ed25519.PrivateKey) *big.Int {
	h := sha512.Sum512(key.Seed())
	h[0] &= 248
	h[31] &= 127
	h[31] |= 64
	return littleEndian(h[:32])
}

func littleEndian(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

// watched is an anchor that tells a notary, and a test, what it takes.
type watched struct {
	storage.Anchor
	notary        *notary
	before, after func() // around each Replace; may be nil
}

func (a *watched) Replace(old, new []byte) error {
	if a.before != nil {
		a.before()
	}
	err := a.Anchor.Replace(old, new)
	if err == nil {
		a.notary.note(new)
	}
	if a.after != nil {
		a.after()
	}
	return err
}

// anchorHolding returns an anchor in memory that holds text; nil: nothing.
func anchorHolding(t testing.TB, text []byte) storage.Anchor {
	t.Helper()
	a, err := storagetest.NewMemoryAnchor().Open()
	if err != nil {
		t.Fatal(err)
	}
	if text != nil {
		if err := a.Replace(nil, text); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// load returns what the anchor holds, nil for nothing.
func load(t testing.TB, a storage.Anchor) []byte {
	t.Helper()
	text, err := a.Load()
	if err != nil && !errors.Is(err, storage.ErrNoAnchor) {
		t.Fatal(err)
	}
	return text
}

// copyStore returns a store in memory with the same rows, as one commit: what a
// restored copy is.
func copyStore(t testing.TB, from storage.Reader) storage.Store {
	t.Helper()
	var b storage.Batch
	if err := from.Scan(nil, nil, func(key, value []byte) bool { b.Set(key, value); return true }); err != nil {
		t.Fatal(err)
	}
	s, err := storagetest.NewMemory().Open()
	if err != nil {
		t.Fatal(err)
	}
	change(t, s, &b)
	return s
}

// change commits a batch behind the log's back.
func change(t testing.TB, s storage.Store, b *storage.Batch) {
	t.Helper()
	n, err := s.Sequence()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(n+1, b); err != nil {
		t.Fatal(err)
	}
}

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
	made     int
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
	return &ledger{w: &w, notary: n, promises: slices.Clone(b.promises), made: b.made + 1_000_000}
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
	results, view, err := l.Submit(ctx, entries(ps))
	if err != nil {
		return err
	}
	defer view.Release()
	b.notary.note(view.Checkpoint())
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
	if err := b.enroll(context.Background(), l); err != nil {
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
