package log_test

// The crash and fault harness. Each file of it has one theme:
//
//	crash_test.go        the power is cut at every write event (crash_raw_test.go: of a raw log)
//	faults_test.go       one filesystem operation fails, for each of them
//	double_test.go       one commit or one Replace fails, applied or not
//	pipeline_test.go     faults while the writer is ahead of the publisher
//	anchor_test.go       stores and anchors of different times, locks
//	fork_test.go         two histories of one key, and who can tell
//	kill_test.go         a process is killed at random moments (child_test.go: the process)
//	damage_test.go       bits flip in stored rows
//	edge_test.go         the same in the rows that Open and readers read
//	mutation_test.go     a store does not write what it was given
//	recheck_test.go      the recheck alone, over rows that no store would make
//	metamorphic_test.go  other batches, restarts and crashes, the same result
//	writer_test.go       queue, space, Close
//	view_test.go         what readers see under load, and what they leave open
//	open_test.go         what Open refuses, the clock, the signer
//	registers_test.go    the depth of the register tree, wrong seals
//
// A plain run is bounded. DOCKET_TEST_DEEP=N makes the sweeps and the random
// tests N times as long; -count repeats them with other random numbers.

import (
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

// note is called for each text that an anchor took and each note that readers
// got.
func (n *notary) note(text []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	notes, err := log.ParseAnchor(text)
	if err != nil {
		n.fault("%q: %v", text, err)
	}
	for _, note := range notes {
		n.one(note)
	}
}

func (n *notary) one(note []byte) {
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

// missing says which notes that were let out are neither rows of the store nor in
// the anchor's text: the log has forgotten what it signed.
func (n *notary) missing(store storage.Reader, anchor []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	kept, err := logtest.Notes(store, anchor)
	if err != nil {
		return err
	}
	have := make(map[string]bool)
	for _, note := range kept {
		have[string(note.Text)] = true
	}
	for size, note := range n.notes {
		if !have[note] {
			err = errors.Join(err, fmt.Errorf("the note of size %d is lost:\n%s", size, note))
		}
	}
	return err
}

// newest returns the newest note of an anchor's text.
func newest(t testing.TB, text []byte) []byte {
	t.Helper()
	notes, err := log.ParseAnchor(text)
	if err != nil {
		t.Fatal(err)
	}
	return notes[0]
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
