package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// Limits of answers, in bytes.
const (
	maxReceipt = 1 << 20
	maxAnswer  = 64 << 20
	maxProblem = 64 << 10
)

// httpClient returns the client to use. No redirect is followed: a statement goes to
// the server that was named.
func (c *Client) httpClient() *http.Client {
	h := http.Client{Timeout: requestTime}
	if c.HTTP != nil {
		h = *c.HTTP
	}
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &h
}

// send makes a request and reads an answer of at most limit bytes. A problem
// document is returned as a *Refused.
func (c *Client) send(ctx context.Context, method, path, media string, body []byte, limit int64) ([]byte, int, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Server, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, fmt.Errorf("%w %s: it is no base URL of a server", ErrUnreachable, c.shown())
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	if err := c.bearer(r); err != nil {
		return nil, 0, err
	}
	answer, err := c.httpClient().Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, 0, fmt.Errorf("%w %s: %w", ErrUnreachable, c.shown(), err)
	}
	defer answer.Body.Close()
	good := answer.StatusCode == http.StatusOK || answer.StatusCode == http.StatusCreated
	if !good {
		limit = maxProblem
	}
	b, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	if err != nil {
		return nil, 0, fmt.Errorf("%w %s: the answer broke off: %w", ErrUnreachable, c.shown(), err)
	}
	if int64(len(b)) > limit {
		return nil, 0, c.unusable("above %d bytes", limit)
	}
	if !good {
		return nil, 0, c.problem(answer, b)
	}
	return b, answer.StatusCode, nil
}

// problem reads what is no success. Only a problem document with a code is the
// log's word: a page of a gateway says nothing about a statement.
func (c *Client) problem(answer *http.Response, body []byte) error {
	media, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	p := &Refused{}
	switch {
	case answer.StatusCode < 400 && answer.Header.Get("Location") != "":
		return c.unusable("the server redirects to %q: use that URL if it is the log's", c.scrub(answer.Header.Get("Location")))
	case answer.StatusCode < 400 || media != "application/problem+json" || json.Unmarshal(body, p) != nil || p.Code == "":
		return &pageError{answer.StatusCode}
	}
	p.Status = answer.StatusCode
	return c.scrubbed(p)
}

// A pageError is an answer without success that no docket server gave.
type pageError struct{ status int }

func (e *pageError) Error() string {
	return fmt.Sprintf("%v: status %d without a problem document: this is not a docket server, or something stands before it", ErrAnswer, e.status)
}

// Unwrap returns ErrAnswer.
func (e *pageError) Unwrap() error { return ErrAnswer }
