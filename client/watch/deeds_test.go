package watch_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/docketlog/docket/client/watch"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
)

// A fork that one client alone is shown. Two monitors that never speak to each other
// compare through the witness, which cosigned the true history. Without a witness
// (trust level L0) the victim notices nothing.
func TestForkShownToOneClient(t *testing.T) {
	for name, grown := range map[string]int{"the fork is larger": 5, "one size": 2, "the fork is smaller, and grows": 1} {
		t.Run(name, func(t *testing.T) {
			o := newOperator(t)
			c := newCosigner(o, o.w.Clock)
			forged := o.fork(len(o.Leaves))
			o.grow("a", "b")
			c.cosign(o, 0)
			forged.grow(texts("forged", grown)...)

			others := o.sentry(o.verifier(), witnessed(c.url))
			others.quiet()
			alone := forged.sentry(o.verifier())
			alone.quiet()
			victim := forged.sentry(o.verifier(), witnessed(c.url))
			if grown == 1 {
				if r := victim.look(); r.Convicted || len(r.Alerts) != 0 {
					t.Fatalf("nothing can be proven yet: %+v", r)
				}
				forged.grow("more", "and more")
			}
			r := victim.raises("AL-15/fork")
			victim.convicts(r, evidence.Fork, "signed")
			if victim.beats != 0 && grown != 1 {
				t.Error("the dead man's switch was held")
			}
			// It is for ever, and it is told once.
			if r := victim.reopen().look(); !r.Convicted || len(r.Alerts) != 0 || r.Good() {
				t.Errorf("after a restart: %+v", r)
			}
			alone.quiet() // L0
		})
	}
}

func texts(prefix string, n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint(prefix, i))
	}
	return out
}

// A log that was set back. That is no proof: what it signs next is.
func TestRollback(t *testing.T) {
	o := newOperator(t)
	o.grow("a", "b")
	old := o.fork(5)
	s := o.sentry(o.verifier())
	s.quiet()
	s.config.Client.Server = old.url
	r := s.raises("AL-15/rollback")
	s.innocent(r, evidence.Rollback)
	if r.Good() || s.beats != 1 {
		t.Errorf("%+v, %d beats", r, s.beats)
	}
	s.reopen()
	old.grow("x")
	if r := s.look(); r.Convicted { // size 7 again, with another root
		s.convicts(r, evidence.Fork, "two trees of size 7")
	} else {
		t.Errorf("%+v", r)
	}
	// Whoever comes after the rollback, and hears of no other, notices nothing.
	old.sentry(o.verifier()).quiet()
}

// A head that is frozen for one client: others see the log grow. Without others only
// its age tells.
func TestFrozenHead(t *testing.T) {
	o := newOperator(t)
	c := newCosigner(o, o.w.Clock)
	frozen := o.fork(len(o.Leaves))
	maxAge := func(c *watch.Config) { c.MaxAge = time.Hour }
	s := frozen.sentry(o.verifier(), witnessed(c.url), maxAge)
	alone := frozen.sentry(o.verifier(), maxAge)
	s.quiet()
	alone.quiet()
	o.grow("a")
	c.cosign(o, 0)
	if r := s.look(); len(r.Alerts) != 0 {
		t.Fatalf("at once: %+v", r.Alerts)
	}
	o.w.Clock.Add(watch.Grace)
	s.raises("AL-15/unproven")
	alone.quiet()
	o.w.Clock.Add(time.Hour)
	alone.raises("AL-16/stale")
	if r := alone.look(); len(r.Alerts) != 0 || r.Good() {
		t.Errorf("it is told once, and holds on: %+v", r)
	}
	frozen.w.Clock.Add(time.Minute)
	frozen.entry("late")
	frozen.seal(nil)
	alone.quiet()
}

// The log hands out the tiles of a tree whose checkpoint it holds back.
func TestBehind(t *testing.T) {
	o := newOperator(t)
	c := newCosigner(o, o.w.Clock)
	o.grow("a")
	c.cosign(o, 0)
	whole := len(o.Leaves)
	o.answer = func(path string) []byte {
		if path == "/checkpoint" {
			return o.note(3)
		}
		return nil
	}
	s := o.sentry(o.verifier(), witnessed(c.url))
	if r := s.look(); r.Size != uint64(whole) || len(r.Alerts) != 0 {
		t.Fatalf("%+v", r)
	}
	o.w.Clock.Add(watch.Grace)
	s.raises("AL-16/behind")
	o.answer = nil
	s.quiet()
}

// The log's clock: standing, jumping, and going back. The monitor's clock is nobody
// else's, so it convicts only where a quorum of witnesses, or an earlier seal, does.
func TestClocks(t *testing.T) {
	t.Run("frozen", func(t *testing.T) {
		o := newOperator(t)
		stands := o.w.Clock.Now().UnixMilli()
		s := o.sentry(o.verifier())
		s.quiet()
		o.w.Clock.Add(time.Hour)
		s.quiet()
		o.entry("a")
		o.seal(func(x *statement.Seal) { x.Time = stands })
		if r := s.raises("AL-15/clock"); r.Convicted || len(r.Files) != 0 {
			t.Errorf("%+v", r)
		}
		o.sentry(o.verifier()).quiet() // who comes late cannot tell
	})
	t.Run("ahead, without witnesses", func(t *testing.T) {
		o := newOperator(t)
		s := o.sentry(o.verifier())
		s.quiet()
		o.entry("a")
		o.seal(func(x *statement.Seal) { x.Time += 3600_000 })
		if r := s.raises("AL-15/clock"); r.Convicted {
			t.Errorf("%+v", r)
		}
	})
	t.Run("ahead, with a quorum", func(t *testing.T) {
		o := newOperator(t)
		c := newCosigner(o, o.w.Clock)
		o.lines = nil
		s := o.sentry(o.verifier(c))
		o.lines = c.cosign(o, 0)
		s.quiet()
		o.lines = nil
		o.entry("a")
		o.seal(func(x *statement.Seal) { x.Time += 3600_000 })
		o.lines = c.cosign(o, 3)
		r := s.raises("AL-15/falseTime")
		s.convicts(r, evidence.Time, "a quorum of witnesses had cosigned")
		// Who demands no quorum is convinced of nothing.
		if _, j := s.judged(r, o.verifier()); j.Convicts {
			t.Errorf("%+v", j)
		}
	})
	t.Run("within the skew of a quorum", func(t *testing.T) {
		o := newOperator(t)
		c := newCosigner(o, o.w.Clock)
		o.entry("a")
		o.seal(func(x *statement.Seal) { x.Time += evidence.Skew.Milliseconds() })
		o.lines = c.cosign(o, 0)
		o.sentry(o.verifier(c)).quiet()
	})
	t.Run("back", func(t *testing.T) {
		o := newOperator(t)
		s := o.sentry(o.verifier())
		s.quiet()
		o.entry("a")
		o.seal(func(x *statement.Seal) { x.Time -= 1 })
		s.convicts(s.raises("AL-15/falseTime"), evidence.Leaf, "not the seal that belongs there")
	})
}

// A tree that does not end in its own seal convicts its log.
func TestSeals(t *testing.T) {
	for name, end := range map[string]func(o *operator){
		"none":        func(o *operator) { o.entry("b") },
		"an old one":  func(o *operator) { o.append(o.Leaves[2]) },
		"half of one": func(o *operator) { o.append([]byte(statement.SealPrefix + "\nindex")) },
		"passing over the one before": func(o *operator) {
			o.seal(func(x *statement.Seal) { x.Prev = -1 })
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOperator(t)
			s := o.sentry(o.verifier())
			s.quiet()
			o.entry("a")
			end(o)
			s.convicts(s.raises("AL-15/seal"), evidence.Leaf, "not the seal that belongs there")
		})
	}
}

// A checkpoint of another log: of another key, it is nobody's proof; of another
// genesis under the same key it is a second history. Who sees the other log alone has
// the pin.
func TestOtherLog(t *testing.T) {
	o := newOperator(t)
	o.grow("a")
	other := &operator{t: t, w: o.w}
	other.entry("another genesis")
	other.entry("first")
	other.seal(nil)
	other.serve()
	other.grow("a", "b")

	s := o.sentry(o.verifier())
	s.quiet()
	s.config.Client.Server = other.url
	s.reopen()
	s.convicts(s.raises("AL-15/fork"), evidence.Fork, "begins with another one")

	fresh := other.sentry(o.verifier())
	if r := fresh.raises("AL-15/otherLog"); r.Convicted || len(r.Files) != 0 || r.Size != 0 {
		t.Errorf("%+v", r)
	}
	stranger := newOperator(t)
	stranger.answer = func(path string) []byte {
		if path == "/checkpoint" {
			return []byte("log.example\n3\nAAAA\n\n— log.example AAAAAAAA\n")
		}
		return nil
	}
	if r := stranger.sentry(o.verifier()).raises("AL-15/otherLog"); r.Convicted || len(r.Files) != 0 {
		t.Errorf("%+v", r)
	}
}

// A rewritten entry: the log goes on from it under the same key.
func TestRewrittenTree(t *testing.T) {
	o := newOperator(t)
	o.grow("a", "b")
	s := o.sentry(o.verifier())
	s.quiet()
	rewritten := o.fork(3)
	rewritten.entry("another a")
	for _, leaf := range o.Leaves[4:] {
		rewritten.append(leaf)
	}
	rewritten.grow("c")
	s.config.Client.Server = rewritten.url
	s.reopen()
	s.convicts(s.raises("AL-15/fork"), evidence.Fork, "a tree of size 9 that begins with another one")
	rewritten.sentry(o.verifier()).quiet() // without a memory, and others to ask
}

// Fewer cosigners than the policy demands, for longer than the grace.
func TestQuorumMissing(t *testing.T) {
	o := newOperator(t)
	c := newCosigner(o, o.w.Clock)
	s := o.sentry(o.verifier(c))
	s.quiet()
	o.w.Clock.Add(watch.Grace)
	o.grow("a")
	r := s.raises("AL-15/quorum")
	if r.Convicted {
		t.Errorf("%+v", r)
	}
	o.lines = c.cosign(o, 0)
	s.quiet()
	o.lines = nil
	s.quiet() // what was cosigned once is, whoever shows it
	o.grow("b")
	o.w.Clock.Add(watch.Grace)
	s.raises("AL-15/quorum")
}

// A witness that lost its memory shows less than before; one that knows no log shows
// nothing; one that is away is told after the grace.
func TestWitnesses(t *testing.T) {
	o := newOperator(t)
	c := newCosigner(o, o.w.Clock)
	var shown *cosigner
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if shown == nil {
			panic(http.ErrAbortHandler)
		}
		shown.Handler(nil).ServeHTTP(w, r)
	}))
	defer front.Close()
	s := o.sentry(o.verifier(), witnessed(front.URL))
	shown = c
	s.quiet() // it holds nothing yet
	o.grow("a")
	c.cosign(o, 0)
	s.quiet()
	lost := newCosigner(o, o.w.Clock)
	lost.cosign(o.fork(3), 0)
	shown = lost
	s.innocent(s.raises("AL-15/rollback"), evidence.Rollback)
	shown = nil
	if r := s.look(); len(r.Alerts) != 0 || len(r.Failed) != 1 || r.Good() {
		t.Errorf("%+v", r)
	}
	o.w.Clock.Add(watch.Grace)
	s.raises("AL-16/silent")
	shown = c
	s.quiet()
}

// Nothing but a verified note is taken as one, whatever a source answers.
func TestGarbage(t *testing.T) {
	o := newOperator(t)
	for name, body := range map[string]string{"html": "<html>", "nothing": "", "binary": "\x00\xff", "a note of nobody": "a\n1\nAAAA\n\n— b AAAAAAA=\n"} {
		o.answer = func(path string) []byte {
			if path == "/checkpoint" {
				return []byte(body + "\n")
			}
			return nil
		}
		s := o.sentry(o.verifier())
		if r := s.look(); r.Good() || r.Convicted || r.Size != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
