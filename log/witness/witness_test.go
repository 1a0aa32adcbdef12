package witness_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage/storagetest"
)

const origin = "log.example.com"

// A log grows, and the witness follows it from size 0 on, over restarts.
func TestWitnessFollowsALog(t *testing.T) {
	log := newTree(origin, 1).grow(20, "a")
	w := newWorld(t, log, newTree("other.example.com", 2))
	if note := w.Checkpoint(sha256.Sum256([]byte(origin))); note != nil {
		t.Errorf("before the first: %s", note)
	}
	for _, step := range []struct{ old, size int64 }{{0, 0}, {0, 3}, {3, 3}, {3, 7}, {7, 8}, {8, 20}, {20, 20}} {
		lines, err := w.Add(t.Context(), log.request(step.old, step.size).Marshal())
		if err != nil {
			t.Fatalf("%d to %d: %v", step.old, step.size, err)
		}
		w.verified(t, lines, log.checkpoint(step.size))
		if strings.Contains(string(lines), origin) {
			t.Errorf("the answer has a line of the log: %s", lines)
		}
		want := append(log.note(step.size), lines...)
		for range 2 {
			if note := w.Checkpoint(sha256.Sum256([]byte(origin))); !bytes.Equal(note, want) {
				t.Errorf("size %d: the witness shows %s; want %s", step.size, note, want)
			}
			w.open(t)
		}
		w.now = w.now.Add(1e9)
	}
	if len(w.evidence) > 0 {
		t.Errorf("evidence against an honest log: %+v", w.evidence)
	}
}

// Each refusal, in the order in which they are judged, and what the witness holds
// stays as it was.
func TestWitnessRefuses(t *testing.T) {
	log, fork := newTree(origin, 1).grow(20, "a"), newTree(origin, 1).grow(5, "a").grow(20, "b")
	stranger, thief := newTree("stranger.example.com", 3).grow(9, "a"), newTree(origin, 4).grow(20, "a")
	w := newWorld(t, log)
	held := log.note(8)
	lines, err := w.Add(t.Context(), log.request(0, 8).Marshal())
	if err != nil {
		t.Fatal(err)
	}
	held = append(held, lines...)

	good := log.request(8, 20)
	with := func(change func(*proofs.AddCheckpoint)) []byte {
		a := good
		a.Proof, a.Note = append([]proofs.Hash{}, good.Proof...), bytes.Clone(good.Note)
		change(&a)
		return a.Marshal()
	}
	zero := log.note(0)
	for name, test := range map[string]struct {
		body   []byte
		reason witness.Reason
		size   uint64
		fork   bool
		kept   int
	}{
		"empty body":    {body: []byte{}, reason: witness.Malformed},
		"leading zero":  {body: bytes.Replace(good.Marshal(), []byte("old 8"), []byte("old 08"), 1), reason: witness.Malformed},
		"no empty line": {body: bytes.ReplaceAll(good.Marshal(), []byte("\n\n"), []byte("\n")), reason: witness.Malformed},
		"64 hashes":     {body: with(func(a *proofs.AddCheckpoint) { a.Proof = make([]proofs.Hash, 64) }), reason: witness.Malformed},
		"extension line": {body: with(func(a *proofs.AddCheckpoint) {
			a.Note = bytes.Replace(a.Note, []byte("\n\n"), []byte("\nextension\n\n"), 1)
		}), reason: witness.Malformed},
		"carriage returns":         {body: bytes.ReplaceAll(good.Marshal(), []byte("\n"), []byte("\r\n")), reason: witness.Malformed},
		"old above the size":       {body: log.request(20, 8).Marshal(), reason: witness.Malformed},
		"unknown log":              {body: stranger.request(0, 9).Marshal(), reason: witness.UnknownLog},
		"unknown log, old wrong":   {body: stranger.request(9, 2).Marshal(), reason: witness.UnknownLog},
		"another key":              {body: thief.request(8, 20).Marshal(), reason: witness.Unsigned},
		"a flipped signature":      {body: with(func(a *proofs.AddCheckpoint) { flipSignature(a.Note) }), reason: witness.Unsigned},
		"old too small":            {body: log.request(5, 20).Marshal(), reason: witness.WrongOld, size: 8},
		"old too large":            {body: log.request(9, 20).Marshal(), reason: witness.WrongOld, size: 8},
		"as if never seen":         {body: log.request(0, 20).Marshal(), reason: witness.WrongOld, size: 8},
		"size 0 with a root":       {body: proofs.AddCheckpoint{Note: bytes.Replace(zero, []byte("47DEQpj8HBSa"), []byte("48DEQpj8HBSa"), 1)}.Marshal(), reason: witness.Inconsistent},
		"a hash too few":           {body: with(func(a *proofs.AddCheckpoint) { a.Proof = a.Proof[1:] }), reason: witness.Inconsistent, kept: 1},
		"a wrong hash":             {body: with(func(a *proofs.AddCheckpoint) { a.Proof[0][0] ^= 1 }), reason: witness.Inconsistent, kept: 1},
		"a fork, later":            {body: fork.request(8, 20).Marshal(), reason: witness.Inconsistent, kept: 1},
		"a fork, same size":        {body: fork.request(8, 8).Marshal(), reason: witness.Inconsistent, kept: 1, fork: true},
		"a fork, as if never seen": {body: fork.request(0, 8).Marshal(), reason: witness.WrongOld, size: 8, kept: 1, fork: true},
		"same size, a proof":       {body: func() []byte { a := log.request(8, 8); a.Proof = good.Proof; return a.Marshal() }(), reason: witness.Inconsistent},
	} {
		w.evidence = nil
		lines, err := w.Add(t.Context(), test.body)
		var refused *witness.Refused
		if !errors.As(err, &refused) || refused.Reason != test.reason || refused.Size != test.size || lines != nil {
			t.Errorf("%s: %v, %q", name, err, lines)
			continue
		}
		if len(w.evidence) != test.kept {
			t.Errorf("%s: %d pieces of evidence, want %d", name, len(w.evidence), test.kept)
			continue
		}
		for _, e := range w.evidence {
			if e.Fork != test.fork || e.Origin != origin || !bytes.Equal(e.HeldNote, held) || e.Held.Size != 8 {
				t.Errorf("%s: %+v", name, e)
			}
		}
		if note := w.Checkpoint(sha256.Sum256([]byte(origin))); !bytes.Equal(note, held) {
			t.Errorf("%s: now it holds %s", name, note)
		}
	}
	if _, err := w.Add(t.Context(), good.Marshal()); err != nil {
		t.Errorf("after all of that: %v", err)
	}
}

// flipSignature changes the last byte of the first signature line's signature.
func flipSignature(note []byte) {
	at := len(note) - len("=\n") - 1
	if note[at] != 'A' {
		note[at] = 'A'
		return
	}
	note[at] = 'E'
}

// Lines that others put into the note, in the witness's own name too, are neither
// kept nor served.
func TestWitnessKeepsNoForeignLines(t *testing.T) {
	log := newTree(origin, 1).grow(4, "a")
	w := newWorld(t, log)
	forged := proofs.SignatureLine(witnessName, w.config.Cosigners[0].Key().ID, make([]byte, 72))
	a := log.request(0, 4)
	a.Note = append(append(a.Note, forged...), proofs.SignatureLine("someone.example", 7, make([]byte, 64))...)
	lines, err := w.Add(t.Context(), a.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	w.verified(t, lines, log.checkpoint(4))
	if note := w.Checkpoint(sha256.Sum256([]byte(origin))); !bytes.Equal(note, append(log.note(4), lines...)) {
		t.Errorf("the witness shows %s", note)
	}
}

// Who repeats the log's line as often as a note can have lines, which anybody can, leaves
// no note that cannot be read: the witness starts again, for all its logs.
func TestWitnessKeepsOneLineOfAKey(t *testing.T) {
	log := newTree(origin, 1).grow(4, "a")
	w := newWorld(t, log)
	a, note := log.request(0, 4), log.note(4)
	line := note[bytes.LastIndex(note, []byte("\n\n"))+2:]
	a.Note = append(a.Note, bytes.Repeat(line, proofs.MaxNoteSignatures-1)...)
	lines, err := w.Add(t.Context(), a.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	w.verified(t, lines, log.checkpoint(4))
	w.open(t)
	if shown := w.Checkpoint(sha256.Sum256([]byte(origin))); !bytes.Equal(shown, append(note, lines...)) {
		t.Errorf("the witness shows %s", shown)
	}
}

// Of those who start from one size one wins, and the witness never goes back.
func TestWitnessRace(t *testing.T) {
	log := newTree(origin, 1).grow(60, "a")
	w := newWorld(t, log)
	if _, err := w.Add(t.Context(), log.request(0, 10).Marshal()); err != nil {
		t.Fatal(err)
	}
	for base := int64(10); base < 50; base += 20 {
		var group sync.WaitGroup
		var mu sync.Mutex
		won := []int64{}
		for to := base + 1; to <= base+20; to++ {
			body := log.request(base, to).Marshal()
			group.Go(func() {
				_, err := w.Add(t.Context(), body)
				var refused *witness.Refused
				if err == nil {
					mu.Lock()
					defer mu.Unlock()
					won = append(won, to)
				} else if !errors.As(err, &refused) || refused.Reason != witness.WrongOld {
					t.Errorf("%d to %d: %v", base, to, err)
				}
			})
		}
		group.Wait()
		if len(won) != 1 {
			t.Fatalf("from %d: %d won", base, len(won))
		}
		if _, err := w.Add(t.Context(), log.request(won[0], base+20).Marshal()); err != nil && won[0] != base+20 {
			t.Errorf("from the winner, %d: %v", won[0], err)
		}
	}
}

// A commit that fails stops the witness: it answers nothing, and a restart tells from
// the disk whether the checkpoint is stored.
func TestWitnessStopsWhenItsStoreFails(t *testing.T) {
	for _, fault := range storagetest.Faults {
		log := newTree(origin, 1).grow(20, "a")
		w := newWorld(t, log)
		first, err := w.Add(t.Context(), log.request(0, 8).Marshal())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		w.config.Store = storagetest.FailCommit(w.config.Store, 0, fault)
		if w.Witness, err = witness.Open(w.config); err != nil {
			t.Fatal(err)
		}
		if lines, err := w.Add(t.Context(), log.request(8, 20).Marshal()); err == nil || lines != nil {
			t.Fatalf("%s: cosigned %s", fault, lines)
		}
		<-w.Stopped()
		if w.Err() == nil || errors.Is(w.Err(), witness.ErrStopped) {
			t.Errorf("%s: it stopped for %v", fault, w.Err())
		}
		if _, err := w.Add(t.Context(), log.request(8, 8).Marshal()); err == nil {
			t.Errorf("%s: it goes on cosigning", fault)
		}
		if note := w.Checkpoint(sha256.Sum256([]byte(origin))); !bytes.Equal(note, append(log.note(8), first...)) {
			t.Errorf("%s: it shows what is perhaps not durable: %s", fault, note)
		}
		if err := w.Close(); err == nil {
			t.Errorf("%s: closing tells of no failure", fault)
		}
		if err := w.config.Store.Close(); err != nil {
			t.Fatal(err)
		}
		w.Witness = nil
		w.open(t)
		held := int64(8)
		if fault == storagetest.Applied {
			held = 20
		}
		if _, err := w.Add(t.Context(), log.request(held, 20).Marshal()); err != nil {
			t.Errorf("%s: after a restart, from %d: %v", fault, held, err)
		}
	}
}

// Configurations in which a verifier could not tell who signed.
func TestWitnessConfig(t *testing.T) {
	log, own := newTree(origin, 1), newKey(witnessName, proofs.TypeEd25519Cosignature, 200)
	same, err := proofs.NewVerifierKey("twin.example.com", proofs.TypeEd25519, log.key.key.Public)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*witness.Config){
		"no logs": func(c *witness.Config) { c.Logs = nil },
		"no keys": func(c *witness.Config) { c.Cosigners = nil },
		"a log key as its own": func(c *witness.Config) {
			c.Cosigners = []witness.Cosigner{newKey(witnessName, proofs.TypeEd25519, 200)}
		},
		"one key twice":         func(c *witness.Config) { c.Cosigners = append(c.Cosigners, own) },
		"a log of its own name": func(c *witness.Config) { c.Logs = append(c.Logs, newTree(witnessName, 9).key.key) },
		"a cosigner as a log": func(c *witness.Config) {
			c.Logs = append(c.Logs, newKey("x.example.com", proofs.TypeEd25519Cosignature, 9).key)
		},
		"two logs, one key": func(c *witness.Config) { c.Logs = append(c.Logs, same) },
		"no store":          func(c *witness.Config) { c.Store = nil },
	} {
		store, err := storagetest.NewMemory().Open()
		if err != nil {
			t.Fatal(err)
		}
		config := witness.Config{Store: store, Logs: append([]proofs.VerifierKey{}, log.key.key), Cosigners: []witness.Cosigner{own}}
		change(&config)
		if w, err := witness.Open(config); err == nil {
			t.Errorf("%s: taken", name)
			_ = w.Close()
		}
	}
}
