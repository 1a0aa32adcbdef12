package witness

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/docketlog/docket/proofs"
)

// A Remote is a witness that a log asks for cosignatures. One witness may have
// several keys, of both types: one request gets a line of each.
type Remote struct {
	URL  string               // submission prefix; add-checkpoint stands below it
	Keys []proofs.VerifierKey // of types 0x04 and 0x06
	HTTP *http.Client
	Now  func() time.Time
}

// maxAnswer bounds what is read of a witness's answer, maxMedia what is kept of its
// content type, maxAhead how far its clock may be ahead of ours.
const (
	maxAnswer = 64 << 10
	maxMedia  = 256
	maxAhead  = 5 * time.Minute
)

// A Conflict is the 409 of a witness: it holds another size of the log than asked.
type Conflict struct {
	Size    uint64
	Request []byte // that was sent
	Reply   Reply
}

func (c *Conflict) Error() string { return fmt.Sprintf("the witness holds size %d", c.Size) }

// A Rejection is an answer that no retry changes: 400, 403, 404 or 422, or a
// cosignature that does not verify.
type Rejection struct {
	Status  int
	Text    string // what the witness said, or what is wrong with it; at most 200 bytes
	Request []byte // that was sent
	Reply   Reply
}

func (r *Rejection) Error() string {
	return fmt.Sprintf("the witness answered %d: %s", r.Status, r.Text)
}

// Inconsistent says whether the witness found that the checkpoint does not continue
// what it holds: the log has two histories, or the witness is wrong.
func (r *Rejection) Inconsistent() bool { return r.Status == http.StatusUnprocessableEntity }

// add asks for cosignatures of cp. It returns one line of each of the witness's keys,
// verified; all else that it answered is dropped. Errors: *Conflict, *Rejection, and
// those of the network and of a busy witness, which a later attempt may not have.
func (r *Remote) add(ctx context.Context, request proofs.AddCheckpoint, cp proofs.Checkpoint) ([]byte, error) {
	sent := request.Marshal()
	answer, err := r.post(ctx, sent)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	media := answer.Header.Get("Content-Type")
	got := Reply{answer.StatusCode, media[:min(len(media), maxMedia)], body}
	switch answer.StatusCode {
	case http.StatusOK:
		return r.lines(body, cp)
	case http.StatusConflict:
		return nil, conflict(sent, got)
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity:
		return nil, &Rejection{answer.StatusCode, excerpt(body), sent, got}
	}
	return nil, fmt.Errorf("the witness answered %d: %s", answer.StatusCode, excerpt(body))
}

func (r *Remote) post(ctx context.Context, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(r.URL, "/")+"/add-checkpoint", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	return r.HTTP.Do(request)
}

// conflict reads the size in a 409. One without the content type is a witness that
// found another root for the size, in older servers.
func conflict(sent []byte, got Reply) error {
	text := strings.TrimSuffix(string(got.Body), "\n")
	size, err := strconv.ParseUint(text, 10, 63)
	if got.ContentType != "text/x.tlog.size" || err != nil || strconv.FormatUint(size, 10) != text {
		return &Rejection{http.StatusConflict, "without a size: " + excerpt(got.Body), sent, got}
	}
	return &Conflict{size, sent, got}
}

// lines returns one of each of the witness's keys, verified and with a time that can
// be. More of one key would be one cosignature all the same, and a witness that gives a
// hundred would fill the note, which has to hold the lines of the others too.
func (r *Remote) lines(body []byte, cp proofs.Checkpoint) ([]byte, error) {
	bad := func(format string, args ...any) error {
		return &Rejection{Status: http.StatusOK, Text: fmt.Sprintf(format, args...)}
	}
	n, err := proofs.ParseNote(append(append(cp.Marshal(), '\n'), body...))
	if err != nil {
		return nil, bad("%v", err)
	}
	var lines []byte
	for _, key := range r.Keys {
		own := n.OneBy([]proofs.VerifierKey{key})
		if len(own.Signatures) == 0 {
			continue
		}
		at, err := proofs.VerifyCosignature(key, own, cp)
		switch {
		case err != nil:
			return nil, bad("%v", err)
		case time.Unix(at, 0).After(r.Now().Add(maxAhead)):
			return nil, bad("its time, %d, has not come yet", at)
		}
		lines = append(lines, own.Signatures[0].Line...)
	}
	if len(lines) == 0 {
		return nil, bad("no line of a key that the policy names")
	}
	return lines, nil
}

// excerpt makes what a stranger said fit to be printed.
func excerpt(body []byte) string {
	text := strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r == '\uFFFD' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(body[:min(len(body), 200)]), " "))
	return strings.TrimSpace(text)
}
