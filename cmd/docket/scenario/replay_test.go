package scenario

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// A told is a log as its leaves and contents tell it.
type told struct {
	leaves   [][]byte
	contents [][]byte // nil for seals
	times    []int64  // of the seals that cover them
	records  map[string][]byte
	config   log.Config
}

// TestReplaysAgree: the registers of the server, those of a fresh replay, and those
// of one that checked all entries beforehand are the same, byte by byte. A log that
// took the same statements in other batches has the same states.
func TestReplaysAgree(t *testing.T) {
	var l told
	playOn(t, whole(t), memory(), &Player{After: func(y *Play) (err error) {
		l, err = tell(y)
		return err
	}})
	if len(l.records) < 100 {
		t.Fatalf("%d registers", len(l.records))
	}
	fresh := admission.NewReplay(l.config.Origin)
	for i, leaf := range l.leaves {
		if err := fresh.Add(leaf, l.contents[i]); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(l.records, recordsOf(t, fresh)); diff != "" {
		t.Errorf("server and fresh replay:\n%s", diff)
	}
	if diff := cmp.Diff(l.records, recordsOf(t, l.checkedReplay(t))); diff != "" {
		t.Errorf("server and replay of checked entries:\n%s", diff)
	}
	want, got := statesIn(t, l.records), statesIn(t, l.inOtherBatches(t))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the same statements in other batches:\n%s", diff)
	}
}

// tell reads a log from its store.
func tell(y *Play) (told, error) {
	l := told{records: make(map[string][]byte), config: log.Config{Origin: y.story.Origin, Mode: log.Sealed, Signer: y.signer}}
	start, end := storage.RecordSpace.Range()
	err := y.host.store.Scan(start, end, func(key, value []byte) bool {
		l.records[fmt.Sprintf("%x", key[1:])] = bytes.Clone(value)
		return true
	})
	for i := uint64(0); err == nil && i < y.auditor.next; i++ {
		var leaf, content []byte
		if leaf, err = y.host.store.Get(storage.Leaf(i)); err != nil {
			break
		}
		if !bytes.HasPrefix(leaf, []byte(statement.SealPrefix)) {
			content, err = y.host.store.Get(storage.Content(i))
		} else if seal, bad := statement.ParseSeal(leaf); bad == nil {
			for len(l.times) <= int(i) {
				l.times = append(l.times, seal.Time)
			}
		}
		l.leaves, l.contents = append(l.leaves, leaf), append(l.contents, content)
	}
	return l, err
}

// checkedReplay checks all entries at once, on all processors, and then folds.
func (l told) checkedReplay(t *testing.T) *admission.Replay {
	t.Helper()
	checked := make([]*admission.Checked, len(l.leaves))
	var group sync.WaitGroup
	workers := runtime.NumCPU()
	for w := range workers {
		group.Go(func() {
			for i := w; i < len(l.leaves); i += workers {
				if l.contents[i] == nil {
					continue
				}
				var err error
				if checked[i], err = admission.Check(l.config.Origin, l.leaves[i], l.contents[i]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	r := admission.NewReplay(l.config.Origin)
	for i, c := range checked {
		add := func() error { return r.AddChecked(c) }
		if c == nil {
			add = func() error { return r.Add(l.leaves[i], nil) }
		}
		if err := add(); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// recordsOf is every register of a replay.
func recordsOf(t *testing.T, r *admission.Replay) map[string][]byte {
	t.Helper()
	records := make(map[string][]byte)
	err := r.Leaves().Leaves(register.Key{}, 0, func(leaf register.Leaf) bool {
		records[leaf.Key.String()] = r.Record(leaf.Key).Marshal()
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// longest is how many milliseconds one batch of the other log spans.
const longest = 60_000

// inOtherBatches submits all statements to another log, as many at once as came in
// within a minute, and returns its registers.
func (l told) inOtherBatches(t *testing.T) map[string][]byte {
	t.Helper()
	batches, times := l.grouped(t)
	seals := len(l.leaves) - len(flat(batches))
	if len(batches) >= seals*2/3 {
		t.Errorf("%d batches; the story had %d", len(batches), seals)
	}
	return submitted(t, l.config, batches, times)
}

func flat(batches [][]*admission.Checked) (all []*admission.Checked) {
	for _, b := range batches {
		all = append(all, b...)
	}
	return all
}

// grouped are the statements in batches, and the time of each. The genesis stands
// alone.
func (l told) grouped(t *testing.T) (batches [][]*admission.Checked, times []int64) {
	t.Helper()
	begun := int64(0)
	for i, content := range l.contents {
		if content == nil {
			continue
		}
		c, err := admission.Check(l.config.Origin, l.leaves[i], content)
		if err != nil {
			t.Fatal(err)
		}
		if len(batches) < 2 || l.times[i]-begun > longest {
			batches, times, begun = append(batches, nil), append(times, 0), l.times[i]
		}
		n := len(batches) - 1
		batches[n], times[n] = append(batches[n], c), l.times[i]
	}
	return batches, times
}

// submitted makes a log of batches, the first of which is the genesis alone, and
// returns its registers.
func submitted(t *testing.T, config log.Config, batches [][]*admission.Checked, times []int64) map[string][]byte {
	t.Helper()
	store, anchor := storagetest.Open(t)
	clock := &Clock{}
	clock.set(milliseconds(times[0]))
	config.Store, config.Anchor, config.Now, config.MinFree = store, anchor, clock.Now, 1
	if err := log.Create(context.Background(), config, batches[0][0]); err != nil {
		t.Fatal(err)
	}
	l, err := log.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i, batch := range batches[1:] {
		clock.set(milliseconds(times[i+1]))
		results, view, err := l.Submit(context.Background(), batch)
		if err != nil {
			t.Fatal(err)
		}
		view.Release()
		for j, r := range results {
			if r.Refusal != nil {
				t.Fatalf("%s: %v", batch[j].Statement.Code, r.Refusal)
			}
		}
	}
	y := &Play{world: &world{story: &Story{Origin: config.Origin}}, host: &host{store: store}, auditor: &auditor{}}
	told, err := tell(y)
	if err != nil {
		t.Fatal(err)
	}
	return told.records
}

// statesIn are the states of registers without what says where in the log they
// came about.
func statesIn(t *testing.T, records map[string][]byte) map[string]string {
	t.Helper()
	states := make(map[string]string)
	for key, b := range records {
		r, err := register.ParseRecord(b)
		if err != nil {
			t.Fatal(err)
		}
		state := fmt.Sprintf("%x", r.State)
		switch r.Type {
		case register.TypeGrant:
			g, err := register.ParseGrantState(r.State)
			if err != nil {
				t.Fatal(err)
			}
			state = fmt.Sprintf("%d %+v", g.Status, g.Granted)
		case register.TypeRun:
			s, err := register.ParseRunState(r.State)
			if err != nil {
				t.Fatal(err)
			}
			s.Opened = 0
			state = fmt.Sprintf("%x", s.Marshal())
		}
		states[key] = fmt.Sprintf("%v, %d events: %s", r.Type, r.Size, state)
	}
	return states
}
