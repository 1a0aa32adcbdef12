package auditstore_test

import (
	"bytes"
	"errors"
	"maps"
	"testing"

	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/log/auditstore"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

var _ admission.State = (*auditstore.State)(nil)

func open(t *testing.T, m *storagetest.Memory) (*auditstore.State, storage.Store) {
	t.Helper()
	store, err := m.Open()
	if err != nil {
		t.Fatal(err)
	}
	s, err := auditstore.Open(store)
	if err != nil {
		t.Fatal(err)
	}
	return s, store
}

// change is what entry n did: an event in each of n registers, one new, one content.
func change(t *testing.T, n int, records map[register.Key]*register.Record) *audit.Change {
	t.Helper()
	c := &audit.Change{
		Records:  make(map[register.Key]*register.Record),
		Contents: make(map[statement.Digest][]byte), Admitted: make(map[statement.Digest]uint64),
		Progress: []byte{byte(n)},
	}
	for i := range n {
		key := register.ActivityKey(string(rune('a' + i)))
		r := new(register.Record)
		if old := records[key]; old != nil {
			*r = *old
		}
		body := register.ActivityBody{Statement: register.Hash{byte(n)}}.Marshal()
		if _, err := r.Append(key, register.TypeActivity, register.NewEvent{Kind: uint8(statement.DocumentRelease), Index: uint64(n), Time: uint64(n), Payload: []byte("p"), Body: body}); err != nil {
			t.Fatal(err)
		}
		c.Records[key], records[key] = r, r
	}
	var leaves []register.Leaf
	for key, r := range c.Records {
		leaves = append(leaves, register.Leaf{Key: key, ValueHash: r.Value().Hash()})
	}
	for len(leaves) > 0 {
		least := 0
		for i := range leaves {
			if leaves[i].Key.Compare(leaves[least].Key) < 0 {
				least = i
			}
		}
		c.Leaves = append(c.Leaves, leaves[least])
		leaves[least] = leaves[len(leaves)-1]
		leaves = leaves[:len(leaves)-1]
	}
	digest := statement.Digest{byte(n)}
	c.Admitted[digest], c.Contents[digest] = uint64(n), []byte{byte(n), 1}
	if n%3 == 0 {
		c.Contents[digest] = nil // a release that names no run
	}
	return c
}

// What is committed is read, by this State as by the one in memory, now and after it
// was opened anew.
func TestSameAsMemory(t *testing.T) {
	disk := storagetest.NewMemory()
	s, store := open(t, disk)
	m := audit.NewMemory()
	records := make(map[register.Key]*register.Record)
	for n := 1; n <= 9; n++ {
		c := change(t, n, records)
		if n == 7 {
			c.Forgotten = []statement.Digest{{3}, {99}}
		}
		for _, state := range []audit.State{s, m} {
			if err := state.Commit(c); err != nil {
				t.Fatal(err)
			}
		}
		if n == 5 {
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			s, store = open(t, disk)
		}
		same(t, s, m, n, records)
	}
}

func same(t *testing.T, s, m audit.State, n int, records map[register.Key]*register.Record) {
	t.Helper()
	for key := range records {
		a, err1 := s.Record(key)
		b, err2 := m.Record(key)
		if err1 != nil || err2 != nil || a.Value() != b.Value() {
			t.Errorf("record %s: %v, %v", key, err1, err2)
		}
	}
	if r, err := s.Record(register.Key{1}); r != nil || err != nil {
		t.Errorf("a register that is not there: %v, %v", r, err)
	}
	for i := range n + 3 {
		digest := statement.Digest{byte(i)}
		a, ok1, err1 := s.Admitted(digest)
		b, ok2, err2 := m.Admitted(digest)
		x, err3 := s.Content(digest)
		y, err4 := m.Content(digest)
		if a != b || ok1 != ok2 || err1 != nil || err2 != nil || !bytes.Equal(x, y) || (err3 == nil) != (err4 == nil) {
			t.Errorf("statement %d: %d %t %v, %d %t %v; %x %v, %x %v", i, a, ok1, err1, b, ok2, err2, x, err3, y, err4)
		}
	}
	for depth := range 12 {
		for _, prefix := range []register.Key{{}, {0x55}, {0x80}, {0xff, 0xff}} {
			a, b := leaves(t, s, prefix, depth), leaves(t, m, prefix, depth)
			if len(a) != len(b) || !maps.Equal(a, b) || depth == 0 && len(a) != len(records) {
				t.Errorf("leaves below %x, depth %d: %d, want %d", prefix[:2], depth, len(a), len(b))
			}
		}
	}
	a, err1 := s.Progress()
	b, err2 := m.Progress()
	if !bytes.Equal(a, b) || len(a) != 1 || err1 != nil || err2 != nil {
		t.Errorf("progress %x, %x; %v, %v", a, b, err1, err2)
	}
}

func leaves(t *testing.T, s audit.State, prefix register.Key, depth int) map[register.Key]register.Hash {
	t.Helper()
	out := make(map[register.Key]register.Hash)
	var last register.Key
	err := s.Leaves(prefix, depth, func(l register.Leaf) bool {
		if len(out) > 0 && last.Compare(l.Key) >= 0 {
			t.Error("leaves out of order")
		}
		last, out[l.Key] = l.Key, l.ValueHash
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The store of something else is not taken for a state.
func TestStoreOfAnother(t *testing.T) {
	store, err := storagetest.NewMemory().Open()
	if err != nil {
		t.Fatal(err)
	}
	var b storage.Batch
	b.Set(storage.Leaf(0), []byte("leaf"))
	if err := store.Commit(1, &b); err != nil {
		t.Fatal(err)
	}
	if _, err := auditstore.Open(store); err == nil {
		t.Error("the store of a log was opened as that of an audit")
	}
}

// Damaged rows are said to be damaged, and never taken for what is not there.
func TestDamage(t *testing.T) {
	s, store := open(t, storagetest.NewMemory())
	records := make(map[register.Key]*register.Record)
	if err := s.Commit(change(t, 1, records)); err != nil {
		t.Fatal(err)
	}
	key := register.ActivityKey("a")
	var b storage.Batch
	b.Set(storage.Record(key), []byte("x"))
	b.Set(storage.RegisterLeaf(key), []byte("x"))
	b.Set(storage.DigestIndex([32]byte{1}), []byte("x"))
	if err := store.Commit(2, &b); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Record(key); err == nil {
		t.Error("record")
	}
	if _, _, err := s.Admitted(statement.Digest{1}); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("digest: %v", err)
	}
	if err := s.Leaves(register.Key{}, 0, func(register.Leaf) bool { return true }); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("leaf: %v", err)
	}
	if err := s.Commit(change(t, 2, records)); !errors.Is(err, storage.ErrSequence) {
		t.Errorf("a second writer: %v", err)
	}
}
