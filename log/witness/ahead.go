package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/docketlog/docket/proofs"
)

// shown judges a witness's word that it holds a larger tree than the log has signed: it
// counts if the witness shows that tree's note. A number is soon said, and one witness
// of many must not end a log with it.
func (g *gatherer) shown(ctx context.Context, a *asked, ahead error) error {
	if len(g.Logs) == 0 {
		return ahead
	}
	ctx, cancel := context.WithTimeout(ctx, g.Timeout)
	defer cancel()
	cp, err := a.checkpoint(ctx, g.Logs)
	if err == nil && cp.Size <= g.Size() {
		err = fmt.Errorf("its newest note is of size %d", cp.Size)
	}
	if err != nil {
		return fmt.Errorf("it is not believed that %v, since it shows no such note: %w", ahead, err)
	}
	return ahead
}

// checkpoint reads the newest checkpoint of the log that the witness shows, signed by
// one of the log's keys.
func (r *Remote) checkpoint(ctx context.Context, keys []proofs.VerifierKey) (proofs.Checkpoint, error) {
	path := fmt.Sprintf("%s/%x/checkpoint", strings.TrimSuffix(r.URL, "/"), originHash(keys[0].Name))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if err != nil {
		return proofs.Checkpoint{}, err
	}
	answer, err := r.HTTP.Do(request)
	if err != nil {
		return proofs.Checkpoint{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return proofs.Checkpoint{}, err
	case answer.StatusCode != http.StatusOK:
		return proofs.Checkpoint{}, fmt.Errorf("status %d: %s", answer.StatusCode, excerpt(body))
	}
	cp, _, err := proofs.OpenCheckpoint(body, keys)
	if err == nil && cp.Origin != keys[0].Name {
		err = errors.New("it is of another log")
	}
	return cp, err
}
