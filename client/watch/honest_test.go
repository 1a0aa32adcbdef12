package watch_test

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/client/watch"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/storage/storagetest"
)

// site serves a log that docket wrote.
func site(t *testing.T) (*logtest.World, *log.Log, string) {
	t.Helper()
	w := logtest.NewWorld()
	store, anchor := storagetest.Open(t)
	w.Create(t, store, anchor).Close()
	l := w.Open(t, store, anchor)
	h := httptest.NewServer(server.New(l))
	t.Cleanup(func() { h.Close(); l.Close() })
	return w, l, h.URL
}

// An honest log, replayed, with a document and an identity watched: what is new is told
// once, also over restarts, and nothing else.
func TestHonestLog(t *testing.T) {
	w, l, url := site(t)
	o := &operator{t: t, w: w, url: url}
	s := o.sentry(w.Verifier(t, l), func(c *watch.Config) {
		c.Documents, c.Identities = []string{"contracts/1"}, []string{"wl/pipeline"}
		c.Replay = &audit.Auditor{Client: c.Client, State: audit.NewMemory(), Now: w.Clock.Now}
	})
	s.quiet()
	w.Clock.Add(time.Second)
	first := w.Release("contracts/1", 1, nil, []byte("one"))
	logtest.Submit(t, l, first)
	s.raises("WATCH/released", "WATCH/activity")
	s.reopen().quiet()
	w.Clock.Add(time.Second)
	logtest.Submit(t, l, w.Release("contracts/2", 1, nil, []byte("other")))
	s.raises("WATCH/activity")
	w.Clock.Add(time.Second)
	logtest.Submit(t, l, w.Withdraw("contracts/1", 1, []byte("one")))
	r := s.raises("WATCH/withdrawn", "WATCH/activity")
	if !r.Good() || len(s.heard.alerts) != 5 || s.beats != 5 {
		t.Errorf("%+v, %d heard, %d beats", r, len(s.heard.alerts), s.beats)
	}
	files, err := filepath.Glob(filepath.Join(s.config.Folder, "notes", "*.note"))
	if err != nil || len(files) != 4 {
		t.Fatalf("%d notes, %v", len(files), err)
	}
	for _, path := range append(files, filepath.Join(s.config.Folder, "state.json")) {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

// A log that cannot be asked is no alert at once; a heartbeat that fails is said.
func TestUnreachable(t *testing.T) {
	o := newOperator(t)
	s := o.sentry(o.verifier(), func(c *watch.Config) {
		c.Heartbeat = func(context.Context) error { return errors.New("the switch is gone") }
	})
	if r := s.look(); len(r.Failed) != 1 || !strings.Contains(r.Failed[0].Error(), "heartbeat: the switch is gone") {
		t.Errorf("%+v", r)
	}
	s.config.Client.Server = "http://127.0.0.1:1"
	s.config.Heartbeat = func(context.Context) error { t.Error("a heartbeat"); return nil }
	s.reopen()
	if r := s.look(); len(r.Alerts) != 0 || len(r.Failed) != 1 || !errors.Is(r.Failed[0], client.ErrUnreachable) {
		t.Errorf("%+v", r)
	}
	o.w.Clock.Add(watch.Grace)
	s.raises("AL-16/silent")
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if r, err := s.Round(ended); err != nil || len(r.Alerts) != 0 {
		t.Errorf("a round that was cut off: %+v, %v", r, err)
	}
}

// A mute keeps an alert from the sinks until it ends, never a conviction.
func TestMute(t *testing.T) {
	o := newOperator(t)
	until := o.w.Clock.Now().Add(3 * time.Hour).UTC().Format(time.RFC3339)
	var mutes []watch.Mute
	for _, rule := range []string{"AL-16/stale", "AL-15"} {
		m, err := watch.ParseMute(rule+"="+until, o.w.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		mutes = append(mutes, m)
	}
	s := o.sentry(o.verifier(), func(c *watch.Config) { c.MaxAge, c.Mutes = time.Hour, mutes })
	s.quiet()
	o.w.Clock.Add(2 * time.Hour)
	if r := s.raises("AL-16/stale"); r.Muted != 1 || len(s.heard.alerts) != 0 || r.Good() {
		t.Errorf("%+v, %d heard", r, len(s.heard.alerts))
	}
	o.w.Clock.Add(time.Hour)
	if r := s.raises("AL-16/stale"); r.Muted != 0 || len(s.heard.alerts) != 1 {
		t.Errorf("after its end: %+v, %d heard", r, len(s.heard.alerts))
	}
	s.config.Mutes[1].Until = o.w.Clock.Now().Add(time.Hour)
	forged := o.fork(1)
	forged.grow("x", "y")
	s.config.Client.Server = forged.url
	if r := s.reopen().raises("AL-15/fork"); r.Muted != 0 || len(s.heard.alerts) != 2 {
		t.Errorf("a conviction: %+v, %d heard", r, len(s.heard.alerts))
	}
	now := o.w.Clock.Now()
	for _, text := range []string{
		"", "AL-16", "AL-16=", "AL-16=tomorrow", "AL-16=2020-01-01T00:00:00Z", "AL-16/nothing=" + until, "AL-99=" + until, "AL-16/=" + until,
		"AL-16=" + now.UTC().Format(time.RFC3339),
	} {
		if m, err := watch.ParseMute(text, now); err == nil {
			t.Errorf("%q mutes %+v", text, m)
		}
	}
}

// Damage is said: a watch that forgot would miss a rollback.
func TestDamagedState(t *testing.T) {
	o := newOperator(t)
	s := o.sentry(o.verifier())
	s.quiet()
	path := filepath.Join(s.config.Folder, "state.json")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"cut": good[:len(good)/2], "empty": {}, "unknown member": bytes.Replace(good, []byte(`{"version"`), []byte(`{"x":1,"version"`), 1),
		"another version": bytes.Replace(good, []byte(`"version":1`), []byte(`"version":2`), 1),
		"another trunk":   bytes.Replace(good, []byte(`"trunk":"`), []byte(`"trunk":"x`), 1),
		"gone":            nil,
	} {
		t.Run(name, func(t *testing.T) {
			if bytes.Equal(text, good) {
				t.Fatal("not changed")
			}
			if text == nil {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := watch.Open(s.config); err == nil || !strings.Contains(err.Error(), "put the folder aside") {
				t.Errorf("%v", err)
			}
			if err := os.WriteFile(path, good, 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
	s.reopen().quiet()
	other := newOperator(t)
	s.config.Client.Verifier.Genesis[0] ^= 1
	if _, err := watch.Open(s.config); err == nil || !strings.Contains(err.Error(), "another genesis") {
		t.Errorf("%v", err)
	}
	c := other.client()
	c.Memory = &client.Memory{}
	if _, err := watch.Open(watch.Config{Client: c, Folder: t.TempDir()}); err == nil {
		t.Error("a client with a memory of its own")
	}
}

func (o *operator) client() *client.Client {
	return &client.Client{Server: o.url, Verifier: o.verifier()}
}

// A replay names a seal that no other look can: the evidence has index and rule.
func TestWrongRoot(t *testing.T) {
	w, l, url := site(t)
	honest := &operator{t: t, w: w, url: url}
	verifier := w.Verifier(t, l)
	v := l.View()
	forged := &operator{t: t, w: w}
	contents, err := v.Contents(0, v.Size())
	if err != nil {
		t.Fatal(err)
	}
	for i := range v.Size() {
		leaf, err := v.Leaf(i)
		if err != nil {
			t.Fatal(err)
		}
		if i == v.Size()-1 {
			leaf = bytes.Replace(leaf, []byte("registers "), []byte("registers 1"), 1)
		}
		forged.append(leaf)
	}
	v.Release()
	forged.serve()
	forged.answer = func(path string) []byte { return contentsAnswer(path, contents) }
	blind := forged.sentry(verifier)
	blind.quiet() // no look without a replay can tell: every trust level below L3
	replays := func(c *watch.Config) {
		c.Replay = &audit.Auditor{Client: c.Client, State: audit.NewMemory(), Now: w.Clock.Now}
	}
	s := forged.sentry(verifier, replays)
	r := s.raises("AL-15/leaf")
	kind, j := s.judged(r, verifier)
	if !r.Convicted || kind != "leaf" || j.Convicts || !strings.Contains(j.Says, `("registers") only a replay tells`) {
		t.Errorf("%s, %+v", kind, j)
	}
	honest.sentry(verifier, replays).quiet()

	contents[2] = nil
	withheld := forged.sentry(verifier, replays)
	if r := withheld.raises("AL-16/withheld"); r.Convicted {
		t.Errorf("%+v", r)
	}
}
