package client

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// A Client talks to one log server. It trusts nothing that the server says: what
// it returns was verified under Verifier. Its methods are safe for concurrent
// use.
type Client struct {
	Server   string          // base URL, without a trailing slash
	Verifier proofs.Verifier // what the caller pinned
	Memory   *Memory         // the newest checkpoint that was seen; nil: none is kept
	HTTP     *http.Client    // nil: one with a time limit of 60 s
}

// Limits of answers, in bytes.
const (
	maxReceipt = 1 << 20
	maxAnswer  = 64 << 20
	maxProblem = 64 << 10
)

var defaultHTTP = &http.Client{
	Timeout: 60 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return errors.New("the server redirects; use the URL that it redirects to")
	},
}

// Submit submits one signed statement and returns its verified receipt, and
// whether the log had the statement already. A refusal is a *Refused.
func (c *Client) Submit(ctx context.Context, e statement.Envelope) (r *proofs.Receipt, duplicate bool, err error) {
	floor := c.floor()
	body, status, err := c.send(ctx, http.MethodPost, "/api/v1/statements", "application/json", e.Marshal(), maxReceipt)
	if err != nil {
		return nil, false, err
	}
	r, err = c.receipt(ctx, body, statement.DigestOf(e.Payload), floor)
	return r, status == http.StatusOK, err
}

// A Submitted is what became of one statement of SubmitMany.
type Submitted struct {
	Receipt   *proofs.Receipt
	Duplicate bool
	Err       error // a *Refused, or why the receipt was not kept
}

// SubmitMany submits up to 1,000 statements, which come in under one checkpoint
// and one seal, and verifies each receipt. The results are in the order of the
// statements.
func (c *Client) SubmitMany(ctx context.Context, envelopes []statement.Envelope) ([]Submitted, error) {
	floor := c.floor()
	var body bytes.Buffer
	for _, e := range envelopes {
		body.Write(e.Marshal())
		body.WriteByte('\n')
	}
	answer, _, err := c.send(ctx, http.MethodPost, "/api/v1/statements", "application/x-ndjson", body.Bytes(), maxAnswer)
	if err != nil {
		return nil, err
	}
	lines := bytes.Split(bytes.TrimSuffix(answer, []byte("\n")), []byte("\n"))
	if len(lines) != len(envelopes) {
		return nil, fmt.Errorf("%w: %d lines for %d statements", ErrAnswer, len(lines), len(envelopes))
	}
	out := make([]Submitted, len(lines))
	for i, l := range lines {
		var line struct {
			Line    int
			Status  int
			Receipt json.RawMessage
			Problem *Refused
		}
		if err := json.Unmarshal(l, &line); err != nil || line.Line != i || (line.Problem == nil) == (line.Receipt == nil) {
			return nil, fmt.Errorf("%w: line %d", ErrAnswer, i)
		}
		if line.Problem != nil {
			out[i].Err = line.Problem
			continue
		}
		out[i].Duplicate = line.Status == http.StatusOK
		out[i].Receipt, out[i].Err = c.receipt(ctx, line.Receipt, statement.DigestOf(envelopes[i].Payload), floor)
	}
	return out, nil
}

// Receipt fetches the receipt of a statement under the newest checkpoint.
func (c *Client) Receipt(ctx context.Context, digest statement.Digest) (*proofs.Receipt, error) {
	floor := c.floor()
	body, _, err := c.send(ctx, http.MethodGet, "/api/v1/receipts/"+hex.EncodeToString(digest[:]), "", nil, maxReceipt)
	if err != nil {
		return nil, err
	}
	return c.receipt(ctx, body, digest, floor)
}

// receipt parses and verifies a receipt, and compares it with what was asked for.
func (c *Client) receipt(ctx context.Context, body []byte, digest statement.Digest, floor uint64) (*proofs.Receipt, error) {
	r, err := proofs.ParseReceipt(bytes.TrimSpace(body))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrAnswer, err)
	}
	if r.Envelope == nil || statement.DigestOf(r.Envelope.Payload) != digest {
		return nil, fmt.Errorf("%w: the receipt is of another statement than the one asked for, %s", ErrAnswer, digest)
	}
	return r, c.verify(ctx, r, floor)
}

// verify accepts a receipt or staple whose every proof holds, and remembers its
// checkpoint. What the verdict is about the file is not decided here.
func (c *Client) verify(ctx context.Context, r *proofs.Receipt, floor uint64) error {
	verdict := c.Verifier.Verify(r, proofs.Expect{})
	if verdict.Kind == proofs.Invalid {
		return &InvalidError{Verdict: verdict}
	}
	return c.remember(ctx, r.Checkpoint, floor)
}

// Checkpoint fetches the newest checkpoint, verifies it, and proves that it
// extends the newest one that was seen. It returns the signed note.
func (c *Client) Checkpoint(ctx context.Context) (proofs.Checkpoint, []byte, error) {
	floor := c.floor()
	note, _, err := c.send(ctx, http.MethodGet, "/checkpoint", "", nil, maxProblem)
	if err != nil {
		return proofs.Checkpoint{}, nil, err
	}
	cp, err := c.open(note)
	if err != nil {
		return proofs.Checkpoint{}, nil, err
	}
	return cp, note, c.remember(ctx, note, floor)
}

// open verifies a signed note under the pinned log keys.
func (c *Client) open(note []byte) (proofs.Checkpoint, error) {
	cp, _, err := proofs.OpenCheckpoint(note, c.Verifier.Policy.LogKeys())
	if err == nil {
		err = cp.CheckDocket()
	}
	if err != nil {
		return cp, fmt.Errorf("%w: checkpoint: %v", ErrAnswer, err)
	}
	return cp, nil
}

// consistency fetches a consistency proof.
func (c *Client) consistency(ctx context.Context, older, newer uint64) ([]proofs.Hash, error) {
	body, _, err := c.send(ctx, http.MethodGet, fmt.Sprintf("/api/v1/consistency/%d/%d", older, newer), "", nil, maxProblem)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Older, Newer uint64
		Hashes       []string
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Older != older || answer.Newer != newer {
		return nil, fmt.Errorf("%w: not a consistency proof from %d to %d", ErrAnswer, older, newer)
	}
	hashes := make([]proofs.Hash, len(answer.Hashes))
	for i, s := range answer.Hashes {
		b, err := base64.StdEncoding.Strict().DecodeString(s)
		if err != nil || len(b) != 32 {
			return nil, fmt.Errorf("%w: hash %d of the consistency proof", ErrAnswer, i)
		}
		hashes[i] = proofs.Hash(b)
	}
	return hashes, nil
}

// send makes a request and reads an answer of at most limit bytes. A problem
// document is returned as a *Refused.
func (c *Client) send(ctx context.Context, method, path, media string, body []byte, limit int64) ([]byte, int, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Server, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	h := c.HTTP
	if h == nil {
		h = defaultHTTP
	}
	answer, err := h.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, 0, fmt.Errorf("%w %s: %v", ErrUnreachable, c.Server, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 400 {
		return nil, answer.StatusCode, problem(answer)
	}
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusCreated {
		return nil, answer.StatusCode, fmt.Errorf("%w: status %d", ErrAnswer, answer.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	if err != nil {
		return nil, 0, fmt.Errorf("%w %s: the answer broke off: %v", ErrUnreachable, c.Server, err)
	}
	if int64(len(b)) > limit {
		return nil, 0, fmt.Errorf("%w: above %d bytes", ErrAnswer, limit)
	}
	return b, answer.StatusCode, nil
}

func problem(answer *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(answer.Body, maxProblem))
	p := &Refused{}
	if json.Unmarshal(body, p) != nil || p.Code == "" {
		p = &Refused{Code: "http", Detail: "the server answered " + answer.Status}
	}
	p.Status = answer.StatusCode
	return p
}
