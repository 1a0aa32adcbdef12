package client

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

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
	// Token is sent as a bearer token unless it is empty: to Server alone, in a
	// header alone, and without TLS to this machine alone. No error has it, whatever
	// the server answers.
	Token string
}

// Submit submits one signed statement and returns its verified receipt, and
// whether the log had the statement already. A refusal is a *Refused.
func (c *Client) Submit(ctx context.Context, e statement.Envelope) (r *proofs.Receipt, duplicate bool, err error) {
	before, err := c.newest()
	if err != nil {
		return nil, false, err
	}
	body, status, err := c.send(ctx, http.MethodPost, "/api/v1/statements", "application/json", e.Marshal(), maxReceipt)
	if err != nil {
		return nil, false, err
	}
	r, err = c.receipt(ctx, body, ofStatement(statement.DigestOf(e.Payload)), before)
	return r, err == nil && status == http.StatusOK, err
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
	if len(envelopes) == 0 {
		return nil, nil
	}
	before, err := c.newest()
	if err != nil {
		return nil, err
	}
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
		return nil, c.unusable("%d lines for %d statements", len(lines), len(envelopes))
	}
	out := make([]Submitted, len(lines))
	for i, l := range lines {
		if out[i], err = c.submitted(ctx, i, l, statement.DigestOf(envelopes[i].Payload), before); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// submitted reads and verifies line i of an answer. The error says that the
// answer as a whole is no good.
func (c *Client) submitted(ctx context.Context, i int, text []byte, digest statement.Digest, before sighting) (s Submitted, err error) {
	var line struct {
		Line    int
		Status  int
		Receipt json.RawMessage
		Problem *Refused
	}
	if err := json.Unmarshal(text, &line); err != nil || line.Line != i || (line.Problem == nil) == (line.Receipt == nil) {
		return s, c.unusable("line %d", i)
	}
	if p := line.Problem; p != nil {
		if p.Code == "" || line.Status < 400 {
			return s, c.unusable("the problem in line %d", i)
		}
		p.Status = line.Status
		return Submitted{Err: c.scrubbed(p)}, nil
	}
	s.Receipt, s.Err = c.receipt(ctx, line.Receipt, ofStatement(digest), before)
	s.Duplicate = s.Err == nil && line.Status == http.StatusOK
	return s, nil
}

// verify returns a receipt or staple whose every proof holds, and remembers its
// checkpoint. What the verdict is about the file is not decided here.
func (c *Client) verify(ctx context.Context, r *proofs.Receipt, before sighting) (*proofs.Receipt, error) {
	verdict := c.Verifier.Verify(r, proofs.Expect{})
	if verdict.Kind == proofs.Invalid {
		return nil, &InvalidError{Verdict: c.scrubbedVerdict(verdict)}
	}
	genesisHolds := func(context.Context) error { return nil } // the verdict has it
	if err := c.remember(ctx, r.Checkpoint, before, genesisHolds); err != nil {
		return nil, err
	}
	return r, nil
}

// Checkpoint fetches the newest checkpoint, verifies it, and proves that it begins
// with the pinned genesis and extends the newest one that was seen. It returns the
// signed note.
func (c *Client) Checkpoint(ctx context.Context) (proofs.Checkpoint, []byte, error) {
	t, err := c.NewestTree(ctx)
	if err != nil {
		return proofs.Checkpoint{}, nil, err
	}
	return t.Checkpoint, t.Note, nil
}

// open verifies a signed note of an answer under the pinned log keys.
func (c *Client) open(note []byte) (proofs.Checkpoint, error) {
	cp, err := c.openNote(note)
	if err != nil {
		return cp, c.unusable("checkpoint: %v", err)
	}
	return cp, nil
}

// openNote verifies a signed note, wherever it is from.
func (c *Client) openNote(note []byte) (proofs.Checkpoint, error) {
	cp, _, err := proofs.OpenCheckpoint(note, c.Verifier.Policy.LogKeys())
	if err == nil {
		err = cp.CheckDocket()
	}
	return cp, err
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
		return nil, c.unusable("not a consistency proof from %d to %d", older, newer)
	}
	hashes := make([]proofs.Hash, len(answer.Hashes))
	for i, s := range answer.Hashes {
		b, err := base64.StdEncoding.Strict().DecodeString(s)
		if err != nil || len(b) != 32 {
			return nil, c.unusable("hash %d of the consistency proof", i)
		}
		hashes[i] = proofs.Hash(b)
	}
	return hashes, nil
}
