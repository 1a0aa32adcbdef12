package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/proofs/statement"
)

// hooked is what a webhook got: rule and condition, signed.
type hooked struct {
	*httptest.Server
	got chan string
}

func newHooked(t *testing.T) hooked {
	h := hooked{got: make(chan string, 100)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var event struct {
			Finding struct{ Types []string } `json:"finding_info"`
		}
		if err := json.Unmarshal(body, &event); err != nil || len(event.Finding.Types) != 1 {
			t.Errorf("%v: %s", err, body)
			return
		}
		seconds, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get(monitor.SignatureHeader), "t="), ",")
		at, err := time.ParseDuration(seconds + "s")
		if err != nil || r.Header.Get(monitor.SignatureHeader) != monitor.Signature([]byte(hookSecret), time.Unix(0, 0).Add(at), body) {
			t.Errorf("the signature %q", r.Header.Get(monitor.SignatureHeader))
		}
		h.got <- event.Finding.Types[0]
	}))
	t.Cleanup(h.Close)
	return h
}

func (h hooked) next(t *testing.T) string {
	t.Helper()
	select {
	case got := <-h.got:
		return got
	case <-time.After(60 * time.Second):
		t.Fatal("no alert came")
		return ""
	}
}

const hookSecret = "the secret of a webhook"

// A bad submission becomes an alert: at the webhook, in the list of the log, and in
// the eyes of a monitor elsewhere that reads the log over HTTP.
func TestServeMonitor(t *testing.T) {
	dir, hook := filepath.Join(t.TempDir(), "d"), newHooked(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(hookSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	startServe(t, "--dir", dir, "--alert-webhook", hook.URL, "--alert-webhook-secret-file", secret)
	f := folders{dir: dir}
	cl, config, err := f.newClient("")
	if err != nil {
		t.Fatal(err)
	}
	nobody := statement.Digest(sha256.Sum256([]byte("a grant that nobody gave")))
	release := statement.Statement{
		Subject: sha256.Sum256([]byte("a")), Spends: []statement.Digest{nobody},
		Body: &statement.ReleaseDocument{Document: "reports/1", Version: 1, Media: "text/plain", To: []string{}},
	}
	// A grant that is used for governance is the nearest that raises nothing.
	retire := statement.Statement{Subject: nobody, Spends: []statement.Digest{nobody}, Body: &statement.RetireIdentity{ID: "wl/dev-pipeline", Reason: "other"}}
	identity, err := cl.Identity(t.Context(), "wl/dev-pipeline")
	if err != nil {
		t.Fatal(err)
	}
	retire.Subject = identity.State.Key.Hash()
	refusedWith(t, f, cl, config.Registrar, retire, "E405")
	refusedWith(t, f, cl, config.Identity, release, "E405")
	if got := hook.next(t); got != "AL-02/refused" {
		t.Errorf("the webhook got %s", got)
	}
	list := listed(t, cl, 1)
	if a := list.Alerts[0]; a.Alert.Rule != "AL-02" || a.Alert.Severity != monitor.High || len(a.Alert.Evidence) != 2 || a.Alert.Detected < a.Alert.Occurred {
		t.Errorf("the alert is %+v", a.Alert)
	}
	elsewhere(t, cl, list)
}

// refusedWith submits a statement that the log refuses.
func refusedWith(t *testing.T, f folders, cl *client.Client, id string, s statement.Statement, code string) {
	t.Helper()
	author, err := f.author(devOrigin, id)
	if err != nil {
		t.Fatal(err)
	}
	e, err := author.Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	var refused *client.Refused
	if _, _, err := cl.Submit(t.Context(), e); !errors.As(err, &refused) || refused.Code != code {
		t.Fatalf("%s: %v; want %s", s.Body, err, code)
	}
}

// listed waits for so many alerts of the log's monitor.
func listed(t *testing.T, cl *client.Client, n int) *monitor.Listing {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		list, err := monitor.List(t.Context(), cl, "svc/dev-monitor")
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Alerts) >= n || time.Now().After(end) {
			if len(list.Alerts) != n {
				t.Fatalf("%d alerts; want %d", len(list.Alerts), n)
			}
			return list
		}
	}
}

// seen remembers alerts.
type seenAlerts struct{ all []string }

func (s *seenAlerts) Send(a monitor.Alert) { s.all = append(s.all, a.Dedup) }
func (s *seenAlerts) Close() error         { return nil }

// elsewhere follows the log over HTTP, with a memory of its own and no quarantine:
// what it cannot see it takes for the worse, and what is filed it does not tell.
func elsewhere(t *testing.T, cl *client.Client, list *monitor.Listing) {
	t.Helper()
	follow := func(self string) []string {
		sink := &seenAlerts{}
		follower := monitor.Follower{
			Source: &monitor.Remote{Client: cl}, Detector: monitor.New(self), Sinks: []monitor.Sink{sink}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}
		for {
			more, err := follower.Step(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				return sink.all
			}
		}
	}
	if got := follow("svc/dev-monitor"); slices.Contains(got, list.Alerts[0].Alert.Dedup) {
		t.Errorf("an alert that is filed is told again: %v", got)
	}
	want := "AL-12/2 AL-17/2 AL-12/3 AL-12/4 AL-02/6 AL-02/8" // the set-up, too
	if got := strings.Join(follow(""), " "); got != want {
		t.Errorf("a monitor of nobody's sees %s", got)
	}
}

// The webhook's secret is its owner's alone, and belongs to a URL that is safe.
func TestAlertFlags(t *testing.T) {
	f := folders{dir: t.TempDir()}
	if err := devSetup("http://127.0.0.1:1").create(t.Context(), f, io.Discard); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	for _, c := range []struct {
		text, url string
		mode      os.FileMode
		want      string
	}{
		{hookSecret, "https://siem.example/", 0o644, "chmod 600"},
		{"short", "https://siem.example/", 0o600, "16"},
		{hookSecret, "http://siem.example/", 0o600, "https"},
		{hookSecret, "https://siem.example/", 0o600, ""},
	} {
		if err := errors.Join(os.WriteFile(secret, []byte(c.text), 0o600), os.Chmod(secret, c.mode)); err != nil {
			t.Fatal(err)
		}
		o := alertOptions{webhook: c.url, secret: secret}
		sinks, err := o.sinks(f.deadLetters(), devOrigin, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s, %v: %v", c.url, c.mode, err)
		}
		if err := closeSinks(sinks); err != nil {
			t.Error(err)
		}
	}
}
