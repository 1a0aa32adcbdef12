package monitor

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/proofs/statement"
)

const secret = "a secret of a webhook"

func anAlert(n uint64) Alert {
	return Alert{
		Rule: "AL-07", Condition: "tool", Version: 1, Severity: Crit, Evidence: []statement.Digest{bytesOf("e"), bytesOf("f")}, First: n,
		Occurred: noon, Detected: noon + 5, Dedup: fmt.Sprint("AL-07/", n), Run: "R1", Identity: "wl/p",
	}
}

// TestEvent holds the OCSF form against one in words: class, types and severity are
// what receivers sort by.
func TestEvent(t *testing.T) {
	var got map[string]any
	must(json.Unmarshal(Event(origin, anAlert(7)), &got))
	text := "a step used a tool that its workflow, or its identity, does not have"
	want := map[string]any{
		"activity_id": 1.0, "activity_name": "Create", "category_uid": 2.0, "category_name": "Findings", "class_uid": 2004.0,
		"class_name": "Detection Finding", "type_uid": 200401.0, "time": float64(noon + 5), "severity_id": 5.0, "severity": "Critical",
		"status_id": 1.0, "status": "New", "message": text,
		"metadata": map[string]any{"version": "1.3.0", "log_name": origin, "product": map[string]any{"name": "docket", "vendor_name": "docketlog"}},
		"finding_info": map[string]any{
			"uid": origin + "/AL-07/7", "title": "AL-07", "desc": text, "types": []any{"AL-07/tool"}, "created_time": float64(noon + 5), "first_seen_time": float64(noon),
			"analytic": map[string]any{"uid": "AL-07", "name": "AL-07/tool", "type_id": 1.0, "type": "Rule", "version": "1"},
		},
		"evidences": []any{
			map[string]any{"data": map[string]any{"statement": bytesOf("e").String()}}, map[string]any{"data": map[string]any{"statement": bytesOf("f").String()}},
		},
		"unmapped": map[string]any{"origin": origin, "dedup": "AL-07/7", "index": 7.0, "run": "R1", "identity": "wl/p"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, severity := range []string{Info, Low, Med, High, Crit} {
		if severities[severity].id == 0 {
			t.Errorf("%s has no number", severity)
		}
	}
}

// receiver is a webhook's other end, which answers as told.
type receiver struct {
	*httptest.Server
	got    chan string
	status atomic.Int32
	bad    atomic.Int32
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{got: make(chan string, 100)}
	r.status.Store(http.StatusOK)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		if !signed1(q.Header.Get(SignatureHeader), body) {
			r.bad.Add(1)
		}
		var event struct {
			Unmapped struct{ Dedup string }
		}
		must(json.Unmarshal(body, &event))
		w.Header().Set("Location", r.URL+"/elsewhere")
		w.WriteHeader(int(r.status.Load()))
		r.got <- event.Unmapped.Dedup
	}))
	t.Cleanup(r.Close)
	return r
}

// signed1 checks a signature as a receiver does, without this package's code.
func signed1(header string, body []byte) bool {
	at, mac, ok := strings.Cut(strings.TrimPrefix(header, "t="), ",v1=")
	sum := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(sum, "%s.%s", at, body)
	return ok && mac == hex.EncodeToString(sum.Sum(nil))
}

func openWebhook(t *testing.T, url string) (w *Webhook, dead string) {
	t.Helper()
	dead = filepath.Join(t.TempDir(), "dead.ndjson")
	file, err := OpenFile(dead, origin, quietLogger())
	must(err)
	w, err = newWebhook(url, []byte(secret), origin, file, quietLogger())
	must(err)
	w.first, w.drain = time.Millisecond, 2*time.Second
	return w, dead
}

// letters are reasons and dedups of the dead-letter file.
func letters(t *testing.T, path string) (out []string) {
	t.Helper()
	file, err := os.Open(path)
	must(err)
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var letter struct {
			Time   int64
			Reason string
			Event  struct {
				Unmapped struct{ Dedup string }
			}
		}
		must(json.Unmarshal(lines.Bytes(), &letter))
		if letter.Time == 0 {
			t.Error("a letter without a time")
		}
		out = append(out, letter.Reason+": "+letter.Event.Unmapped.Dedup)
	}
	return out
}

func TestWebhookSignsAndRetries(t *testing.T) {
	r := newReceiver(t)
	w, dead := openWebhook(t, r.URL)
	go w.run()
	r.status.Store(http.StatusServiceUnavailable)
	w.Send(anAlert(1))
	<-r.got
	<-r.got // again
	r.status.Store(http.StatusNoContent)
	w.Send(anAlert(2))
	must(w.Close())
	if r.bad.Load() != 0 {
		t.Error("a signature does not verify")
	}
	if got := letters(t, dead); got != nil {
		t.Errorf("dead letters: %v", got)
	}
	last := ""
	for len(r.got) > 0 {
		last = <-r.got
	}
	if last != "AL-07/2" {
		t.Errorf("the last one was %s", last)
	}
}

// TestWebhookDeadLetters: what is refused, what is never taken, what it redirects.
func TestWebhookDeadLetters(t *testing.T) {
	r := newReceiver(t)
	w, dead := openWebhook(t, r.URL)
	go w.run()
	for i, status := range []int{http.StatusBadRequest, http.StatusFound, http.StatusTooManyRequests} {
		r.status.Store(int32(status))
		w.Send(anAlert(uint64(i)))
		<-r.got
		for range map[bool]int{true: webhookAttempts - 1}[status == http.StatusTooManyRequests] {
			<-r.got
		}
		time.Sleep(10 * time.Millisecond)
	}
	must(w.Close())
	want := []string{"status 400: AL-07/0", "status 302: AL-07/1", "status 429: AL-07/2"}
	if diff := cmp.Diff(want, letters(t, dead)); diff != "" {
		t.Error(diff)
	}
	gone, dead := openWebhook(t, "http://127.0.0.1:1/")
	go gone.run()
	gone.Send(anAlert(3))
	must(gone.Close())
	if diff := cmp.Diff([]string{"no answer: AL-07/3"}, letters(t, dead)); diff != "" {
		t.Error(diff)
	}
}

// TestDeadLettersEnd: a receiver that is down for long does not fill the disk, which
// is the log's as well.
func TestDeadLettersEnd(t *testing.T) {
	w, dead := openWebhook(t, "http://127.0.0.1:1/")
	w.most = 2500
	go w.run()
	for i := range 20 {
		w.bury(Event(origin, anAlert(uint64(i))), "no answer")
	}
	must(w.Close())
	info, err := os.Stat(dead)
	must(err)
	if kept := len(letters(t, dead)); info.Size() >= 2500 || kept < 1 || kept > 4 {
		t.Errorf("%d letters in %d bytes", kept, info.Size())
	}
}

// TestSlowReceiver: Send does not wait for a receiver that hangs; what does not fit
// into the queue, and what is left at the end, become dead letters.
func TestSlowReceiver(t *testing.T) {
	hang := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer slow.Close()
	defer close(hang)
	w, dead := openWebhook(t, slow.URL)
	w.drain = 20 * time.Millisecond
	go w.run()
	start := time.Now()
	for i := range uint64(webhookQueue + 10) {
		w.Send(anAlert(i))
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("Send waited: %v", took)
	}
	must(w.Close())
	got := letters(t, dead)
	if len(got) != webhookQueue+10 || !strings.Contains(strings.Join(got, "\n"), "the queue is full") {
		t.Errorf("%d dead letters", len(got))
	}
}

func TestWebhookURLs(t *testing.T) {
	for url, ok := range map[string]bool{
		"https://siem.example/x?token=1": true, "http://127.0.0.1:9/x": true, "http://localhost/x": true, "http://[::1]/x": true,
		"http://siem.example/x": false, "ftp://siem.example/x": false, "https://u:p@siem.example/": false, "https://siem.example/#x": false, "siem.example": false, "http://127.0.0.1.example/": false,
	} {
		_, err := newWebhook(url, []byte(secret), origin, nil, quietLogger())
		if (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
		if err != nil && strings.Contains(err.Error(), "siem") {
			t.Errorf("the error has the URL: %v", err)
		}
	}
	if _, err := newWebhook("https://siem.example/", []byte("short"), origin, nil, quietLogger()); err == nil {
		t.Error("a short secret is taken")
	}
}

// TestFileAndLog: a line for each alert, readable by its owner alone; the log's
// line has ids and digests.
func TestFileAndLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.ndjson")
	for i := range uint64(2) {
		f, err := OpenFile(path, origin, quietLogger())
		must(err)
		f.Send(anAlert(i))
		must(f.Close())
	}
	text, err := os.ReadFile(path)
	must(err)
	if want := string(Event(origin, anAlert(0))) + "\n" + string(Event(origin, anAlert(1))) + "\n"; string(text) != want {
		t.Errorf("the file is %s", text)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	var lines strings.Builder
	Log{slog.New(slog.NewTextHandler(&lines, nil))}.Send(anAlert(4))
	if got := lines.String(); !strings.Contains(got, "level=WARN") || !strings.Contains(got, "dedup=AL-07/4") || !strings.Contains(got, bytesOf("e").String()) {
		t.Errorf("the line is %s", got)
	}
}

// A line that a crash or a full disk cut takes no other with it.
func TestFileAfterACut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts")
	logger := slog.New(slog.DiscardHandler)
	for n, before := range []string{"", "{\"whole\":1}\n", "{\"cut"} {
		must(os.WriteFile(path, []byte(before), 0o600))
		f, err := OpenFile(path, origin, logger)
		must(err)
		f.Send(anAlert(1))
		f.Send(anAlert(2))
		must(f.Close())
		text, err := os.ReadFile(path)
		must(err)
		lines := strings.SplitAfter(strings.TrimSuffix(strings.TrimPrefix(string(text), before), "\n"), "\n")
		if n == 2 {
			lines = lines[1:] // the end of the one that was cut
		}
		if len(lines) != 2 || !json.Valid([]byte(lines[0])) || !json.Valid([]byte(lines[1])) {
			t.Errorf("after %q: %q", before, text)
		}
	}
}

// The same when the disk fills up while the file is open.
func TestFileThatFillsUp(t *testing.T) {
	var said strings.Builder
	read, write, err := os.Pipe()
	must(err)
	f := &File{Origin: origin, Logger: slog.New(slog.NewTextHandler(&said, nil)), file: write, torn: true}
	go f.Send(anAlert(1))
	line, err := bufio.NewReader(read).ReadString('}')
	must(err)
	if !strings.HasPrefix(line, "\n{") {
		t.Errorf("%q", line)
	}
	must(read.Close())
	f.Send(anAlert(2))
	must(f.file.Close())
	if !strings.Contains(said.String(), "alerts cannot be written") {
		t.Errorf("%q", said.String())
	}
}
