package watch_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/client/watch"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

const watchedDocument = "contracts/1"

// A forger serves one document's register under true seals, which say what the forger
// likes: each event that a test hands it, and no more.
type forger struct {
	*operator
	events []register.NewEvent // under the newest seal
}

// newForger serves a log whose newest seal shows version 1.
func newForger(t *testing.T) *forger {
	f := &forger{operator: newOperator(t)}
	f.answer = f.register
	f.publish(f.release(1, "one"))
	return f
}

// release appends an entry, and is the event that an honest log would write for it.
func (f *forger) release(version uint32, text string) register.NewEvent {
	f.w.Clock.Add(time.Minute)
	f.entry(text)
	index := uint64(len(f.Leaves) - 1)
	body := register.DocumentBody{Version: version, Digest: register.SHA256Digest(sha256.Sum256([]byte(text))), Statement: register.Hash(sha256.Sum256([]byte("statement " + text)))}
	return register.NewEvent{
		Kind: register.DocumentRelease, Index: index, Time: uint64(f.w.Clock.Now().UnixMilli()),
		LeafHash: proofs.LeafHash(f.Leaves[index]), Payload: []byte(text), Body: body.Marshal(),
	}
}

// publish seals the log with a register of these events.
func (f *forger) publish(events ...register.NewEvent) {
	f.events = append([]register.NewEvent{}, events...)
	tree, _ := f.tree()
	f.seal(func(s *statement.Seal) { s.Root, s.Count = tree.Root(), tree.Count() })
}

// tree is the register tree of the events, and what is behind it.
func (f *forger) tree() (*register.Tree, *register.Record) {
	f.t.Helper()
	key := register.DocumentKey(watchedDocument)
	record := &register.Record{}
	for _, e := range f.events {
		if _, err := record.Append(key, register.TypeDocument, e); err != nil {
			f.t.Fatal(err)
		}
	}
	var leaves []register.Leaf
	if len(f.events) > 0 {
		leaves = append(leaves, register.Leaf{Key: key, ValueHash: record.Value().Hash()})
	}
	tree, _, err := register.New(8).Update(rows(nil), leaves)
	if err != nil {
		f.t.Fatal(err)
	}
	return tree, record
}

type rows []register.Leaf

func (r rows) Leaves(_ register.Key, _ int, yield func(register.Leaf) bool) error {
	for _, leaf := range r {
		if !yield(leaf) {
			return nil
		}
	}
	return nil
}

// register answers for the document: its staple, and its history.
func (f *forger) register(path string) []byte {
	switch {
	case path == "/api/v1/documents/"+watchedDocument:
		return f.staple().Marshal()
	case strings.HasPrefix(path, "/api/v1/histories/documents/"+watchedDocument):
		return f.history()
	}
	return nil
}

func (f *forger) staple() *proofs.Receipt {
	tree, record := f.tree()
	key := register.DocumentKey(watchedDocument)
	p := proofs.RegisterProof{Type: register.TypeDocument, ID: watchedDocument}
	var leaves rows
	if len(f.events) > 0 {
		value := record.Value()
		blind, state := record.StateOpening()
		p.Value, p.State = &value, &proofs.StateOpening{Blind: blind, State: state}
		leaves = rows{{Key: key, ValueHash: value.Hash()}}
	}
	var err error
	if p.Path, err = tree.Prove(leaves, key); err != nil {
		f.t.Fatal(err)
	}
	size := uint64(len(f.Leaves))
	return &proofs.Receipt{
		Checkpoint: f.note(size), Seal: f.Leaves[size-1], SealInclusion: f.inclusion(size - 1), GenesisInclusion: f.inclusion(0),
		Registers: []proofs.RegisterProof{p},
	}
}

func (f *forger) inclusion(index uint64) (out []proofs.Hash) {
	proof, err := tlog.ProveRecord(int64(len(f.Leaves)), int64(index), f)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, h := range proof {
		out = append(out, proofs.Hash(h))
	}
	return out
}

func (f *forger) history() []byte {
	type row struct {
		Seq                uint64
		Event, Blind, Body []byte
	}
	key := register.DocumentKey(watchedDocument)
	record := &register.Record{}
	list := []row{}
	for i, e := range f.events {
		r, err := record.Append(key, register.TypeDocument, e)
		if err != nil {
			f.t.Fatal(err)
		}
		list = append(list, row{uint64(i), r.Event(register.TypeDocument, uint64(i)).Marshal(), r.Blind[:], r.Body})
	}
	text, err := json.Marshal(map[string]any{"events": list})
	if err != nil {
		f.t.Fatal(err)
	}
	return text
}

func watched(c *watch.Config) { c.Documents = []string{watchedDocument} }

// An honest register is told as it grows, and convicts nobody.
func TestWatchedDocument(t *testing.T) {
	f := newForger(t)
	s := f.sentry(f.verifier(), watched)
	s.quiet()
	all := append([]register.NewEvent{}, f.events...)
	for i := range 70 {
		all = append(all, f.release(uint32(i+2), fmt.Sprint("v", i)))
		f.publish(all...)
		r := s.raises("WATCH/released")
		if a := r.Alerts[0]; !r.Good() || a.First != all[len(all)-1].Index || len(s.heard.alerts) != i+1 {
			t.Fatalf("%+v, %d heard", r, len(s.heard.alerts))
		}
	}
	s.reopen().quiet()
}

// Version 2 is hidden in one seal, and the next one repairs it. Who asked in between
// notices, with both staples as evidence; who did not watch the document, or slept,
// does not: only a replay names that seal.
func TestHiddenVersion(t *testing.T) {
	for name, more := range map[string]bool{"repaired": false, "repaired beside a third version": true} {
		t.Run(name, func(t *testing.T) {
			f := newForger(t)
			first := f.events[0]
			s, blind, asleep := f.sentry(f.verifier(), watched), f.sentry(f.verifier()), f.sentry(f.verifier(), watched)
			s.quiet()
			blind.quiet()
			asleep.quiet()
			second := f.release(2, "two")
			f.publish(first)
			s.quiet()
			blind.quiet()
			events := []register.NewEvent{first, second}
			f.entry("something else")
			if more {
				events = append(events, f.release(3, "three"))
			}
			f.publish(events...)
			r := s.raises("AL-15/rewrite")
			s.convicts(r, evidence.Rewrite, watchedDocument)
			blind.quiet()
			if r := asleep.look(); !r.Good() || len(r.Alerts) != len(events)-1 {
				t.Errorf("who slept: %+v", r)
			}
		})
	}
}

// A history that is no prefix of the later one, or shrank.
func TestRewrittenHistory(t *testing.T) {
	for name, rewrite := range map[string]func(f *forger, events []register.NewEvent) []register.NewEvent{
		"another body": func(f *forger, events []register.NewEvent) []register.NewEvent {
			body := register.DocumentBody{Version: 1, Digest: register.SHA256Digest(sha256.Sum256([]byte("forged"))), Statement: register.Hash{1}}
			events[0].Body = body.Marshal()
			return events
		},
		"one less": func(f *forger, events []register.NewEvent) []register.NewEvent { return events[:1] },
		"none":     func(f *forger, events []register.NewEvent) []register.NewEvent { return nil },
		"another entry": func(f *forger, events []register.NewEvent) []register.NewEvent {
			moved := f.release(2, "moved")
			return []register.NewEvent{events[0], moved}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForger(t)
			events := []register.NewEvent{f.events[0], f.release(2, "two")}
			f.publish(events...)
			s := f.sentry(f.verifier(), watched)
			s.quiet()
			blind := f.sentry(f.verifier())
			f.entry("something else")
			f.publish(rewrite(f, events)...)
			s.convicts(s.raises("AL-15/rewrite"), evidence.Rewrite, watchedDocument)
			blind.quiet()
			f.sentry(f.verifier(), watched).quiet() // who comes later has nothing to compare
		})
	}
}

// An event that its own entry does not bear out is a phantom: another leaf stands there.
func TestPhantom(t *testing.T) {
	f := newForger(t)
	s := f.sentry(f.verifier(), watched)
	s.quiet()
	ghost := f.release(2, "ghost")
	ghost.LeafHash[0] ^= 1
	f.publish(f.events[0], ghost)
	r := s.look()
	if r.Convicted {
		t.Fatalf("one staple alone does not contradict itself: %+v", r)
	}
	// A receipt of the true entry, which anybody may hold, and the staple do.
	staple, index := f.staple(), ghost.Index
	_, record := f.tree()
	h := record.Size - 1
	row, err := (&register.Record{}).Append(register.DocumentKey(watchedDocument), register.TypeDocument, f.events[0])
	if err != nil {
		t.Fatal(err)
	}
	first := row.Event(register.TypeDocument, 0).Hash()
	last := register.Event{
		Type: register.TypeDocument, Kind: ghost.Kind, Seq: h, Index: ghost.Index, LeafHash: ghost.LeafHash, Time: ghost.Time,
		BodyHash: register.BodyHash(register.EventBlind(register.DocumentKey(watchedDocument), h, ghost.Payload), ghost.Body),
	}
	staple.Registers[0].Events = []proofs.EventProof{{Event: last, Proof: []proofs.Hash{first}}}
	receipt := *staple
	receipt.Registers = nil
	receipt.Index, receipt.Inclusion, receipt.Envelope = index, f.inclusion(index), f.envelopes[index]
	c, err := f.verifier().Contradiction(&receipt, staple)
	if err != nil || c == nil || c.Class != proofs.ClassPhantom {
		t.Fatalf("%+v, %v", c, err)
	}
	found := evidence.OfContradiction(c, f.verifier().Genesis)
	parsed, err := evidence.Parse(found.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	if j, err := parsed.Judge(f.verifier(), evidence.Skew); err != nil || !j.Convicts || !strings.Contains(j.Says, "two leaves stand at index") {
		t.Errorf("%+v, %v", j, err)
	}
}
