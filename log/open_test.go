package log_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"io"
	"math"
	"testing"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// TestOpenAnotherLog: a store is opened only as the log that it is.
func TestOpenAnotherLog(t *testing.T) {
	s := newSound(t, 3)
	open := func(change func(*log.Config)) error {
		c := s.b.w.Config(copyStore(t, s.rows), anchorHolding(t, s.note))
		change(&c)
		l, err := log.Open(c)
		if err == nil {
			l.Close()
		}
		return err
	}
	other, err := log.NewSignerFor(logtest.Origin, signer{ed25519.NewKeyFromSeed(make([]byte, 32)), newNotary()})
	if err != nil {
		t.Fatal(err)
	}
	named, err := log.NewSignerFor("other.example", signer{logKey(), newNotary()})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*log.Config)
		want   error // nil: any
	}{
		"raw":               {func(c *log.Config) { c.Mode = log.Raw }, log.ErrMismatch},
		"another key":       {func(c *log.Config) { c.Signer = other }, log.ErrMismatch},
		"another origin":    {func(c *log.Config) { c.Origin, c.Signer = "other.example", named }, log.ErrMismatch},
		"origin is no host": {func(c *log.Config) { c.Origin = "https://other.example" }, nil},
		"key of that name":  {func(c *log.Config) { c.Origin = "other.example" }, nil},
		"no mode":           {func(c *log.Config) { c.Mode = "" }, nil},
		"no store":          {func(c *log.Config) { c.Store = nil }, nil},
		"no anchor":         {func(c *log.Config) { c.Anchor = nil }, nil},
		"no signer":         {func(c *log.Config) { c.Signer = nil }, nil},
		"a queue of -1":     {func(c *log.Config) { c.MaxQueue = -1 }, nil},
		"older rules":       {func(c *log.Config) { c.Store = s.withFormat(t, "docket/0 docket/0-older") }, log.ErrMismatch},
		"newer rows":        {func(c *log.Config) { c.Store = s.withFormat(t, "docket/1 "+statement.Rules) }, log.ErrMismatch},
	} {
		if err := open(c.change); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", name, err, c.want)
		}
	}
	if err := open(func(*log.Config) {}); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

// withFormat returns a copy whose settings name another format.
func (s *sound) withFormat(t *testing.T, format string) storage.Store {
	t.Helper()
	key := storage.Meta("settings")
	row := bytes.Replace(s.row(t, key), []byte("docket/0 "+statement.Rules), []byte(format), 1)
	return s.with(t, key, row)
}

// TestClockAcrossRestart: the time of the last seal outlives a restart. A clock
// behind it stops the log at the first batch; set right, the log goes on; no
// seal is older than the one before it.
func TestClockAcrossRestart(t *testing.T) {
	b, p := newLedger(t), newPlace(t)
	ctx := context.Background()
	l, err := b.create(ctx, p.store, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	b.w.Clock.Add(time.Hour)
	if err := errors.Join(b.submit(ctx, l, 1), l.Close()); err != nil {
		t.Fatal(err)
	}
	before := sealOf(t, b, p).Time
	for _, c := range []struct {
		step time.Duration
		want error
	}{{-time.Minute, log.ErrClock}, {59 * time.Second, nil}, {0, nil}, {-time.Millisecond, log.ErrClock}, {time.Hour, nil}} {
		b.w.Clock.Add(c.step)
		p.reopen(t)
		note := load(t, p.anchor)
		if l, err = b.open(p.store, p.anchor); err != nil {
			t.Fatal(err)
		}
		err = b.submit(ctx, l, 1)
		if c.want == nil && err != nil || !errors.Is(err, c.want) {
			t.Errorf("after a step of %v: %v; want %v", c.step, err, c.want)
		}
		l.Close()
		if c.want != nil && !bytes.Equal(note, load(t, p.anchor)) {
			t.Errorf("after a step of %v: it signed", c.step)
		}
		now := sealOf(t, b, p).Time
		if now < before {
			t.Errorf("seal time %d after %d", now, before)
		}
		before = now
	}
	logtest.Check(t, b.w, p.store, p.anchor)
}

// sealOf returns the newest seal of a closed log.
func sealOf(t *testing.T, b *ledger, p *place) statement.Seal {
	t.Helper()
	v := mustOpen(t, b.w, copyStore(t, p.store), anchorHolding(t, load(t, p.anchor)))
	leaf, err := v.Leaf(v.Size() - 1)
	if err != nil {
		t.Fatal(err)
	}
	seal, err := statement.ParseSeal(leaf)
	if err != nil {
		t.Fatal(err)
	}
	return seal
}

// TestIdle: what admits nothing signs nothing. Duplicates and refusals are
// answered under the note that is there, and a restart shows the same one.
func TestIdle(t *testing.T) {
	b, p := newLedger(t), newPlace(t)
	ctx := context.Background()
	l, err := b.create(ctx, p.store, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	ps := b.next(2)
	if err := b.send(ctx, l, ps); err != nil {
		t.Fatal(err)
	}
	note, signatures := load(t, p.anchor), b.notary.count()
	for range 3 {
		b.w.Clock.Add(time.Minute)
		results, view, err := l.Submit(ctx, append(entries(ps), b.w.Release(ps[0].id, 1, nil, []byte("rival"))))
		if err != nil {
			t.Fatal(err)
		}
		if !results[0].Duplicate || !results[1].Duplicate || results[2].Refusal == nil {
			t.Errorf("%+v", results)
		}
		if !bytes.Equal(view.Checkpoint(), note) {
			t.Error("another note")
		}
		view.Release()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		p.reopen(t)
		if l, err = b.open(p.store, p.anchor); err != nil {
			t.Fatal(err)
		}
	}
	defer l.Close()
	if b.notary.count() != signatures || !bytes.Equal(load(t, p.anchor), note) {
		t.Error("it signed")
	}
}

// failingSigner is a key service with faults.
type failingSigner struct {
	signer
	fault func(signed []byte, err error) ([]byte, error)
}

func (s *failingSigner) SignMessage(r io.Reader, o ...signature.SignOption) ([]byte, error) {
	signed, err := s.signer.SignMessage(r, o...)
	if s.fault != nil {
		return s.fault(signed, err)
	}
	return signed, err
}

func (s *failingSigner) PublicKey(...signature.PublicKeyOption) (crypto.PublicKey, error) {
	return s.key.Public(), nil
}

// TestSignerFails: no signature, a wrong one, or one by a key that the service
// rotated to: nothing leaves the log, which stops; with the pinned key back, a
// restart signs the same tree head.
func TestSignerFails(t *testing.T) {
	rotated := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	for name, fault := range map[string]func([]byte, error) ([]byte, error){
		"no answer":      func([]byte, error) ([]byte, error) { return nil, errors.New("no route to the key service") },
		"empty":          func([]byte, error) ([]byte, error) { return nil, nil },
		"flipped":        func(s []byte, err error) ([]byte, error) { return flip(s, 77), err },
		"by another key": func([]byte, error) ([]byte, error) { return ed25519.Sign(rotated, []byte("x")), nil },
	} {
		t.Run(name, func(t *testing.T) {
			b, p := newLedger(t), newPlace(t)
			ctx := context.Background()
			service := &failingSigner{signer: signer{logKey(), b.notary}}
			var err error
			if b.w.Signer, err = log.NewSignerFor(logtest.Origin, service); err != nil {
				t.Fatal(err)
			}
			l, err := b.create(ctx, p.store, &watched{Anchor: p.anchor, notary: b.notary})
			if err != nil {
				t.Fatal(err)
			}
			note := load(t, p.anchor)
			service.fault = fault
			ps := b.next(1)
			if err := b.send(ctx, l, ps); !errors.Is(err, log.ErrStopped) {
				t.Errorf("got %v; want ErrStopped", err)
			}
			l.Close()
			p.reopen(t)
			if _, err := b.open(p.store, p.anchor); err == nil || !bytes.Equal(note, load(t, p.anchor)) {
				t.Errorf("a start without the key: %v", err)
			}
			service.fault = nil
			p.reopen(t)
			if l, err = b.open(p.store, p.anchor); err != nil {
				t.Fatal(err)
			}
			if r := logtest.Submit(t, l, entries(ps)...)[0]; !r.Duplicate {
				t.Errorf("the batch that was durable: %+v", r)
			}
			if err := b.lives(t, l, p.store, p.anchor); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDeepen: a log that outgrew its buckets gets deeper ones at its next start.
// The root stays, and views of before stay readable.
func TestDeepen(t *testing.T) {
	s := newSound(t, 40)
	store, depth := s.shallow(t), 1
	count := func(r storage.Reader, depth int) (n int) {
		start, end := storage.BucketRange(uint8(depth))
		if err := r.Scan(start, end, func(_, _ []byte) bool { n++; return true }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count(store, depth) != 2 {
		t.Fatal("the log is not shallow")
	}
	watch := &counted{Store: store}
	a := anchorHolding(t, s.note)
	for range 2 { // the second time there is nothing to do
		l, err := s.b.open(watch, a)
		if err != nil {
			t.Fatal(err)
		}
		v := l.View()
		if err := checkPromises(s.b.w.Verifier(t, l), l, s.b.kept()); err != nil {
			t.Error(err)
		}
		if err := s.b.submit(context.Background(), l, 2); err != nil {
			t.Error(err)
		}
		if _, err := v.Receipt(2); err != nil {
			t.Errorf("a view of before: %v", err)
		}
		v.Release()
		l.Close()
		logtest.Check(t, s.b.w, store, a)
		if count(store, 1) != 0 || count(store, 8) == 0 {
			t.Errorf("%d buckets of depth 1, %d of depth 8", count(store, 1), count(store, 8))
		}
	}
	if n := watch.open.Load(); n != 0 {
		t.Errorf("%d snapshots are open", n)
	}
}

// shallow returns a copy whose register tree is cut at depth 1.
func (s *sound) shallow(t *testing.T) storage.Store {
	t.Helper()
	store := copyStore(t, s.rows)
	var b storage.Batch
	start, end := storage.BucketSpace.Range()
	err := store.Scan(start, end, func(key, _ []byte) bool { b.Delete(key); return true })
	if err != nil {
		t.Fatal(err)
	}
	_, err = register.Build(1, func(yield func(register.Leaf) bool) error {
		start, end := storage.RegisterLeafSpace.Range()
		return store.Scan(start, end, func(key, row []byte) bool {
			return yield(register.Leaf{Key: register.Key(key[1:]), ValueHash: register.Hash(row)})
		})
	}, func(root register.BucketRoot) error {
		b.Set(storage.Bucket(1, root.Bucket), root.Marshal())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	head := s.row(t, storage.Meta("head"))
	b.Set(storage.Meta("head"), bytes.Replace(head, []byte(`"depth":13`), []byte(`"depth":1`), 1))
	change(t, store, &b)
	return store
}

// TestDeepenFails: a start that cannot deepen refuses and leaves nothing open.
func TestDeepenFails(t *testing.T) {
	s := newSound(t, 40)
	broken := s.shallow(t)
	var b storage.Batch
	start, end := storage.RegisterLeafSpace.Range()
	if err := broken.Scan(start, end, func(key, row []byte) bool {
		b.Set(key, flip(row, 9))
		return false
	}); err != nil {
		t.Fatal(err)
	}
	change(t, broken, &b)
	for name, store := range map[string]storage.Store{
		"a damaged leaf": broken,
		"a lost commit":  s.shallow(t),
	} {
		watch := &counted{Store: store}
		var below storage.Store = watch
		if name == "a lost commit" {
			below = refusing{watch}
		}
		l, err := log.Open(s.b.w.Config(below, anchorHolding(t, s.note)))
		if err == nil {
			l.Close()
			t.Errorf("%s: opened", name)
		}
		if n := watch.open.Load(); n != 0 {
			t.Errorf("%s: %d snapshots are open", name, n)
		}
	}
}

// refusing is a store that another writer won.
type refusing struct{ storage.Store }

func (refusing) Commit(uint64, *storage.Batch) error { return storage.ErrSequence }

// TestDepthOutOfRange: a head row whose depth no tree has is damage.
func TestDepthOutOfRange(t *testing.T) {
	s := newSound(t, 3)
	key := storage.Meta("head")
	for _, depth := range []string{"0", "-1", "31", "32", "255", "9223372036854775807", "1e1", "13.0"} {
		row := bytes.Replace(s.row(t, key), []byte(`"depth":13`), []byte(`"depth":`+depth), 1)
		l, err := log.Open(s.b.w.Config(s.with(t, key, row), anchorHolding(t, s.note)))
		if err == nil {
			l.Close()
		}
		if !errors.Is(err, log.ErrDamage) {
			t.Errorf("depth %s: %v; want ErrDamage", depth, err)
		}
	}
	for _, size := range []string{"0", "1", "18446744073709551615", "9223372036854775808"} {
		row := bytes.Replace(s.row(t, key), []byte(`"size":10`), []byte(`"size":`+size), 1)
		if bytes.Equal(row, s.row(t, key)) {
			t.Fatalf("%s", row)
		}
		l, err := log.Open(s.b.w.Config(s.with(t, key, row), anchorHolding(t, s.note)))
		if err == nil {
			l.Close()
		}
		if !errors.Is(err, log.ErrDamage) {
			t.Errorf("size %s: %v; want ErrDamage", size, err)
		}
	}
}

// TestWrongSeals: the seal at the end must be the one of the registers and of
// the head, even if leaf, tile and root fit together.
func TestWrongSeals(t *testing.T) {
	for name, alter := range map[string]func(*statement.Seal){
		"another root":  func(s *statement.Seal) { s.Root[0] ^= 1 },
		"another count": func(s *statement.Seal) { s.Count++ },
		"another time":  func(s *statement.Seal) { s.Time++ },
		"the far end":   func(s *statement.Seal) { s.Time = math.MaxInt64 },
	} {
		t.Run(name, func(t *testing.T) {
			b, p := newLedger(t), newPlace(t)
			l, err := b.create(context.Background(), p.store, p.anchor)
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			sealWrongly(t, b, p, alter)
			if l, err := log.Open(b.w.Config(p.store, p.anchor)); err == nil {
				l.Close()
				t.Error("opened")
			} else if !errors.Is(err, log.ErrDamage) {
				t.Errorf("%v; want ErrDamage", err)
			}
		})
	}
}

// sealWrongly appends a batch of one seal alone, altered, with its tile and head.
func sealWrongly(t *testing.T, b *ledger, p *place, alter func(*statement.Seal)) {
	t.Helper()
	last := sealOf(t, b, p)
	seal := statement.Seal{Index: last.Index + 1, Prev: int64(last.Index), Time: last.Time, Rules: last.Rules, Count: last.Count, Root: last.Root}
	alter(&seal)
	leaf := seal.Marshal()
	hash := proofs.LeafHash(leaf)
	tile, err := p.store.Get(storage.Tile(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	tile = append(tile, hash[:]...)
	root, err := proofs.RootFromNodes(seal.Index+1, proofs.TileNodes(func(proofs.Tile) ([]byte, error) { return tile, nil }, seal.Index+1))
	if err != nil {
		t.Fatal(err)
	}
	var rows storage.Batch
	rows.Set(storage.Leaf(seal.Index), leaf)
	rows.Set(storage.Tile(0, 0), tile)
	rows.Set(storage.Meta("head"), logtest.Head(proofs.TreeHead{Size: seal.Index + 1, Root: root}, last.Time, last.Count, 13))
	change(t, p.store, &rows)
}

// TestRefusedGenesis: a log begins with a genesis that its own fold admits.
func TestRefusedGenesis(t *testing.T) {
	b, p := newLedger(t), newPlace(t)
	err := log.Create(context.Background(), b.w.Config(p.store, p.anchor), b.w.Enrollments()[0])
	var refusal *admission.Refusal
	if !errors.As(err, &refusal) || load(t, p.anchor) != nil {
		t.Errorf("%v", err)
	}
}
