package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/docketlog/docket/client"
)

// Limits of trying one request again.
const (
	maxWaits  = 100              // answers 429 or 503
	maxBroken = 20               // no answer, or one that broke off
	maxWait   = 30 * time.Second // before the next try, whatever Retry-After says
)

// maxLoadAnswer is the most that is read of an answer. 1,000 receipts take 8 MB.
const maxLoadAnswer = 64 << 20

// sender submits releases over connections that stay open. It goes below
// client.Client, which verifies each receipt in full: a measurement would then
// be one of this program.
type sender struct {
	http    *http.Client
	url     string
	token   string
	batch   int
	workers []worker
	percent float64

	mu      sync.Mutex
	samples []sample
}

// worker is one connection, with what it counted.
type worker struct {
	tally
	body, answer bytes.Buffer
}

func newSender(c *client.Client, clients, batch int, percent float64) *sender {
	transport := &http.Transport{
		MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients, DisableCompression: true,
		ReadBufferSize: 32 << 10, WriteBufferSize: 32 << 10,
	}
	if c.HTTP != nil {
		if t, ok := c.HTTP.Transport.(*http.Transport); ok {
			transport.TLSClientConfig = t.TLSClientConfig.Clone() // the authorities that are trusted
		}
		if transport.TLSClientConfig != nil {
			transport.TLSClientConfig.NextProtos = nil // one request a connection: no HTTP/2
		}
	}
	return &sender{
		http: &http.Client{
			Timeout: 2 * time.Minute, Transport: transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		url: c.Server + "/api/v1/statements", token: c.Token, batch: batch,
		workers: make([]worker, clients), percent: percent,
	}
}

// send submits the lanes, each in its order.
func (s *sender) send(ctx context.Context, lanes []lane) error {
	return each(len(lanes), len(s.workers), func(n, i int) error {
		for rest := lanes[i]; len(rest) > 0; {
			jobs := rest[:min(len(rest), s.batch)]
			rest = rest[len(jobs):]
			if err := s.submit(ctx, &s.workers[n], jobs); err != nil {
				return err
			}
		}
		return nil
	})
}

// submit sends one request until it is answered. Sending the same statements
// again is safe: the log has each once.
func (s *sender) submit(ctx context.Context, w *worker, jobs []job) error {
	w.body.Reset()
	for _, j := range jobs {
		w.body.Write(j.envelope)
		if s.batch > 1 {
			w.body.WriteByte('\n')
		}
	}
	for waits, broken := 0, 0; ; {
		start := time.Now()
		a, err := s.post(ctx, w)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		pause := time.Second
		switch {
		case errors.Is(err, client.ErrAnswer):
			return err
		case err != nil:
			if broken++; broken > maxBroken {
				return err
			}
			w.broken++
		case a.StatusCode == http.StatusTooManyRequests || a.StatusCode == http.StatusServiceUnavailable:
			if waits++; waits > maxWaits {
				return fmt.Errorf("tried %d times: %w", waits, s.problemIn(a.StatusCode, w.answer.Bytes()))
			}
			w.count(&w.waits, cmp.Or(s.problemIn(a.StatusCode, w.answer.Bytes()).Code, unknownCode))
			pause = retryAfter(a.Header)
		default:
			w.latency.add(time.Since(start))
			w.requests++
			return s.take(w, a.StatusCode, jobs)
		}
		if err := sleep(ctx, pause/2+rand.N(pause)); err != nil {
			return err
		}
	}
}

// post sends the worker's body and reads the answer.
func (s *sender) post(ctx context.Context, w *worker) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(w.body.Bytes()))
	if err != nil {
		return nil, err
	}
	media := "application/json"
	if s.batch > 1 {
		media = "application/x-ndjson"
	}
	r.Header.Set("Content-Type", media)
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	a, err := s.http.Do(r)
	if err != nil {
		return nil, err
	}
	w.answer.Reset()
	n, err := w.answer.ReadFrom(io.LimitReader(a.Body, maxLoadAnswer+1))
	if n > maxLoadAnswer {
		err = fmt.Errorf("%w: it is longer than %d MiB", client.ErrAnswer, maxLoadAnswer>>20)
	}
	return a, errors.Join(err, a.Body.Close())
}

// retryAfter reads how long the server asks to wait.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 1 {
		return time.Second
	}
	return min(time.Duration(seconds)*time.Second, maxWait)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
