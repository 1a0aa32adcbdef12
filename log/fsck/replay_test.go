package fsck_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// rewrite returns the log with one leaf changed, and all that follows from the
// leaves alone made anew and signed: a log of at most 256 leaves whose writer did
// wrong, on a sound disk.
func (p *place) rewrite(t *testing.T, index int, leaf []byte) fsck.Log {
	t.Helper()
	rows := p.rows(t)
	var changes []row
	var hashes []proofs.Hash
	var tile []byte
	for i, x := range rows[storage.LeafSpace] {
		if i == index {
			changes = append(changes, row{x.key, leaf}, row{storage.LeafHashIndex(proofs.LeafHash(x.value)), nil})
			x.value = leaf
		}
		hash := proofs.LeafHash(x.value)
		hashes, tile = append(hashes, hash), append(tile, hash[:]...)
		changes = append(changes, row{storage.LeafHashIndex(hash), binary.BigEndian.AppendUint64(nil, uint64(i))})
	}
	sign := func(size uint64) []byte {
		note, err := p.w.Signer.Sign(proofs.Checkpoint{Origin: p.w.Origin, TreeHead: proofs.TreeHead{Size: size, Root: rootOf(hashes[:size])}})
		if err != nil {
			t.Fatal(err)
		}
		return note
	}
	for _, x := range rows[storage.CheckpointSpace] {
		size, err := storage.ParseCheckpoint(x.key)
		if err != nil {
			t.Fatal(err)
		}
		changes = append(changes, row{x.key, sign(size)})
	}
	head, err := log.ReadHead(p.store)
	if err != nil {
		t.Fatal(err)
	}
	head.Root = rootOf(hashes)
	changes = append(changes, row{storage.Tile(0, 0), tile}, row{log.HeadKey(), head.Marshal()})
	return fsck.Log{
		Origin: p.w.Origin, Mode: log.Sealed, Key: p.w.Signer.Key(), Anchor: text(sign(head.Size)), Store: p.with(t, changes...),
	}
}

// rootOf is RFC 6962's root by its definition.
func rootOf(hashes []proofs.Hash) proofs.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	k := 1
	for k*2 < len(hashes) {
		k *= 2
	}
	return proofs.NodeHash(rootOf(hashes[:k]), rootOf(hashes[k:]))
}

func (p *place) leaf(t *testing.T, index int) []byte {
	t.Helper()
	leaf, err := p.store.Get(storage.Leaf(uint64(index)))
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// TestReplay: what only a replay can see. The first seal after the genesis and a
// statement's signature are other ones, and everything was made from them.
func TestReplay(t *testing.T) {
	p := sealed(t, 5)
	same := p.rewrite(t, 1, p.leaf(t, 1))
	r, err := fsck.Check(t.Context(), same, fsck.Options{Replay: true})
	if err != nil {
		t.Fatal(err)
	}
	wantClean(t, r) // rewriting alone changes nothing

	seal, err := statement.ParseSeal(p.leaf(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	seal.Root[0] ^= 1
	otherSeal := p.rewrite(t, 1, seal.Marshal())
	if r, err = fsck.Check(t.Context(), otherSeal, fsck.Options{}); err != nil {
		t.Fatal(err)
	}
	wantClean(t, r) // an older root: no row speaks of it
	wantReplay(t, otherSeal, 1, "the fold gives")

	const index = 5
	c, err := statement.ParseCommitment(p.leaf(t, index))
	if err != nil {
		t.Fatal(err)
	}
	other, err := statement.ParseCommitment(p.leaf(t, index+2))
	if err != nil {
		t.Fatal(err)
	}
	c.Signature = other.Signature
	wantReplay(t, p.rewrite(t, index, c.Leaf()), index, "E104")
}

// wantReplay demands that a replay names this entry.
func wantReplay(t *testing.T, l fsck.Log, index uint64, says string) {
	t.Helper()
	r, err := fsck.Check(t.Context(), l, fsck.Options{Replay: true})
	if err != nil {
		t.Fatal(err)
	}
	last := r.Findings[len(r.Findings)-1]
	if r.Replayed || last.Where != "leaf" || !strings.Contains(last.String(), says) || !strings.HasPrefix(last.What, "leaf ") {
		t.Errorf("%+v", r)
	}
	found(t, r, "replay", storage.Leaf(index))
}

// TestSealsAreFollowed: seals of a wrong index, prev, time or rules.
func TestSealsAreFollowed(t *testing.T) {
	p := sealed(t, 5)
	for name, change := range map[string]func(s *statement.Seal){
		"index": func(s *statement.Seal) { s.Index++ },
		"prev":  func(s *statement.Seal) { s.Prev = 0 },
		"time":  func(s *statement.Seal) { s.Time-- },
		"rules": func(s *statement.Seal) { s.Rules = "docket/2" },
	} {
		seal, err := statement.ParseSeal(p.leaf(t, 4))
		if err != nil {
			t.Fatal(err)
		}
		change(&seal)
		r, err := fsck.Check(t.Context(), p.rewrite(t, 4, seal.Marshal()), fsck.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Damaged == 0 || !strings.Contains(r.Findings[0].String(), name) {
			t.Errorf("%s: %v", name, r.Findings)
		}
		found(t, r, name, storage.Leaf(4))
	}
}

// TestEventsNameEntries: events that speak of another leaf, or of another time,
// than the log has, though record and register leaf fit them.
func TestEventsNameEntries(t *testing.T) {
	p := sealed(t, 5)
	last := len(p.rows(t)[storage.LeafSpace]) - 1
	seal, err := statement.ParseSeal(p.leaf(t, last))
	if err != nil {
		t.Fatal(err)
	}
	seal.Time++
	c, err := statement.ParseCommitment(p.leaf(t, last-1))
	if err != nil {
		t.Fatal(err)
	}
	c.Signature = slices.Clone(c.Signature)
	c.Signature[len(c.Signature)-1] ^= 1
	for says, l := range map[string]fsck.Log{
		"time ":      p.rewrite(t, last, seal.Marshal()),
		"leaf hash ": p.rewrite(t, last-1, c.Leaf()),
	} {
		r, err := fsck.Check(t.Context(), l, fsck.Options{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, f := range r.Findings {
			if f.Where == storage.EventSpace.String() && strings.HasPrefix(f.Found, says) {
				n++
			}
		}
		if n != 2 { // a withdrawal: of document and activity
			t.Errorf("%s: %v", says, r.Findings)
		}
	}
}

// TestNewestSeal: the register tree under the newest seal is another one.
func TestNewestSeal(t *testing.T) {
	p := sealed(t, 5)
	last := len(p.rows(t)[storage.LeafSpace]) - 1
	for _, change := range []func(s *statement.Seal){
		func(s *statement.Seal) { s.Root[31] ^= 0x80 },
		func(s *statement.Seal) { s.Count++ },
	} {
		seal, err := statement.ParseSeal(p.leaf(t, last))
		if err != nil {
			t.Fatal(err)
		}
		change(&seal)
		r, err := fsck.Check(t.Context(), p.rewrite(t, last, seal.Marshal()), fsck.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Damaged == 0 || r.Findings[0].Where != storage.RegisterLeafSpace.String() {
			t.Errorf("%v", r.Findings)
		}
	}
}

// TestForgedCheckpoint: a note of another key in a row, and one with a line more.
func TestForgedCheckpoint(t *testing.T) {
	p := sealed(t, 2)
	x := p.rows(t)[storage.CheckpointSpace][0]
	line := proofs.SignatureLine("witness.example", 7, bytes.Repeat([]byte{1}, 64))
	found(t, p.check(t, log.Sealed, p.with(t, row{x.key, append(bytes.Clone(x.value), line...)}), fsck.Options{}), "a line more", x.key)
	forged := flip(x.value, (len(x.value)-20)*8) // in the signature
	found(t, p.check(t, log.Sealed, p.with(t, row{x.key, forged}), fsck.Options{}), "another signature", x.key)
}
