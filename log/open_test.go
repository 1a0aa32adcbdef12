package log_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
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
		"older rules":       {func(c *log.Config) { c.Store = s.withFormat(t, "docket/1 docket/0-older") }, log.ErrMismatch},
		"newer rows":        {func(c *log.Config) { c.Store = s.withFormat(t, "docket/2 "+statement.Rules) }, log.ErrMismatch},
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
	row := bytes.Replace(s.row(t, key), []byte("docket/1 "+statement.Rules), []byte(format), 1)
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
