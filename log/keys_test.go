package log_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
)

// edKey and pqKey are log keys that follow from a number.
func edKey(t testing.TB, n byte) *log.Signer {
	t.Helper()
	s, err := log.NewSignerFor(logtest.Origin, signer{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32)), newNotary()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func pqKey(t testing.TB, n byte) *log.Signer {
	t.Helper()
	s, err := log.NewMLDSASigner(logtest.Origin, bytes.Repeat([]byte{n}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// keyLog is a log whose keys change between one opening and the next.
type keyLog struct {
	*testing.T
	w       *logtest.World
	p       *place
	version byte
}

func newKeyLog(t *testing.T, s *log.Signer) *keyLog {
	k := &keyLog{T: t, w: logtest.NewWorld(), p: newPlace(t)}
	k.w.Signer = s
	if err := k.w.Create(t, k.p.store, k.p.anchor).Close(); err != nil {
		t.Fatal(err)
	}
	return k
}

// grow opens the log with these keys, lets a release come in and returns the note.
func (k *keyLog) grow(s *log.Signer) []byte {
	k.Helper()
	k.w.Signer = s
	k.p.reopen(k.T)
	l := k.w.Open(k.T, k.p.store, k.p.anchor)
	defer l.Close()
	k.version++
	logtest.Submit(k.T, l, k.w.Release("keys/"+string('a'+rune(k.version)), 1, nil, []byte{k.version}))
	v := l.View()
	defer v.Release()
	return v.Checkpoint()
}

func (k *keyLog) open(s *log.Signer) error {
	k.w.Signer = s
	l, err := log.Open(k.w.Config(k.p.store, k.p.anchor))
	if err == nil {
		err = l.Close()
	}
	return err
}

func (k *keyLog) introduce(s *log.Signer) log.KeyTerms {
	k.Helper()
	k.p.reopen(k.T)
	all, err := log.IntroduceKey(k.p.store, k.p.anchor, s.Key())
	if err != nil {
		k.Fatal(err)
	}
	return all
}

func (k *keyLog) retire(s *log.Signer) (log.KeyTerms, error) {
	k.p.reopen(k.T)
	return log.RetireKey(k.p.store, k.p.anchor, s.Key())
}

// signedBy demands that a note verifies under each key alone and not under others.
func signedBy(t *testing.T, note []byte, yes, no []*log.Signer) {
	t.Helper()
	for _, s := range yes {
		if _, _, err := proofs.OpenCheckpoint(note, s.Keys()); err != nil {
			t.Errorf("under %08x: %v", s.Key().ID, err)
		}
	}
	for _, s := range no {
		if _, _, err := proofs.OpenCheckpoint(note, s.Keys()); !errors.Is(err, proofs.ErrUnsigned) {
			t.Errorf("under %08x: %v; want ErrUnsigned", s.Key().ID, err)
		}
	}
	if n, err := proofs.ParseNote(note); err != nil || len(n.Signatures) != len(yes) {
		t.Errorf("%d lines, want %d: %v", len(n.Signatures), len(yes), err)
	}
}

// TestKeysOfTwoTypes: each checkpoint carries a line of both keys, which are made anew
// for each size, with the seal's time, and the first note of a size is the one that stays.
func TestKeysOfTwoTypes(t *testing.T) {
	ed, pq := edKey(t, 1), pqKey(t, 2)
	both := log.Join(ed, pq)
	k := newKeyLog(t, both)
	note := k.grow(both)
	signedBy(t, note, []*log.Signer{ed, pq}, nil)
	c, n, err := proofs.OpenCheckpoint(note, both.Keys())
	if err != nil {
		t.Fatal(err)
	}
	if at, err := proofs.VerifyCosignature(pq.Key(), n, c); err != nil || at != k.w.Clock.Now().Unix() {
		t.Errorf("the line of type 0x06 is of time %d, %v; the seal's is %d", at, err, k.w.Clock.Now().Unix())
	}
	again, err := both.SignAt(c, k.w.Clock.Now().Unix())
	if err != nil || bytes.Equal(again, note) {
		t.Errorf("a second signing gives the same bytes, %v: this test cannot tell which note is served", err)
	}
	k.p.reopen(t)
	l := k.w.Open(t, k.p.store, k.p.anchor)
	v := l.View()
	if !bytes.Equal(v.Checkpoint(), note) {
		t.Errorf("after a restart it serves\n%s\nbefore\n%s", v.Checkpoint(), note)
	}
	v.Release()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	logtest.Check(t, k.w, k.p.store, k.p.anchor)
	k.sound()
}

// lostAnswer is an anchor that takes the next text and then fails: as a process that
// is killed before it publishes.
type lostAnswer struct {
	storage.Anchor
	armed bool
}

func (a *lostAnswer) Replace(old, new []byte) error {
	if err := a.Anchor.Replace(old, new); err != nil || !a.armed {
		return err
	}
	return storage.ErrUnknown
}

// TestFirstNoteWins: the note that came into the anchor before a crash is the one that
// the next run shows, byte for byte, though another signing gives another note.
func TestFirstNoteWins(t *testing.T) {
	both := log.Join(edKey(t, 1), pqKey(t, 2))
	k := newKeyLog(t, both)
	k.p.reopen(t)
	cut := &lostAnswer{Anchor: k.p.anchor}
	l := k.w.Open(t, k.p.store, cut)
	cut.armed = true
	if _, _, err := l.Submit(context.Background(), k.released()); err == nil {
		t.Fatal("it answered, though the anchor's answer was lost")
	}
	if err := l.Close(); !errors.Is(err, storage.ErrUnknown) {
		t.Fatal(err)
	}
	anchored := newest(t, load(t, k.p.anchor))
	k.p.reopen(t)
	l = k.w.Open(t, k.p.store, k.p.anchor)
	v := l.View()
	defer l.Close()
	defer v.Release()
	if c, _, err := proofs.OpenCheckpoint(anchored, both.Keys()); err != nil || c.Size != v.Size() {
		t.Errorf("the anchor has size %d, the view %d: %v", c.Size, v.Size(), err)
	}
	if !bytes.Equal(v.Checkpoint(), anchored) {
		t.Errorf("it serves\n%s\nand anchored\n%s", v.Checkpoint(), anchored)
	}
}

// TestKeySets: what a log does not sign with.
func TestKeySets(t *testing.T) {
	k := newKeyLog(t, edKey(t, 1))
	elsewhere, err := log.NewMLDSASigner("other.example", make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		signer *log.Signer
		want   string
	}{
		"ML-DSA-44 alone":   {pqKey(t, 2), "never signs with ML-DSA-44 alone"},
		"no key":            {log.Join(), "needs a store, an anchor and a signer"},
		"three of one type": {log.Join(edKey(t, 1), edKey(t, 2), edKey(t, 3)), "more than 2 log keys of type 0x01"},
		"one key twice":     {log.Join(edKey(t, 1), edKey(t, 1)), "is there twice"},
		"another origin":    {log.Join(edKey(t, 1), elsewhere), `the log key is named "other.example"`},
		"not introduced":    {log.Join(edKey(t, 1), pqKey(t, 2)), "did not introduce"},
		"another key":       {edKey(t, 9), "the store holds another log"},
	} {
		if err := k.open(c.signer); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
	if err := k.open(edKey(t, 1)); err != nil {
		t.Error(err)
	}
}

// TestExchangeOfKeys takes both keys of a log through their exchange. At each step the
// log opens with the keys that the store demands and with no others.
func TestExchangeOfKeys(t *testing.T) {
	old, oldPQ, next, nextPQ := edKey(t, 1), pqKey(t, 2), edKey(t, 3), pqKey(t, 4)
	k := newKeyLog(t, log.Join(old, oldPQ))
	k.grow(log.Join(old, oldPQ))
	all := k.introduce(next)
	if again := k.introduce(next); len(again) != 3 || again[2].From != all[2].From {
		t.Errorf("introduced twice: %v", again)
	}
	if _, err := k.retire(old); err == nil || !strings.Contains(err.Error(), "no checkpoint is signed by both keys yet") {
		t.Errorf("retired before both signed: %v", err)
	}
	if err := k.open(log.Join(old, oldPQ)); !errors.Is(err, log.ErrMismatch) {
		t.Errorf("opened without the new key: %v", err)
	}
	signedBy(t, k.grow(log.Join(old, oldPQ, next)), []*log.Signer{old, oldPQ, next}, nil)
	k.sound()
	lost := pqKey(t, 6) // its file is gone before it signed: it is given up
	k.introduce(lost)
	if given, err := k.retire(lost); err != nil || given[3].From != given[3].Until {
		t.Fatalf("%v, %v", given, err)
	}
	if _, err := log.IntroduceKey(k.p.store, k.p.anchor, lost.Key()); err == nil {
		t.Error("a key that was given up came back")
	}
	if err := k.open(log.Join(old, oldPQ, next)); err != nil {
		t.Errorf("after a key was given up: %v", err)
	}
	k.sound()
	lists(t, log.Join(old, oldPQ, next, nextPQ), k.introduce(nextPQ), old, oldPQ, next, nextPQ) // not the one that was lost
	signedBy(t, k.grow(log.Join(old, oldPQ, next, nextPQ)), []*log.Signer{old, oldPQ, next, nextPQ}, nil)
	if _, err := log.IntroduceKey(k.p.store, k.p.anchor, edKey(t, 5).Key()); err == nil {
		t.Error("a third key of one type was introduced")
	}
	for _, s := range []*log.Signer{old, oldPQ, old} { // the last time it changes nothing
		if all, err := k.retire(s); err != nil {
			t.Fatal(err)
		} else if _, err := log.Join(old, next, nextPQ).SignKeys(all); !errors.Is(err, log.ErrMismatch) {
			t.Errorf("a list that a retired key signs: %v", err)
		}
	}
	if err := k.open(log.Join(old, next, nextPQ)); err == nil || !strings.Contains(err.Error(), "is retired") {
		t.Errorf("opened with the retired key: %v", err)
	}
	note := k.grow(log.Join(nextPQ, next)) // in any order
	signedBy(t, note, []*log.Signer{next, nextPQ}, []*log.Signer{old, oldPQ})
	if n, err := proofs.ParseNote(note); err != nil || n.Signatures[0].ID != next.Key().ID {
		t.Errorf("the first line is not of Ed25519: %v", err)
	}
	if _, err := log.IntroduceKey(k.p.store, k.p.anchor, old.Key()); err == nil || !strings.Contains(err.Error(), "never signs again") {
		t.Errorf("a retired key came back: %v", err)
	}
	if _, err := k.retire(next); err == nil || !strings.Contains(err.Error(), "the only one of its type") {
		t.Errorf("the only key was retired: %v", err)
	}
	if _, err := k.retire(edKey(t, 5)); err == nil || !strings.Contains(err.Error(), "never signed with") {
		t.Errorf("a stranger's key was retired: %v", err)
	}
	k.sound()
}

// TestKeysChangeUnderTheNewestAnchor: with an anchor that was put back from an old copy, the
// terms of keys would contradict what was signed after it.
func TestKeysChangeUnderTheNewestAnchor(t *testing.T) {
	old, next := edKey(t, 1), edKey(t, 3)
	k := newKeyLog(t, old)
	note := k.grow(old)
	k.grow(old)
	k.grow(old) // the row of the second one comes with it
	k.p.reopen(t)
	if _, err := log.IntroduceKey(k.p.store, anchorHolding(t, note), next.Key()); !errors.Is(err, log.ErrMismatch) || !strings.Contains(err.Error(), "is an old copy") {
		t.Errorf("%v", err)
	}
	if err := k.open(old); err != nil {
		t.Error(err)
	}
	k.introduce(next)
}

// lists demands which keys a list has: who has another one can put his line below it,
// and gains nothing.
func lists(t *testing.T, signer *log.Signer, all log.KeyTerms, want ...*log.Signer) {
	t.Helper()
	l, err := signer.SignKeys(all)
	if err != nil {
		t.Fatal(err)
	}
	var ids, wanted []uint32
	for _, key := range l.Keys {
		ids = append(ids, key.ID)
	}
	for _, s := range want {
		wanted = append(wanted, s.Key().ID)
	}
	if !slices.Equal(ids, wanted) {
		t.Errorf("the list has %08x, want %08x", ids, wanted)
	}
	if _, err := proofs.ParseKeyList(l.Marshal()); err != nil {
		t.Error(err)
	}
}

// TestAnchorOfAllKeys: an anchor that was put back must have the line of each key that
// signed its size: a note that lacks one was never the log's.
func TestAnchorOfAllKeys(t *testing.T) {
	ed, pq := edKey(t, 1), pqKey(t, 2)
	both := log.Join(ed, pq)
	k := newKeyLog(t, both)
	note, err := proofs.ParseNote(k.grow(both))
	if err != nil {
		t.Fatal(err)
	}
	anchored := func(n proofs.Note) error {
		l, err := log.Open(k.w.Config(k.p.store, anchorHolding(t, n.Marshal())))
		if err != nil {
			return err
		}
		if v := l.View(); !bytes.Equal(v.Checkpoint(), note.Marshal()) {
			t.Errorf("it serves\n%s\nand signed\n%s", v.Checkpoint(), note.Marshal())
		} else {
			v.Release()
		}
		return l.Close()
	}
	for _, s := range []*log.Signer{ed, pq} {
		if err := anchored(note.OnlyBy(s.Keys())); !errors.Is(err, log.ErrMismatch) || !strings.Contains(err.Error(), "0 signature lines") {
			t.Errorf("with the line of %08x alone: %v", s.Key().ID, err)
		}
	}
	turned := note
	turned.Signatures = []proofs.NoteSignature{note.Signatures[1], note.Signatures[0]}
	for _, n := range []proofs.Note{turned, note} {
		if err := anchored(n); err != nil {
			t.Error(err)
		}
	}
}

// released is one release.
func (k *keyLog) released() []*admission.Checked {
	k.version++
	return []*admission.Checked{k.w.Release("keys/"+string('a'+rune(k.version)), 1, nil, []byte{k.version})}
}

// sound demands that fsck finds nothing.
func (k *keyLog) sound() {
	k.Helper()
	k.p.reopen(k.T)
	r, err := fsck.Check(context.Background(), fsck.Log{
		Origin: logtest.Origin, Mode: log.Sealed, Key: k.w.Signer.Key(), Store: k.p.store, Anchor: k.p.anchor,
	}, fsck.Options{Replay: true})
	if err != nil {
		k.Fatal(err)
	}
	for _, f := range r.Findings {
		k.Error(f)
	}
}
