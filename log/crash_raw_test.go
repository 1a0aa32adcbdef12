package log_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/storage/pebblestore"
)

// rawLedger keeps what a raw log promised.
type rawLedger struct {
	mu   sync.Mutex
	held map[string]uint64 // leaf -> index
}

func (r *rawLedger) kept() map[string]uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]uint64, len(r.held))
	for leaf, index := range r.held {
		out[leaf] = index
	}
	return out
}

func (r *rawLedger) submit(l *log.Log, leaves ...string) error {
	var bytes [][]byte
	for _, leaf := range leaves {
		bytes = append(bytes, []byte(leaf))
	}
	results, view, err := l.SubmitRaw(context.Background(), bytes)
	if err != nil {
		return err
	}
	view.Release()
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, leaf := range leaves {
		if old, ok := r.held[leaf]; ok && old != results[i].Index {
			return fmt.Errorf("leaf %q is promised at %d and %d", leaf, old, results[i].Index)
		}
		r.held[leaf] = results[i].Index
	}
	return nil
}

// TestEveryCrashOfARawLog is TestEveryCrash for a raw log, over the edge of its
// first tile.
func TestEveryCrashOfARawLog(t *testing.T) {
	b := newLedger(t)
	disk := vfs.NewCrashableMem()
	raw := &rawLedger{held: map[string]uint64{}}
	c := &crasher{t: t, disk: disk, anchor: anchorHolding(t, nil), ledger: b, raw: raw, random: random(t)}
	store, err := pebblestore.Create(dir, onDisk(errorfs.Wrap(disk, c)))
	if err != nil {
		t.Fatal(err)
	}
	config := b.w.Config(store, c)
	config.Mode = log.Raw
	if err := log.Create(context.Background(), config, nil); err != nil {
		t.Fatal(err)
	}
	l, err := log.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, n := range []int{1, 253, 1, 1, 1, 3} { // to 254, 255, 256, 257, 260
		var leaves []string
		for range n {
			made++
			leaves = append(leaves, fmt.Sprintf("leaf %d", made))
		}
		if err := raw.submit(l, leaves...); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(l.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	c.end()
	c.all(func(m moment) error { return recoversRaw(t, m) })
}

func recoversRaw(t testing.TB, m moment) error {
	store, err := pebblestore.Open(dir, onDisk(m.disk))
	if err != nil {
		return unborn(m, err)
	}
	defer store.Close()
	anchor := &watched{Anchor: anchorHolding(t, m.anchor), notary: m.ledger.notary}
	config := m.ledger.w.Config(store, anchor)
	config.Mode = log.Raw
	l, err := log.Open(config)
	if err != nil {
		return unborn(m, err)
	}
	after := &rawLedger{held: m.raw}
	for leaf := range m.raw { // each again: the index of then
		if err := after.submit(l, leaf); err != nil {
			return err
		}
	}
	if err := after.submit(l, "one more"); err != nil {
		return err
	}
	m.ledger.notary.check(t)
	return errors.Join(l.Close(), logtest.AuditRaw(m.ledger.w, store, anchor), m.ledger.notary.missing(store, load(t, anchor)))
}
