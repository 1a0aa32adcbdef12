package witness_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"testing"
	"time"

	"filippo.io/mldsa"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage/storagetest"
)

// A seedKey is a key of either type, made from one byte.
type seedKey struct {
	key  proofs.VerifierKey
	sign func(message []byte) ([]byte, error)
}

func (k seedKey) Key() proofs.VerifierKey { return k.key }

func (k seedKey) Sign(message []byte) ([]byte, error) { return k.sign(message) }

func newKey(name string, typ uint8, seed byte) seedKey {
	bytes := bytes.Repeat([]byte{seed}, 32)
	var public []byte
	var sign func([]byte) ([]byte, error)
	if typ == proofs.TypeMLDSA44 {
		private, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), bytes)
		if err != nil {
			panic(err)
		}
		public = private.PublicKey().Bytes()
		sign = func(m []byte) ([]byte, error) { return private.SignDeterministic(m, nil) }
	} else {
		private := ed25519.NewKeyFromSeed(bytes)
		public = private.Public().(ed25519.PublicKey)
		sign = func(m []byte) ([]byte, error) { return ed25519.Sign(private, m), nil }
	}
	key, err := proofs.NewVerifierKey(name, typ, public)
	if err != nil {
		panic(err)
	}
	return seedKey{key, sign}
}

// A tree is a log's tree as x/mod builds it, with a name and a key.
type tree struct {
	origin string
	key    seedKey
	logtest.Tree
}

func newTree(origin string, seed byte) *tree {
	return &tree{origin: origin, key: newKey(origin, proofs.TypeEd25519, seed)}
}

// grow appends leaves up to size; text tells one history from another.
func (t *tree) grow(size int64, text string) *tree {
	for n := int64(len(t.Leaves)); n < size; n++ {
		if err := t.Append(fmt.Appendf(nil, "%s %d", text, n)); err != nil {
			panic(err)
		}
	}
	return t
}

func (t *tree) checkpoint(size int64) proofs.Checkpoint {
	head, err := t.Head(uint64(size))
	if err != nil {
		panic(err)
	}
	return proofs.Checkpoint{Origin: t.origin, TreeHead: head}
}

// note signs the checkpoint of a size.
func (t *tree) note(size int64) []byte {
	body := t.checkpoint(size).Marshal()
	line, err := proofs.SignLogLine(t.origin, t.key.sign, t.key.key, body)
	if err != nil {
		panic(err)
	}
	return append(append(body, '\n'), line...)
}

// request asks to cosign size, from old.
func (t *tree) request(old, size int64) proofs.AddCheckpoint {
	a := proofs.AddCheckpoint{Old: uint64(old), Note: t.note(size)}
	if old > 0 && old < size {
		proof, err := tlog.ProveTree(size, old, t)
		if err != nil {
			panic(err)
		}
		for _, h := range proof {
			a.Proof = append(a.Proof, proofs.Hash(h))
		}
	}
	return a
}

// A world is a witness with two keys over a store in memory, and what it reported.
type world struct {
	*witness.Witness
	memory   *storagetest.Memory
	config   witness.Config
	now      time.Time
	evidence []witness.Evidence
}

const witnessName = "witness.example/w1"

func newWorld(t *testing.T, logs ...*tree) *world {
	t.Helper()
	w := &world{memory: storagetest.NewMemory(), now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	w.config = witness.Config{
		Cosigners: []witness.Cosigner{newKey(witnessName, proofs.TypeEd25519Cosignature, 200), newKey(witnessName, proofs.TypeMLDSA44, 201)},
		Now:       func() time.Time { return w.now },
		Evidence:  func(e witness.Evidence) { w.evidence = append(w.evidence, e) },
	}
	for _, l := range logs {
		w.config.Logs = append(w.config.Logs, l.key.key)
	}
	w.open(t)
	return w
}

// open opens the witness, or opens it again.
func (w *world) open(t *testing.T) {
	t.Helper()
	w.close(t)
	store, err := w.memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	w.config.Store = store
	if w.Witness, err = witness.Open(w.config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.close(t) })
}

func (w *world) close(t *testing.T) {
	if w.Witness == nil {
		return
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := w.config.Store.Close(); err != nil {
		t.Error(err)
	}
	w.Witness = nil
}

// verified checks that lines are one cosignature of each key over the checkpoint, at
// the witness's time, and nothing else.
func (w *world) verified(t *testing.T, lines []byte, cp proofs.Checkpoint) {
	t.Helper()
	n, err := proofs.ParseNote(append(append(cp.Marshal(), '\n'), lines...))
	if err != nil || len(n.Signatures) != len(w.config.Cosigners) {
		t.Fatalf("%d lines, %v: %s", len(n.Signatures), err, lines)
	}
	for _, s := range w.config.Cosigners {
		if at, err := proofs.VerifyCosignature(s.Key(), n, cp); err != nil || at != w.now.Unix() {
			t.Errorf("%s: time %d, %v", s.Key().Name, at, err)
		}
	}
}
