package monitor

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Bounds of a webhook.
const (
	webhookQueue    = 1024
	webhookAttempts = 8 // of one alert, then it is a dead letter
	webhookTimeout  = 10 * time.Second
	webhookFirst    = time.Second // after the first attempt that failed; then twice as long each time
	webhookDrain    = 5 * time.Second

	// maxDeadLetters bounds the dead-letter file, in bytes: it lies beside the log, and
	// a receiver that is down does not fill the disk. The log has every alert.
	maxDeadLetters = 64 << 20

	// MinSecret is the fewest bytes of a webhook's secret.
	MinSecret = 16
)

// SignatureHeader holds "t=<unix seconds>,v1=<hex>": the HMAC-SHA256 under the
// shared secret over the time in decimal, ".", and the body.
const SignatureHeader = "Docket-Signature"

// A Webhook posts each alert as an OCSF Detection Finding, signed. What its
// receiver does not take, or what comes while the queue is full, becomes a line of
// the dead-letter file.
type Webhook struct {
	url    string
	secret []byte
	origin string
	dead   *File
	logger *slog.Logger
	http   *http.Client
	queue  chan []byte
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
	first  time.Duration
	drain  time.Duration
	most   int64 // bytes of dead letters
	now    func() time.Time
}

// NewWebhook starts a webhook of the log with this origin. The URL is https, or of
// this machine; what it redirects to is not followed. The webhook owns dead.
func NewWebhook(to string, secret []byte, origin string, dead *File, logger *slog.Logger) (*Webhook, error) {
	w, err := newWebhook(to, secret, origin, dead, logger)
	if err == nil {
		go w.run()
	}
	return w, err
}

func newWebhook(to string, secret []byte, origin string, dead *File, logger *slog.Logger) (*Webhook, error) {
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return nil, errors.New("the URL of a webhook is https, or http of this machine, without user and fragment")
	}
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("the secret of a webhook has %d bytes; it needs %d", len(secret), MinSecret)
	}
	w := &Webhook{
		url: to, secret: secret, origin: origin, dead: dead, logger: logger, queue: make(chan []byte, webhookQueue), done: make(chan struct{}),
		first: webhookFirst, drain: webhookDrain, most: maxDeadLetters, now: time.Now,
		http: &http.Client{
			Timeout:       webhookTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send implements [Sink].
func (w *Webhook) Send(a Alert) {
	event := Event(w.origin, a)
	select {
	case w.queue <- event:
	default:
		w.bury(event, "the queue is full")
	}
}

// Close sends what is queued, for a while; the rest become dead letters.
func (w *Webhook) Close() error {
	close(w.queue)
	select {
	case <-w.done:
	case <-time.After(w.drain):
	}
	w.cancel()
	<-w.done
	return w.dead.Close()
}

func (w *Webhook) run() {
	defer close(w.done)
	for event := range w.queue {
		if reason := w.deliver(event); reason != "" {
			w.bury(event, reason)
		}
	}
}

// deliver posts an event until it is taken. It returns why it was not.
func (w *Webhook) deliver(event []byte) (reason string) {
	wait := w.first
	for attempt := 1; ; attempt++ {
		if w.ctx.Err() != nil {
			return "the monitor ended"
		}
		var final bool
		if reason, final = w.post(event); reason == "" || final || attempt == webhookAttempts {
			return reason
		}
		select {
		case <-time.After(wait):
		case <-w.ctx.Done():
		}
		wait *= 2
	}
}

// post sends an event once. final says that sending it again is of no use.
func (w *Webhook) post(event []byte) (reason string, final bool) {
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.url, bytes.NewReader(event))
	if err != nil {
		return "no request can be made", true
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(SignatureHeader, Signature(w.secret, w.now(), event))
	answer, err := w.http.Do(r)
	if err != nil {
		return "no answer", false // the error has the URL, which may hold a secret
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection is used again
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return "", true
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return "status " + strconv.Itoa(code), false
	default:
		return "status " + strconv.Itoa(code), true
	}
}

// bury writes a dead letter.
func (w *Webhook) bury(event []byte, reason string) {
	w.logger.Error("an alert was not delivered to the webhook", "reason", reason, "dead letters", w.dead.file.Name())
	text, err := json.Marshal(struct {
		Time   int64           `json:"time"` // unix milliseconds
		Reason string          `json:"reason"`
		Event  json.RawMessage `json:"event"`
	}{w.now().UnixMilli(), reason, event})
	if err != nil {
		panic(err) // the event is JSON
	}
	if size, err := w.dead.size(); err == nil && size+int64(len(text)) >= w.most {
		w.logger.Error("the dead-letter file is full: the alert is in the log alone", "file", w.dead.file.Name(), "bytes", size)
		return
	}
	w.dead.line(text)
}

// Signature is the value of [SignatureHeader] for a body that is sent at a time.
// Who receives it computes it again, compares in constant time, and refuses old
// times.
func Signature(secret []byte, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
