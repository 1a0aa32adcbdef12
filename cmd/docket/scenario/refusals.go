package scenario

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// A refusal is what the log answered to a statement.
type refusal struct {
	digest  statement.Digest
	code    string
	finding uint64 // the entry that says so, as the answer names it; 0: none
}

// findingTime is how long a refusal may take to be on record.
const findingTime = 10 * time.Second

// logIdentity is the log's own identity, which signs its findings.
func (y *Play) logIdentity() (client.Signer, error) {
	policy, err := statement.ParsePolicy([]byte(y.genesis.Statement.Body.(*statement.SetPolicy).Text))
	if err != nil {
		return nil, err
	}
	return y.key(policy.Log.ID)
}

// onRecord looks for the finding of the refusal that a line met. A refusal by E2xx
// to E6xx must have one by the log's identity, with a receipt that verifies; any
// other must have none.
func (y *Play) onRecord(ctx context.Context, fresh []entry) (found bool, err error) {
	for _, e := range fresh {
		body, ok := e.checked.Statement.Body.(*statement.RefuseFinding)
		if !ok {
			continue
		}
		if y.refused == nil || body.Submission != y.refused.digest || body.RefusalCode != y.refused.code || !log.OnRecord(body.RefusalCode) {
			return false, fmt.Errorf("entry %d says that %s was refused with %s, which no line met", e.index, body.Submission, body.RefusalCode)
		}
		if e.index != y.refused.finding {
			return false, fmt.Errorf("the refusal is on record as entry %d, the answer says %d", e.index, y.refused.finding)
		}
		if _, err := y.client.ReceiptAt(ctx, e.index); err != nil {
			return false, err
		}
		found = true
	}
	return found, nil
}

// awaited says whether a finding is still to come.
func (y *Play) awaited() bool { return y.refused != nil && log.OnRecord(y.refused.code) }

// rejudge proves a refusal on record: over the registers right before its finding
// the statement, whose bytes the quarantine kept, is refused for the same reason.
func (y *Play) rejudge(ctx context.Context, f *statement.RefuseFinding) error {
	e, err := y.refusedBytes(ctx, f.Submission)
	if err != nil {
		return err
	}
	err = y.auditor.replay.Judge(y.clock.Now().UnixMilli(), e)
	var again *admission.Refusal
	if !errors.As(err, &again) || again.Code != f.RefusalCode {
		return fmt.Errorf("%s is on record as refused with %s; judged again: %w", f.Submission, f.RefusalCode, err)
	}
	return nil
}

// refusedBytes fetches what was refused, which the log keeps once its finding is
// published, and holds it against its digest.
func (y *Play) refusedBytes(ctx context.Context, digest statement.Digest) (e statement.Envelope, err error) {
	for end := time.Now().Add(findingTime); time.Now().Before(end); time.Sleep(time.Millisecond) {
		var body []byte
		if body, err = fetch(ctx, y.host.url+"/api/v1/quarantine/"+hex.EncodeToString(digest[:])); err != nil {
			continue
		}
		if e, err = statement.ParseEnvelope(bytes.TrimSpace(body)); err == nil && statement.DigestOf(e.Payload) != digest {
			err = errors.New("its bytes are others")
		}
		if err == nil {
			return e, nil
		}
	}
	return e, fmt.Errorf("the quarantine does not give %s, which was refused: %w", digest, err)
}

// fetch gets a small resource of the server.
func fetch(ctx context.Context, url string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, statement.MaxEnvelope))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, answer.Status)
	}
	return body, err
}
